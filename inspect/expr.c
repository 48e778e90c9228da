/* expr.c: reads a formula by recursive descent and records it as it goes. */
#include "expr.h"
#include "core/arena.h"
#include "expr_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLACE     "formula"
#define MAX_NAMES 256
#define MAX_CALL  64 /* arguments of one call */

typedef struct name {
    char text[64];
    tg_node *node;
} name;

typedef struct reading {
    tg_lexer r;
    tg_tape *tape;
    name *names;
    int count;
} reading;

static tg_node *sum(reading *p);

static tg_where here(int column) {
    return (tg_where){PLACE, column};
}

/* An op's own complaint, without the place that the caret shows. */
static tg_node *refused(reading *p, int column) {
    char message[640];
    snprintf(message, sizeof message, "%s", tg_error(p->tape));
    char *place = strstr(message, " (" PLACE ":");
    if (place) *place = 0;
    tg_lexer_fail(&p->r, column, "%s", message);
    return NULL;
}

static tg_node *record(reading *p, int column, const tg_op *op, const void *options, int nargs,
                       tg_node **args) {
    tg_node *node = tg_apply_at(here(column), op, options, nargs, args);
    return node ? node : refused(p, column);
}

static tg_node *apply_named(reading *p, int column, const char *op_name, int nargs, tg_node **args) {
    const tg_op *op = tg_op_find(op_name);
    if (op) return record(p, column, op, NULL, nargs, args);
    tg_lexer_fail(&p->r, column, "this build has no op '%s'", op_name);
    return NULL;
}

static tg_node *constant(reading *p, int column, const tg_literal *l, tg_dtype dtype) {
    tg_node *node = tg_input_at(here(column), p->tape, NULL, dtype, l->shape.rank, l->shape.dim);
    return node && tg_set_f64(node, l->values) ? node : refused(p, column);
}

static tg_node *literal(reading *p) {
    tg_literal l;
    const int column = p->r.column;
    if (!tg_literal_read(&p->r, &l)) return NULL;
    tg_node *node = l.shape.rank ? constant(p, column, &l, tg_tape_dtype(p->tape))
                                 : tg_scalar_at(here(column), p->tape, l.values[0]);
    tg_literal_free(&l);
    return node;
}

/* ---- names ---- */

static tg_node *lookup(const reading *p, const char *text) {
    for (int i = p->count; i-- > 0;)
        if (strcmp(p->names[i].text, text) == 0) return p->names[i].node;
    return tg_find(p->tape, text);
}

/* How many letters must be put in, taken out or changed to make b of a (Levenshtein), for short names. */
static int distance(const char *a, const char *b) {
    int row[65];
    size_t n = strlen(b);
    if (strlen(a) > 63 || n > 63) return 64;
    for (size_t j = 0; j <= n; j++) row[j] = (int)j;
    for (size_t i = 1; a[i - 1]; i++) {
        int corner = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= n; j++) {
            int change = corner + (a[i - 1] != b[j - 1]), least = row[j] < row[j - 1] ? row[j] : row[j - 1];
            corner = row[j];
            row[j] = change < least + 1 ? change : least + 1;
        }
    }
    return row[n];
}

static void unknown_op(reading *p, int column, const char *text) {
    const char *nearest = NULL;
    int least = 3;
    for (int i = 0; i < tg_op_count(); i++) {
        int d = distance(text, tg_op_get(i)->name);
        if (d >= least) continue;
        least = d;
        nearest = tg_op_get(i)->name;
    }
    if (nearest)
        tg_lexer_fail(&p->r, column, "there is no op '%s'; did you mean '%s'?", text, nearest);
    else
        tg_lexer_fail(&p->r, column, "there is no op '%s'; `tapegrad ops` lists them", text);
}

static tg_node *unknown_name(reading *p, int column, const char *text) {
    if (tg_op_find(text))
        tg_lexer_fail(&p->r, column, "'%s' is an op: it needs its arguments in parentheses", text);
    else
        tg_lexer_fail(&p->r, column, "unknown name '%s'; give it a value, such as %s=1", text, text);
    return NULL;
}

