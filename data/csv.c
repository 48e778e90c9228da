#include "csv.h"

#include "core/arena.h"
#include "core/output.h"
#include "numbers.h"
#include "reader.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PIECE      65536
#define MOST_FIELD 255 /* bytes; no number needs more */

typedef struct csv {
    tg_reader in;
    tg_csv_spec spec;
    int64_t line, column;  /* of the field that is being read, from 1 */
    int64_t columns, rows; /* fields per line; lines of numbers */
    int64_t label;         /* the label's column, from 1; 0: none */
    tg_dataset *set;       /* NULL in the first pass, which counts */
    int last;              /* the byte read last, to be read again when `again` */
    bool again, has_header;
    char field[MOST_FIELD + 1];
    size_t length, used;
    char piece[PIECE];
} csv;

/* "path: line 3, column 2: message". Always returns false. */
static bool refuse(csv *c, const char *message, const char *field) {
    return tg_status_fail(c->in.status, "%s: line %lld, column %lld: %s%s%s%s", c->in.path,
                          (long long)c->line, (long long)c->column, message, field ? " (\"" : "",
                          field ? field : "", field ? "\")" : "");
}

/* ---- fields ---- */

#define END (-1)
#define BAD (-2)

static int next_byte(csv *c) {
    if (c->again) {
        c->again = false;
        return c->last;
    }
    if (c->used == c->length) {
        int64_t got = tg_reader_some(&c->in, c->piece, PIECE);
        if (got < 0) return c->last = BAD;
        c->length = (size_t)got;
        c->used = 0;
        if (!got) return c->last = END;
    }
    return c->last = (unsigned char)c->piece[c->used++];
}

static void step_back(csv *c) {
    c->again = true;
}

/* The byte after a line's end or a field's: CR LF counts as LF. */
static int next_sign(csv *c) {
    int b = next_byte(c);
    if (b != '\r') return b;
    b = next_byte(c);
    if (b == '\n' || b == BAD) return b;
    step_back(c);
    return '\n';
}

static bool append(csv *c, size_t *n, int b) {
    if (*n == MOST_FIELD || b == 0) {
        c->field[*n] = 0;
        return refuse(c, b ? "a field longer than 255 bytes" : "a zero byte", NULL);
    }
    c->field[(*n)++] = (char)b;
    return true;
}

/* The rest of a quoted field; what follows it. */
static int quoted(csv *c, size_t *n) {
    for (;;) {
        int b = next_byte(c);
        if (b == BAD) return BAD;
        if (b == END) return refuse(c, "the file ends within quotes", NULL), BAD;
        if (b == '"') {
            int after = next_sign(c);
            if (after != '"') return after;
        }
        if (!append(c, n, b)) return BAD;
    }
}

/* Reads one field into c->field, without blanks around it; what ended it: the separator, '\n', END or BAD. */
static int read_field(csv *c) {
    size_t n = 0;
    int b = next_sign(c);
    while (b == ' ' || (b == '\t' && c->spec.separator != '\t')) b = next_sign(c);
    if (b == '"') {
        b = quoted(c, &n);
        while (b == ' ') b = next_sign(c);
        if (b >= 0 && b != c->spec.separator && b != '\n')
            return refuse(c, "text after a closing quote", NULL), BAD;
    } else {
        for (; b >= 0 && b != c->spec.separator && b != '\n'; b = next_sign(c))
            if (!append(c, &n, b)) return BAD;
        while (n && (c->field[n - 1] == ' ' || c->field[n - 1] == '\t')) n--;
    }
    c->field[n] = 0;
    return b;
}

static bool number(const csv *c, double *x) {
    char *end;
    *x = strtod(c->field, &end);
    return end != c->field && *end == 0;
}

/* ---- lines ---- */

/* Whether an empty line or the end stands here; skips empty lines. */
static bool at_end(csv *c) {
    for (;;) {
        int b = next_sign(c);
        if (b == END || b == BAD) return true;
        if (b != '\n') {
            step_back(c);
            return false;
        }
        c->line++;
    }
}

/* "2" and "-1" as a column of so many; 0 when it is no such number. */
static int64_t numbered_column(const char *label, int64_t columns) {
    char *end;
    long long k = strtoll(label, &end, 10);
    if (end == label || *end) return 0;
    if (k < 0) k += columns + 1;
    return k >= 1 && k <= columns ? k : 0;
}

