#include "expr_text.h"
#include "core/arena.h"

#include <ctype.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool tg_lexer_fail(tg_lexer *r, int column, const char *format, ...) {
    if (r->error->column) return false;
    va_list va;
    va_start(va, format);
    vsnprintf(r->error->message, sizeof r->error->message, format, va);
    va_end(va);
    r->error->column = column;
    return false;
}

/* ---- words ---- */

static bool name_start(char c) {
    return isalpha((unsigned char)c) || c == '_';
}

/* strtod wants the decimal point of the locale; formulas always have a full stop. */
static bool read_number(tg_lexer *r, const char *at) {
    char digits[64];
    size_t n = 0;
    const char *end = at;
    while (isdigit((unsigned char)*end) || *end == '.') end++;
    if ((*end == 'e' || *end == 'E') &&
        (isdigit((unsigned char)end[1]) ||
         ((end[1] == '+' || end[1] == '-') && isdigit((unsigned char)end[2]))))
        for (end += 2; isdigit((unsigned char)*end);) end++;
    for (const char *c = at; c < end && n + 1 < sizeof digits; c++)
        digits[n++] = *c == '.' ? localeconv()->decimal_point[0] : *c;
    digits[n] = 0;
    char *stop;
    r->number = strtod(digits, &stop);
    r->next = end;
    return *stop == 0 && (size_t)(end - at) == n;
}

static void read_name(tg_lexer *r, const char *at) {
    size_t n = 0;
    while (isalnum((unsigned char)at[n]) || at[n] == '_') n++;
    r->next = at + n;
    if (n >= sizeof r->name) {
        tg_lexer_fail(r, r->column, "the name is longer than %zu characters", sizeof r->name - 1);
        n = sizeof r->name - 1;
    }
    memcpy(r->name, at, n);
    r->name[n] = 0;
}

