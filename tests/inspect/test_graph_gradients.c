/* Which gradients a graph shows: after a replay by the plan, over several backward passes, after values changed,
   and those that are not finite; and how numbers, sums and the order of arguments are written. */
#include "support/test.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static tg_node *scalar(tg_tape *tape, const char *name, double value) {
    tg_node *x = tg_input(tape, name, TG_F64, 0, NULL);
    tg_set_f64(x, &value);
    tg_require_grad(x, true);
    return x;
}

static char *render(const tg_tape *tape, tg_graph_format format, tg_graph_spec spec) {
    if (!spec.detail) spec.detail = TG_DETAIL_GRADIENTS;
    assert_tape_ok(tape);
    tg_graph *graph = tg_graph_new(tape, spec, NULL);
    char *text = tg_graph_render(graph, format, NULL, NULL);
    assert_non_null(text);
    tg_graph_free(graph);
    return text;
}

/* Whether the graph's text in a format holds something. */
static bool says(const tg_tape *tape, tg_graph_format format, const char *what) {
    char *text = render(tape, format, (tg_graph_spec){0});
    bool found = strstr(text, what) != NULL;
    tg_graph_release(text);
    return found;
}

static void assert_says(const tg_tape *tape, tg_graph_format format, const char *what) {
    if (!says(tape, format, what)) fail_msg("\"%s\" is missing in format %d", what, (int)format);
}

static void assert_silent(const tg_tape *tape, tg_graph_format format, const char *what) {
    if (says(tape, format, what)) fail_msg("\"%s\" stands in format %d", what, (int)format);
}

/* In each format that shows gradients, and on the page. */
static void assert_all_say(const tg_tape *tape, const char *what) {
    static const tg_graph_format formats[] = {TG_GRAPH_TEXT, TG_GRAPH_MERMAID, TG_GRAPH_JSON, TG_GRAPH_HTML};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) assert_says(tape, formats[i], what);
    char *circuit = render(tape, TG_GRAPH_DOT, (tg_graph_spec){.circuit = true});
    char word[32] = "";
    strncat(word, what, strcspn(what, " ")); /* lines are wrapped there */
    assert_non_null(strstr(circuit, word));
    tg_graph_release(circuit);
}

static tg_node *cube(tg_tape *tape, double value) {
    tg_node *x = scalar(tape, "x", value);
    return tg_mul(tg_square(x), x);
}

static void after_a_replay_the_inner_gradients_are_there(void **state) {
    (void)state;
    tg_tape *eager = tg_tape_new(TG_F64), *planned = tg_tape_new(TG_F64);
    tg_backward(cube(eager, 3));
    tg_node *y = cube(planned, 3);
    tg_replay(planned);
    tg_backward(y);
    for (int format = TG_GRAPH_TEXT; format <= TG_GRAPH_HTML; format++) {
        char *expected = render(eager, format, (tg_graph_spec){0});
        char *text = render(planned, format, (tg_graph_spec){0});
        assert_string_equal(text, expected);
        tg_graph_release(text);
        tg_graph_release(expected);
    }
    assert_null(tg_grad(y)); /* nothing on the tape has changed */
    assert_close(tg_grad_at(tg_find(planned, "x"), 0), 27, 0);
    assert_says(planned, TG_GRAPH_DOT, "grad 27 = 18 + 9");
    tg_tape_free(eager);
    tg_tape_free(planned);
}

static void after_a_replay_backward_may_begin_before_the_end(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *y = cube(tape, 3), *percent = tg_mul(y, tg_scalar(tape, 100));
    assert_non_null(percent);
    tg_replay(tape);
    tg_backward(y);
    assert_says(tape, TG_GRAPH_DOT, "grad 27 = 18 + 9");
    assert_says(tape, TG_GRAPH_TEXT, "dv4 = -");
    assert_silent(tape, TG_GRAPH_TEXT, "note");
    tg_tape_free(tape);
}

static tg_node *record_network(tg_tape *tape, tg_param *w, tg_param *b) {
    double pixels[12];
    for (int i = 0; i < 12; i++) pixels[i] = i % 5 - 1.5;
    tg_node *x = tg_input(tape, "x", TG_F32, 2, (int64_t[]){4, 3});
    tg_set_f64(x, pixels);
    tg_node *h = tg_tanh(tg_add(tg_matmul(x, tg_use(tape, w)), tg_use(tape, b)));
    return tg_mean(tg_square(tg_add(h, tg_reshape(h, TG_SHAPE(4, 3)))));
}

