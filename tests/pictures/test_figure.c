/* Figures: their numbers, their scripts, and what gnuplot makes of them. */
#include "support/test.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/tapegrad-figure-XXXXXX";

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static const char *path_of(const char *name) {
    static char path[4][128];
    static int next;
    char *text = path[next++ % 4];
    snprintf(text, sizeof path[0], "%s/%s", folder, name);
    return text;
}

static const char *text_of(const char *name) {
    static char text[100000];
    FILE *in = fopen(path_of(name), "r");
    assert_non_null(in);
    text[fread(text, 1, sizeof text - 1, in)] = 0;
    fclose(in);
    return text;
}

static bool have_gnuplot(void) {
    return system("command -v gnuplot >/dev/null 2>&1") == 0;
}

static void assert_saved(tg_figure figure, const char *name) {
    tg_status status = {0};
    bool drawn = false;
    if (!tg_figure_save(figure, path_of(name), &drawn, &status)) fail_msg("%s", status.message);
    assert_int_equal(drawn, have_gnuplot());
}

static void curves_become_csv_script_and_pictures(void **state) {
    (void)state;
    const double y[] = {3, NAN, 1}, x[] = {0.5, 1};
    tg_series series[] = {{.title = "a \"b\"", .y = y, .n = 3}, {.x = x, .y = y, .n = 2, .dash = 1}};
    tg_panel panels[] = {{.title = "loss", .series = series, .count = 1}, {.series = series + 1, .count = 1}};
    assert_saved((tg_figure){.panels = panels, .count = 2}, "curves");
    assert_string_equal(text_of("curves.csv"),
                        "panel,series,x,y\n\"loss\",\"a \"\"b\"\"\",1,3\n\"loss\",\"a \"\"b\"\"\",2,nan\n"
                        "\"loss\",\"a \"\"b\"\"\",3,1\n2,1,0.5,3\n2,1,1,nan\n");
    assert_non_null(strstr(text_of("curves.gp"), "every ::0::2"));
    assert_non_null(strstr(text_of("curves.gp"), "every ::3::4"));
    assert_non_null(strstr(text_of("curves.gp"), "title \"a \\042b\\042\""));
    if (!have_gnuplot()) return;
    assert_non_null(strstr(text_of("curves.svg"), "<svg"));
    assert_memory_equal(text_of("curves.png"), "\x89PNG", 4);
}

static void the_ending_asks_for_one_format(void **state) {
    (void)state;
    const double y[] = {1, 2};
    tg_series series = {.y = y, .n = 2};
    tg_panel panel = {.series = &series, .count = 1};
    assert_saved((tg_figure){.panels = &panel, .count = 1}, "one.svg");
    assert_int_equal(access(path_of("one.csv"), F_OK), 0);
    assert_int_equal(access(path_of("one.svg"), F_OK), have_gnuplot() ? 0 : -1);
    assert_int_equal(access(path_of("one.png"), F_OK), -1);
}

static void cells_stand_in_the_file_row_by_row(void **state) {
    (void)state;
    const double value[] = {0, 0.5, 1, NAN}, at = 1;
    const char *label = "7, or 1";
    tg_picture picture = {.height = 2, .width = 2, .channels = 1, .value = value, .x1 = 4, .y1 = 2};
    tg_series series = {.x = &at, .y = &at, .n = 1, .label = &label, .style = TG_SERIES_TEXT};
    tg_panel panel = {.picture = &picture, .series = &series, .count = 1};
    assert_saved((tg_figure){.panels = &panel, .count = 1}, "cells");
    assert_string_equal(text_of("cells.csv"), "panel,series,x,y,label,red,green,blue\n"
                                              "1,\"picture\",1,1.5,,0,0,0\n1,\"picture\",3,1.5,,128,128,128\n"
                                              "1,\"picture\",1,0.5,,255,255,255\n"
                                              "1,\"picture\",3,0.5,,255,255,255\n"
                                              "1,1,1,1,\"7, or 1\",,,\n");
}

static void assert_refused(tg_figure figure, const char *path, const char *message) {
    tg_status status = {0};
    assert_false(tg_figure_save(figure, path, NULL, &status));
    assert_non_null(strstr(status.message, message));
}

