/* The sequential container: its layers, its golden network, its errors. */
#include "support/golden.h"
#include "support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const tg_leaky_relu_options slope = {0.1};

static tg_sequential *golden_net(void) {
    tg_status status = {0};
    tg_sequential *net = tg_sequential_new((tg_sequential_spec){
        .layers = (tg_layer[]){{"flatten", TG_LAYER_FLATTEN},
                               {"fc1", TG_LAYER_LINEAR, .in = 4, .out = 30},
                               {"act1", TG_LAYER_ACTIVATION, .activation = TG_LEAKY_RELU, .options = &slope},
                               {"fc2", TG_LAYER_LINEAR, .out = 7},
                               {0}},
        .dtype = TG_F64,
        .status = &status});
    if (!net) fail_msg("%s", status.message);
    return net;
}

static void assign_linspace(tg_params *params, const char *name, double low, double high, int64_t n) {
    double *x = malloc((size_t)n * sizeof *x);
    linspace(low, high, n, x);
    assert_true(tg_params_assign(params, name, x, n, NULL));
    free(x);
}

static void compare_gradient(const tg_params *params, const char *name, const char *golden) {
    int64_t n;
    double *wanted = golden_numbers("layers.json", golden, &n);
    const tg_param *param = tg_params_find(params, name);
    assert_int_equal(param->size, n);
    for (int64_t i = 0; i < n; i++) assert_close(tg_param_grad_at(param, i), wanted[i], 1e-12);
    free(wanted);
}

static void the_golden_network_matches(void **state) {
    (void)state;
    tg_sequential *net = golden_net();
    tg_params *params = tg_sequential_params(net);
    assign_linspace(params, "fc1.weight", -0.7, 0.3, 120);
    assign_linspace(params, "fc1.bias", -0.6, 0.2, 30);
    assign_linspace(params, "fc2.weight", -0.2, 0.2, 210);
    assign_linspace(params, "fc2.bias", -0.9, 0.1, 7);
    double line[16], rows[16];
    linspace(-5.5, 4.5, 16, line);
    for (int i = 0; i < 16; i++) rows[i] = line[i % 4 * 4 + i / 4];
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = tg_input(tape, "x", TG_F64, 3, (int64_t[]){4, 2, 2});
    tg_node *label = tg_input(tape, "label", TG_I32, 1, (int64_t[]){4});
    tg_set_f64(x, rows);
    tg_set(label, (int32_t[]){0, 5, 1, 4});
    tg_node *scores = tg_sequential_apply(net, x);
    tg_node *loss = tg_cross_entropy(scores, label);
    assert_true(tg_backward(loss));
    double *wanted = golden_numbers("layers.json", "two_layer_net/scores", NULL);
    for (int i = 0; i < 28; i++) assert_close(tg_value_at(scores, i), wanted[i], 1e-12);
    free(wanted);
    assert_close(tg_item(loss), golden_number("layers.json", "two_layer_net/loss"), 1e-12);
    compare_gradient(params, "fc1.weight", "two_layer_net/dw1");
    compare_gradient(params, "fc1.bias", "two_layer_net/db1");
    compare_gradient(params, "fc2.weight", "two_layer_net/dw2");
    compare_gradient(params, "fc2.bias", "two_layer_net/db2");
    assert_string_equal(tg_scope_of(scores), "fc2");
    assert_non_null(strstr(tg_where_of(scores).file, "test_sequential.c"));
    tg_tape_free(tape);
    tg_sequential_free(net);
}

static tg_node *twice(void *context, tg_node *x) {
    ++*(int *)context;
    return tg_add(x, x);
}

static void custom_layers_and_dropout_take_their_place(void **state) {
    (void)state;
    int calls = 0;
    const double ones[] = {1, 1, 1, 1, 1, 1, 1, 1};
    tg_sequential *net = tg_sequential_new((tg_sequential_spec){
        .layers = (tg_layer[]){{"twice", TG_LAYER_CUSTOM, .apply = twice, .context = &calls},
                               {"drop", TG_LAYER_DROPOUT, .keep = 0.5, .seed = 3},
                               {0}},
        .dtype = TG_F64});
    assert_true(!tg_sequential_model(net).shaped && tg_sequential_model(net).self == net);
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = tg_input(tape, "x", TG_F64, 2, (int64_t[]){2, 4});
    tg_set_f64(x, ones);
    tg_node *y = tg_sequential_model(net).apply(net, x);
    tg_replay(tape);
    int dropped = 0;
    for (int i = 0; i < 8; i++) {
        double v = tg_value_at(y, i);
        assert_true(v == 0 || v == 4);
        dropped += v == 0;
    }
    assert_true(calls == 1 && dropped > 0 && dropped < 8);
    tg_set_training(tape, false);
    tg_replay(tape);
    for (int i = 0; i < 8; i++) assert_true(tg_value_at(y, i) == 2);
    tg_tape_free(tape);
    tg_sequential_free(net);
}

