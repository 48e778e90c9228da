#include "support/elementwise.h"
#include "support/test.h"

#include <math.h>

static void apply(const char *name, const void *options, tg_dtype dtype, int64_t n, int count,
                  const double *const *values, double *y, double *const *dx) {
    const tg_op *op = tg_op_find(name);
    assert_non_null(op);
    tg_tape *tape = tg_tape_new(dtype);
    tg_node *x[2];
    for (int k = 0; k < count; k++) {
        x[k] = tg_input(tape, NULL, dtype, 1, &n);
        tg_set_f64(x[k], values[k]);
        tg_require_grad(x[k], true);
    }
    tg_node *node = tg_apply(op, options, count, x);
    tg_backward_from(node, NULL);
    assert_tape_ok(tape);
    for (int64_t i = 0; i < n; i++) {
        if (y) y[i] = tg_value_at(node, i);
        for (int k = 0; k < count; k++)
            if (dx[k]) dx[k][i] = tg_grad_at(x[k], i);
    }
    tg_tape_free(tape);
}

void apply_unary(const char *op, const void *options, tg_dtype dtype, int64_t n, const double *x, double *y,
                 double *dx) {
    apply(op, options, dtype, n, 1, &x, y, &dx);
}

void apply_binary(const char *op, tg_dtype dtype, int64_t n, const double *a, const double *b, double *y,
                  double *da, double *db) {
    apply(op, NULL, dtype, n, 2, (const double *[]){a, b}, y, (double *[]){da, db});
}

double value_of(const char *op, double x) {
    double y;
    apply_unary(op, NULL, TG_F64, 1, &x, &y, NULL);
    return y;
}

double slope_of(const char *op, double x) {
    double dx;
    apply_unary(op, NULL, TG_F64, 1, &x, NULL, &dx);
    return dx;
}

double value_of_two(const char *op, double a, double b) {
    double y;
    apply_binary(op, TG_F64, 1, &a, &b, &y, NULL, NULL);
    return y;
}

double slope_of_two(const char *op, double a, double b, int by) {
    double slope[2];
    apply_binary(op, TG_F64, 1, &a, &b, NULL, &slope[0], &slope[1]);
    return slope[by];
}

bool is_near(double a, double b, double tolerance) {
    if (a == b || (isnan(a) && isnan(b))) return true;
    return fabs(a - b) <= tolerance * fmax(fabs(a), fabs(b));
}
