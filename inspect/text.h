/* text.h: text that grows, with numbers and labels written alike on every machine. Private. */
#ifndef TG_INSPECT_TEXT_H
#define TG_INSPECT_TEXT_H

#include "core/tensor.h"

/* Zeroed is empty. When memory runs out `failed` is set and what follows is dropped. */
typedef struct tg_text {
    char *data; /* ends with a zero; NULL while empty */
    size_t size, capacity;
    bool failed;
} tg_text;

void tg_text_put(tg_text *text, const char *string);
void tg_text_put_n(tg_text *text, const char *bytes, size_t n);
/* Like printf. Not for floating point, whose decimal point depends on the locale: use tg_text_number. */
void tg_text_add(tg_text *text, const char *format, ...) TG_PRINTF(2, 3);
/* %.*g with a decimal point in every locale; "0" for -0, "nan", "inf", "-inf". */
void tg_text_number(tg_text *text, double value, int digits);
/* Fills with spaces up to the column (as below, from the last newline). */
void tg_text_pad(tg_text *text, int column);
/* The columns of a terminal that n bytes of UTF-8 take. */
int tg_text_width(const char *string, size_t n);
void tg_text_free(tg_text *text);
/* The text, to be freed with tg_release; NULL when memory ran out. Leaves `text` empty. */
char *tg_text_take(tg_text *text);

/* The number as above in a buffer of TG_NUMBER_TEXT bytes; returns it. */
char *tg_number_text(double value, int digits, char *buffer);
#define TG_NUMBER_TEXT 40

/* How a label is made harmless. Labels must be clean (below). */
typedef enum tg_escape {
    TG_ESCAPE_QUOTED,  /* inside "..." of dot */
    TG_ESCAPE_MARKUP,  /* XML */
    TG_ESCAPE_LABEL,   /* dot's HTML-like labels */
    TG_ESCAPE_MERMAID, /* inside ["..."] of Mermaid */
    TG_ESCAPE_JSON,    /* inside "..." of JSON, also where that stands in a <script> of a page */
    TG_ESCAPE_LINE     /* one line of plain text: \n, \t and \\ stand for newline, tab and backslash */
} tg_escape;
void tg_text_escape(tg_text *text, const char *label, tg_escape how);

/* A string of a gnuplot script, in single quotes, where nothing but the quote is special to gnuplot; control
   characters, which would end the line, become spaces. */
void tg_text_quote(tg_text *text, const char *string);
/* The same for the file path + ending. Gnuplot would run a name that begins with | or <: ./ stands before it. */
void tg_text_quote_file(tg_text *text, const char *path, const char *ending);

/* Appends label as valid UTF-8 without control characters other than newline and tab: each offending byte
   becomes U+FFFD, so that no writer can be made to produce an invalid file. */
void tg_text_clean(tg_text *text, const char *label);

#endif
