/* lesson.h: what every example needs besides tapegrad itself: its arguments, its folder, its numbers. */
#ifndef TG_EXAMPLES_LESSON_H
#define TG_EXAMPLES_LESSON_H

#include "tapegrad.h"

#include <stdio.h>

typedef struct lesson {
    const char *name;
    bool quick;      /* --quick: a few epochs, to see that it runs */
    char data[4096]; /* the folder of MNIST */
    tg_status status;
    FILE *numbers;
    char path[4][4096];
    int next;
} lesson;

/* Reads the arguments, [--quick] [FOLDER OF MNIST], and makes the folder out/NAME. */
lesson lesson_begin(const char *name, int argc, char **argv);
/* Says where the pictures are; returns main's exit status. */
int lesson_end(lesson *l);

/* out/NAME/FILE; the text stays until the fourth call after this one. */
const char *lesson_path(lesson *l, const char *file);
/* Prints a result, and writes it into out/NAME/numbers.csv. */
void lesson_number(lesson *l, const char *quantity, double value);
/* Prints a result that is another each time (a duration), and writes it into out/NAME/times.csv. */
void lesson_time(lesson *l, const char *quantity, double value);
/* The training or the test part of MNIST. Ends the program with status 77 where there is none. */
tg_dataset *lesson_mnist(lesson *l, bool train, tg_dtype dtype);
/* Ends the program with l->status (or the message, where there is none) unless ok. */
void lesson_need(lesson *l, bool ok, const char *message);
/* The larger of two errors; NaN, which fails every verdict, where one of them is. */
double lesson_larger(double a, double b);
/* Seconds since some moment. */
double lesson_clock(void);

#endif