static tg_node *variable(reading *p, int column, const char *text) {
    tg_node *node = lookup(p, text);
    if (node) return node;
    if (strcmp(text, "pi") == 0) return tg_scalar_at(here(column), p->tape, 3.14159265358979323846);
    if (strcmp(text, "e") == 0) return tg_scalar_at(here(column), p->tape, 2.71828182845904523536);
    return unknown_name(p, column, text);
}

/* ---- calls ---- */

static bool set_axes(tg_axes *axes, const tg_literal *l) {
    if (l->count > TG_MAX_RANK) return false;
    axes->count = (int)l->count;
    for (int i = 0; i < axes->count; i++) axes->axis[i] = (int)l->values[i];
    return true;
}

static bool set_dims(tg_shape *shape, const tg_literal *l) {
    if (l->count > TG_MAX_RANK) return false;
    shape->rank = (int)l->count;
    for (int i = 0; i < shape->rank; i++) shape->dim[i] = (int64_t)l->values[i];
    return true;
}

static bool whole_numbers(const tg_literal *l) {
    for (int64_t i = 0; i < l->count; i++)
        if (!(l->values[i] >= -1e9 && l->values[i] <= 1e9) || l->values[i] != (double)(int64_t)l->values[i])
            return false;
    return true;
}

static bool set_attr(reading *p, const tg_attr *attr, char *options) {
    const int column = p->r.column;
    void *at = options + attr->offset;
    if (attr->type == TG_ATTR_BOOL && p->r.kind == TG_WORD_NAME &&
        (strcmp(p->r.name, "true") == 0 || strcmp(p->r.name, "false") == 0)) {
        *(bool *)at = p->r.name[0] == 't';
        tg_lexer_next(&p->r);
        return true;
    }
    tg_literal l;
    if (!tg_literal_read(&p->r, &l)) return false;
    const bool single = l.shape.rank == 0;
    bool ok = attr->type == TG_ATTR_DOUBLE ? single : l.shape.rank <= 1 && whole_numbers(&l);
    switch (attr->type) {
    case TG_ATTR_DOUBLE:
        ok = ok && (*(double *)at = l.values[0], true);
        break;
    case TG_ATTR_INT:
        ok = ok && single && (*(int *)at = (int)l.values[0], true);
        break;
    case TG_ATTR_BOOL:
        ok = ok && single && (*(bool *)at = l.values[0] != 0, true);
        break;
    case TG_ATTR_SEED:
        ok = ok && single && l.values[0] >= 0 && (*(uint64_t *)at = (uint64_t)l.values[0], true);
        break;
    case TG_ATTR_AXES:
        ok = ok && set_axes(at, &l);
        break;
    case TG_ATTR_DIMS:
        ok = ok && set_dims(at, &l);
        break;
    }
    tg_literal_free(&l);
    return ok || tg_lexer_fail(&p->r, column, "%s needs %s", attr->name,
                               attr->type == TG_ATTR_DOUBLE ? "a number"
                               : attr->type == TG_ATTR_BOOL ? "true or false"
                               : attr->type == TG_ATTR_AXES || attr->type == TG_ATTR_DIMS
                                   ? "a whole number or a list of at most 8 whole numbers"
                                   : "a whole number");
}

static bool keyword(reading *p, const tg_op *op, const char *text, int column, char *options) {
    for (const tg_attr *attr = op->attrs; attr && attr->name; attr++)
        if (strcmp(attr->name, text) == 0) return set_attr(p, attr, options);
    char known[200] = "";
    for (const tg_attr *attr = op->attrs; attr && attr->name; attr++)
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", *known ? ", " : "", attr->name);
    return tg_lexer_fail(&p->r, column, "%s has no option '%s'%s%s", op->name, text,
                         *known ? "; it has " : "; it has none", known);
}

