/* Large graphs: repeated blocks drawn once, the node limit, the focus. */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static tg_node *leaf(tg_tape *tape, const char *name, int64_t rows, int64_t columns) {
    tg_node *x = tg_input(tape, name, TG_F64, 2, (int64_t[]){rows, columns});
    tg_require_grad(x, true);
    return x;
}

/* h + relu(h w + b), with weights of its own. */
static tg_node *block(tg_tape *tape, tg_node *h, int number) {
    char scope[32];
    snprintf(scope, sizeof scope, "block%d", number);
    tg_scope_push(tape, scope);
    tg_node *b = leaf(tape, "b", 1, 3), *w = leaf(tape, "w", 3, 3);
    h = tg_add(h, tg_relu(tg_add(tg_matmul(h, w), b)));
    tg_scope_pop(tape);
    return h;
}

static tg_node *record_blocks(tg_tape *tape, int n) {
    tg_node *h = leaf(tape, "x", 2, 3);
    for (int i = 0; i < n; i++) h = block(tape, h, i);
    return tg_sigmoid(h);
}

static void equal_layers_are_one_block(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    record_blocks(tape, 12);
    tg_graph *graph = tg_graph_new(tape, (tg_graph_spec){0}, NULL);
    assert_int_equal(graph->nodes_count, 74);
    assert_int_equal(graph->folds_count, 1);
    assert_int_equal(graph->folds[0].count, 12);
    assert_int_equal(graph->folds[0].ops, 4);
    assert_int_equal(graph->shown, 8);
    assert_int_equal(graph->hidden, 0);
    assert_int_equal(graph->nodes[67].shown, 1); /* the last block's w stands for the first's */
    assert_int_equal(graph->nodes[0].shown, 0);
    const tg_graph_cluster *inner = &graph->clusters[graph->nodes[3].cluster];
    assert_string_equal(inner->label, "block0");
    assert_int_equal(graph->clusters[inner->parent].repeat, 12);
    char *dot = tg_graph_render(graph, TG_GRAPH_DOT, NULL, NULL);
    assert_non_null(strstr(dot, "\xc3\x97 12"));
    assert_null(strstr(dot, "block1\""));
    assert_golden(dot, "inspect/golden/folded.dot");
    tg_graph_release(dot);
    char *text = tg_graph_render(graph, TG_GRAPH_TEXT, NULL, NULL);
    assert_non_null(strstr(text, "... v7 to v72: the same again as from v1 on"));
    tg_graph_release(text);
    tg_graph_free(graph);
    tg_tape_free(tape);
}

/* Layers that equal each other from the second on: the block begins where a layer does. */
static void blocks_begin_where_layers_do(void **state) {
    (void)state;
    tg_mlp *net =
        tg_mlp_new((tg_mlp_spec){.sizes = {6, 3, 3, 3, 3, 3, 2}, .depth = 6, .activation = TG_RELU});
    tg_tape *tape = tg_tape_new(TG_F32);
    tg_mlp_apply(net, tg_input(tape, "x", TG_F32, 2, (int64_t[]){4, 6}));
    assert_tape_ok(tape);
    tg_graph *graph = tg_graph_new(tape, (tg_graph_spec){.fold = TG_FOLD_ALWAYS}, NULL);
    assert_int_equal(graph->folds_count, 1);
    assert_int_equal(graph->folds[0].count, 4);
    const tg_graph_node *first = &graph->nodes[graph->folds[0].first];
    assert_string_equal(first->op, "matmul");
    assert_string_equal(graph->clusters[first->cluster].label, "hidden2");
    tg_graph_free(graph);
    tg_tape_free(tape);
    tg_mlp_free(net);
}

static void few_nodes_are_not_folded_unless_asked(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    record_blocks(tape, 4);
    tg_graph *graph = tg_graph_new(tape, (tg_graph_spec){0}, NULL);
    assert_int_equal(graph->folds_count, 0);
    assert_int_equal(graph->shown, graph->nodes_count);
    tg_graph_free(graph);
    graph = tg_graph_new(tape, (tg_graph_spec){.fold = TG_FOLD_ALWAYS}, NULL);
    assert_int_equal(graph->folds_count, 1);
    assert_int_equal(graph->folds[0].count, 4);
    tg_graph_free(graph);
    tg_tape_free(tape);
}

