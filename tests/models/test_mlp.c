/* Containers of parameters, initialisers, the linear layer and the perceptron. */
#include "support/golden.h"
#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void parameters_stand_one_behind_the_other(void **state) {
    (void)state;
    tg_status status = {0};
    tg_params *params = tg_params_new(TG_F32, 48);
    tg_param *a = tg_params_add(params, "a", &TG_SHAPE(4, 4), &status);
    tg_param *b = tg_params_add(params, "b", &TG_SHAPE(32), &status);
    assert_ptr_equal((float *)a->value + 16, b->value);
    assert_ptr_equal((float *)a->grad + 16, b->grad);
    for (int i = 0; i < 100; i++) {
        char name[16];
        snprintf(name, sizeof name, "more%d", i);
        tg_param *more = tg_params_add(params, name, &TG_SHAPE(100, 10), &status);
        assert_non_null(more);
        tg_param_set_at(more, 999, i);
    }
    assert_int_equal(tg_params_count(params), 102);
    assert_int_equal(tg_params_size(params), 48 + 100000);
    assert_ptr_equal(tg_params_find(params, "b"), b);
    assert_close(tg_param_at(tg_params_get(params, 52), 999), 50, 0);
    assert_null(tg_params_get(params, 102));
    assert_false(status.failed);
    tg_params_free(params);
}

static void containers_refuse_what_does_not_fit(void **state) {
    (void)state;
    tg_status status = {0};
    tg_params *params = tg_params_new(TG_F32, 0), *other = tg_params_new(TG_F64, 0);
    assert_null(tg_params_new(TG_I32, 0));
    assert_null(tg_params_new(TG_F32, INT64_MAX));
    tg_param *a = tg_params_add(params, "a", &TG_SHAPE(2), &status);
    assert_null(tg_params_add(params, "a", &TG_SHAPE(2), &status));
    assert_string_equal(status.message, "parameter a: the name is taken");
    status = (tg_status){0};
    assert_null(tg_params_add(params, "b", &TG_SHAPE(INT64_MAX, 2), &status));
    assert_non_null(strstr(status.message, "impossible shape"));
    status = (tg_status){0};
    assert_false(tg_params_borrow(other, a, &status));
    assert_string_equal(status.message, "parameter a is f32; the container's are f64");
    status = (tg_status){0};
    assert_false(tg_params_assign(params, "a", (double[]){1, 2, 3}, 3, &status));
    assert_string_equal(status.message, "parameter a has shape (2), 2 elements; 3 were given");
    assert_true(tg_params_assign(params, "a", (double[]){1, 2}, 2, NULL));
    double back[2];
    assert_true(tg_params_read(params, "a", back, 2, NULL));
    assert_close(back[1], 2, 0);
    tg_params_free(params);
    tg_params_free(other);
    tg_params_free(NULL);
    assert_int_equal(tg_params_count(NULL), 0);
}

/* Mean and mean square of a parameter. */
static void moments(const tg_param *param, double *mean, double *square, double *largest) {
    *mean = *square = *largest = 0;
    for (int64_t i = 0; i < param->size; i++) {
        double x = tg_param_at(param, i);
        *mean += x / (double)param->size;
        *square += x * x / (double)param->size;
        *largest = fmax(*largest, fabs(x));
    }
}

static void initialisers_have_the_deviation_of_their_paper(void **state) {
    (void)state;
    const double in = 200, out = 300;
    const struct {
        tg_init init;
        double mean, deviation, largest;
    } rows[] = {
        {{TG_INIT_NORMAL, .mean = 1, .scale = 0.5}, 1, 0.5, 9},
        {{TG_INIT_UNIFORM, .scale = 0.3}, 0, 0.3 / sqrt(3), 0.3},
        {{TG_INIT_CONSTANT, .mean = 2}, 2, 0, 2},
        {{TG_INIT_XAVIER_UNIFORM}, 0, sqrt(2 / (in + out)), sqrt(6 / (in + out))},
        {{TG_INIT_XAVIER_NORMAL}, 0, sqrt(2 / (in + out)), 9},
        {{TG_INIT_KAIMING_UNIFORM}, 0, sqrt(2 / in), sqrt(6 / in)},
        {{TG_INIT_KAIMING_NORMAL}, 0, sqrt(2 / in), 9},
        {{TG_INIT_LECUN_UNIFORM}, 0, sqrt(1 / in), sqrt(3 / in)},
        {{TG_INIT_LECUN_NORMAL}, 0, sqrt(1 / in), 9},
        {{TG_INIT_FAN_IN}, 0, 1 / sqrt(3 * in), 1 / sqrt(in)},
        {{TG_INIT_FAN_MAX}, 0, 1 / sqrt(out), 9},
        {{TG_INIT_KAIMING_NORMAL, .gain = 3}, 0, 3 / sqrt(in), 9},
    };
    tg_param *param = tg_param_new("w", TG_F64, &TG_SHAPE(200, 300));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double mean, square, largest;
        assert_true(tg_init_param(param, rows[i].init, 7, i, NULL));
        moments(param, &mean, &square, &largest);
        double deviation = sqrt(fmax(0, square - mean * mean));
        assert_true(fabs(mean - rows[i].mean) <= 5 * rows[i].deviation / sqrt(60000) + 1e-12);
        assert_true(fabs(deviation - rows[i].deviation) <= 0.015 * rows[i].deviation + 1e-6);
        assert_true(largest <= rows[i].largest &&
                    largest >= 0.99 * fmin(rows[i].largest, 2 * rows[i].deviation));
    }
    tg_status status = {0};
    assert_false(tg_init_param(param, (tg_init){TG_INIT_NORMAL, .scale = NAN}, 1, 0, &status));
    assert_non_null(strstr(status.message, "not finite"));
    tg_param_free(param);
}