/* An argument of whole numbers: a list, or the name of an input that holds such. */
static tg_node *int_argument(reading *p, const tg_op *op) {
    const int column = p->r.column;
    tg_literal l = {0};
    if (p->r.kind == TG_WORD_NAME && lookup(p, p->r.name)) {
        tg_node *leaf = lookup(p, p->r.name);
        tg_lexer_next(&p->r);
        l.shape = *tg_shape_of(leaf);
        l.count = tg_size(leaf);
        l.values = tg_alloc((size_t)l.count * sizeof *l.values);
        for (int64_t i = 0; l.values && i < l.count; i++) l.values[i] = tg_value_at(leaf, i);
        if (!l.values) tg_lexer_fail(&p->r, column, "out of memory");
    } else if (!tg_literal_read(&p->r, &l)) {
        return NULL;
    }
    tg_node *node = NULL;
    if (l.values && !whole_numbers(&l))
        tg_lexer_fail(&p->r, column, "%s needs whole numbers here", op->name);
    else if (l.values || l.count == 0)
        node = constant(p, column, &l, TG_I32);
    tg_literal_free(&l);
    return node;
}

/* What stands between the parentheses of a call: arguments, then options by name. */
static int arguments(reading *p, const tg_op *op, tg_node **args, char *options) {
    int n = 0;
    while (!tg_lexer_is(&p->r, ')')) {
        if (n && !tg_lexer_expect(&p->r, ',', "or ')' in a call")) return -1;
        const int column = p->r.column;
        tg_lexer ahead = p->r;
        tg_lexer_next(&ahead);
        if (p->r.kind == TG_WORD_NAME && tg_lexer_is(&ahead, '=')) {
            char text[sizeof p->r.name];
            memcpy(text, p->r.name, sizeof text);
            tg_lexer_next(&p->r);
            tg_lexer_next(&p->r);
            if (!keyword(p, op, text, column, options)) return -1;
            while (tg_lexer_is(&p->r, ',')) {
                ahead = p->r;
                tg_lexer_next(&ahead);
                if (ahead.kind != TG_WORD_NAME)
                    return tg_lexer_fail(&p->r, ahead.column, "only options follow an option"), -1;
                tg_lexer_next(&p->r);
                const int at = p->r.column;
                memcpy(text, p->r.name, sizeof text);
                tg_lexer_next(&p->r);
                if (!tg_lexer_expect(&p->r, '=', "behind the name of an option") ||
                    !keyword(p, op, text, at, options))
                    return -1;
            }
            if (!tg_lexer_is(&p->r, ')')) return tg_lexer_unexpected(&p->r, "')'"), -1;
            return n;
        }
        if (n == MAX_CALL) return tg_lexer_fail(&p->r, column, "more than %d arguments", MAX_CALL), -1;
        bool is_int = n < TG_MAX_ARGS && (op->int_args >> n & 1);
        args[n] = is_int ? int_argument(p, op) : sum(p);
        if (!args[n++]) return -1;
    }
    return n;
}

static tg_node *call(reading *p, int column, const char *text) {
    const tg_op *op = tg_op_find(text);
    if (!op) {
        unknown_op(p, column, text);
        return NULL;
    }
    _Alignas(16) char options[1024] = {0};
    tg_node *args[MAX_CALL];
    tg_lexer_next(&p->r);
    int n = arguments(p, op, args, options);
    if (n < 0 || !tg_lexer_expect(&p->r, ')', "at the end of a call")) return NULL;
    if (n == 0 || (op->arity != TG_VARIADIC && n != op->arity)) {
        tg_lexer_fail(&p->r, column, "%s takes %d argument%s, not %d", text,
                      op->arity == TG_VARIADIC ? 1 : op->arity,
                      op->arity == 1             ? ""
                      : op->arity == TG_VARIADIC ? " or more"
                                                 : "s",
                      n);
        return NULL;
    }
    return record(p, column, op, options, n, args);
}

/* ---- the grammar, from the inside out ---- */

static tg_node *primary(reading *p) {
    const int column = p->r.column;
    if (p->r.kind == TG_WORD_NUMBER || tg_lexer_is(&p->r, '[')) return literal(p);
    if (p->r.kind == TG_WORD_NAME) {
        char text[sizeof p->r.name];
        memcpy(text, p->r.name, sizeof text);
        tg_lexer_next(&p->r);
        return tg_lexer_is(&p->r, '(') ? call(p, column, text) : variable(p, column, text);
    }
    if (!tg_lexer_is(&p->r, '(')) {
        tg_lexer_unexpected(&p->r, "a number, a name or '('");
        return NULL;
    }
    tg_lexer_next(&p->r);
    tg_node *node = sum(p);
    return node && tg_lexer_expect(&p->r, ')', "to close the parenthesis") ? node : NULL;
}