static void nonsense_is_refused(void **state) {
    (void)state;
    const double y[] = {1, 2};
    tg_series series = {.y = y, .n = 2}, empty = {.y = y};
    tg_picture picture = {.height = 1, .width = 1, .channels = 2, .value = y};
    tg_panel panel = {.series = &series, .count = 1};
    tg_panel wrong[] = {{.count = 0}, {.series = &empty, .count = 1}, {.picture = &picture}};
    const char *const why[] = {"empty", "no points", "channels"};
    assert_refused((tg_figure){0}, path_of("x"), "no panels");
    for (int i = 0; i < 3; i++)
        assert_refused((tg_figure){.panels = &wrong[i], .count = 1}, path_of("x"), why[i]);
    assert_refused((tg_figure){.panels = &panel, .count = 1}, path_of("absent/x"), "cannot be written");
    assert_refused((tg_figure){.panels = &panel, .count = 1}, path_of(""), "no name");
}

/* ---- hostile texts and names ---- */

#define EVIL "it's \"q\" `touch PWNED` $(touch PWNED) \\ @csv {a}^b_c %d $x\n\"; system 'touch PWNED'; #"
/* As XML, in one line. */
#define SHOWN "it's \"q\" `touch PWNED` $(touch PWNED) \\ @csv {a}^b_c %d $x \"; system 'touch PWNED'; #"

static int times(const char *text, const char *part) {
    int n = 0;
    for (; (text = strstr(text, part)); text++) n++;
    return n;
}

static void assert_nothing_ran(void) {
    assert_int_equal(access(path_of("PWNED"), F_OK), -1);
    assert_int_equal(access("PWNED", F_OK), -1);
}

static void texts_are_shown_as_they_are(void **state) {
    (void)state;
    const double y[] = {1, 2};
    const char *labels[] = {"a_b^c `touch PWNED`", "{x}"};
    tg_series series[] = {
        {.title = EVIL, .y = y, .n = 2},
        {.name = EVIL, .y = y, .n = 2, .label = labels, .style = TG_SERIES_TEXT},
    };
    tg_panel panel = {.title = EVIL, .x_label = EVIL, .y_label = EVIL, .series = series, .count = 2};
    assert_saved((tg_figure){.title = EVIL, .panels = &panel, .count = 1}, "texts");
    assert_nothing_ran();
    if (!have_gnuplot()) return;
    assert_int_equal(times(text_of("texts.svg"), "<text>" SHOWN "</text>"), 5);
    assert_non_null(strstr(text_of("texts.svg"), "<text>a_b^c `touch PWNED`</text>"));
    assert_non_null(strstr(text_of("texts.svg"), "<text>{x}</text>"));
}

static void names_of_files_are_only_names(void **state) {
    (void)state;
    static const char *const name[] = {"teacher's",
                                       "\"quoted\"",
                                       "back\\slash",
                                       "-x",
                                       "`touch PWNED`",
                                       "$(touch PWNED)",
                                       "|touch PWNED; #",
                                       "<touch PWNED; #",
                                       "~",
                                       "$data",
                                       "%d @csv",
                                       "a\nsystem 'touch PWNED'\n",
                                       "\xc3\xa9t\xc3\xa9",
                                       " "};
    const double y[] = {1, 2};
    tg_series series = {.y = y, .n = 2};
    tg_panel panel = {.series = &series, .count = 1};
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        char file[64];
        assert_saved((tg_figure){.panels = &panel, .count = 1}, name[i]);
        snprintf(file, sizeof file, "%s.svg", name[i]);
        if (access(path_of(file), F_OK) != (have_gnuplot() ? 0 : -1)) fail_msg("%s", file);
    }
    assert_nothing_ran();
}

/* The series' numbers stand in a file beside the figure, whose name and columns are texts too. */
static void columns_of_files_are_only_names(void **state) {
    (void)state;
    FILE *out = fopen(path_of("<it's `touch PWNED`.csv"), "w");
    assert_non_null(out);
    fputs("the 'x',`touch PWNED`\n1,2\n2,4\n", out);
    fclose(out);
    tg_series series = {.csv = "<it's `touch PWNED`.csv",
                        .x_column = "the 'x'",
                        .y_column = "`touch PWNED`",
                        .title = "file"};
    tg_panel panel = {.series = &series, .count = 1};
    assert_saved((tg_figure){.panels = &panel, .count = 1}, "columns");
    assert_nothing_ran();
    if (!have_gnuplot()) return;
    assert_null(strstr(text_of("columns.svg"), "no finite values"));
    assert_non_null(strstr(text_of("columns.svg"), "<path"));
    panel.key = "top; system 'touch PWNED'";
    assert_refused((tg_figure){.panels = &panel, .count = 1}, path_of("columns"), "key");
}

/* ---- nothing to show ---- */