static void so_they_are_of_a_network_with_one_kept(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F32);
    tg_param *w = tg_param_new("w", TG_F32, &TG_SHAPE(3, 3)), *b = tg_param_new("b", TG_F32, &TG_SHAPE(3));
    for (int i = 0; i < 9; i++) tg_param_set_at(w, i, 0.25 * (i % 4) - 0.3);
    tg_node *loss = record_network(tape, w, b);
    tg_node *accuracy = tg_sum(tg_tanh(tg_use(tape, w))); /* nothing comes back from here */
    assert_non_null(accuracy);
    tg_retain_grad(tg_tape_node(tape, 5));
    tg_replay(tape);
    tg_backward(loss);
    tg_graph *graph = tg_graph_new(tape, (tg_graph_spec){.detail = TG_DETAIL_GRADIENTS}, NULL);
    for (int i = 0; i < tg_tape_size(tape); i++)
        assert_int_equal(graph->nodes[i].grad.known,
                         tg_requires_grad(graph->nodes[i].node) &&
                             (i <= tg_id(loss) || !tg_op_of(graph->nodes[i].node)));
    assert_close(graph->nodes[tg_id(loss)].grad.mean, 1, 0);
    tg_graph_free(graph);
    tg_tape_free(tape);
    tg_param_free(w);
    tg_param_free(b);
}

/* Twice by the plan: the leaf holds the sum of two passes, of which no inner gradient is left. */
static void what_was_not_kept_is_said_and_not_made_up(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *y = cube(tape, 3);
    tg_replay(tape);
    tg_backward(y);
    tg_replay(tape);
    tg_backward(y);
    assert_all_say(tape, "tg_step_retain");
    assert_says(tape, TG_GRAPH_DOT, "tg_step_retain");
    assert_says(tape, TG_GRAPH_TEXT, "dv0 = 54");
    assert_says(tape, TG_GRAPH_TEXT, "dv2 = -");
    assert_silent(tape, TG_GRAPH_HTML, "\"seed\":1");
    assert_says(tape, TG_GRAPH_JSON, "\"adds_up\":false");
    tg_step_retain(tape);
    tg_zero_grad(tape);
    tg_replay(tape);
    tg_backward(y);
    assert_says(tape, TG_GRAPH_TEXT, "dv2 = 1");
    assert_silent(tape, TG_GRAPH_TEXT, "tg_step_retain");
    tg_tape_free(tape);
}

static void no_sum_is_claimed_that_does_not_add_up(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *y = cube(tape, 2);
    tg_backward(y);
    assert_says(tape, TG_GRAPH_DOT, "grad 12 = 8 + 4");
    assert_silent(tape, TG_GRAPH_JSON, "adds_up");
    assert_silent(tape, TG_GRAPH_TEXT, "note");
    tg_backward(y);
    assert_says(tape, TG_GRAPH_DOT, "grad 24<");
    assert_all_say(tape, "accumulated over more than one");
    assert_says(tape, TG_GRAPH_JSON, "\"adds_up\":false");
    tg_zero_grad(tape);
    tg_backward(y);
    assert_silent(tape, TG_GRAPH_TEXT, "accumulated");
    tg_set_f64(tg_find(tape, "x"), (double[]){3});
    tg_forward_one(tg_tape_node(tape, 1));
    tg_forward_one(y);
    assert_says(tape, TG_GRAPH_DOT, "grad 12<");
    assert_all_say(tape, "values changed since");
    tg_tape_free(tape);
}

static void two_outputs_in_turn_are_no_single_pass(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = scalar(tape, "x", 2), *first = tg_square(x), *second = tg_mul(x, tg_scalar(tape, 5));
    tg_backward(first);
    tg_backward(second);
    assert_says(tape, TG_GRAPH_DOT, "grad 9<");
    assert_all_say(tape, "accumulated over more than one");
    tg_tape_free(tape);
}

static void a_parameter_used_twice_has_no_sum_at_one_place(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_param *p = tg_param_new("p", TG_F64, &(tg_shape){0});
    tg_param_set_at(p, 0, 3);
    tg_node *a = tg_use(tape, p), *b = tg_use(tape, p);
    tg_backward(tg_add(tg_square(a), tg_mul(b, b)));
    assert_silent(tape, TG_GRAPH_TEXT, "note");
    assert_says(tape, TG_GRAPH_DOT, "grad 12 (sum of 2 places)<");
    assert_says(tape, TG_GRAPH_HTML, "\"same\":0");
    tg_tape_free(tape);
    tg_param_free(p);
}