static tg_node *unary(reading *p);

static tg_node *power(reading *p) {
    tg_node *base = primary(p);
    if (!base || !tg_lexer_is(&p->r, '^')) return base;
    const int column = p->r.column;
    tg_lexer_next(&p->r);
    tg_node *exponent = unary(p);
    return exponent ? apply_named(p, column, "pow", 2, (tg_node *[]){base, exponent}) : NULL;
}

static tg_node *unary(reading *p) {
    const int column = p->r.column;
    if (p->r.error->column) return NULL;
    if (++p->r.depth > TG_EXPR_DEPTH) {
        tg_lexer_fail(&p->r, column, "more than %d levels of nesting", TG_EXPR_DEPTH);
        return NULL;
    }
    tg_node *node;
    if (tg_lexer_is(&p->r, '-')) {
        tg_lexer_next(&p->r);
        node = unary(p);
        if (node) node = apply_named(p, column, "neg", 1, &node);
    } else if (tg_lexer_is(&p->r, '+')) {
        tg_lexer_next(&p->r);
        node = unary(p);
    } else {
        node = power(p);
    }
    p->r.depth--;
    return node;
}

static tg_node *reshaped(reading *p, int column, tg_node *x, const tg_shape *shape) {
    const tg_op *op = tg_op_find("reshape");
    _Alignas(16) char options[1024] = {0};
    for (const tg_attr *attr = op ? op->attrs : NULL; attr && attr->name; attr++)
        if (attr->type == TG_ATTR_DIMS) *(tg_shape *)(void *)(options + attr->offset) = *shape;
    if (op) return record(p, column, op, options, 1, &x);
    tg_lexer_fail(&p->r, column, "this build has no op 'reshape'");
    return NULL;
}

/* NumPy's matmul: a vector on the left is a row, one on the right a column, and that axis vanishes again. */
static tg_node *product(reading *p, int column, tg_node *a, tg_node *b) {
    const bool row = tg_shape_of(a)->rank == 1, col = tg_shape_of(b)->rank == 1;
    if (row && !(a = reshaped(p, column, a, &TG_SHAPE(1, tg_size(a))))) return NULL;
    if (col && !(b = reshaped(p, column, b, &TG_SHAPE(tg_size(b), 1)))) return NULL;
    tg_node *y = apply_named(p, column, "matmul", 2, (tg_node *[]){a, b});
    if (!y || (!row && !col)) return y;
    tg_shape shape = *tg_shape_of(y);
    if (row && col)
        shape.rank -= 2;
    else if (col)
        shape.rank--;
    else
        shape.dim[shape.rank - 2] = shape.dim[shape.rank - 1], shape.rank--;
    return reshaped(p, column, y, &shape);
}

static tg_node *term(reading *p) {
    tg_node *left = unary(p);
    while (left && (tg_lexer_is(&p->r, '*') || tg_lexer_is(&p->r, '/') || tg_lexer_is(&p->r, '@'))) {
        const char sign = p->r.sign;
        const int column = p->r.column;
        tg_lexer_next(&p->r);
        tg_node *right = unary(p);
        if (!right) return NULL;
        left = sign == '@'
                   ? product(p, column, left, right)
                   : apply_named(p, column, sign == '*' ? "mul" : "div", 2, (tg_node *[]){left, right});
    }
    return left;
}

static tg_node *sum(reading *p) {
    tg_node *left = term(p);
    while (left && (tg_lexer_is(&p->r, '+') || tg_lexer_is(&p->r, '-'))) {
        const char *op = p->r.sign == '+' ? "add" : "sub";
        const int column = p->r.column;
        tg_lexer_next(&p->r);
        tg_node *right = term(p);
        if (!right) return NULL;
        left = apply_named(p, column, op, 2, (tg_node *[]){left, right});
    }
    return left;
}

