/* The Taylor remainder, and derivatives as calls. */
#include "support/own_ops.h"
#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static tg_node *vector(tg_tape *tape, const double *values, int64_t n) {
    tg_node *x = tg_input(tape, "x", tg_tape_dtype(tape), 1, &n);
    tg_set_f64(x, values);
    tg_require_grad(x, true);
    return x;
}

static const double point[] = {0.3, -0.7, 1.2, 0.9};

static tg_taylor taylor_of(tg_node *y) {
    tg_taylor t;
    tg_status status = {0};
    if (!tg_taylor_test(y, (tg_check_options){.seed = 3}, &t, &status)) fail_msg("%s", status.message);
    return t;
}

static void the_remainder_of_a_right_gradient_falls_as_the_square(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F32);
    tg_taylor t = taylor_of(tg_sigmoid(tg_square(vector(tape, point, 4))));
    assert_int_equal(t.verdict, TG_VERDICT_PASS);
    assert_true(fabs(t.rate - 2) < 0.02);
    assert_true(t.rows[3].six < 1e-9 && t.rows[3].central < 1e-5 && t.rows[3].forward < 1e-1);
    t = taylor_of(tg_neg(tg_find(tape, "x"))); /* linear: no remainder at all */
    assert_int_equal(t.verdict, TG_VERDICT_PASS);
    tg_tape_free(tape);
}

static void three_percent_make_it_fall_as_the_step(void **state) {
    (void)state;
    tg_mutation *mutation = tg_mutation_new(tg_op_find("sin"), TG_CORRUPT_SCALE, 0);
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = vector(tape, point, 4);
    tg_taylor t = taylor_of(tg_mutation_apply(mutation, NULL, 1, &x));
    assert_int_equal(t.verdict, TG_VERDICT_FAIL);
    assert_true(t.rate < 1.2);
    tg_tape_free(tape);
    tg_mutation_free(mutation);
}

/* A name from the user is a name in gnuplot's script too, and never a command. */
static void a_prefix_is_only_a_name(void **state) {
    (void)state;
    static const char *const prefix[] = {"p'; system('x'); '", "|x", "a\nb"};
    static const char *const quoted[] = {"'./p''; system(''x''); ''.svg'", "'./|x.svg'", "'./a b.svg'"};
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_taylor t = taylor_of(tg_exp(vector(tape, point, 4)));
    char folder[] = "/tmp/tg_taylor_XXXXXX", before[4096], script[64];
    assert_non_null(mkdtemp(folder));
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(folder), 0);
    for (int i = 0; i < 3; i++) {
        char text[2048] = {0};
        assert_true(tg_taylor_write(&t, prefix[i], NULL));
        snprintf(script, sizeof script, "%s.gp", prefix[i]);
        FILE *in = fopen(script, "r");
        assert_non_null(in);
        assert_true(fread(text, 1, sizeof text - 1, in) > 0);
        fclose(in);
        assert_non_null(strstr(text, quoted[i]));
        remove(script);
        snprintf(script, sizeof script, "%s.csv", prefix[i]);
        remove(script);
    }
    assert_int_equal(chdir(before), 0);
    rmdir(folder);
    tg_tape_free(tape);
}

static void the_files_are_written(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_taylor t = taylor_of(tg_exp(vector(tape, point, 4)));
    tg_status status = {0};
    assert_false(tg_taylor_write(&t, "/nowhere/at/all", &status));
    assert_non_null(strstr(status.message, "/nowhere/at/all.csv"));
    FILE *out = tmpfile();
    char text[64] = {0};
    assert_non_null(out);
    tg_taylor_print(&t, out);
    rewind(out);
    assert_true(fread(text, 1, sizeof text - 1, out) > 0);
    assert_non_null(strstr(text, "Taylor remainder of exp along"));
    fclose(out);
    tg_tape_free(tape);
}

/* ---- derivatives as calls ---- */

/* f = sum(x0^3 + x0 x1): gradient, Hessian by hand. */
static tg_node *polynomial(tg_tape *tape, tg_node **a, tg_node **b) {
    *a = vector(tape, (double[]){2, -1}, 2);
    *b = vector(tape, (double[]){3, 5}, 2);
    return tg_sum(tg_add(tg_mul(tg_square(*a), *a), tg_mul(*a, *b)));
}

static void gradient_and_hessian_are_those_of_calculus(void **state) {
    (void)state;
    for (tg_dtype dtype = TG_F32; dtype <= TG_F64; dtype++) {
        tg_tape *tape = tg_tape_new(dtype);
        tg_node *a, *b, *f = polynomial(tape, &a, &b);
        double g[4], hu[4], h[16], ju[1], vj[2];
        assert_int_equal(tg_wrt_size(f, 0, NULL, NULL), 4);
        assert_true(tg_gradient(f, 0, NULL, g, NULL));
        const double right[] = {3 * 4 + 3, 3 * 1 + 5, 2, -1};
        for (int i = 0; i < 4; i++) assert_close(g[i], right[i], 1e-14);
        assert_true(tg_hvp(f, 0, NULL, (double[]){1, 2, 3, 4}, hu, NULL));
        const double product[] = {12 * 1 + 3, -6 * 2 + 4, 1, 2};
        for (int i = 0; i < 4; i++) assert_close(hu[i], product[i], 1e-14);
        assert_true(tg_hessian(f, 0, NULL, h, NULL));
        const double matrix[] = {12, 0, 1, 0, 0, -6, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0};
        for (int i = 0; i < 16; i++) assert_close(h[i], matrix[i], 1e-14);
        assert_true(tg_jvp(f, 1, &b, (double[]){1, 10}, ju, NULL));
        assert_close(ju[0], 2 - 10, 1e-14);
        assert_true(tg_vjp(f, 1, &b, (double[]){-2}, vj, NULL));
        assert_close(vj[0], -4, 1e-14);
        assert_null(tg_grad(a)); /* the tape has seen none of it */
        tg_tape_free(tape);
    }
}

static void impossible_derivatives_say_why(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = vector(tape, point, 4), *y = tg_square(x);
    double g[4];
    tg_status status = {0};
    assert_false(tg_gradient(y, 0, NULL, g, &status));
    assert_string_equal(status.message, "gradient: of a scalar only; the node has shape (4)");
    status = (tg_status){0};
    assert_false(tg_vjp(y, 1, &y, NULL, g, &status));
    assert_non_null(strstr(status.message, "wrt[0] is not a real leaf"));
    status = (tg_status){0};
    assert_false(tg_hvp(NULL, 0, NULL, g, g, &status));
    assert_true(status.failed);
    assert_int_equal(tg_wrt_size(tg_scalar(tape, 1), 1, (tg_node *[]){NULL}, NULL), -1);
    tg_tape_free(tape);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_remainder_of_a_right_gradient_falls_as_the_square),
        cmocka_unit_test(three_percent_make_it_fall_as_the_step),
        cmocka_unit_test(a_prefix_is_only_a_name),
        cmocka_unit_test(the_files_are_written),
        cmocka_unit_test(gradient_and_hessian_are_those_of_calculus),
        cmocka_unit_test(impossible_derivatives_say_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
