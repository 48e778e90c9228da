#include "lesson.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

lesson lesson_begin(const char *name, int argc, char **argv) {
    lesson l = {.name = name};
    const char *data = getenv("TAPEGRAD_DATA");
    snprintf(l.data, sizeof l.data, "%s/mnist", data ? data : "data");
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--quick") == 0) {
            l.quick = true;
        } else if (argv[i][0] == '-') {
            printf("usage: %s [--quick] [FOLDER OF MNIST]\n", argv[0]);
            exit(strcmp(argv[i], "--help") == 0 ? 0 : 2);
        } else {
            snprintf(l.data, sizeof l.data, "%s", argv[i]);
        }
    char folder[256];
    snprintf(folder, sizeof folder, "out/%s", name);
    mkdir("out", 0777);
    lesson_need(&l, mkdir(folder, 0777) == 0 || errno == EEXIST, "the folder out/ cannot be made here");
    remove(lesson_path(&l, "times.csv"));
    l.numbers = fopen(lesson_path(&l, "numbers.csv"), "w");
    lesson_need(&l, l.numbers, "numbers.csv cannot be written in out/");
    fputs("quantity,value\n", l.numbers);
    return l;
}

int lesson_end(lesson *l) {
    lesson_need(l, fclose(l->numbers) == 0, "numbers.csv could not be written completely");
    printf("pictures and numbers: out/%s/\n", l->name);
    return 0;
}

const char *lesson_path(lesson *l, const char *file) {
    char *path = l->path[l->next++ % 4];
    snprintf(path, sizeof l->path[0], "out/%s/%s", l->name, file);
    return path;
}

void lesson_number(lesson *l, const char *quantity, double value) {
    printf("%-60s %.6g\n", quantity, value);
    fflush(stdout);
    fprintf(l->numbers, "%s,%.17g\n", quantity, value);
}

void lesson_time(lesson *l, const char *quantity, double value) {
    FILE *times = fopen(lesson_path(l, "times.csv"), "a");
    printf("%-60s %.4g\n", quantity, value);
    fflush(stdout);
    if (times) fprintf(times, "%s,%.6g\n", quantity, value);
    if (times) fclose(times);
}

tg_dataset *lesson_mnist(lesson *l, bool train, tg_dtype dtype) {
    tg_dataset *set = tg_mnist_load(l->data, train, (tg_load_spec){.dtype = dtype}, &l->status);
    if (set) return set;
    fprintf(stderr,
            "%s\n%s needs MNIST: give its folder (train-images-idx3-ubyte.gz and so on) as an argument, or "
            "set TAPEGRAD_DATA to the folder that holds mnist/\n",
            l->status.message, l->name);
    exit(77);
}

void lesson_need(lesson *l, bool ok, const char *message) {
    if (ok) return;
    fprintf(stderr, "%s: %s\n", l->name, l->status.failed ? l->status.message : message);
    exit(1);
}

double lesson_larger(double a, double b) {
    return a >= b || a != a ? a : b;
}

double lesson_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}
