/* Memory that runs out: every scenario is run with its n'th allocation failing, for n = 1, 2, ..., once and
   for ever after. It must say that it failed, or succeed; it must not crash; and nothing may be lost. */
#include "support/loader.h"

#include <stdlib.h>
#include <string.h>

/* ---- scenarios: true when all went well, false when an error was reported ---- */

static tg_node *network(tg_tape *tape, tg_mlp *net) {
    tg_scope_push(tape, "net");
    tg_node *x = tg_input(tape, "x", TG_F32, 2, (int64_t[]){20, 8});
    tg_node *labels = tg_input(tape, "labels", TG_I32, 1, (int64_t[]){20});
    tg_node *loss = tg_cross_entropy(tg_mlp_apply(net, x), labels);
    tg_scope_pop(tape);
    return tg_name(loss, "loss");
}

static bool trains(bool lazy) {
    tg_status status = {0};
    tg_mlp *net = tg_mlp_new(
        (tg_mlp_spec){.sizes = {8, 16, 3}, .depth = 2, .activation = TG_GELU, .seed = 1, .status = &status});
    tg_optim *adam = net ? tg_adam(tg_mlp_params(net), (tg_adam_spec){.status = &status}) : NULL;
    tg_tape *tape = tg_tape_new_spec((tg_tape_spec){.lazy = lazy, .threads = 1});
    tg_node *loss = net ? network(tape, net) : NULL;
    bool ok = adam && loss;
    for (int i = 0; i < 3 && ok; i++) ok = tg_replay(tape) && tg_backward(loss) && tg_optim_step(adam);
    assert_true(ok || status.failed || tg_failed(tape) || tg_optim_failed(adam));
    tg_optim_free(adam);
    tg_tape_free(tape);
    tg_mlp_free(net);
    return ok;
}
static bool trains_eagerly(void) {
    return trains(false);
}
static bool trains_lazily(void) {
    return trains(true);
}

static bool retried_after_clear(void) {
    tg_tape *tape = tg_tape_new(TG_F64);
    int64_t n = 100000;
    bool ok = tg_softmax(tg_square(tg_input(tape, "x", TG_F64, 1, &n))) != NULL;
    assert_int_equal(ok, !tg_failed(tape));
    tg_tape_clear(tape);
    tg_tape_free(tape);
    return ok;
}

static bool concatenates(void) {
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *parts[20];
    for (int i = 0; i < 20; i++) {
        parts[i] = tg_input(tape, NULL, TG_F64, 1, (int64_t[]){3});
        tg_require_grad(parts[i], true);
    }
    tg_node *y = parts[0] ? tg_sum(tg_concat(20, parts, (tg_concat_options){0})) : NULL;
    bool ok = y && tg_backward(y) && tg_replay(tape) && tg_backward(y);
    assert_true(ok || tg_failed(tape));
    tg_tape_free(tape);
    return ok;
}

static bool shadows(void) {
    tg_tape *tape = tg_tape_new(TG_F32);
    tg_node *x = tg_input(tape, "x", TG_F32, 1, (int64_t[]){5});
    tg_require_grad(x, true);
    tg_node *y = tg_sum(tg_tanh(x));
    tg_tape *shadow = y ? tg_shadow(tape, TG_DUAL) : NULL;
    bool ok =
        shadow && !tg_failed(shadow) && tg_replay(shadow) && tg_backward(tg_tape_node(shadow, tg_id(y)));
    tg_tape_free(shadow);
    tg_tape_free(tape);
    return ok;
}

static bool reads_a_formula(void) {
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_expr_error error = {0};
    bool ok = tg_expr_input(tape, "x=[[1,2],[3,4]]", &error) &&
              tg_expr(tape, "h = tanh(x@x); sum(softmax(h, axis=0))", &error);
    assert_true(ok || tg_failed(tape) || error.column > 0);
    tg_tape_free(tape);
    return ok;
}

static bool draws(tg_graph_format format) {
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = tg_input(tape, "x", TG_F64, 1, (int64_t[]){3});
    tg_require_grad(x, true);
    tg_node *y = tg_sum(tg_mul(tg_sin(x), x));
    tg_backward(y);
    tg_status status = {0};
    tg_graph *graph = y ? tg_graph_new(tape, (tg_graph_spec){.detail = TG_DETAIL_GRADIENTS}, &status) : NULL;
    char *text = graph ? tg_graph_render(graph, format, NULL, &status) : NULL;
    bool ok = text && !tg_failed(tape);
    assert_true(ok || status.failed || tg_failed(tape));
    tg_graph_release(text);
    tg_graph_free(graph);
    tg_tape_free(tape);
    return ok;
}
static bool draws_dot(void) {
    return draws(TG_GRAPH_DOT);
}
static bool draws_text(void) {
    return draws(TG_GRAPH_TEXT);
}
static bool draws_json(void) {
    return draws(TG_GRAPH_JSON);
}
static bool draws_mermaid(void) {
    return draws(TG_GRAPH_MERMAID);
}