static void a_seed_gives_the_same_weights_in_both_precisions(void **state) {
    (void)state;
    tg_mlp_spec spec = {.sizes = {20, 30, 5}, .depth = 2, .activation = TG_RELU, .seed = 4};
    tg_mlp *a = tg_mlp_new(spec);
    spec.dtype = TG_F64;
    tg_mlp *b = tg_mlp_new(spec);
    spec.seed = 5;
    tg_mlp *c = tg_mlp_new(spec);
    for (int k = 0; k < 4; k++) {
        tg_param *p = tg_params_get(tg_mlp_params(a), k), *q = tg_params_get(tg_mlp_params(b), k);
        for (int64_t i = 0; i < p->size; i++)
            assert_true((float)tg_param_at(q, i) == (float)tg_param_at(p, i));
    }
    assert_true(tg_param_at(tg_params_get(tg_mlp_params(b), 0), 0) !=
                tg_param_at(tg_params_get(tg_mlp_params(c), 0), 0));
    tg_mlp_free(a);
    tg_mlp_free(b);
    tg_mlp_free(c);
}

static void layers_are_named_and_scoped(void **state) {
    (void)state;
    tg_mlp *net = tg_mlp_new((tg_mlp_spec){.sizes = {4, 3, 2}, .depth = 2, .activation = TG_RELU, .seed = 1});
    tg_mlp *deep = tg_mlp_new((tg_mlp_spec){
        .sizes = {4, 3, 3, 2}, .depth = 3, .activation = TG_SIGMOID, .names = {NULL, "middle"}});
    const char *names[] = {"hidden.weight", "hidden.bias", "output.weight", "output.bias"};
    assert_int_equal(tg_params_count(tg_mlp_params(net)), 4);
    for (int i = 0; i < 4; i++) assert_string_equal(tg_params_get(tg_mlp_params(net), i)->name, names[i]);
    assert_non_null(tg_params_find(tg_mlp_params(deep), "hidden1.weight"));
    assert_non_null(tg_params_find(tg_mlp_params(deep), "middle.bias"));
    tg_tape *tape = tg_tape_new(TG_F32);
    tg_node *x = tg_input(tape, "x", TG_F32, 2, (int64_t[]){5, 4});
    tg_node *y = tg_mlp_apply(net, x);
    assert_tape_ok(tape);
    assert_string_equal(tg_scope_of(y), "output");
    assert_string_equal(tg_scope_of(tg_arg(tg_arg(y, 0), 0)), "hidden");
    assert_int_equal(tg_shape_of(y)->dim[0], 5);
    assert_int_equal(tg_shape_of(y)->dim[1], 2);
    assert_non_null(strstr(tg_where_of(y).file, "test_mlp.c"));
    tg_tape_free(tape);
    tg_mlp_free(net);
    tg_mlp_free(deep);
}

