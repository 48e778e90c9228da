/* Gradients of weights are known to be finite where the factors of the product are small enough: an optimiser refuses
   what is not finite all the same, whoever wrote it. */
#include "models/params.h"
#include "optim/optim.h"
#include "support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 20
#define IN   600
#define OUT  610

typedef struct model {
    tg_params *params;
    tg_param *w;
    tg_optim *optim;
    tg_tape *tape;
    tg_node *x, *g, *z, *loss;
    int64_t out;
} model;

enum { PRODUCT, PRODUCT_THEN_SWEEP, SWEEP_THEN_PRODUCT };

static void fill(tg_node *node, double value) {
    double *values = malloc((size_t)tg_size(node) * sizeof *values);
    for (int64_t i = 0; i < tg_size(node); i++) values[i] = value;
    tg_set_f64(node, values);
    free(values);
}

static void put(tg_node *node, int64_t at, double value) {
    if (tg_dtype_of(node) == TG_F32)
        ((float *)tg_value(node))[at] = (float)value;
    else
        ((double *)tg_value(node))[at] = value;
}

/* loss = sum(g * (x w)), so that dw = x^T g; and sum(z * w) before or behind it. */
static model model_of(tg_tape_spec spec, int form, int64_t rows, int64_t in, int64_t out) {
    model m = {.params = tg_params_new(spec.dtype, 0), .tape = tg_tape_new_spec(spec), .out = out};
    m.w = tg_params_add(m.params, "w", &TG_SHAPE(in, out), NULL);
    m.optim = tg_optim_new(m.params, TG_SGD, (tg_optim_spec){.lr = 0.1});
    m.x = tg_input(m.tape, "x", spec.dtype, 2, (int64_t[]){rows, in});
    m.g = tg_input(m.tape, "g", spec.dtype, 2, (int64_t[]){rows, out});
    m.z = tg_input(m.tape, "z", spec.dtype, 2, (int64_t[]){in, out});
    fill(m.x, 1);
    fill(m.g, 0.5);
    fill(m.z, 0.25);
    tg_node *w = tg_use(m.tape, m.w), *sweep = NULL;
    if (form == SWEEP_THEN_PRODUCT) sweep = tg_sum(tg_mul(m.z, w));
    m.loss = tg_sum(tg_mul(m.g, tg_matmul(m.x, w)));
    if (form == PRODUCT_THEN_SWEEP) sweep = tg_sum(tg_mul(m.z, w));
    if (sweep) m.loss = tg_add(m.loss, sweep);
    assert_tape_ok(m.tape);
    return m;
}

static model model_new(tg_tape_spec spec, int form) {
    return model_of(spec, form, ROWS, IN, OUT);
}

static void model_free(model *m) {
    tg_optim_free(m->optim);
    tg_tape_free(m->tape);
    tg_params_free(m->params);
}

static void backward(model *m) {
    assert_true(tg_replay(m->tape));
    assert_true(tg_backward(m->loss));
}

static void refuses(model *m, const char *what, int64_t at) {
    char text[64];
    double before = tg_param_at(m->w, 0);
    backward(m);
    assert_false(m->w->grad_finite);
    assert_false(tg_optim_step(m->optim));
    snprintf(text, sizeof text, "%s at element %lld", what, (long long)at);
    assert_non_null(strstr(tg_optim_error(m->optim), text));
    assert_true(tg_param_at(m->w, 0) == before);
}

static void one_element_is_enough(void **state) {
    (void)state;
    static const int64_t places[][2] = {{0, 0}, {11, 31}, {12, 32}, {599, 607}, {300, 609}, {599, 609}};
    for (int f64 = 0; f64 < 2; f64++)
        for (int threads = 1; threads <= 2; threads++)
            for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
                const tg_tape_spec spec = {.dtype = f64 ? TG_F64 : TG_F32, .threads = threads};
                const double large = f64 ? 1e300 : 1e30;
                model m = model_new(spec, PRODUCT);
                backward(&m);
                assert_true(m.w->grad_finite);
                assert_true(tg_optim_step(m.optim));
                assert_false(m.w->grad_finite);
                put(m.x, (ROWS - 1) * IN + places[i][0],
                    large); /* large * large is beyond the largest number */
                put(m.g, (ROWS - 1) * OUT + places[i][1], large);
                refuses(&m, "inf", places[i][0] * OUT + places[i][1]);
                model_free(&m);
            }
}

