/* csv.h: tables of numbers as text (RFC 4180): one example per line, fields separated by commas, optionally
 * quoted. */
#ifndef TG_DATA_CSV_H
#define TG_DATA_CSV_H

#include "dataset.h"

typedef enum tg_csv_header {
    TG_CSV_HEADER_AUTO, /* the first line is a header when one of its fields is no number */
    TG_CSV_HEADER_NO,
    TG_CSV_HEADER_YES
} tg_csv_header;

typedef struct tg_csv_spec {
    const char *label; /* the column of class labels: its name in the header, or "1" for the first, "-1" for
                          the last; NULL: there is none */
    char separator;    /* 0 means ',' */
    tg_csv_header header;
    tg_dtype dtype; /* of the other columns, which become the features in their order */
    int classes;    /* labels must be 0..classes-1; 0: as many as the highest label asks for */
} tg_csv_spec;

/* Reads a file, gzipped or plain. Lines end with LF or CR LF; empty lines and a byte-order mark are skipped;
   numbers are written with a decimal point, whatever the locale, and nan and inf are numbers. Any other
   field, a line with more or fewer fields than the first, a label that is no class: NULL and a message with
   file, line and column. The file is read twice and is never in memory as a whole. */
TG_API TG_MUST_USE tg_dataset *tg_csv_load(const char *path, tg_csv_spec spec, tg_status *status);

#endif