static tg_node *statement(reading *p) {
    tg_lexer ahead = p->r;
    tg_lexer_next(&ahead);
    if (p->r.kind != TG_WORD_NAME || !tg_lexer_is(&ahead, '=')) return sum(p);
    if (p->count == MAX_NAMES) {
        tg_lexer_fail(&p->r, p->r.column, "more than %d names", MAX_NAMES);
        return NULL;
    }
    name *new_name = &p->names[p->count];
    memcpy(new_name->text, p->r.name, sizeof new_name->text);
    tg_lexer_next(&p->r);
    tg_lexer_next(&p->r);
    new_name->node = sum(p);
    if (!new_name->node) return NULL;
    p->count++;
    if (tg_op_of(new_name->node) && !*tg_name_of(new_name->node)) tg_name(new_name->node, new_name->text);
    return new_name->node;
}

static tg_node *formula(reading *p) {
    tg_node *node = NULL;
    while (!p->r.error->column) {
        while (tg_lexer_is(&p->r, ';')) tg_lexer_next(&p->r);
        if (p->r.kind == TG_WORD_END) break;
        node = statement(p);
        if (!node) return NULL;
        if (p->r.kind != TG_WORD_END && !tg_lexer_is(&p->r, ';')) {
            tg_lexer_unexpected(&p->r, "an operator or ';'");
            return NULL;
        }
    }
    if (!node) tg_lexer_unexpected(&p->r, "a formula");
    return p->r.error->column ? NULL : node;
}

tg_node *tg_expr(tg_tape *tape, const char *text, tg_expr_error *error) {
    tg_expr_error own;
    reading p = {.tape = tape};
    tg_lexer_init(&p.r, text ? text : "", error ? error : &own);
    if (tg_failed(tape)) {
        tg_lexer_fail(&p.r, 1, "%s", tg_error(tape));
        return NULL;
    }
    p.names = tg_alloc(MAX_NAMES * sizeof *p.names);
    if (!p.names) tg_lexer_fail(&p.r, 1, "out of memory");
    tg_node *node = p.names ? formula(&p) : NULL;
    tg_release(p.names);
    return node;
}

tg_node *tg_expr_input(tg_tape *tape, const char *binding, tg_expr_error *error) {
    tg_expr_error own;
    reading p = {.tape = tape};
    tg_lexer_init(&p.r, binding ? binding : "", error ? error : &own);
    char text[sizeof p.r.name];
    if (p.r.kind != TG_WORD_NAME) return tg_lexer_unexpected(&p.r, "the name of an input"), NULL;
    memcpy(text, p.r.name, sizeof text);
    tg_lexer_next(&p.r);
    if (!tg_lexer_expect(&p.r, '=', "behind the name")) return NULL;
    const int column = p.r.column;
    tg_literal l;
    if (!tg_literal_read(&p.r, &l)) return NULL;
    tg_node *node = NULL;
    if (p.r.kind != TG_WORD_END)
        tg_lexer_unexpected(&p.r, "the end");
    else
        node = constant(&p, column, &l, tg_tape_dtype(tape));
    tg_literal_free(&l);
    tg_require_grad(node, true);
    return tg_name(node, text);
}

bool tg_expr_sweep(const char *text, char *name_, size_t size, double *from, double *to, int *steps,
                   tg_expr_error *error) {
    tg_expr_error own;
    tg_lexer r;
    tg_lexer_init(&r, text ? text : "", error ? error : &own);
    if (r.kind != TG_WORD_NAME) return tg_lexer_unexpected(&r, "the name of an input");
    snprintf(name_, size, "%s", r.name);
    tg_lexer_next(&r);
    double values[3];
    for (int i = 0; i < 3; i++) {
        if (!tg_lexer_expect(&r, i ? ':' : '=', "in NAME=FROM:TO:STEPS")) return false;
        tg_literal l;
        const int column = r.column;
        if (!tg_literal_read(&r, &l)) return false;
        bool single = l.shape.rank == 0;
        values[i] = single ? l.values[0] : 0;
        tg_literal_free(&l);
        if (!single) return tg_lexer_fail(&r, column, "a number is needed here");
    }
    if (r.kind != TG_WORD_END) return tg_lexer_unexpected(&r, "the end");
    if (!(values[2] >= 2 && values[2] <= 1e6)) return tg_lexer_fail(&r, 1, "a sweep has 2 to 1000000 steps");
    *from = values[0];
    *to = values[1];
    *steps = (int)values[2];
    return true;
}
