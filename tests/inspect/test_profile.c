/* The profile of a step, and the colours and circuit pictures of the graph. */
#include "support/test.h"

#include <math.h>
#include <string.h>

static tg_node *scalar(tg_tape *tape, const char *name, double value) {
    tg_node *x = tg_input(tape, name, TG_F64, 0, NULL);
    tg_set_f64(x, &value);
    tg_require_grad(x, true);
    return x;
}

static tg_node *square_matrix(tg_tape *tape, int64_t n) {
    tg_node *x = tg_input(tape, NULL, TG_F64, 2, (int64_t[]){n, n});
    tg_require_grad(x, true);
    return x;
}

static void the_slowest_op_comes_first(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *small = tg_matmul(square_matrix(tape, 2), square_matrix(tape, 2));
    tg_node *large = tg_matmul(square_matrix(tape, 150), square_matrix(tape, 150));
    tg_node *loss = tg_add(tg_sum(small), tg_sum(large));
    tg_status status = {0};
    tg_profile *p = tg_profile_new(loss, (tg_profile_spec){.repetitions = 3}, &status);
    assert_string_equal(status.message, "");
    assert_int_equal(p->count, 9);
    const tg_profile_row *a = &p->rows[tg_id(small)], *b = &p->rows[tg_id(large)];
    assert_true(a->forward > 0 && a->backward > 0 && b->forward > 0 && b->backward > 0);
    for (int i = 0; i < p->count; i++) /* what a machine measures is no matter of tests */
        p->rows[i].forward = p->rows[i].backward = i == tg_id(large) ? 1e-3 : 1e-6;
    assert_close(b->flops.forward, 2 * 150.0 * 150 * 150, 0);
    assert_close(b->bytes_forward, 3 * 150 * 150 * 8, 0);
    assert_null(tg_grad(loss)); /* the tape itself has not been played backward */
    char *table = tg_profile_text(p, TG_PROFILE_TABLE, NULL), *csv = tg_profile_text(p, TG_PROFILE_CSV, NULL);
    assert_non_null(strstr(table, "matmul"));
    assert_true(strstr(table, "matmul") < strstr(table, "sum"));
    assert_non_null(strstr(csv, "\n5,matmul,"));
    tg_graph *graph = tg_graph_new(tape, (tg_graph_spec){.colour = TG_COLOUR_TIME, .profile = p}, NULL);
    char *dot = tg_graph_render(graph, TG_GRAPH_DOT, NULL, NULL);
    assert_non_null(strstr(strstr(dot, "v5 ["), "#d77a12")); /* the darkest */
    assert_non_null(strstr(dot, "time, forward and backward"));
    tg_graph_release(dot);
    tg_graph_free(graph);
    tg_profile_release(table);
    tg_profile_release(csv);
    tg_profile_free(p);
    assert_null(tg_profile_new(NULL, (tg_profile_spec){0}, &status));
    tg_tape_free(tape);
}

static const char *fill_of(const char *dot, const char *node) {
    static char fill[8];
    const char *at = strstr(dot, node);
    assert_non_null(at);
    at = strstr(at, "fillcolor=\"");
    memcpy(fill, at + 11, 7);
    return fill;
}

/* Gradients 1e-6, 1e-3, 1, none, and NaN. */
static void gradients_darken_by_decades(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = scalar(tape, "x", 1);
    tg_node *a = tg_scale(x, 1e-3), *b = tg_scale(a, 1e-3);
    tg_scalar(tape, 1);
    tg_backward(b);
    assert_tape_ok(tape);
    char *dot = tg_graph_dot(tape, (tg_graph_spec){.colour = TG_COLOUR_GRADIENT}, NULL);
    assert_string_equal(fill_of(dot, "  v0 ["), "#fff8ec");
    assert_string_equal(fill_of(dot, "  v1 ["), "#f6b565");
    assert_string_equal(fill_of(dot, "  v2 ["), "#d77a12");
    assert_string_equal(fill_of(dot, "  v3 ["), "#ffffff");
    tg_graph_release(dot);
    tg_graph *graph = tg_graph_new(tape, (tg_graph_spec){.colour = TG_COLOUR_GRADIENT}, NULL);
    char *mermaid = tg_graph_render(graph, TG_GRAPH_MERMAID, NULL, NULL);
    assert_non_null(strstr(mermaid, "  style v1 fill:#f6b565\n"));
    tg_graph_release(mermaid);
    tg_graph_free(graph);
    tg_backward_from(b, (double[16]){NAN});
    dot = tg_graph_dot(tape, (tg_graph_spec){.colour = TG_COLOUR_GRADIENT}, NULL);
    assert_string_equal(fill_of(dot, "  v1 ["), "#f48fd0");
    tg_graph_release(dot);
    tg_tape_free(tape);
}

static void the_circuit_is_as_golden(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = scalar(tape, "x", -2), *q = tg_name(tg_add(x, scalar(tape, "y", 5)), "q");
    tg_backward(tg_name(tg_mul(q, scalar(tape, "z <1>", -4)), "f"));
    assert_tape_ok(tape);
    char *dot = tg_graph_dot(tape, (tg_graph_spec){.circuit = true, .title = "(x + y) z"}, NULL);
    assert_golden(dot, "inspect/golden/circuit.dot");
    tg_graph_release(dot);
    tg_tape_free(tape);
}

/* x is used twice: each branch shows what it sends, the wire their sum. */
static void a_fork_shows_its_branches(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = scalar(tape, "x", 3);
    tg_node *square = tg_mul(x, x);
    tg_backward(tg_add(square, tg_scale(x, 4)));
    char *dot = tg_graph_dot(tape, (tg_graph_spec){.circuit = true}, NULL);
    assert_non_null(strstr(dot, ">10</FONT>"));
    assert_non_null(strstr(
        dot,
        "v0:e -> g2 [label=<<FONT COLOR=\"#0059a3\">&#215;4</FONT><BR/><FONT COLOR=\"#b23a00\">4</FONT>>]"));
    tg_graph_release(dot);
    dot = tg_graph_dot(tape, (tg_graph_spec){.detail = TG_DETAIL_GRADIENTS}, NULL);
    assert_non_null(strstr(dot, "grad 10 = 3 + 3 + 4"));
    tg_graph_release(dot);
    tg_tape_free(tape);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_slowest_op_comes_first),
        cmocka_unit_test(gradients_darken_by_decades),
        cmocka_unit_test(the_circuit_is_as_golden),
        cmocka_unit_test(a_fork_shows_its_branches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