static void impossible_networks_are_refused_with_a_reason(void **state) {
    (void)state;
    const struct {
        tg_mlp_spec spec;
        const char *reason;
    } rows[] = {
        {{.sizes = {4, 2}}, "depth 0"},
        {{.sizes = {4, 2}, .depth = 99}, "depth 99"},
        {{.sizes = {4, 0, 2}, .depth = 2}, "size 2 of 3 is 0"},
        {{.sizes = {4, 3, 2}, .depth = 1}, "more are given"},
        {{.sizes = {4, 2}, .depth = 1, .activation = (tg_activation)77}, "no activation 77"},
        {{.sizes = {4, 2}, .depth = 1, .dtype = TG_I32}, "dtype i32"},
        {{.sizes = {4, 2}, .depth = 1, .keep = 1.5}, "keep is 1.5"},
        {{.sizes = {INT64_MAX, INT64_MAX}, .depth = 1}, "too large"},
        {{.sizes = {1 << 30, 1 << 30}, .depth = 1}, "too large"},
        {{.sizes = {4, 3, 2}, .depth = 2, .names = {"a", "a"}}, "a.weight: the name is taken"},
        {{.sizes = {4, 3, 2}, .depth = 2, .names = {""}}, "name of layer 1 is empty"},
        {{.sizes = {4, 2}, .depth = 1, .init = {TG_INIT_NORMAL, .scale = INFINITY}}, "not finite"},
        {{.sizes = {4, 3, 2}, .depth = 2, .activation = TG_RELU, .activation_options = &rows},
         "takes no options"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        tg_status status = {0};
        tg_mlp_spec spec = rows[i].spec;
        spec.status = &status;
        assert_null(tg_mlp_new(spec));
        if (!strstr(status.message, rows[i].reason))
            fail_msg("\"%s\" lacks \"%s\"", status.message, rows[i].reason);
    }
    tg_tape *tape = tg_tape_new(TG_F32);
    assert_null(tg_mlp_apply(NULL, tg_input(tape, "x", TG_F32, 2, (int64_t[]){5, 4})));
    assert_non_null(strstr(tg_error(tape), "mlp: the model is NULL"));
    assert_null(tg_mlp_apply(NULL, NULL));
    tg_tape_free(tape);
}

static void model_texts_are_parsed(void **state) {
    (void)state;
    tg_mlp_spec spec = {0};
    assert_true(tg_mlp_parse("784-64-10", &spec, NULL));
    assert_int_equal(spec.depth, 2);
    assert_int_equal(spec.sizes[1], 64);
    const char *wrong[] = {"",
                           "784",
                           "784-",
                           "-10",
                           "784--10",
                           "784-x",
                           "784-0-10",
                           "7 8",
                           "1-2-",
                           "784-64-10x",
                           "1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1",
                           "99999999999999999999999-0"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        tg_status status = {0};
        assert_false(tg_mlp_parse(wrong[i], &spec, &status));
        assert_non_null(strstr(status.message, "784-64-10"));
    }
    assert_false(tg_mlp_parse(NULL, &spec, NULL));
}

static void linear_forward_matches_the_golden_numbers(void **state) {
    (void)state;
    double x[504], weight[672], bias[4];
    linspace(-0.1, 0.4, 504, x);
    linspace(-0.2, 0.2, 672, weight);
    linspace(-0.3, 0.3, 4, bias);
    tg_params *params = tg_params_new(TG_F64, 0);
    tg_linear layer = tg_linear_new(params, "fc", (tg_linear_spec){168, 4}, NULL);
    assert_true(tg_params_assign(params, "fc.weight", weight, 672, NULL));
    assert_true(tg_params_assign(params, "fc.bias", bias, 4, NULL));
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *input = tg_input(tape, "x", TG_F64, 2, (int64_t[]){3, 168});
    tg_set_f64(input, x);
    tg_node *y = tg_linear_apply(layer, input);
    assert_tape_ok(tape);
    double *golden = golden_numbers("layers.json", "linear_forward/y", NULL);
    for (int i = 0; i < 12; i++) assert_close(tg_value_at(y, i), golden[i], 1e-13);
    free(golden);
    tg_tape_free(tape);
    tg_params_free(params);
}

static void every_named_activation_is_an_op(void **state) {
    (void)state;
    for (int a = 0; a < TG_NACTIVATIONS; a++) {
        assert_int_equal(tg_activation_from_name(tg_activation_name(a)), a);
        assert_non_null(strstr(tg_activation_names(), tg_activation_name(a)));
    }
    assert_int_equal(tg_activation_from_name("rulu"), -1);
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = tg_scalar(tape, -2);
    assert_ptr_equal(tg_activate(x, TG_NONE), x);
    assert_close(tg_item(tg_activate(x, TG_SIGMOID)), 1 / (1 + exp(2)), 1e-15);
    assert_null(tg_activate(x, (tg_activation)99));
    assert_non_null(strstr(tg_error(tape), "relu"));
    tg_tape_free(tape);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_stand_one_behind_the_other),
        cmocka_unit_test(containers_refuse_what_does_not_fit),
        cmocka_unit_test(initialisers_have_the_deviation_of_their_paper),
        cmocka_unit_test(a_seed_gives_the_same_weights_in_both_precisions),
        cmocka_unit_test(layers_are_named_and_scoped),
        cmocka_unit_test(impossible_networks_are_refused_with_a_reason),
        cmocka_unit_test(model_texts_are_parsed),
        cmocka_unit_test(linear_forward_matches_the_golden_numbers),
        cmocka_unit_test(every_named_activation_is_an_op),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