#define SCENARIOS(X)                                                                                         \
    X(trains_eagerly)                                                                                        \
    X(trains_lazily)                                                                                         \
    X(retried_after_clear)                                                                                   \
    X(concatenates)                                                                                          \
    X(shadows)                                                                                               \
    X(reads_a_formula)                                                                                       \
    X(draws_dot)                                                                                             \
    X(draws_text)                                                                                            \
    X(draws_json)                                                                                            \
    X(draws_mermaid)

/* As the loaders' contract wants it: a call with a status. */
#define TEST(name)                                                                                           \
    static bool try_##name(const char *path, tg_status *status) {                                            \
        (void)path;                                                                                          \
        return name() || tg_status_fail(status, "%s", #name);                                                \
    }                                                                                                        \
    static void name##_without_memory(void **state) {                                                        \
        (void)state;                                                                                         \
        assert_survives_no_memory(try_##name, NULL);                                                         \
    }
SCENARIOS(TEST)

/* ---- what the message says ---- */

static int until_refused;

static void *refuse_one(void *context, size_t size) {
    (void)context;
    return --until_refused == 0 ? NULL : calloc(1, size ? size : 1);
}
static void give_back(void *context, void *memory) {
    (void)context;
    free(memory);
}

/* A size for which the arena must ask for more memory just there. */
static tg_node *drop_some(tg_tape *tape) {
    return tg_dropout(tg_input(tape, "x", TG_F64, 2, (int64_t[]){150, 100}),
                      (tg_dropout_options){.keep = 0.5});
}
static tg_node *compare(tg_tape *tape) {
    tg_node *x = tg_input(tape, "x", TG_F64, 2, (int64_t[]){2, 30000});
    return tg_cross_entropy(x, tg_input(tape, "label", TG_I32, 1, (int64_t[]){2}));
}
static tg_node *go_back(tg_tape *tape) {
    tg_node *x = tg_input(tape, "x", TG_F64, 2, (int64_t[]){120, 100});
    tg_require_grad(x, true);
    tg_node *y = tg_mean(tg_softmax(x));
    return tg_backward(y) ? y : NULL;
}
static tg_node *join(tg_tape *tape) {
    tg_node *x = tg_input(tape, "x", TG_F64, 1, (int64_t[]){30000});
    return tg_broadcast_to(x, TG_SHAPE(2, 30000));
}

/* Of the calls in which one allocation after the other fails, one must say each of these. */
static void assert_messages(tg_node *(*call)(tg_tape *), const char *const *wanted, int n) {
    bool said[4] = {false};
    int runs = 1;
    for (bool ok = false; !ok; runs++) {
        until_refused = runs;
        tg_set_allocator((tg_allocator){refuse_one, give_back, NULL});
        tg_tape *tape = tg_tape_new(TG_F64);
        ok = tape && call(tape) != NULL;
        for (int i = 0; tape && i < n; i++)
            said[i] |= strstr(tg_error(tape), wanted[i]) && strstr(tg_error(tape), "test_memory.c:");
        tg_tape_free(tape);
        tg_set_allocator((tg_allocator){0});
    }
    for (int i = 0; i < n; i++)
        if (!said[i]) fail_msg("none of %d calls said: %s", runs, wanted[i]);
}

static void what_was_wanted_and_by_whom_is_said(void **state) {
    (void)state;
    assert_messages(
        drop_some,
        (const char *[]){"dropout: out of memory for 15064 bytes that forward keeps for backward, "
                         "with arguments of shape (150,100)"},
        1);
    assert_messages(compare,
                    (const char *[]){"bytes of working memory, with arguments of shape (2,30000), (2)"}, 1);
    assert_messages(
        go_back, (const char *[]){"backward: out of memory for the gradient of an input, of shape (120,100)"},
        1);
    assert_messages(join, (const char *[]){"broadcast_to: out of memory for 240000 bytes of working memory"},
                    1);
}

int main(void) {
#define ENTRY(name) cmocka_unit_test(name##_without_memory),
    const struct CMUnitTest tests[] = {SCENARIOS(ENTRY)
                                           cmocka_unit_test(what_was_wanted_and_by_whom_is_said)};
    tg_set_threads(1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