/* The first line: counts the columns, finds the label's, decides whether it is a header. */
static bool read_first_line(csv *c) {
    bool numeric = true;
    double x;
    int ended;
    do {
        c->column++;
        ended = read_field(c);
        if (ended == BAD) return false;
        if (!number(c, &x)) numeric = false;
        if (c->spec.label && strcmp(c->spec.label, c->field) == 0) c->label = c->column;
    } while (ended == c->spec.separator);
    c->columns = c->column;
    c->has_header = c->spec.header == TG_CSV_HEADER_YES || (c->spec.header == TG_CSV_HEADER_AUTO && !numeric);
    if (!c->has_header || !c->label)
        c->label = c->spec.label ? numbered_column(c->spec.label, c->columns) : 0;
    if (c->spec.label && !c->label)
        return refuse(c, "the last column, and none is the label's", c->spec.label);
    return c->columns > (c->label != 0) || refuse(c, "no column besides the label's", NULL);
}

static bool store(csv *c, double x) {
    int64_t feature = c->column - 1 - (c->label && c->column > c->label);
    if (c->column != c->label) {
        if (c->set) tg_dataset_set_at(c->set, c->rows, feature, x);
        return true;
    }
    if (!(x >= 0 && x < (c->spec.classes ? c->spec.classes : INT32_MAX) && x == floor(x)))
        return refuse(c, "no class label", c->field);
    if (c->set) c->set->labels[c->rows] = (int32_t)x;
    return true;
}

static bool read_line(csv *c) {
    double x;
    for (c->column = 1; c->column <= c->columns; c->column++) {
        int ended = read_field(c);
        if (ended == BAD) return false;
        if (!number(c, &x))
            return refuse(c, c->field[0] ? "not a number" : "an empty field", c->field[0] ? c->field : NULL);
        if (!store(c, x)) return false;
        bool last = c->column == c->columns;
        if (last && ended == c->spec.separator) return refuse(c, "more fields than in the first line", NULL);
        if (!last && ended != c->spec.separator)
            return refuse(c, "the line ends, with fewer fields than the first", NULL);
    }
    c->rows++;
    c->line++;
    return true;
}

/* ---- passes ---- */

static void skip_byte_order_mark(csv *c) {
    int64_t got = tg_reader_some(&c->in, c->piece, PIECE);
    c->length = got > 0 ? (size_t)got : 0;
    c->used = c->length >= 3 && memcmp(c->piece, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/* From the start of the file to the first line of numbers. */
static void restart(csv *c) {
    c->line = 1;
    c->column = c->rows = 0;
    c->again = false;
    skip_byte_order_mark(c);
}

static bool skip_line(csv *c) {
    int ended;
    do ended = read_field(c);
    while (ended == c->spec.separator);
    c->line++;
    return ended != BAD;
}

/* Every line of numbers, into the set where there is one; no more than it has room for. */
static bool read_lines(csv *c) {
    if (!at_end(c) && c->has_header && !skip_line(c)) return false;
    while (!at_end(c))
        if ((c->set && c->rows == c->set->count) || !read_line(c)) break;
    return !c->in.status->failed;
}

static bool first_pass(csv *c) {
    restart(c);
    if (at_end(c)) return refuse(c, "the file is empty", NULL);
    if (!read_first_line(c) || !tg_reader_rewind(&c->in)) return false;
    restart(c);
    return read_lines(c) && (c->rows > 0 || refuse(c, "no line of numbers", NULL));
}

static bool second_pass(csv *c) {
    if (!tg_reader_rewind(&c->in)) return false;
    restart(c);
    if (!read_lines(c)) return false;
    if (c->rows != c->set->count || !at_end(c)) return refuse(c, "the file changes while it is read", NULL);
    return !c->label || tg_check_labels(c->set, c->spec.classes, c->in.path, c->in.status);
}

static tg_dataset *load(csv *c) {
    if (!first_pass(c)) return NULL;
    c->set = tg_dataset_new(c->rows, &TG_SHAPE(c->columns - (c->label != 0)), c->spec.dtype, c->label != 0,
                            c->in.status);
    if (!c->set) return NULL;
    const char *slash = strrchr(c->in.path, '/');
    tg_dataset_name(c->set, slash ? slash + 1 : c->in.path);
    if (second_pass(c)) return c->set;
    tg_dataset_free(c->set);
    return NULL;
}

tg_dataset *tg_csv_load(const char *path, tg_csv_spec spec, tg_status *status) {
    tg_status own = {0}; /* the passes look at it, so there must be one */
    tg_dataset *set = NULL;
    csv *c = tg_alloc(sizeof *c);
    if (c) {
        locale_t before = tg_plain_begin();
        c->spec = spec;
        if (!spec.separator) c->spec.separator = ',';
        if (tg_reader_open(&c->in, path, &own)) set = load(c);
        tg_reader_close(&c->in);
        tg_plain_end(before);
    } else {
        tg_status_fail(&own, "%s: out of memory", path ? path : "csv");
    }
    if (own.failed) tg_status_fail(status, "%s", own.message);
    tg_release(c);
    return set;
}
