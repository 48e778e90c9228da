/* The graph model and its dot, SVG and PNG writers. */
#include "support/test.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static tg_node *scalar(tg_tape *tape, const char *name, double value) {
    tg_node *x = tg_input(tape, name, tg_tape_dtype(tape), 0, NULL);
    tg_set_f64(x, &value);
    tg_require_grad(x, true);
    return x;
}

/* s = sigmoid(x) + x: a value that is used twice. */
static tg_node *record_fork(tg_tape *tape) {
    tg_node *x = scalar(tape, "x", 0);
    return tg_name(tg_add(tg_sigmoid(x), x), "s");
}

static tg_node *record_layer(tg_tape *tape, tg_param *weight) {
    tg_node *x = tg_input(tape, "x", TG_F64, 2, (int64_t[]){2, 3});
    tg_set_f64(x, (double[]){1, 2, 3, -1, NAN, 4});
    return tg_relu(tg_matmul(x, tg_use(tape, weight)));
}

static void the_dot_text_is_exactly_this(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_backward(record_fork(tape));
    assert_tape_ok(tape);
    char *dot = tg_graph_dot(tape, (tg_graph_spec){.no_legend = true}, NULL);
    assert_golden(dot, "inspect/golden/fork.dot");
    tg_graph_release(dot);
    tg_tape_free(tape);
}

/* y = relu(x w + b) + b of whole numbers: the same digits on every machine. */
static tg_node *record_whole_numbers(tg_tape *tape) {
    tg_node *x = tg_input(tape, "x", TG_F64, 2, (int64_t[]){2, 3});
    tg_set_f64(x, (double[]){1, -2, 3, 0, 4, -1});
    tg_node *w = tg_input(tape, "w", TG_F64, 2, (int64_t[]){2, 3});
    tg_set_f64(w, (double[]){2, 1, 0, -1, 1, 5});
    tg_require_grad(w, true);
    tg_node *b = tg_input(tape, "b \"q\" <é>", TG_F64, 1, (int64_t[]){2});
    tg_set_f64(b, (double[]){-8, 2});
    tg_require_grad(b, true);
    tg_scope_push(tape, "layer/1");
    tg_node *h = tg_relu(tg_add(tg_matmul_with(x, w, (tg_matmul_options){.transpose_b = true}), b));
    tg_scope_pop(tape);
    return tg_name(tg_add(h, b), "y");
}