static void weights_start_as_suits_the_next_activation(void **state) {
    (void)state;
    tg_sequential *net = tg_sequential_new(
        (tg_sequential_spec){.layers = (tg_layer[]){{"a", TG_LAYER_LINEAR, .in = 400, .out = 300},
                                                    {"relu", TG_LAYER_ACTIVATION, .activation = TG_RELU},
                                                    {"b", TG_LAYER_LINEAR, .out = 200, .no_bias = true},
                                                    {0}},
                             .seed = 1});
    const double wanted[] = {2.0 / 400, 2.0 / 500};
    const char *names[] = {"a.weight", "b.weight"};
    for (int k = 0; k < 2; k++) {
        double square = 0;
        const tg_param *w = tg_params_find(tg_sequential_params(net), names[k]);
        for (int64_t i = 0; i < w->size; i++) square += pow(tg_param_at(w, i), 2) / (double)w->size;
        assert_true(fabs(square / wanted[k] - 1) < 0.03);
    }
    assert_int_equal(tg_params_count(tg_sequential_params(net)), 3);
    assert_int_equal(tg_sequential_count(net), 3);
    assert_int_equal(tg_sequential_layer(net, 2)->in, 300);
    assert_null(tg_sequential_layer(net, 3));
    tg_sequential_free(net);
}

static void impossible_layers_are_named(void **state) {
    (void)state;
    const struct {
        tg_layer layers[3];
        const char *reason;
    } rows[] = {
        {{{0}}, "no layers"},
        {{{"a", TG_LAYER_LINEAR, .out = 3}},
         "layer a: 0 inputs and 3 outputs; both must be at least 1, and the first"},
        {{{"a", TG_LAYER_LINEAR, .in = 2}}, "layer a: 2 inputs and 0 outputs"},
        {{{"a", TG_LAYER_FLATTEN}, {"a", TG_LAYER_FLATTEN}}, "layer a: the name is taken"},
        {{{"a", TG_LAYER_ACTIVATION, .activation = (tg_activation)50}}, "no activation 50"},
        {{{"a", TG_LAYER_ACTIVATION, .activation = TG_RELU, .options = &slope}}, "relu takes no options"},
        {{{"a", TG_LAYER_DROPOUT, .keep = NAN}}, "keep is nan"},
        {{{"a", TG_LAYER_CUSTOM}}, "apply is NULL"},
        {{{"a", (tg_layer_kind)9}}, "no kind 9"},
        {{{"a", TG_LAYER_LINEAR, .in = INT64_MAX, .out = INT64_MAX}}, "impossible shape"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        tg_status status = {0};
        assert_null(tg_sequential_new((tg_sequential_spec){.layers = rows[i].layers, .status = &status}));
        if (!strstr(status.message, rows[i].reason))
            fail_msg("\"%s\" lacks \"%s\"", status.message, rows[i].reason);
    }
    assert_null(tg_sequential_new((tg_sequential_spec){0}));
    assert_null(tg_sequential_new((tg_sequential_spec){.layers = rows[3].layers, .dtype = TG_I32}));
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_sequential *net = golden_net();
    assert_null(tg_sequential_apply(net, tg_scalar(tape, 1)));
    assert_non_null(strstr(tg_error(tape), "flatten: a scalar"));
    tg_error_clear(tape);
    assert_null(tg_sequential_apply(NULL, tg_scalar(tape, 1)));
    assert_non_null(strstr(tg_error(tape), "sequential: the model is NULL"));
    assert_null(tg_sequential_apply(net, NULL));
    tg_sequential_free(net);
    tg_sequential_free(NULL);
    tg_tape_free(tape);
}

static int left;
static void *scarce(void *context, size_t size) {
    (void)context;
    return left-- > 0 ? calloc(1, size) : NULL;
}
static void release(void *context, void *memory) {
    (void)context;
    free(memory);
}

/* Every allocation made to fail: a message, no crash, no leak. */
static void models_without_memory_are_refused(void **state) {
    (void)state;
    bool made = false;
    tg_set_allocator((tg_allocator){scarce, release, NULL});
    for (int n = 0; !made && n < 100; n++) {
        tg_status status = {0};
        const tg_layer layers[] = {{"a", TG_LAYER_LINEAR, .in = 4, .out = 3},
                                   {"b", TG_LAYER_ACTIVATION, .activation = TG_LEAKY_RELU, .options = &slope},
                                   {0}};
        left = n;
        tg_sequential *net = tg_sequential_new((tg_sequential_spec){.layers = layers, .status = &status});
        tg_optim *opt = net ? tg_adam(tg_sequential_params(net), (tg_adam_spec){.status = &status}) : NULL;
        tg_keeper *keeper =
            opt ? tg_keeper_new(tg_sequential_params(net), (tg_keeper_spec){0}, &status) : NULL;
        made = keeper != NULL;
        if (!made) assert_non_null(strstr(status.message, "out of memory"));
        tg_keeper_free(keeper);
        tg_optim_free(opt);
        tg_sequential_free(net);
    }
    assert_true(made);
    tg_set_allocator((tg_allocator){0});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_golden_network_matches),
        cmocka_unit_test(custom_layers_and_dropout_take_their_place),
        cmocka_unit_test(weights_start_as_suits_the_next_activation),
        cmocka_unit_test(impossible_layers_are_named),
        cmocka_unit_test(models_without_memory_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