static void one_example_is_no_exception(void **state) {
    (void)state;
    static const struct {
        double x, g; /* of row 49 and column 36 */
        const char *what;
        int row, column; /* where it is first */
    } bad[] = {{1e30, 1e30, "inf", 49, 36}, {1, INFINITY, "inf", 0, 36}, {NAN, 1, "nan", 49, 0}};
    for (int f64 = 0; f64 < 2; f64++)
        for (int wide = 0; wide < 2; wide++)
            for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                const double factor = f64 && isfinite(bad[i].g) && bad[i].x > 1 ? 1e270 : 1;
                model m =
                    model_of((tg_tape_spec){.dtype = f64 ? TG_F64 : TG_F32}, PRODUCT, 1, 50, wide ? 200 : 37);
                backward(&m);
                assert_true(m.w->grad_finite);
                assert_true(tg_optim_step(m.optim));
                put(m.x, 49, bad[i].x * factor);
                put(m.g, 36, bad[i].g * factor);
                refuses(&m, bad[i].what, bad[i].row * m.out + bad[i].column);
                model_free(&m);
            }
}

/* Numbers whose squares are too large to judge by are looked at. */
static void large_factors_may_have_a_finite_product(void **state) {
    (void)state;
    model m = model_of((tg_tape_spec){.dtype = TG_F64}, PRODUCT, 1, 50, 37);
    put(m.x, 7, 1e200);
    backward(&m);
    assert_false(m.w->grad_finite);
    assert_true(tg_optim_step(m.optim));
    model_free(&m);
}

/* What backward saw in a product holds no longer when something else adds to the gradient. */
static void what_is_added_counts(void **state) {
    (void)state;
    for (int form = PRODUCT_THEN_SWEEP; form <= SWEEP_THEN_PRODUCT; form++) {
        model m = model_new((tg_tape_spec){.dtype = TG_F32}, form);
        put(m.z, 1234, INFINITY);
        refuses(&m, "inf", 1234);
        model_free(&m);
    }
}

static void what_was_there_counts(void **state) {
    (void)state;
    model m = model_new((tg_tape_spec){.dtype = TG_F32}, PRODUCT);
    put(m.x, 3, 1e30);
    put(m.g, 4, 1e30);
    backward(&m);
    put(m.x, 3, 1);
    put(m.g, 4, 1);
    refuses(&m, "inf", 3 * OUT + 4); /* added to the infinity of the first pass */
    model_free(&m);
}

static void another_tape_counts(void **state) {
    (void)state;
    model m = model_new((tg_tape_spec){.dtype = TG_F32}, PRODUCT);
    backward(&m);
    tg_tape *other = tg_tape_new_spec((tg_tape_spec){.dtype = TG_F32, .no_plan = true});
    tg_node *z = tg_input(other, "z", TG_F32, 2, (int64_t[]){IN, OUT});
    put(z, 77, INFINITY);
    assert_true(tg_backward(tg_sum(tg_mul(z, tg_use(other, m.w)))));
    assert_false(m.w->grad_finite);
    assert_false(tg_optim_step(m.optim));
    tg_tape_free(other);
    model_free(&m);
}

static void a_forgotten_gradient_has_not_been_seen(void **state) {
    (void)state;
    model m = model_new((tg_tape_spec){.dtype = TG_F32}, PRODUCT);
    backward(&m);
    tg_zero_grad(m.tape);
    assert_false(m.w->grad_finite);
    model_free(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_element_is_enough),
        cmocka_unit_test(one_example_is_no_exception),
        cmocka_unit_test(large_factors_may_have_a_finite_product),
        cmocka_unit_test(what_is_added_counts),
        cmocka_unit_test(what_was_there_counts),
        cmocka_unit_test(another_tape_counts),
        cmocka_unit_test(a_forgotten_gradient_has_not_been_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
