/* tapegrad expr, run as a user would: values and derivatives of published examples, and its errors. */
#include "support/test.h"

#include "support/command.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs `tapegrad expr ARGS` and returns its exit status; output is what it printed, errors included when
 * asked. */
static int run(const char *args, bool errors, char *output, size_t size) {
    char command[8192];
    const char *bin = getenv("TG_BIN");
    snprintf(command, sizeof command, "%s/tapegrad expr %s %s", bin ? bin : "build/bin", args,
             errors ? "2>&1 >/dev/null" : "2>/dev/null");
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t n = fread(output, 1, size - 1, pipe);
    output[n] = 0;
    return WEXITSTATUS(pclose(pipe));
}

static cJSON *evaluate(const char *args) {
    static char output[65536];
    char all[1024];
    snprintf(all, sizeof all, "--json %s", args);
    assert_int_equal(run(all, false, output, sizeof output), 0);
    cJSON *json = cJSON_Parse(output);
    assert_non_null(json);
    return json;
}

static void close_to(double ours, double published) {
    if (!(fabs(ours - published) <= 1e-12 * fmax(1, fabs(published))))
        fail_msg("%.17g is not the published %.17g", ours, published);
}

typedef struct row {
    const char *args;
    double value;
    const char *names[5];
    double gradients[5];
} row;

/* Baydin et al., JMLR 18, 2018; Griewank and Walther, Evaluating Derivatives, 2008; the examples of
 * micrograd, and of CS231n. */
static const row rows[] = {
    {"'log(x1) + x1*x2 - sin(x2)' x1=2 x2=5", 11.6520714552230838, {"x1", "x2"}, {5.5, 1.71633781453677373}},
    {"'(sin(x1/x2) + x1/x2 - e^x2) * (x1/x2 - e^x2)' x1=1.5 x2=0.5",
     2.01664666942820,
     {"x1", "x2"},
     {3.01184332767391, -13.7239615093140748}},
    {"'c = a+b; d = a*b + b^3; c2 = c + c + 1; c3 = c2 + 1 + c2 - a; d2 = d + d*2 + relu(b+a); d3 = d2 + "
     "3*d2 + "
     "relu(b-a); f = (c3 - d3)^2; f/2 + 10/f' a=-4 b=2",
     24.70408163265306,
     {"a", "b"},
     {138.83381924198252, 645.5772594752186}},
    {"'tanh(x1*w1 + x2*w2 + b)' x1=2 x2=0 w1=-3 w2=1 b=6.8813735870195432",
     0.7071067811865476,
     {"x1", "w1", "x2", "w2", "b"},
     {-1.5, 1, 0.5, 0, 0.5}},
    {"'(x+y)*z' x=-2 y=5 z=-4", -12, {"x", "y", "z"}, {-4, -4, 3}},
    {"'sigmoid(w0*x0 + w1*x1 + w2)' w0=2 x0=-1 w1=-3 x1=-2 w2=-3",
     0.731058578630005,
     {"w0", "x0", "w1", "x1", "w2"},
     {-0.196611933241482, 0.393223866482964, -0.393223866482964, -0.589835799724446, 0.196611933241482}},
    {"'(x + sigmoid(y))/(sigmoid(x) + (x+y)^2)' x=3 y=-4",
     1.54564488410664,
     {"x", "y"},
     {2.05956979557216, 1.59223275148381}},
    {"'100*(y - x^2)^2 + (1-x)^2' x=-1.2 y=1", 24.2, {"x", "y"}, {-215.6, -88}},
    {"'tanh(x)' x=1", 0.761594155955765, {"x"}, {0.419974341614026}},
    {"'cross_entropy(z, [3])' 'z=[[0,0,0,0,0,0,0,0,0,0]]'", 2.302585092994046, {NULL}, {0}},
    {"'exp(x)/sqrt(sin(x)^3 + cos(x)^3)' x=1.5", 4.497780053946161, {"x"}, {4.05342789389863}},
};

static void published_values_and_gradients(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cJSON *json = evaluate(rows[i].args), *gradients = cJSON_GetObjectItem(json, "gradients");
        close_to(cJSON_GetNumberValue(cJSON_GetObjectItem(json, "value")), rows[i].value);
        for (int k = 0; k < 5 && rows[i].names[k]; k++)
            close_to(cJSON_GetNumberValue(cJSON_GetObjectItem(gradients, rows[i].names[k])),
                     rows[i].gradients[k]);
        cJSON_Delete(json);
    }
}

static double entry(const cJSON *h, int i, int j) {
    return cJSON_GetNumberValue(cJSON_GetArrayItem(cJSON_GetArrayItem(h, i), j));
}

