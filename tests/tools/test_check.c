/* The check command: ops, mutants, models; its JSON, its JUnit file and its exit statuses. */
#include "support/test.h"

#include "support/command.h"

#include <stdio.h>
#include <string.h>

static void ops_are_checked(void **state) {
    (void)state;
    test_run run = test_command("check matmul relu --seed 3 --json");
    assert_int_equal(run.status, 0);
    cJSON *json = test_run_json(&run);
    const cJSON *list = test_member(json, "ops");
    assert_int_equal(cJSON_GetArraySize(list), 2);
    for (int i = 0; i < 2; i++) {
        const cJSON *op = cJSON_GetArrayItem(list, i);
        assert_string_equal(test_member(op, "status")->valuestring, "pass");
        assert_true(test_member(op, "cases")->valueint >= 5);
        assert_true(test_member(op, "elements")->valueint >= 50);
        assert_true(test_member(op, "max_rel_error")->valuedouble < 1e-7);
        assert_non_null(tg_op_find(test_member(op, "name")->valuestring));
    }
    cJSON_Delete(json);
    test_run_free(&run);
    run = test_command("check add");
    assert_int_equal(run.status, 0);
    assert_non_null(strstr(run.out, "all pass"));
    test_run_free(&run);
}

static void the_self_test_counts_mutants(void **state) {
    (void)state;
    test_run run = test_command("check --mutate --json add softmax reshape");
    assert_int_equal(run.status, 0);
    cJSON *json = test_run_json(&run);
    assert_int_equal(test_member(json, "mutants")->valueint, test_member(json, "killed")->valueint);
    assert_true(test_member(json, "mutants")->valueint >= 4 * 6);
    assert_int_equal(cJSON_GetArraySize(test_member(json, "survivors")), 0);
    cJSON_Delete(json);
    test_run_free(&run);
}

static void a_model_is_checked(void **state) {
    (void)state;
    test_run run = test_command("check --model 12-8-5 --activation elu --loss cross_entropy --json");
    assert_int_equal(run.status, 0);
    cJSON *json = test_run_json(&run);
    assert_string_equal(test_member(json, "verdict")->valuestring, "pass");
    assert_int_equal(test_member(json, "compared")->valueint, 12 * 8 + 8 + 8 * 5 + 5);
    assert_string_equal(test_member(cJSON_GetArrayItem(test_member(json, "tensors"), 0), "name")->valuestring,
                        "hidden.weight");
    cJSON_Delete(json);
    test_run_free(&run);
    run = test_command("check --model 12-8-5 --activation relu --loss mse --dtype f64 --seed 2 --rule six");
    assert_int_equal(run.status, 0);
    assert_non_null(strstr(run.out, "pass"));
    test_run_free(&run);
    run = test_command("check --model 12-8-1"); /* of a single class, cross-entropy is 0 and checks nothing */
    assert_int_equal(run.status, 0);
    assert_non_null(strstr(run.out, "gradient check of mse "));
    test_run_free(&run);
}

static void a_model_without_rows_to_compare_is_not_a_pass(void **state) {
    (void)state;
    test_run run = test_command("check one_hot");
    assert_int_equal(run.status, 3); /* it has no derivative */
    test_run_free(&run);
}

static void junit_files_are_written(void **state) {
    (void)state;
    char arguments[4400], path[4200], text[4096] = {0};
    snprintf(path, sizeof path, "%s/check.xml", test_new_folder());
    snprintf(arguments, sizeof arguments, "check add --junit %s", path);
    test_run run = test_command(arguments);
    assert_int_equal(run.status, 0);
    test_run_free(&run);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    fclose(file);
    assert_non_null(strstr(text, "<testsuite name=\"ops\" tests=\"1\" failures=\"0\" skipped=\"0\">"));
    assert_non_null(strstr(text, "<testcase classname=\"ops\" name=\"add\""));
}

static void a_formula_is_checked(void **state) {
    (void)state;
    char arguments[4400], path[4200];
    snprintf(path, sizeof path, "%s/steps", test_new_folder());
    snprintf(arguments, sizeof arguments, "check --expr 'log(x1) + x1*x2 - sin(x2)' x1=2 x2=5 --steps %s",
             path);
    test_run run = test_command(arguments);
    assert_int_equal(run.status, 0);
    assert_non_null(strstr(run.out, "falls as h^2.0"));
    test_run_free(&run);
    strcat(path, ".csv");
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    fclose(file);
    run = test_command("check --expr 'abs(x)' x=0 --json");
    assert_int_equal(run.status, 0);
    cJSON *json = test_run_json(&run);
    assert_string_equal(test_member(json, "verdict")->valuestring, "pass");
    cJSON_Delete(json);
    test_run_free(&run);
    run = test_command("check --expr 'log(x)' x=0"); /* minus infinity: nothing to compare with */
    assert_int_equal(run.status, 3);
    test_run_free(&run);
    assert_refused("check --expr 'sin(' x=1", "^");
    assert_refused("check --expr 'x' x=1 --mutate", "--expr stands alone");
    assert_refused("check --expr 'x' x=1 x=2", "x has a value already");
    assert_refused("check --expr 'x' x=1 z=2", "the formula has no z");
    assert_refused("check --steps out", "--steps needs");
}

static void bad_usage_is_refused(void **state) {
    (void)state;
    assert_refused("check nonsense", "no op 'nonsense'");
    assert_refused("check --model 12", "--model");
    assert_refused("check --model 3-x", "--model");
    assert_refused("check --activation nonsense", "none of none, sigmoid");
    assert_refused("check --loss nonsense", "none of cross_entropy");
    assert_refused("check --rule nonsense", "none of auto");
    assert_refused("check --seed x", "not a whole number");
    assert_refused("check add --model 2-2", "--model stands alone");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ops_are_checked),
        cmocka_unit_test(the_self_test_counts_mutants),
        cmocka_unit_test(a_model_is_checked),
        cmocka_unit_test(a_model_without_rows_to_compare_is_not_a_pass),
        cmocka_unit_test(junit_files_are_written),
        cmocka_unit_test(a_formula_is_checked),
        cmocka_unit_test(bad_usage_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