static void backward_begins_with_what_was_given(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *y = cube(tape, 2), *beyond = tg_sin(y);
    assert_non_null(beyond);
    tg_backward_from(y, (double[]){2.5});
    assert_silent(tape, TG_GRAPH_TEXT, "note");
    assert_says(tape, TG_GRAPH_TEXT, "dv2 = 2.5");
    assert_says(tape, TG_GRAPH_TEXT, "dv3 = -");
    assert_says(tape, TG_GRAPH_HTML, "\"grad\":2.5,\"seed\":1");
    tg_tape_free(tape);
}

static void infinities_keep_their_sign(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = scalar(tape, "x", 0), *root = tg_sqrt(x);
    tg_backward(tg_sub(root, tg_log(x)));
    assert_says(tape, TG_GRAPH_DOT, "grad nan = inf + -inf");
    assert_says(tape, TG_GRAPH_TEXT, "= -inf");
    assert_says(tape, TG_GRAPH_MERMAID, ">-inf\"");
    assert_says(tape, TG_GRAPH_JSON, "\"message\":\"-inf\"");
    assert_says(tape, TG_GRAPH_HTML, "\"inf\",\"-inf\",");
    char *circuit = render(tape, TG_GRAPH_DOT, (tg_graph_spec){.circuit = true});
    assert_non_null(strstr(circuit, ">-inf<"));
    tg_graph_release(circuit);
    for (int format = 0; format <= TG_GRAPH_JSON; format++) assert_silent(tape, format, "infinite");
    tg_tape_free(tape);
}

static void a_wide_cell_keeps_off_the_bar(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = tg_input(tape, "x", TG_F64, 1, (int64_t[]){7});
    tg_require_grad(x, true);
    tg_set_f64(x, (double[]){NAN, -1.234e-100, 5.678e-100, 9.012e100, NAN, INFINITY, -INFINITY});
    tg_backward(tg_sum(x));
    char *text = render(tape, TG_GRAPH_TEXT, (tg_graph_spec){.digits = 12});
    for (const char *bar = strchr(text, '|'); bar; bar = strchr(bar + 1, '|')) assert_int_equal(bar[-1], ' ');
    assert_non_null(strstr(text, " .. 9.012e+100, 2 NaN, 1 inf,        | dv0 = 1 "));
    assert_non_null(strstr(text, "   1 -inf  "));
    tg_graph_release(text);
    tg_tape_free(tape);
}

/* Where the bars of each line stand. */
static void assert_bars_stand_in_line(const char *text) {
    size_t grad = 0, adjoint = 0;
    for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
        const char *first = strchr(line, '|'), *second = first ? strchr(first + 1, '|') : NULL;
        if (!second || second > strchr(line, '\n')) continue;
        if (!grad) grad = (size_t)(first - line), adjoint = (size_t)(second - line);
        assert_int_equal(first - line, grad);
        assert_int_equal(second - line, adjoint);
    }
    assert_int_not_equal(grad, 0);
}

static void many_elements_go_on_in_the_next_line(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = tg_input(tape, "x", TG_F64, 2, (int64_t[]){6, 4});
    double values[24];
    for (int i = 0; i < 24; i++) values[i] = sin(1 + i);
    tg_set_f64(x, values);
    tg_require_grad(x, true);
    tg_backward(tg_sum(tg_exp(x)));
    char *text = render(tape, TG_GRAPH_TEXT, (tg_graph_spec){.elements = 24});
    assert_bars_stand_in_line(text);
    assert_non_null(strstr(text, "= [0.8415, 0.9093, 0.1411, -0.7568,     | dv0 = [2.32, "));
    assert_non_null(
        strstr(text, "\n                            -0.9589, -0.2794, 0.657, 0.9894,      |   0.7562, "));
    for (int i = 0; i < 24; i++) {
        char number[40];
        snprintf(number, sizeof number, "%.4g", values[i]);
        assert_non_null(strstr(text, number));
    }
    tg_graph_release(text);
    tg_tape_free(tape);
}

static void names_of_wide_characters_keep_the_columns(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    assert_non_null(cube(tape, 2));
    tg_name(tg_tape_node(tape, 0), "\u65e5\u672c\U0001f642e\u0301"); /* 7 columns */
    char *text =
        render(tape, TG_GRAPH_TEXT, (tg_graph_spec){.detail = TG_DETAIL_VALUES, .forward_only = true});
    assert_non_null(strstr(text, "v0 = \u65e5\u672c\U0001f642e\u0301   f64   = 2\n"));
    tg_graph_release(text);
    tg_tape_free(tape);
}