static void published_second_derivatives(void **state) {
    (void)state;
    cJSON *json = evaluate("--hessian 'log(x1) + x1*x2 - sin(x2)' x1=2 x2=5"),
          *h = cJSON_GetObjectItem(json, "hessian");
    close_to(entry(h, 0, 0), -0.25);
    close_to(entry(h, 0, 1), 1);
    close_to(entry(h, 1, 0), 1);
    close_to(entry(h, 1, 1), -0.958924274663138468);
    cJSON_Delete(json);
    json = evaluate("--hessian '100*(y - x^2)^2 + (1-x)^2' x=-1.2 y=1");
    h = cJSON_GetObjectItem(json, "hessian");
    close_to(entry(h, 0, 0), 1330);
    close_to(entry(h, 0, 1), 480);
    close_to(entry(h, 1, 1), 200);
    cJSON_Delete(json);
    json = evaluate("--derivatives 'tanh(x)' x=2");
    const double published[] = {0.0706508248531645, -0.136218687427113, 0.252654065098063};
    for (int i = 0; i < 3; i++)
        close_to(cJSON_GetNumberValue(cJSON_GetArrayItem(cJSON_GetObjectItem(json, "derivatives"), i)),
                 published[i]);
    cJSON_Delete(json);
}

static void minus_power_and_products_bind_as_documented(void **state) {
    (void)state;
    const struct {
        const char *args;
        double value;
    } cases[] = {
        {"'-x^2' x=3", -9},
        {"'2^-1'", 0.5},
        {"'2^3^2'", 512},
        {"'6/3/2'", 1},
        {"'1 - 2 - 3'", -4},
        {"'-2 * -3'", 6},
        {"'[1,2]@[3,4]'", 11},
        {"'sum([[1,2],[3,4]]@[1,1])'", 10},
        {"'sum([1,1]@[[1,2],[3,4]])'", 10},
        {"'a = 2; b = a*a; b + a'", 6},
        {"'sum(softmax([[1,2],[3,5]], axis=0)*[[1,0],[0,0]])'", 0.11920292202211755},
        {"'cos(pi)'", -1},
        {"'log(e)'", 1},
        {"'1e-3*1E3'", 1},
        {"'x**2;' x=3", 9},
        {"'e*2' e=3", 6},
        {"'leaky_relu(0-2, slope=0.5)'", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cJSON *json = evaluate(cases[i].args);
        close_to(cJSON_GetNumberValue(cJSON_GetObjectItem(json, "value")), cases[i].value);
        cJSON_Delete(json);
    }
}

static void what_is_not_finite_is_printed_as_it_is(void **state) {
    (void)state;
    char output[4096];
    assert_int_equal(run("'1/x' x=0", false, output, sizeof output), 0);
    assert_non_null(strstr(output, "value      inf\n"));
    assert_non_null(strstr(output, "d/dx       -inf\n"));
    assert_int_equal(run("'log(x)' x=[-1,0,1]", false, output, sizeof output), 0);
    assert_non_null(strstr(output, "value      [nan,-inf,0]\n"));
    cJSON *json = evaluate("'1/x' x=0");
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(json, "value")));
    cJSON_Delete(json);
}

static void errors_point_at_the_column(void **state) {
    (void)state;
    const struct {
        const char *args, *message;
        int column;
    } cases[] = {
        {"'1 + foo' x=1", "unknown name 'foo'", 5},
        {"'sofmax(x)' x=1", "did you mean 'softmax'?", 1},
        {"'softmax(x, axs=0)' x=[1,2]", "it has axis", 12},
        {"'x + [1,2,3]' x=[1,2]", "do not broadcast", 3},
        {"'(x + 1' x=1", "to close the parenthesis", 7},
        {"'x $ 1' x=1", "means nothing", 3},
        {"''", "a formula", 1},
        {"'x +' x=1", "the text ends", 4},
        {"'[[1,2],[3]]'", "1 elements", 8},
        {"'x' x=1,2", "stands where the end is expected", 4},
        {"'x x' x=1", "an operator or ';'", 3},
        {"'tanh(1,2)'", "takes 1 argument, not 2", 1},
        {"'matmul([[1,2]],[[1,2]])'", "inner sizes 2 and 1 differ", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char output[4096];
        assert_int_equal(run(cases[i].args, true, output, sizeof output), 2);
        if (!strstr(output, cases[i].message)) fail_msg("%s: %s", cases[i].args, output);
        const char *caret = strrchr(output, '^');
        assert_non_null(caret);
        int column = 0;
        while (caret > output && caret[-1] != '\n') caret--, column++;
        if (column - 1 != cases[i].column)
            fail_msg("column %d instead of %d:\n%s", column - 1, cases[i].column, output);
    }
}

static void hostile_formulas_are_refused(void **state) {
    (void)state;
    char deep[4096];
    memset(deep, '(', sizeof deep - 1);
    deep[sizeof deep - 1] = 0;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_expr_error error;
    assert_null(tg_expr(tape, deep, &error));
    assert_non_null(strstr(error.message, "nesting"));
    memset(deep, '-', sizeof deep - 1);
    assert_null(tg_expr(tape, deep, &error));
    memset(deep, '[', sizeof deep - 1);
    assert_null(tg_expr(tape, deep, &error));
    assert_null(tg_expr(tape, NULL, &error));
    assert_null(tg_expr(NULL, "1", &error));
    assert_null(tg_expr(tape, "\xff\x01", NULL));
    assert_null(tg_expr(tape, "reshape([1,2], shape=[1,2,3,4,5,6,7,8,9])", &error));
    assert_null(tg_expr(tape, "sum([1,2], axes=1e300)", &error));
    assert_null(tg_expr_input(tape, "x", &error));
    assert_null(tg_expr_input(tape, "x=[[[[[[[[[1]]]]]]]]]", &error));
    tg_tape_free(tape);
}

static void a_formula_can_be_checked(void **state) {
    (void)state;
    cJSON *json = evaluate("--check 'sum(softmax(x, axis=0)^2)' 'x=[[1,2],[3,5]]'");
    const cJSON *check = cJSON_GetObjectItem(json, "check");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(check, "verdict")), "pass");
    cJSON_Delete(json);
}

