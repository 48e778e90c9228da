/* What the library writes for other programs has a decimal point, whatever the program's locale. */
#include "support/loader.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

/* Half a number stands in the text as JSON, CSV and gnuplot want it. */
static void assert_plain(const char *text, const char *wanted) {
    if (!strstr(text, wanted)) fail_msg("no %s in: %s", wanted, text);
}

static void assert_file_plain(const char *path, const char *wanted) {
    char text[8192];
    FILE *file = fopen(path, "rb");
    if (!file) fail_msg("%s is not there", path);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    assert_plain(text, wanted);
}

/* The locale is in force: a test that does not notice that its comma is lost could not fail. */
static void use_comma(void) {
    char text[8];
    test_decimal_comma();
    snprintf(text, sizeof text, "%.1f", 0.5);
    assert_string_equal(text, "0,5");
}

static void formulas_and_graphs(void **state) {
    (void)state;
    use_comma();
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_expr_error error;
    assert_non_null(tg_expr_input(tape, "x=1.5", &error));
    assert_non_null(tg_expr(tape, "leaky_relu(x, slope=0.25)", &error));
    const tg_graph_format formats[] = {TG_GRAPH_TEXT, TG_GRAPH_DOT, TG_GRAPH_JSON, TG_GRAPH_MERMAID};
    for (int f = 0; f < 4; f++) {
        tg_graph *graph = tg_graph_new(tape, (tg_graph_spec){.detail = TG_DETAIL_VALUES}, NULL);
        char *text = tg_graph_render(graph, formats[f], NULL, NULL);
        assert_non_null(text);
        assert_plain(text, formats[f] == TG_GRAPH_JSON ? "\"slope\":0.25" : "slope=0.25");
        assert_plain(text, "1.5");
        tg_graph_release(text);
        tg_graph_free(graph);
    }
    tg_tape_free(tape);
    setlocale(LC_ALL, "C");
}

static void figures(void **state) {
    (void)state;
    use_comma();
    const double x[] = {0.5, 1.5}, y[] = {2.5, 3.5};
    const tg_series series = {.x = x, .y = y, .n = 2, .size = 1.25};
    const tg_panel panel = {.x_min = 0.25, .x_max = 1.75, .series = &series, .count = 1};
    tg_status status = {0};
    bool drawn;
    if (!tg_figure_save((tg_figure){.panels = &panel, .count = 1}, temporary_path("figure.svg"), &drawn,
                        &status))
        fail_msg("%s", status.message);
    assert_file_plain(temporary_path("figure.csv"), ",0.5,2.5");
    assert_file_plain(temporary_path("figure.gp"), "set xrange [0.25:1.75]");
    setlocale(LC_ALL, "C");
}

static void the_history(void **state) {
    (void)state;
    use_comma();
    tg_epoch epoch = {.epoch = 1, .steps = 1, .loss = 0.5, .train_accuracy = 0.25};
    const tg_history history = {.epochs = &epoch, .count = 1};
    assert_true(tg_history_save_csv(&history, NULL, temporary_path("history.csv"), NULL));
    assert_file_plain(temporary_path("history.csv"), "\n1,1,0.5,");
    setlocale(LC_ALL, "C");
}

static void the_steps_of_differences(void **state) {
    (void)state;
    use_comma();
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_expr_error error;
    tg_taylor taylor;
    assert_non_null(tg_expr_input(tape, "x=0.5", &error));
    assert_true(tg_taylor_test(tg_expr(tape, "exp(x)", &error), (tg_check_options){0}, &taylor, NULL));
    assert_true(tg_taylor_write(&taylor, temporary_path("steps"), NULL));
    assert_file_plain(temporary_path("steps.csv"), "\n1,");
    assert_file_plain(temporary_path("steps.csv"), "\n0.1");
    tg_tape_free(tape);
    setlocale(LC_ALL, "C");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formulas_and_graphs),
        cmocka_unit_test(figures),
        cmocka_unit_test(the_history),
        cmocka_unit_test(the_steps_of_differences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