static void every_text_format_is_as_golden(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_backward_from(record_whole_numbers(tape), NULL);
    assert_tape_ok(tape);
    static const struct {
        tg_graph_format format;
        tg_graph_spec spec;
        const char *golden;
    } all[] = {
        {TG_GRAPH_TEXT, {.forward_only = true}, "inspect/golden/numbers_forward.txt"},
        {TG_GRAPH_TEXT, {0}, "inspect/golden/numbers_shapes.txt"},
        {TG_GRAPH_TEXT, {.detail = TG_DETAIL_COSTS}, "inspect/golden/numbers_costs.txt"},
        {TG_GRAPH_DOT, {.detail = TG_DETAIL_OP, .no_legend = true}, "inspect/golden/numbers_op.dot"},
        {TG_GRAPH_DOT,
         {.detail = TG_DETAIL_COSTS, .title = "whole \"numbers\""},
         "inspect/golden/numbers_costs.dot"},
        {TG_GRAPH_MERMAID,
         {.detail = TG_DETAIL_GRADIENTS, .title = "whole numbers"},
         "inspect/golden/numbers.mmd"},
        {TG_GRAPH_JSON, {.detail = TG_DETAIL_COSTS, .title = "</script>"}, "inspect/golden/numbers.json"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        tg_graph *graph = tg_graph_new(tape, all[i].spec, NULL);
        char *text = tg_graph_render(graph, all[i].format, NULL, NULL);
        assert_golden(text, all[i].golden);
        tg_graph_release(text);
        tg_graph_free(graph);
    }
    tg_tape_free(tape);
}

static void edges_hold_local_derivatives_and_contributions(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = scalar(tape, "x", 0), *s = tg_sigmoid(x), *y = tg_add(s, s), *z = tg_sigmoid(y);
    tg_backward(z);
    tg_graph *graph = tg_graph_new(tape, (tg_graph_spec){.detail = TG_DETAIL_GRADIENTS}, NULL);
    assert_int_equal(graph->edges_count, 4);
    double dz = tg_item(z) * (1 - tg_item(z));
    assert_close(graph->edges[0].local.mean, 0.25, 1e-15);
    assert_close(graph->edges[0].message.mean, 2 * dz * 0.25, 1e-15);
    for (int e = 1; e <= 2; e++) { /* s + s: each argument sends its own half */
        assert_close(graph->edges[e].local.mean, 1, 0);
        assert_close(graph->edges[e].message.mean, dz, 1e-15);
        assert_int_equal(graph->edges[e].arg, e - 1);
    }
    assert_close(graph->edges[3].local.mean, dz, 1e-15);
    assert_int_equal(graph->nodes[1].uses, 2);
    assert_int_equal(graph->nodes[1].first_out, 1);
    assert_int_equal(graph->edges[1].next_out, 2);
    assert_int_equal(graph->edges[2].next_out, -1);
    tg_graph_free(graph);
    tg_tape_free(tape);
}

static void looking_changes_nothing(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *s = record_fork(tape), *x = tg_find(tape, "x");
    tg_backward(s);
    double value = tg_item(s), grad = tg_grad_at(x, 0);
    tg_graph_release(tg_graph_dot(tape, (tg_graph_spec){.detail = TG_DETAIL_COSTS, .where = true}, NULL));
    assert_true(tg_item(s) == value && tg_grad_at(x, 0) == grad);
    assert_int_equal(tg_tape_size(tape), 3);
    tg_backward(s);
    assert_close(tg_grad_at(x, 0), 2 * grad, 0);
    tg_tape_free(tape);
}

static void a_scope_may_have_a_slash_in_its_name(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_scope_push(tape, "net");
    tg_scope_push(tape, "a/b");
    tg_node *inner = scalar(tape, "inner", 1);
    tg_scope_pop(tape);
    tg_node *outer = scalar(tape, "outer", 1);
    tg_scope_pop(tape);
    tg_scope_pop(tape);
    tg_node *none = scalar(tape, "none", 1);
    assert_string_equal(tg_scope_of(inner), "net/a/b");
    assert_string_equal(tg_scope_of(outer), "net");
    assert_string_equal(tg_scope_of(none), "");
    tg_tape_free(tape);
}

static void layers_are_clusters_and_large_values_are_summarised(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_param *weight = tg_param_new("hidden.weight", TG_F64, &TG_SHAPE(3, 2));
    tg_scope_push(tape, "net");
    tg_scope_push(tape, "head");
    tg_node *x = scalar(tape, "in scope", 1);
    tg_scope_pop(tape);
    tg_scope_pop(tape);
    tg_backward_from(record_layer(tape, weight), NULL);
    tg_graph *graph = tg_graph_new(tape, (tg_graph_spec){.detail = TG_DETAIL_COSTS}, NULL);
    const tg_graph_cluster *clusters = graph->clusters;
    assert_int_equal(graph->clusters_count, 3);
    assert_string_equal(clusters[graph->nodes[tg_id(x)].cluster].label, "head");
    assert_string_equal(clusters[clusters[graph->nodes[0].cluster].parent].label, "net");
    assert_int_equal(graph->nodes[1].cluster, -1);
    for (int i = 2; i <= 4; i++) assert_string_equal(clusters[graph->nodes[i].cluster].label, "hidden");
    assert_int_equal(graph->nodes[2].params, 6);
    assert_close(graph->nodes[3].cost.forward, 2 * 2 * 3 * 2, 0);
    assert_int_equal(graph->nodes[3].saved, (6 + 6) * 8);
    tg_summary v = graph->nodes[1].value;
    assert_int_equal(v.nan, 1);
    assert_close(v.min, -1, 0);
    assert_close(v.max, 4, 0);
    assert_close(v.mean, 9.0 / 5, 1e-15);
    char *dot = tg_graph_render(graph, TG_GRAPH_DOT, NULL, NULL);
    assert_non_null(strstr(dot, "-1 .. 1.8 .. 4, 1 NaN"));
    assert_non_null(strstr(dot, "subgraph cluster_1"));
    tg_graph_release(dot);
    tg_graph_free(graph);
    tg_tape_free(tape);
    tg_param_free(weight);
}

static const char *const awkward[] = {"say \"hi\"",
                                      "a\nb\tc",
                                      "back\\slash\\",
                                      "<b>&amp;</b>",
                                      "h\xc3\xa9\xe2\x82\xac",
                                      "bad \xff\xc3 \xed\xa0\x80",
                                      "bell\a\x01",
                                      "]]>--\\N\\G",
                                      "`x` #1; end",
                                      ""};

/* A label that holds a newline or a quote must not end a line or a string of any format. */
static void check_lines(const tg_tape *tape) {
    tg_graph *graph = tg_graph_new(tape, (tg_graph_spec){.forward_only = true}, NULL);
    char *text = tg_graph_render(graph, TG_GRAPH_TEXT, NULL, NULL),
         *mermaid = tg_graph_render(graph, TG_GRAPH_MERMAID, NULL, NULL);
    int lines = 0, quotes = 0;
    for (const char *c = text; *c; c++) lines += *c == '\n';
    assert_int_equal(lines, tg_tape_size(tape));
    for (const char *c = mermaid; *c; c++) {
        quotes += *c == '"';
        if (*c == '\n') assert_true(quotes == 0 || quotes == 2);
        if (*c == '\n') quotes = 0;
    }
    tg_graph_release(text);
    tg_graph_release(mermaid);
    tg_graph_free(graph);
}

static void check_json(const tg_tape *tape) {
    tg_graph *graph = tg_graph_new(
        tape, (tg_graph_spec){.detail = TG_DETAIL_COSTS, .title = awkward[0], .where = true}, NULL);
    char *text = tg_graph_render(graph, TG_GRAPH_JSON, NULL, NULL);
    assert_null(strchr(text, '<'));
    cJSON *json = cJSON_Parse(text);
    assert_non_null(json);
    const cJSON *nodes = cJSON_GetObjectItem(json, "nodes");
    for (int i = 0; i < tg_tape_size(tape); i++)
        assert_string_equal(cJSON_GetObjectItem(cJSON_GetArrayItem(nodes, i), "name")->valuestring,
                            graph->nodes[i].name);
    assert_string_equal(graph->nodes[0].name, awkward[0]);
    assert_string_equal(graph->nodes[12].name, "bell\xef\xbf\xbd\xef\xbf\xbd");
    cJSON_Delete(json);
    tg_graph_release(text);
    tg_graph_free(graph);
}

static void any_label_gives_a_readable_file(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    for (size_t i = 0; i < sizeof awkward / sizeof *awkward; i++) {
        tg_scope_push(tape, awkward[i]);
        tg_name(tg_sigmoid(scalar(tape, awkward[i], 1)), awkward[i]);
        tg_scope_pop(tape);
    }
    assert_tape_ok(tape);
    tg_status status = {0};
    char *dot = tg_graph_dot(tape, (tg_graph_spec){.title = awkward[0]}, &status);
    assert_non_null(strstr(dot, "say &quot;hi&quot;"));
    assert_non_null(strstr(dot, "label=\"say \\\"hi\\\"\""));
    assert_non_null(strstr(dot, "bad \xef\xbf\xbd\xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"));
    assert_non_null(strstr(dot, "&lt;b&gt;&amp;amp;&lt;/b&gt;"));
    assert_null(strstr(dot, "<I>]]>--\\")); /* in HTML-like labels dot would expand \N */
    assert_non_null(strstr(dot, "]]&gt;--&#92;&#8203;N&#92;&#8203;G"));
    tg_graph_release(dot);
    tg_graph *graph = tg_graph_new(tape, (tg_graph_spec){.title = awkward[3]}, NULL);
    char *svg = tg_graph_render(graph, TG_GRAPH_SVG, NULL, &status);
    if (svg)
        assert_non_null(strstr(svg, "h\xc3\xa9\xe2\x82\xac"));
    else
        assert_non_null(strstr(status.message, "libgraphviz-dev"));
    tg_graph_release(svg);
    tg_graph_free(graph);
    check_lines(tape);
    check_json(tape);
    tg_tape_free(tape);
}

static void files_are_written_by_their_ending(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    record_fork(tape);
    char path[64];
    snprintf(path, sizeof path, "graph-%ld.png", (long)getpid());
    tg_status status = {0};
    if (tg_graph_save(tape, path, (tg_graph_spec){0}, &status)) {
        unsigned char magic[4] = {0};
        FILE *file = fopen(path, "rb");
        assert_int_equal(fread(magic, 1, 4, file), 4);
        assert_memory_equal(magic, "\x89PNG", 4);
        fclose(file);
        remove(path);
    } else {
        assert_non_null(strstr(status.message, "libgraphviz-dev"));
    }
    status = (tg_status){0};
    assert_false(tg_graph_save(tape, "net.jpeg", (tg_graph_spec){0}, &status));
    assert_non_null(strstr(status.message, "net.jpeg"));
    status = (tg_status){0};
    assert_false(tg_graph_save(tape, "no/such/folder/net.dot", (tg_graph_spec){0}, &status));
    assert_non_null(strstr(status.message, "no/such/folder/net.dot"));
    assert_null(tg_graph_new(NULL, (tg_graph_spec){0}, NULL));
    tg_tape_free(tape);
}

/* When an error has stopped the tape, a picture of what is there helps most. */
static void a_failed_tape_is_drawn(void **state) {
    (void)state;
    for (int lazy = 0; lazy < 2; lazy++) {
        tg_tape *tape = tg_tape_new_spec((tg_tape_spec){.dtype = TG_F64, .lazy = lazy});
        tg_node *x = tg_input(tape, "x", TG_F64, 2, (int64_t[]){2, 3});
        tg_require_grad(x, true);
        tg_set_f64(x, (double[]){1, 2, 3, 4, 5, 6});
        assert_null(tg_matmul(tg_scale(x, 3), x));
        assert_true(tg_failed(tape));
        tg_status status = {0};
        tg_graph *graph = tg_graph_new(tape, (tg_graph_spec){.detail = TG_DETAIL_COSTS}, &status);
        if (!graph) fail_msg("%s", status.message);
        assert_int_equal(graph->nodes_count, 2);
        if (!lazy) assert_close(graph->edges[0].local.max, 3, 0);
        tg_graph_free(graph);
        tg_tape_free(tape);
    }
}

/* Of a product with a constant, backward computes the gradient of one factor alone. */
static void costs_are_of_what_is_computed(void **state) {
    (void)state;
    for (int wanted = 0; wanted < 4; wanted++) {
        tg_tape *tape = tg_tape_new(TG_F64);
        tg_node *x = tg_input(tape, "x", TG_F64, 2, (int64_t[]){5, 7});
        tg_node *w = tg_input(tape, "w", TG_F64, 2, (int64_t[]){7, 3});
        tg_require_grad(x, wanted & 1);
        tg_require_grad(w, wanted & 2);
        const tg_cost cost = tg_cost_of(tg_matmul(x, w));
        assert_close(cost.forward, 2 * 5 * 7 * 3, 0);
        assert_close(cost.backward, ((wanted & 1) + (wanted >> 1)) * cost.forward, 0);
        tg_tape_free(tape);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failed_tape_is_drawn),
        cmocka_unit_test(costs_are_of_what_is_computed),
        cmocka_unit_test(the_dot_text_is_exactly_this),
        cmocka_unit_test(every_text_format_is_as_golden),
        cmocka_unit_test(edges_hold_local_derivatives_and_contributions),
        cmocka_unit_test(looking_changes_nothing),
        cmocka_unit_test(a_scope_may_have_a_slash_in_its_name),
        cmocka_unit_test(layers_are_clusters_and_large_values_are_summarised),
        cmocka_unit_test(any_label_gives_a_readable_file),
        cmocka_unit_test(files_are_written_by_their_ending),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
