/* Long names in listings and pictures, and tensors that are not finite: what is said of them in little room. */
#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static char *render(const tg_tape *tape, tg_graph_format format) {
    tg_graph *graph = tg_graph_new(tape, (tg_graph_spec){.detail = TG_DETAIL_GRADIENTS}, NULL);
    char *text = tg_graph_render(graph, format, NULL, NULL);
    assert_non_null(text);
    tg_graph_free(graph);
    return text;
}

static void assert_says(const tg_tape *tape, tg_graph_format format, const char *what) {
    char *text = render(tape, format);
    if (!strstr(text, what)) fail_msg("there is no \"%s\" in\n%s", what, text);
    tg_graph_release(text);
}

static tg_node *vector(tg_tape *tape, const char *name, int64_t n, const double *x) {
    tg_node *node = tg_input(tape, name, TG_F64, 1, &n);
    tg_set_f64(node, x);
    tg_require_grad(node, true);
    return node;
}

/* n bytes of `unit` over and over, then `tail`. */
static const char *long_name(char *name, int n, const char *unit, const char *tail) {
    int size = (int)strlen(unit);
    for (int i = 0; i < n; i++) name[i] = unit[i % size];
    strcpy(name + n, tail);
    return name;
}

static int widest_line(const char *text) {
    int widest = 0, width = 0;
    for (; *text; text++) {
        width = *text == '\n' ? 0 : width + (((unsigned char)*text & 0xc0) != 0x80);
        if (width > widest) widest = width;
    }
    return widest;
}

static void long_names_lose_their_middle(void **state) {
    (void)state;
    char name[400];
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = vector(tape, long_name(name, 300, "abcdefghij", ".weight"), 1, (double[]){2});
    tg_node *y = tg_name(tg_square(x), long_name(name, 297, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "end"));
    tg_backward(tg_sum(y));
    assert_tape_ok(tape);
    for (int format = TG_GRAPH_TEXT; format <= TG_GRAPH_MERMAID; format++) {
        assert_says(tape, format,
                    "abcdefghijabcdefghijabcd\xe2\x80\xa6"
                    "efghijabcdefghij.weight");
        assert_says(tape, format,
                    "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xe2\x80\xa6"
                    "\xe2\x82\xac\xf0\x9f\x98\x80");
    }
    char *text = render(tape, TG_GRAPH_TEXT);
    assert_in_range(widest_line(text), 60, 200);
    tg_graph_release(text);
    assert_says(tape, TG_GRAPH_JSON, name); /* in full, for programs */
    tg_tape_free(tape);
}

static void names_that_differ_look_different(void **state) {
    (void)state;
    char name[400], *text;
    tg_tape *tape = tg_tape_new(TG_F64);
    for (int i = 0; i < 3; i++) { /* they differ in their middle only */
        long_name(name, 300, "x", ".bias");
        if (i) name[i == 1 ? 40 : 150] = (char)('0' + i);
        vector(tape, name, 1, (double[]){1});
    }
    text = render(tape, TG_GRAPH_TEXT);
    char *first = strstr(text, "v0 = "), *second = strstr(text, "v1 = "), *third = strstr(text, "v2 = ");
    assert_non_null(third);
    char a[400], b[400], c[400];
    assert_int_equal(
        sscanf(first, "v0 = %399s", a) + sscanf(second, "v1 = %399s", b) + sscanf(third, "v2 = %399s", c), 3);
    assert_string_not_equal(a, b);
    assert_string_not_equal(b, c);
    assert_string_not_equal(a, c);
    assert_in_range(strlen(b), 48, 120);
    tg_graph_release(text);
    tg_tape_free(tape);
}

static void names_of_usual_length_stay(void **state) {
    (void)state;
    char name[400];
    tg_tape *tape = tg_tape_new(TG_F64);
    vector(tape, long_name(name, 41, "layer.", ".weight"), 1, (double[]){1});
    assert_says(tape, TG_GRAPH_TEXT, name);
    tg_tape_free(tape);
}

/* sqrt of 0 and of a negative number: an infinite derivative and one that is none. */
static void edges_of_small_tensors_show_their_elements(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *w = vector(tape, "w", 3, (double[]){0, -1, 4});
    tg_backward(tg_sum(tg_sqrt(w)));
    assert_says(tape, TG_GRAPH_TEXT, "dv0 += dv1 * 1 / (2 * v1)   = [inf, nan, 0.25]");
    assert_says(tape, TG_GRAPH_DOT, "&#215; [inf, nan, 0.25]<");
    assert_says(tape, TG_GRAPH_MERMAID, "\xc3\x97 [inf, nan, 0.25]<br/>[inf, nan, 0.25]");
    assert_says(tape, TG_GRAPH_HTML, "\"d\":[\"inf\",\"nan\",0.25]");
    tg_tape_free(tape);
}

static void summaries_say_what_is_not_finite(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    vector(tape, "all", 5, (double[]){NAN, NAN, NAN, NAN, NAN});
    vector(tape, "most", 5, (double[]){NAN, INFINITY, NAN, -INFINITY, 7});
    vector(tape, "some", 5, (double[]){1, 2, NAN, 4, 5});
    assert_says(tape, TG_GRAPH_TEXT, "= 5 NaN ");
    assert_says(tape, TG_GRAPH_TEXT, "= 7, 2 NaN, 1 inf, 1 -inf ");
    assert_says(tape, TG_GRAPH_TEXT, "= 1 .. 3 .. 5, 1 NaN ");
    tg_tape_free(tape);
}

static void an_open_end_of_a_slice_is_called_end(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = vector(tape, "x", 6, (double[]){1, 2, 3, 4, 5, 6});
    tg_node *matrix = tg_reshape(x, TG_SHAPE(2, 3));
    tg_slice(matrix, (tg_slice_options){.begin = TG_SHAPE(0, 1), .end = TG_SHAPE(TG_SLICE_END, -1)});
    assert_tape_ok(tape);
    assert_says(tape, TG_GRAPH_TEXT, "v2 = slice(v1, begin=(0,1), end=(end,-1))");
    tg_tape_free(tape);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_names_lose_their_middle),
        cmocka_unit_test(names_that_differ_look_different),
        cmocka_unit_test(names_of_usual_length_stay),
        cmocka_unit_test(an_open_end_of_a_slice_is_called_end),
        cmocka_unit_test(edges_of_small_tensors_show_their_elements),
        cmocka_unit_test(summaries_say_what_is_not_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