/* What differs stays apart: another shape, another constant argument, another op. */
static void blocks_that_differ_are_not_folded(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *h = leaf(tape, "x", 2, 3);
    for (int i = 0; i < 8; i++) {
        h = tg_matmul(h, leaf(tape, "w", 3 + i, 4 + i));
        h = i % 3 == 2 ? tg_sigmoid(h) : tg_relu(h);
    }
    tg_graph *graph = tg_graph_new(tape, (tg_graph_spec){.fold = TG_FOLD_ALWAYS}, NULL);
    assert_int_equal(graph->folds_count, 0);
    tg_graph_free(graph);
    tg_tape_free(tape);
}

/* (sigmoid, sigmoid, sigmoid, sigmoid, relu) five times: a block in a block. */
static void blocks_of_blocks_are_folded(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *h = leaf(tape, "x", 1, 1);
    for (int i = 0; i < 5; i++) {
        for (int k = 0; k < 20; k++) h = tg_sigmoid(h);
        h = tg_relu(h);
    }
    tg_graph *graph = tg_graph_new(tape, (tg_graph_spec){0}, NULL);
    assert_int_equal(graph->nodes_count, 106);
    assert_true(graph->shown <= 4);
    int product = 1;
    for (int f = graph->nodes[1].fold; f >= 0; f = graph->folds[f].parent) product *= graph->folds[f].count;
    assert_int_equal(product, 100);
    char *dot = tg_graph_render(graph, TG_GRAPH_DOT, NULL, NULL);
    assert_non_null(dot);
    tg_graph_release(dot);
    tg_graph_free(graph);
    tg_tape_free(tape);
}

static void the_focus_keeps_what_is_near(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *h = leaf(tape, "x", 1, 1), *focus = NULL;
    for (int i = 0; i < 10; i++) {
        h = i % 2 ? tg_sigmoid(h) : tg_relu(h);
        if (i == 4) focus = h;
    }
    tg_graph *graph = tg_graph_new(tape, (tg_graph_spec){.focus = focus, .hops = 2}, NULL);
    for (int i = 0; i <= 10; i++) assert_int_equal(graph->nodes[i].shown, i >= 3 && i <= 7 ? i : -1);
    assert_int_equal(graph->shown, 5);
    assert_int_equal(graph->hidden, 6);
    char *dot = tg_graph_render(graph, TG_GRAPH_DOT, NULL, NULL);
    assert_non_null(strstr(dot, "6 more nodes are hidden"));
    assert_non_null(strstr(dot, "hidden -> v3"));
    assert_null(strstr(dot, "v2 ->"));
    tg_graph_release(dot);
    tg_graph_free(graph);
    tg_tape_free(tape);
}

/* 5000 scalar nodes wired at random: nothing to fold. */
static tg_node *record_random(tg_tape *tape) {
    tg_node *nodes[5000];
    unsigned random = 1;
    for (int i = 0; i < 5000; i++) {
        random = random * 1664525u + 1013904223u;
        unsigned pick = i ? (random >> 8) % (unsigned)i : 0;
        nodes[i] = i < 10         ? leaf(tape, NULL, 1, 1)
                   : random >> 30 ? tg_add(nodes[pick], nodes[i - 1])
                                  : tg_sigmoid(nodes[pick]);
    }
    return nodes[4999];
}

static void five_thousand_nodes_are_quick_and_below_sixty(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_backward(record_random(tape));
    assert_tape_ok(tape);
    static const tg_graph_format formats[] = {TG_GRAPH_DOT, TG_GRAPH_JSON};
    for (int i = 0; i < 2; i++) {
        clock_t start = clock();
        tg_graph *graph = tg_graph_new(tape, (tg_graph_spec){.detail = TG_DETAIL_COSTS}, NULL);
        size_t size = 0;
        char *text = tg_graph_render(graph, formats[i], &size, NULL);
        double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
        printf("%zu bytes in %.3f s\n", size, seconds);
        assert_true(graph->shown < 60);
        assert_int_equal(graph->hidden > 4000, 1);
        assert_non_null(text);
        assert_true(size < 5000000);
        tg_graph_release(text);
        tg_graph_free(graph);
    }
    tg_tape_free(tape);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_layers_are_one_block),
        cmocka_unit_test(blocks_begin_where_layers_do),
        cmocka_unit_test(few_nodes_are_not_folded_unless_asked),
        cmocka_unit_test(blocks_that_differ_are_not_folded),
        cmocka_unit_test(blocks_of_blocks_are_folded),
        cmocka_unit_test(the_focus_keeps_what_is_near),
        cmocka_unit_test(five_thousand_nodes_are_quick_and_below_sixty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