static void a_sweep_is_csv(void **state) {
    (void)state;
    char output[4096];
    assert_int_equal(run("--sweep x1=0:4:5 'x1^2' x1=0", false, output, sizeof output), 0);
    assert_string_equal(output, "x1,value,derivative\n0,0,0\n1,1,2\n2,4,4\n3,9,6\n4,16,8\n");
}

static void a_sweep_is_drawn(void **state) {
    (void)state;
    const char *folder = test_new_folder();
    char path[512], arguments[1024], output[4096], line[64] = "";
    snprintf(arguments, sizeof arguments, "--sweep x=0:2:3 --svg %s/sweep.svg 'x^3' x=0", folder);
    assert_int_equal(run(arguments, false, output, sizeof output), 0);
    snprintf(path, sizeof path, "%s/sweep.csv", folder);
    FILE *csv = fopen(path, "r");
    assert_non_null(csv);
    while (fgets(line, sizeof line, csv)) continue;
    fclose(csv);
    assert_string_equal(line, "\"x^3\",\"derivative\",2,12\n");
    snprintf(path, sizeof path, "%s/sweep.gp", folder);
    assert_int_equal(access(path, F_OK), 0);
}

static void a_sweep_prints_nan_without_a_sign(void **state) {
    (void)state;
    char output[4096];
    assert_int_equal(run("--sweep x=-1:0:2 'log(x) + sqrt(x)' x=0", false, output, sizeof output), 0);
    assert_null(strstr(output, "-nan"));
    assert_non_null(strstr(output, "-1,nan,"));
    assert_int_equal(run("--sweep x=-1:1:2 'log(0-x)*0 - sqrt(x)' x=0", false, output, sizeof output), 0);
    assert_null(strstr(output, "-nan"));
}

/* The command's folder is a new one, so that names may begin with a minus. */
static void a_sweep_is_drawn_under_any_name(void **state) {
    (void)state;
    static const struct {
        const char *word, *name;
    } files[] = {{"\"teacher's.svg\"", "teacher's"},
                 {"'say \"x\".svg'", "say \"x\""},
                 {"'back\\slash.svg'", "back\\slash"},
                 {"./-x.svg", "-x"},
                 {"-y.svg", "-y"},
                 {"'a`touch PWNED`.svg'", "a`touch PWNED`"},
                 {"'$(touch PWNED).svg'", "$(touch PWNED)"}};
    char folder[1024], before[512], bin[512], path[2048], command[4096], output[4096];
    snprintf(folder, sizeof folder, "%s", test_new_folder());
    assert_non_null(getcwd(before, sizeof before));
    const bool gnuplot = system("command -v gnuplot >/dev/null 2>&1") == 0;
    snprintf(bin, sizeof bin, "%s", getenv("TG_BIN") ? getenv("TG_BIN") : "build/bin");
    assert_non_null(realpath(bin, path));
    setenv("TG_BIN", path, 1);
    assert_int_equal(chdir(folder), 0);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(command, sizeof command, "--sweep x=0:1:3 'x^2' x=0 --svg %s", files[i].word);
        assert_int_equal(run(command, true, output, sizeof output), 0);
        if (gnuplot) assert_string_equal(output, "");
        snprintf(path, sizeof path, "%s/%s.%s", folder, files[i].name, gnuplot ? "svg" : "gp");
        if (access(path, F_OK) != 0) fail_msg("%s is missing", path);
    }
    assert_int_equal(access("PWNED", F_OK), -1);
    assert_int_equal(chdir(before), 0);
    setenv("TG_BIN", bin, 1);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