/* What stands in an equation gives the number beside it. */
static void equations_hold_for_every_reduction_of_a_loss(void **state) {
    (void)state;
    static const char *const expected[] = {"dv2 * 2 * (v0 - v1) / 2   = [1, 2]",
                                           "dv2 * 2 * (v0 - v1)   = [2, 4]",
                                           "dv2 * 2 * (v0 - v1)   = [2, 4]"};
    for (int reduction = TG_REDUCTION_MEAN; reduction <= TG_REDUCTION_NONE; reduction++) {
        tg_tape *tape = tg_tape_new(TG_F64);
        tg_node *x = tg_input(tape, "x", TG_F64, 1, (int64_t[]){2}),
                *t = tg_input(tape, "t", TG_F64, 1, (int64_t[]){2});
        tg_set_f64(x, (double[]){1, 2});
        tg_require_grad(x, true);
        const tg_loss_options options = {.reduction = (tg_reduction)reduction};
        tg_node *y = tg_mse_with(x, t, options);
        tg_backward_from(y, (double[]){1, 1});
        assert_says(tape, TG_GRAPH_TEXT, expected[reduction]);
        tg_node *b = tg_binary_cross_entropy_with_logits_with(x, t, options);
        tg_node *label = tg_input(tape, "label", TG_I32, 1, (int64_t[]){1});
        tg_node *c = tg_cross_entropy_with(tg_reshape(x, TG_SHAPE(1, 2)), label, options);
        assert_true(b && c);
        const bool mean = reduction == TG_REDUCTION_MEAN;
        assert_says(tape, TG_GRAPH_TEXT, mean ? "(sigmoid(v0) - v1) / 2" : "dv3 * (sigmoid(v0) - v1)\n");
        assert_says(tape, TG_GRAPH_TEXT, mean ? "one_hot(v4)) / 1" : "one_hot(v4))\n");
        tg_tape_free(tape);
    }
}

static void the_order_of_arguments_is_said_where_it_matters(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = scalar(tape, "x", 3), *y = scalar(tape, "y", 2);
    tg_node *quotient = tg_div(y, x);
    tg_backward(tg_mul(quotient, tg_add(y, x)));
    assert_says(tape, TG_GRAPH_DOT, "<B>div</B> (v1, v0)<");
    assert_silent(tape, TG_GRAPH_DOT, "<B>add</B> ");
    assert_says(tape, TG_GRAPH_MERMAID, "v2 div (v1, v0)<br/>");
    char *circuit = render(tape, TG_GRAPH_DOT, (tg_graph_spec){.circuit = true});
    assert_non_null(strstr(circuit, "v1:e -> g2 [label=<1st "));
    assert_non_null(strstr(circuit, "v0:e -> g2 [label=<2nd "));
    assert_null(strstr(circuit, "g3 [label=<1st"));
    tg_graph_release(circuit);
    tg_tape_free(tape);
}

/* 0.0029 is not 0.0014 + 0.0014. */
static void the_terms_of_a_sum_have_more_digits(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = scalar(tape, "x", 1), *a = tg_scalar(tape, 0.00144), *b = tg_scalar(tape, 0.00144);
    tg_backward(tg_add(tg_mul(x, a), tg_mul(x, b)));
    char *two = render(tape, TG_GRAPH_DOT, (tg_graph_spec){.digits = 2});
    assert_non_null(strstr(two, "grad 0.0029 = 0.00144 + 0.00144<"));
    tg_graph_release(two);
    tg_tape_free(tape);
}

static void one_term_is_no_sum(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = scalar(tape, "x", 1);
    assert_non_null(tg_exp(x));
    tg_backward(tg_square(x));
    assert_says(tape, TG_GRAPH_DOT, "grad 2<");
    tg_tape_free(tape);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_a_replay_the_inner_gradients_are_there),
        cmocka_unit_test(after_a_replay_backward_may_begin_before_the_end),
        cmocka_unit_test(so_they_are_of_a_network_with_one_kept),
        cmocka_unit_test(what_was_not_kept_is_said_and_not_made_up),
        cmocka_unit_test(no_sum_is_claimed_that_does_not_add_up),
        cmocka_unit_test(two_outputs_in_turn_are_no_single_pass),
        cmocka_unit_test(a_parameter_used_twice_has_no_sum_at_one_place),
        cmocka_unit_test(backward_begins_with_what_was_given),
        cmocka_unit_test(infinities_keep_their_sign),
        cmocka_unit_test(a_wide_cell_keeps_off_the_bar),
        cmocka_unit_test(many_elements_go_on_in_the_next_line),
        cmocka_unit_test(names_of_wide_characters_keep_the_columns),
        cmocka_unit_test(equations_hold_for_every_reduction_of_a_loss),
        cmocka_unit_test(the_order_of_arguments_is_said_where_it_matters),
        cmocka_unit_test(the_terms_of_a_sum_have_more_digits),
        cmocka_unit_test(one_term_is_no_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