static void a_panel_without_points_says_so(void **state) {
    (void)state;
    const double none[] = {NAN, -NAN, INFINITY}, zero[3] = {0}, one[] = {3, 4, 5};
    tg_series lost = {.y = none, .n = 3}, flat = {.y = zero, .n = 3},
              good = {.y = one, .n = 3, .title = "seen"};
    tg_series mixed[] = {lost, good}, file = {.csv = "lost.csv", .x_column = "x", .y_column = "y"};
    tg_panel panels[] = {{.title = "lost", .series = &lost, .count = 1},
                         {.title = "log of 0", .series = &flat, .count = 1, .log_y = true},
                         {.title = "elsewhere", .series = &good, .count = 1, .x_min = 7, .x_max = 8},
                         {.title = "mixed", .series = mixed, .count = 2},
                         {.title = "file", .series = &file, .count = 1},
                         {.title = "log", .series = mixed, .count = 2, .log_y = true}};
    FILE *out = fopen(path_of("lost.csv"), "w");
    assert_non_null(out);
    fputs("x,y\n1,nan\n2,-nan\n", out);
    fclose(out);
    assert_saved((tg_figure){.panels = panels, .count = 6, .columns = 3}, "empty");
    assert_null(strstr(text_of("empty.csv"), "-nan"));
    if (!have_gnuplot()) return;
    assert_int_equal(times(text_of("empty.svg"), ">no finite values</text>"), 2);
    assert_int_equal(times(text_of("empty.svg"), ">no finite values above 0</text>"), 1);
    assert_int_equal(times(text_of("empty.svg"), ">no finite values in the range of x</text>"), 1);
    assert_int_equal(times(text_of("empty.svg"), "<text>seen</text>"), 3 - 1);
    for (int p = 0; p < 6; p++) {
        char title[64];
        snprintf(title, sizeof title, "<text>%s</text>", panels[p].title);
        assert_int_equal(times(text_of("empty.svg"), title), 1);
    }
    assert_non_null(strstr(text_of("empty.svg"), "</svg>"));
    assert_memory_equal(text_of("empty.png"), "\x89PNG", 4);
}

static void a_failure_of_gnuplot_leaves_no_picture(void **state) {
    (void)state;
    if (!have_gnuplot()) return;
    const double y[] = {1, 2};
    tg_series series[] = {{.y = y, .n = 2}, {.csv = "absent.csv", .x_column = "x", .y_column = "y"}};
    tg_panel panels[] = {{.series = series, .count = 1}, {.series = series + 1, .count = 1}};
    tg_figure figure = {.panels = panels, .count = 2};
    assert_refused(figure, path_of("failed"), "failed.gp: gnuplot failed");
    assert_int_equal(access(path_of("failed.gp"), F_OK), 0);
    assert_int_equal(access(path_of("failed.svg"), F_OK), -1);
    assert_int_equal(access(path_of("failed.png"), F_OK), -1);
}

/* A gnuplot that believes to have these terminals alone: our scripts ask it for nothing else. */
static char *begin_gnuplot_with(const char *terminals) {
    char *path = strdup(getenv("PATH")), wrapper[512], paths[4096];
    assert_non_null(path);
    snprintf(wrapper, sizeof wrapper,
             "#!/bin/sh\nsed \"s/GPVAL_TERMINALS/'%s'/; s/terminal pngcairo/terminal nonsense/\" \"$1\" "
             ">%s/changed.gp\nPATH='%s' exec gnuplot "
             "%s/changed.gp\n",
             terminals, folder, path, folder);
    FILE *out = fopen(path_of("gnuplot"), "w");
    assert_true(out && fputs(wrapper, out) >= 0 && fclose(out) == 0);
    chmod(path_of("gnuplot"), 0755);
    snprintf(paths, sizeof paths, "%s:%s", folder, path);
    setenv("PATH", paths, 1);
    return path;
}

static void end_gnuplot(char *path) {
    setenv("PATH", path, 1);
    remove(path_of("gnuplot"));
    free(path);
}

static bool save_two_points(const char *name, bool *drawn, tg_status *status) {
    const double y[] = {1, 2};
    tg_series series = {.y = y, .n = 2};
    tg_panel panel = {.series = &series, .count = 1};
    return tg_figure_save((tg_figure){.panels = &panel, .count = 1}, path_of(name), drawn, status);
}

