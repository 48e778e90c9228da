/* The HTML page: what is in the file. How it behaves is tested in a browser (tests/browser). */
#include "support/test.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static tg_node *scalar(tg_tape *tape, const char *name, double value) {
    tg_node *x = tg_input(tape, name, TG_F64, 0, NULL);
    tg_set_f64(x, &value);
    tg_require_grad(x, true);
    return x;
}

static char *page_of(const tg_tape *tape, tg_graph_spec spec, size_t *size) {
    spec.detail = TG_DETAIL_GRADIENTS;
    tg_graph *graph = tg_graph_new(tape, spec, NULL);
    char *page = tg_graph_render(graph, TG_GRAPH_HTML, size, NULL);
    assert_non_null(page);
    tg_graph_free(graph);
    return page;
}

/* The tape's data in a page. */
static cJSON *data_of(const char *page) {
    static const char opening[] = "<script type=\"application/json\" id=\"tape\">";
    const char *begin = strstr(page, opening), *end = begin ? strstr(begin, "</script>") : NULL;
    assert_non_null(end);
    begin += strlen(opening);
    cJSON *data = cJSON_ParseWithLength(begin, (size_t)(end - begin));
    assert_non_null(data);
    return data;
}

static const cJSON *member(const cJSON *object, const char *name) {
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!found) fail_msg("there is no member \"%s\"", name);
    return found;
}

static const cJSON *node_of(const cJSON *data, const tg_node *node) {
    return cJSON_GetArrayItem(member(data, "nodes"), tg_id(node));
}

static char *record_and_render(void) {
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = scalar(tape, "x", 0.5), *y = x;
    for (int i = 0; i < 10; i++) y = tg_add(tg_mul(y, x), tg_sin(y));
    tg_backward(y);
    assert_tape_ok(tape);
    char *page = page_of(tape, (tg_graph_spec){.title = "twice"}, NULL);
    tg_tape_free(tape);
    return page;
}

static void the_same_tape_gives_the_same_bytes(void **state) {
    (void)state;
    char *first = record_and_render(), *second = record_and_render();
    assert_string_equal(first, second);
    tg_graph_release(first);
    tg_graph_release(second);
}

/* Lines of this file may change. */
static void forget_lines(char *data) {
    char *to = data;
    for (const char *from = data; *from;) {
        bool line = strncmp(from, ",\"line\":", 8) == 0;
        if (line) from += 8 + strspn(from + 8, "0123456789");
        if (!line) *to++ = *from++;
    }
    *to = 0;
}

/* y = relu(x w + b) - b of whole numbers: the same digits on every machine. */
static void the_data_are_exactly_this(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = tg_input(tape, "x", TG_F64, 2, (int64_t[]){2, 3});
    tg_set_f64(x, (double[]){1, -2, 3, 0, 4, -1});
    tg_node *w = tg_constant(tape, TG_F64, 2, (int64_t[]){3, 1}, (double[]){1, 2, 1});
    tg_node *b = scalar(tape, "b", -3);
    tg_node *h = tg_relu(tg_add(tg_matmul(x, w), b));
    tg_backward_from(tg_name(tg_sub(h, b), "y"), NULL);
    assert_tape_ok(tape);
    char *page = page_of(tape, (tg_graph_spec){.title = "whole numbers"}, NULL);
    char *begin = strstr(page, "id=\"tape\">") + strlen("id=\"tape\">"), *end = strstr(begin, "</script>");
    memcpy(end, "\n", 2);
    forget_lines(begin);
    assert_golden(begin, "inspect/golden/page.json");
    tg_graph_release(page);
    tg_tape_free(tape);
}

static void values_gradients_and_edges_are_exact(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = scalar(tape, "x", 0.1), *unused = scalar(tape, "unused", 3);
    tg_node *y =
        tg_leaky_relu_with(tg_mul(x, tg_scalar(tape, -1.0 / 3)), (tg_leaky_relu_options){.slope = 0.2});
    tg_backward(y);
    assert_tape_ok(tape);
    char *page = page_of(tape, (tg_graph_spec){0}, NULL);
    cJSON *data = data_of(page);
    assert_true(member(node_of(data, x), "value")->valuedouble == 0.1);
    assert_true(member(node_of(data, x), "grad")->valuedouble == tg_grad_at(x, 0));
    assert_null(cJSON_GetObjectItem(node_of(data, unused), "grad"));
    const cJSON *op = cJSON_GetArrayItem(member(data, "ops"), member(node_of(data, y), "op")->valueint);
    assert_string_equal(member(op, "name")->valuestring, "leaky_relu");
    assert_true(member(member(op, "options"), "slope")->valuedouble == 0.2);
    const cJSON *edge = cJSON_GetArrayItem(member(node_of(data, y), "in"), 0);
    assert_true(cJSON_GetArrayItem(edge, 2)->valuedouble == 0.2);
    cJSON_Delete(data);
    tg_graph_release(page);
    tg_tape_free(tape);
}

static void no_label_ends_the_script_or_is_changed(void **state) {
    (void)state;
    static const char *const labels[] = {"</script><script>alert(1)</script>",
                                         "<!--",
                                         "say \"hi\" \\ back\\",
                                         "line\nbreak\ttab",
                                         "@DATA@ @TITLE@",
                                         "h\xc3\xa9\xe2\x82\xac \xe2\x80\xa8 \xf0\x9f\x98\x80"};
    enum { N = sizeof labels / sizeof *labels };
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x[N];
    for (int i = 0; i < N; i++) x[i] = scalar(tape, labels[i], i);
    char *plain = page_of(tape, (tg_graph_spec){0}, NULL);
    for (int i = 0; i < N; i++) {
        char *page = page_of(tape, (tg_graph_spec){.title = labels[i]}, NULL);
        cJSON *data = data_of(page);
        assert_string_equal(member(data, "title")->valuestring, labels[i]);
        for (int k = 0; k < N; k++)
            assert_string_equal(member(node_of(data, x[k]), "name")->valuestring, labels[k]);
        assert_null(strstr(page, "alert(1)</script>"));
        /* Behind the data nothing has changed. */
        assert_string_equal(strstr(page, "\n<script>\n"), strstr(plain, "\n<script>\n"));
        cJSON_Delete(data);
        tg_graph_release(page);
    }
    tg_graph_release(plain);
    tg_tape_free(tape);
}