static void a_sweep_says_that_gnuplot_failed(void **state) {
    (void)state;
    char folder[1024], command[4096], *path = strdup(getenv("PATH")), output[4096];
    assert_non_null(path);
    snprintf(folder, sizeof folder, "%s", test_new_folder());
    snprintf(command, sizeof command, "%s/gnuplot", folder);
    FILE *out = fopen(command, "w");
    assert_non_null(out);
    fputs("#!/bin/sh\nexit 1\n", out);
    fclose(out);
    assert_int_equal(chmod(command, 0755), 0);
    snprintf(command, sizeof command, "%s:%s", folder, path);
    setenv("PATH", command, 1);
    snprintf(command, sizeof command, "--sweep x=0:1:3 --svg %s/s.svg 'x^2' x=0", folder);
    int status = run(command, true, output, sizeof output);
    setenv("PATH", path, 1);
    free(path);
    assert_int_not_equal(status, 0);
    assert_non_null(strstr(output, "s.gp: gnuplot failed"));
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

static void numbers_have_as_many_digits_and_elements_as_asked(void **state) {
    (void)state;
    char output[8192];
    assert_int_equal(run("'x/3' x=1 --digits 8", false, output, sizeof output), 0);
    assert_non_null(strstr(output, "= 0.33333333 "));
    assert_int_equal(run("'x/3' x=1 --digits 8 --dot", false, output, sizeof output), 0);
    assert_non_null(strstr(output, "0.33333333<"));
    assert_int_equal(run("'sum(x)' x=[1,2,3,4,5,6]", false, output, sizeof output), 0);
    assert_null(strstr(output, "= [1, 2, 3"));
    assert_int_equal(run("'sum(x)' x=[1,2,3,4,5,6] --elements 6", false, output, sizeof output), 0);
    assert_non_null(strstr(output, "= [1, 2, 3, 4, 5, 6]"));
    assert_int_equal(run("x x=1 --digits 0", true, output, sizeof output), 2);
    assert_non_null(strstr(output, "--digits: 0 lies outside 1 to 17"));
}

static void a_circuit_has_its_numbers_on_the_wires(void **state) {
    (void)state;
    static char plain[16384], circuit[16384];
    assert_int_equal(run("--dot '(x + y)*z' x=-2 y=5 z=-4", false, plain, sizeof plain), 0);
    assert_int_equal(run("--dot --circuit '(x + y)*z' x=-2 y=5 z=-4", false, circuit, sizeof circuit), 0);
    assert_non_null(strstr(circuit, "rankdir=LR"));
    assert_null(strstr(plain, "rankdir=LR"));
    assert_non_null(strstr(circuit, "-12"));
    assert_int_equal(run("--circuit '(x + y)*z' x=-2 y=5 z=-4", true, circuit, sizeof circuit), 2);
    assert_non_null(strstr(circuit, "--circuit draws; say where to"));
}

static void inputs_are_given_once_and_used(void **state) {
    (void)state;
    assert_refused("expr 'x' x=1 x=2", "x has a value already\n  x=2\n  ^");
    assert_refused("expr 'x' x=1 z=2", "the formula has no z\n  z=2\n  ^");
    assert_refused("expr 'xy + x1 + _x' x=1 xy=2 x1=1 _x=1", "the formula has no x\n");
    assert_refused("expr '1e3*y' e3=1 y=1", "the formula has no e3\n");
    assert_refused("expr --sweep x=0:1:3 '2*y' x=0 y=1", "the formula has no x\n");
    test_run run = test_command("expr 'h = x_1*2; x=x+1; x*h' x=1 x_1=[1,2]");
    assert_int_equal(run.status, 0);
    test_run_free(&run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inputs_are_given_once_and_used),
        cmocka_unit_test(published_values_and_gradients),
        cmocka_unit_test(published_second_derivatives),
        cmocka_unit_test(minus_power_and_products_bind_as_documented),
        cmocka_unit_test(what_is_not_finite_is_printed_as_it_is),
        cmocka_unit_test(errors_point_at_the_column),
        cmocka_unit_test(hostile_formulas_are_refused),
        cmocka_unit_test(a_formula_can_be_checked),
        cmocka_unit_test(a_sweep_is_csv),
        cmocka_unit_test(a_sweep_is_drawn),
        cmocka_unit_test(a_sweep_prints_nan_without_a_sign),
        cmocka_unit_test(a_sweep_is_drawn_under_any_name),
        cmocka_unit_test(a_sweep_says_that_gnuplot_failed),
        cmocka_unit_test(numbers_have_as_many_digits_and_elements_as_asked),
        cmocka_unit_test(a_circuit_has_its_numbers_on_the_wires),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