static void a_gnuplot_without_cairo_draws_too(void **state) {
    (void)state;
    tg_status status = {0};
    bool drawn = false;
    if (!have_gnuplot() || system("gnuplot -e 'set terminal png' >/dev/null 2>&1") != 0) {
        print_message("skipped: no gnuplot here that draws PNG without cairo\n");
        skip();
    }
    char *path = begin_gnuplot_with("dumb png svg");
    bool ok = save_two_points("gd.png", &drawn, &status);
    end_gnuplot(path);
    if (!ok) fail_msg("%s", status.message);
    assert_true(drawn);
    assert_memory_equal(text_of("gd.png"), "\x89PNG", 4);
}

static void a_gnuplot_without_png_says_so(void **state) {
    (void)state;
    tg_status status = {0};
    bool drawn = false, both;
    if (!have_gnuplot()) {
        print_message("skipped: gnuplot is not installed\n");
        skip();
    }
    assert_true(save_two_points("older", NULL, NULL));
    char *path = begin_gnuplot_with("dumb svg");
    both = save_two_points("older", &drawn, &status);
    bool png = save_two_points("no.png", NULL, &status);
    end_gnuplot(path);
    assert_true(both && drawn && !png);
    assert_int_equal(access(path_of("older.svg"), F_OK), 0);
    assert_int_equal(access(path_of("older.png"), F_OK), -1); /* of other numbers, perhaps */
    assert_non_null(strstr(status.message, "no.png: this gnuplot cannot write PNG"));
    assert_non_null(strstr(status.message, "apt-get install gnuplot-nox"));
}

static void an_unknown_terminal_of_the_user_is_ignored(void **state) {
    (void)state;
    tg_status status = {0};
    setenv("GNUTERM", "nonsense", 1);
    bool ok = save_two_points("terminal", NULL, &status);
    assert_string_equal(getenv("GNUTERM"), "nonsense");
    unsetenv("GNUTERM");
    if (!ok) fail_msg("%s", status.message);
}

/* As a program that collects its children in a handler, or a shell's `trap "" CHLD`, has it. */
static void a_program_that_ignores_its_children_gets_pictures(void **state) {
    (void)state;
    tg_status status = {0};
    bool drawn = false;
    if (!have_gnuplot()) {
        print_message("skipped: gnuplot is not installed\n");
        skip();
    }
    signal(SIGCHLD, SIG_IGN);
    bool ok = save_two_points("ignored", &drawn, &status);
    signal(SIGCHLD, SIG_DFL);
    if (!ok) fail_msg("%s", status.message);
    assert_true(drawn);
}

static void what_became_of_gnuplot_is_told_apart(void **state) {
    (void)state;
    char *path = strdup(getenv("PATH"));
    assert_non_null(path);
    setenv("PATH", folder, 1);
    const tg_gnuplot_end absent = tg_gnuplot(folder, "absent.gp");
    FILE *out = fopen(path_of("gnuplot"), "w");
    assert_non_null(out);
    fputs("#!/bin/sh\nexit 3\n", out);
    fclose(out);
    chmod(path_of("gnuplot"), 0755);
    const tg_gnuplot_end failed = tg_gnuplot(folder, "absent.gp");
    setenv("PATH", path, 1);
    assert_int_equal(absent, TG_GNUPLOT_ABSENT);
    assert_int_equal(failed, TG_GNUPLOT_FAILED);
    assert_int_equal(tg_gnuplot(path_of("no folder"), "absent.gp"), TG_GNUPLOT_FAILED);
    remove(path_of("gnuplot"));
    free(path);
}

/* ---- what figures are made of ---- */

static void weights_and_examples_become_tiles(void **state) {
    (void)state;
    tg_status status = {0};
    tg_param *w = tg_param_new("w", TG_F32, &TG_SHAPE(4, 3));
    tg_param_set_at(w, 0, 2);
    tg_param_set_at(w, 3, -1);
    assert_true(tg_weights_save(w, (tg_tiles_spec){.shape = TG_SHAPE(2, 2), .columns = 3}, path_of("weights"),
                                NULL, &status));
    /* Unit 0 has weights 2, -1, 0, 0: the full red, half the blue, white. */
    assert_non_null(strstr(text_of("weights.csv"), ",0,0,179,23,43\n"));
    assert_non_null(strstr(text_of("weights.csv"), ",1,0,144,179,213\n"));
    assert_false(
        tg_weights_save(w, (tg_tiles_spec){.shape = TG_SHAPE(3, 3)}, path_of("weights"), NULL, &status));
    tg_param_free(w);
    tg_dataset *set = tg_digits((tg_images_spec){.count = 5}, NULL);
    assert_true(tg_examples_save(set, (tg_tiles_spec){.most = 4}, path_of("digits"), NULL, NULL));
    tg_dataset_free(set);
}