void tg_lexer_next(tg_lexer *r) {
    const char *at = r->next;
    while (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r') at++;
    r->column = (int)(at - r->text) + 1;
    r->next = at + 1;
    r->sign = *at;
    if (!*at) {
        r->kind = TG_WORD_END;
        r->next = at;
    } else if (isdigit((unsigned char)*at) || (*at == '.' && isdigit((unsigned char)at[1]))) {
        r->kind = TG_WORD_NUMBER;
        if (!read_number(r, at)) tg_lexer_fail(r, r->column, "this is no number");
    } else if (name_start(*at)) {
        r->kind = TG_WORD_NAME;
        read_name(r, at);
    } else {
        r->kind = strchr("+-*/@^()[],;=:", *at) ? TG_WORD_SIGN : TG_WORD_WRONG;
        if (*at == '*' && at[1] == '*') { /* Python's power */
            r->sign = '^';
            r->next = at + 2;
        }
    }
}

void tg_lexer_init(tg_lexer *r, const char *text, tg_expr_error *error) {
    *r = (tg_lexer){.text = text, .next = text, .error = error};
    *error = (tg_expr_error){0};
    tg_lexer_next(r);
}

bool tg_lexer_is(const tg_lexer *r, char sign) {
    return r->kind == TG_WORD_SIGN && r->sign == sign;
}

bool tg_lexer_unexpected(tg_lexer *r, const char *wanted) {
    switch (r->kind) {
    case TG_WORD_END:
        return tg_lexer_fail(r, r->column, "the text ends where %s is expected", wanted);
    case TG_WORD_NAME:
        return tg_lexer_fail(r, r->column, "'%s' stands where %s is expected", r->name, wanted);
    case TG_WORD_NUMBER:
        return tg_lexer_fail(r, r->column, "a number stands where %s is expected", wanted);
    case TG_WORD_SIGN:
        return tg_lexer_fail(r, r->column, "'%c' stands where %s is expected", r->sign, wanted);
    default:
        break;
    }
    if (isprint((unsigned char)r->sign))
        return tg_lexer_fail(r, r->column, "'%c' means nothing in a formula", r->sign);
    return tg_lexer_fail(r, r->column, "this character means nothing in a formula");
}

bool tg_lexer_expect(tg_lexer *r, char sign, const char *where) {
    if (r->error->column) return false;
    if (!tg_lexer_is(r, sign)) {
        char wanted[80];
        snprintf(wanted, sizeof wanted, "'%c' %s", sign, where);
        return tg_lexer_unexpected(r, wanted);
    }
    tg_lexer_next(r);
    return true;
}

/* ---- literals ---- */

static bool push(tg_lexer *r, tg_literal *l, double value) {
    if (l->count == l->capacity) {
        int64_t capacity = l->capacity ? 2 * l->capacity : 16;
        double *values = tg_alloc((size_t)capacity * sizeof *values);
        if (!values) return tg_lexer_fail(r, r->column, "out of memory");
        if (l->count) memcpy(values, l->values, (size_t)l->count * sizeof *values);
        tg_release(l->values);
        l->values = values;
        l->capacity = capacity;
    }
    l->values[l->count++] = value;
    return true;
}

static bool read_value(tg_lexer *r, tg_literal *l) {
    double sign = 1;
    while (tg_lexer_is(r, '-') || tg_lexer_is(r, '+')) {
        if (r->sign == '-') sign = -sign;
        tg_lexer_next(r);
    }
    double value;
    if (r->kind == TG_WORD_NUMBER)
        value = r->number;
    else if (r->kind == TG_WORD_NAME && strcmp(r->name, "pi") == 0)
        value = 3.14159265358979323846;
    else if (r->kind == TG_WORD_NAME && strcmp(r->name, "e") == 0)
        value = 2.71828182845904523536;
    else if (r->kind == TG_WORD_NAME && strcmp(r->name, "inf") == 0)
        value = INFINITY;
    else if (r->kind == TG_WORD_NAME && strcmp(r->name, "nan") == 0)
        value = NAN;
    else
        return tg_lexer_unexpected(r, "a number");
    tg_lexer_next(r);
    return !r->error->column && push(r, l, sign * value);
}

/* The shape of what follows is known from the first list of each depth; later ones must agree. */
static bool read_nested(tg_lexer *r, tg_literal *l, int depth, bool first) {
    const int column = r->column;
    if (!tg_lexer_is(r, '[')) {
        if (first) l->shape.rank = depth;
        if (depth != l->shape.rank)
            return tg_lexer_fail(r, column,
                                 "a number stands where the lists before have %d more level%s of brackets",
                                 l->shape.rank - depth, l->shape.rank - depth == 1 ? "" : "s");
        return read_value(r, l);
    }
    if (depth == TG_MAX_RANK) return tg_lexer_fail(r, column, "more than %d levels of brackets", TG_MAX_RANK);
    if (!first && depth >= l->shape.rank)
        return tg_lexer_fail(r, column, "a list stands where the lists before have a number");
    int64_t n = 0;
    tg_lexer_next(r);
    while (!tg_lexer_is(r, ']')) {
        if (n && !tg_lexer_expect(r, ',', "or ']' in a list")) return false;
        if (!read_nested(r, l, depth + 1, first && n == 0)) return false;
        n++;
    }
    if (first && n == 0) l->shape.rank = depth + 1;
    if (first)
        l->shape.dim[depth] = n;
    else if (l->shape.dim[depth] != n)
        return tg_lexer_fail(r, column, "this list has %lld elements, the one before it %lld", (long long)n,
                             (long long)l->shape.dim[depth]);
    tg_lexer_next(r);
    return true;
}

bool tg_literal_read(tg_lexer *r, tg_literal *literal) {
    *literal = (tg_literal){0};
    if (read_nested(r, literal, 0, true) && !r->error->column) return true;
    tg_literal_free(literal);
    return false;
}

void tg_literal_free(tg_literal *literal) {
    tg_release(literal->values);
    literal->values = NULL;
}