static void a_page_loads_nothing(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    assert_non_null(tg_sin(scalar(tape, "x", 1)));
    char *page = page_of(tape, (tg_graph_spec){0}, NULL);
    assert_non_null(strstr(page, "default-src 'none'"));
    assert_null(strstr(page, "src=\"")); /* scripts and pictures are within */
    assert_null(strstr(page, "https://"));
    assert_null(strstr(page, "@import"));
    assert_null(strstr(page, "@STYLE@"));
    assert_null(strstr(page, "@SCRIPT@"));
    tg_graph_release(page);
    tg_tape_free(tape);
}

/* No two nodes stand on each other, and everything is right of what it is computed from. */
static void check_places(const cJSON *data) {
    const cJSON *nodes = member(data, "nodes"), *node, *other;
    int drawn = 0;
    cJSON_ArrayForEach(node, nodes) {
        const cJSON *at = cJSON_GetObjectItem(node, "at"), *edge;
        if (!at) continue;
        int x = cJSON_GetArrayItem(at, 0)->valueint, y = cJSON_GetArrayItem(at, 1)->valueint;
        drawn++;
        assert_in_range(x, 1, member(data, "width")->valueint);
        assert_in_range(y, 1, member(data, "height")->valueint);
        for (other = node->next; other; other = other->next) {
            const cJSON *there = cJSON_GetObjectItem(other, "at");
            if (there && cJSON_GetArrayItem(there, 0)->valueint == x)
                assert_true(abs(cJSON_GetArrayItem(there, 1)->valueint - y) >= 100);
        }
        cJSON_ArrayForEach(edge, cJSON_GetObjectItem(node, "in")) {
            const cJSON *from = cJSON_GetArrayItem(nodes, cJSON_GetArrayItem(edge, 0)->valueint);
            const cJSON *shown = cJSON_GetArrayItem(edge, 4);
            if (!shown || shown->valueint != 1 || !cJSON_GetObjectItem(from, "at")) continue;
            assert_true(cJSON_GetArrayItem(member(from, "at"), 0)->valueint < x);
        }
    }
    assert_in_range(drawn, 1, 59);
}

static void nodes_stand_apart_and_in_order(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = scalar(tape, "x", 0.5), *y = scalar(tape, "y", 1.5), *first = tg_mul(x, y), *last = first;
    for (int i = 0; i < 12; i++) last = tg_sub(tg_mul(last, i % 2 ? x : first), tg_exp(i % 3 ? y : last));
    tg_backward(last);
    char *page = page_of(tape, (tg_graph_spec){0}, NULL);
    cJSON *data = data_of(page);
    check_places(data);
    cJSON_Delete(data);
    tg_graph_release(page);
    tg_tape_free(tape);
}

static void a_tape_of_thousands_is_folded_and_small(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = scalar(tape, "x", 0.5), *w = scalar(tape, "w", 0.9), *y = x;
    for (int i = 0; i < 2500; i++) y = tg_tanh(tg_mul(y, w));
    tg_backward(y);
    assert_tape_ok(tape);
    size_t size;
    char *page = page_of(tape, (tg_graph_spec){0}, &size);
    assert_in_range(size, 1, 5 << 20);
    cJSON *data = data_of(page);
    check_places(data);
    cJSON_Delete(data);
    tg_graph_release(page);
    tg_tape_free(tape);
}

static void pages_of_odd_tapes_are_pages(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F32);
    char *page = page_of(tape, (tg_graph_spec){0}, NULL); /* of nothing */
    tg_graph_release(page);
    tg_node *empty = tg_input(tape, "empty", TG_F32, 2, (int64_t[]){0, 3});
    tg_node *large = tg_input(tape, "large", TG_F32, 2, (int64_t[]){300, 300});
    tg_node *odd = tg_log(tg_neg(tg_exp(tg_input(tape, "odd", TG_F32, 1, (int64_t[]){2}))));
    assert_tape_ok(tape);
    page = page_of(tape, (tg_graph_spec){.forward_only = true}, NULL);
    cJSON *data = data_of(page);
    assert_int_equal(member(member(node_of(data, empty), "value"), "n")->valueint, 0);
    assert_null(cJSON_GetObjectItem(member(node_of(data, large), "value"), "d"));
    assert_int_equal(cJSON_GetArrayItem(member(member(node_of(data, odd), "value"), "bad"), 0)->valueint, 2);
    cJSON_Delete(data);
    tg_graph_release(page);
    tg_tape_free(tape);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_tape_gives_the_same_bytes),
        cmocka_unit_test(the_data_are_exactly_this),
        cmocka_unit_test(values_gradients_and_edges_are_exact),
        cmocka_unit_test(no_label_ends_the_script_or_is_changed),
        cmocka_unit_test(a_page_loads_nothing),
        cmocka_unit_test(nodes_stand_apart_and_in_order),
        cmocka_unit_test(a_tape_of_thousands_is_folded_and_small),
        cmocka_unit_test(pages_of_odd_tapes_are_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