static void regions_and_runs_become_figures(void **state) {
    (void)state;
    tg_status status = {0};
    tg_dataset *moons = tg_moons((tg_points_spec){.count = 40}, &status);
    tg_mlp *net = tg_mlp_new((tg_mlp_spec){.sizes = {2, 3, 2}, .depth = 2, .activation = TG_RELU});
    tg_optim *opt = tg_sgd(tg_mlp_params(net), (tg_sgd_spec){.lr = 0.1});
    tg_history *history = tg_fit((tg_fit_spec){.model = tg_mlp_model(net),
                                               .optim = opt,
                                               .train = moons,
                                               .test = moons,
                                               .epochs = 2,
                                               .status = &status});
    assert_non_null(history);
    tg_region region = {.title = "moons", .model = tg_mlp_model(net), .points = moons};
    assert_true(tg_regions_save((tg_regions_spec){.regions = &region, .count = 1, .resolution = 5},
                                path_of("regions"), NULL, &status));
    tg_run runs[] = {{"first", history}, {"second", history}};
    assert_true(tg_curves_save((tg_curves_spec){.runs = runs, .count = 2, .errors = true}, path_of("runs"),
                               NULL, &status));
    assert_non_null(strstr(text_of("runs.csv"), "\"error\",\"second, test\",2,"));
    tg_history_free(history);
    tg_optim_free(opt);
    tg_mlp_free(net);
    tg_dataset_free(moons);
}

static tg_history history_of(tg_epoch *epochs, int n, double loss, double accuracy) {
    for (int i = 0; i < n; i++)
        epochs[i] = (tg_epoch){.loss = loss,
                               .train_accuracy = accuracy,
                               .validation_loss = NAN,
                               .validation_accuracy = NAN,
                               .test_loss = NAN,
                               .test_accuracy = NAN};
    return (tg_history){.epochs = epochs, .count = n};
}

static void curves_without_finite_numbers_say_so(void **state) {
    (void)state;
    tg_epoch epochs[2][3];
    tg_history nothing = history_of(epochs[0], 3, NAN, NAN), regression = history_of(epochs[1], 3, 0.5, NAN);
    tg_status status = {0};
    tg_run runs[] = {{NULL, &nothing}, {"second", &regression}};
    if (!tg_curves_save((tg_curves_spec){.runs = runs, .count = 1}, path_of("diverged"), NULL, &status))
        fail_msg("%s", status.message);
    assert_string_equal(text_of("diverged.csv"), "panel,series,x,y\n\"mean loss\",\"training\",1,nan\n"
                                                 "\"mean loss\",\"training\",2,nan\n"
                                                 "\"mean loss\",\"training\",3,nan\n");
    if (have_gnuplot()) assert_non_null(strstr(text_of("diverged.svg"), "no finite values"));
    assert_true(
        tg_curves_save((tg_curves_spec){.runs = &runs[1], .count = 1}, path_of("regression"), NULL, &status));
    assert_null(strstr(text_of("regression.csv"), "accuracy"));
    assert_true(tg_curves_save((tg_curves_spec){.runs = runs, .count = 2}, path_of("both"), NULL, &status));
    nothing.count = 0;
    assert_false(
        tg_curves_save((tg_curves_spec){.runs = runs, .count = 1}, path_of("no_epoch"), NULL, &status));
    assert_non_null(strstr(status.message, "no run has an epoch"));
    assert_int_equal(access(path_of("no_epoch.csv"), F_OK), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(curves_become_csv_script_and_pictures),
        cmocka_unit_test(the_ending_asks_for_one_format),
        cmocka_unit_test(cells_stand_in_the_file_row_by_row),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(texts_are_shown_as_they_are),
        cmocka_unit_test(names_of_files_are_only_names),
        cmocka_unit_test(columns_of_files_are_only_names),
        cmocka_unit_test(a_panel_without_points_says_so),
        cmocka_unit_test(a_failure_of_gnuplot_leaves_no_picture),
        cmocka_unit_test(a_program_that_ignores_its_children_gets_pictures),
        cmocka_unit_test(what_became_of_gnuplot_is_told_apart),
        cmocka_unit_test(weights_and_examples_become_tiles),
        cmocka_unit_test(regions_and_runs_become_figures),
        cmocka_unit_test(curves_without_finite_numbers_say_so),
        cmocka_unit_test(a_gnuplot_without_cairo_draws_too),
        cmocka_unit_test(a_gnuplot_without_png_says_so),
        cmocka_unit_test(an_unknown_terminal_of_the_user_is_ignored),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
