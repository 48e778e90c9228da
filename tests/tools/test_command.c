/* The command's frame, and its small subcommands: info and ops. */
#include "support/test.h"

#include "support/command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void help_lists_the_commands(void **state) {
    (void)state;
    test_run run = test_command("--help");
    assert_int_equal(run.status, 0);
    assert_non_null(strstr(run.out, "info"));
    assert_non_null(strstr(run.out, "ops"));
    test_run_free(&run);
    run = test_command("ops --help");
    assert_int_equal(run.status, 0);
    assert_non_null(strstr(run.out, "Examples:"));
    test_run_free(&run);
}

static void it_says_its_version(void **state) {
    (void)state;
    test_run run = test_command("--version");
    char expected[64];
    snprintf(expected, sizeof expected, "tapegrad %s\n", tg_version());
    assert_int_equal(run.status, 0);
    assert_string_equal(run.out, expected);
    test_run_free(&run);
}

static void bad_usage_is_refused(void **state) {
    (void)state;
    assert_refused("", "Usage: tapegrad");
    assert_refused("nonsense", "unknown command 'nonsense'");
    assert_refused("info --nonsense", "unrecognized option '--nonsense'");
    assert_refused("info extra", "unexpected argument 'extra'");
    assert_refused("ops nonsense", "no op 'nonsense'");
}

static void output_that_cannot_be_written_is_reported(void **state) {
    (void)state;
    static const char *const commands[] = {
        "--help",
        "ops --help",
        "info",
        "info --json",
        "ops",
        "ops --json",
        "graph",
        "graph --json",
        "graph --plan",
        "expr x x=1",
        "expr x x=1 --json",
        "expr x x=1 --sweep x=0:1:3",
        "check relu",
        "check relu --json",
        "check one_hot",
        "check --expr x^2 x=1 --json",
        "check --mutate add",
        "train --epochs 1 --json",
        "bench --op relu --json",
    };
    if (access("/dev/full", W_OK) != 0) {
        print_message("skipped: there is no /dev/full here\n");
        skip();
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        char arguments[128];
        snprintf(arguments, sizeof arguments, "%s >/dev/full", commands[i]);
        assert_refused(arguments, "tapegrad: standard output cannot be written");
    }
}

static void info_says_what_runs(void **state) {
    (void)state;
    test_run run = test_command("info --json");
    assert_int_equal(run.status, 0);
    cJSON *json = test_run_json(&run);
    assert_string_equal(test_member(json, "version")->valuestring, tg_version());
    assert_non_null(test_member(json, "blas")->valuestring);
    assert_non_null(test_member(json, "blas_kernels")->valuestring);
    assert_non_null(test_member(json, "simd")->valuestring);
    assert_true(test_member(json, "threads")->valuedouble >= 1);
    cJSON_Delete(json);
    test_run_free(&run);
}

static void ops_lists_the_registry(void **state) {
    (void)state;
    test_run run = test_command("ops --json");
    assert_int_equal(run.status, 0);
    cJSON *json = test_run_json(&run);
    const cJSON *list = test_member(json, "ops");
    assert_int_equal(cJSON_GetArraySize(list), tg_op_count());
    for (int i = 0; i < tg_op_count(); i++) {
        const cJSON *op = cJSON_GetArrayItem(list, i);
        assert_string_equal(test_member(op, "name")->valuestring, tg_op_get(i)->name);
        assert_int_equal(test_member(op, "arity")->valueint, tg_op_get(i)->arity);
        assert_string_equal(test_member(op, "formula")->valuestring, tg_op_get(i)->math);
        assert_true(cJSON_IsArray(test_member(op, "derivative")));
    }
    cJSON_Delete(json);
    test_run_free(&run);
}

static void ops_can_be_picked_by_name(void **state) {
    (void)state;
    test_run run = test_command("ops --json sigmoid");
    cJSON *json = test_run_json(&run);
    const cJSON *list = test_member(json, "ops");
    assert_int_equal(cJSON_GetArraySize(list), 1);
    const cJSON *derivative = test_member(cJSON_GetArrayItem(list, 0), "derivative");
    assert_string_equal(cJSON_GetArrayItem(derivative, 0)->valuestring, tg_op_find("sigmoid")->derivative[0]);
    cJSON_Delete(json);
    test_run_free(&run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_lists_the_commands),
        cmocka_unit_test(it_says_its_version),
        cmocka_unit_test(bad_usage_is_refused),
        cmocka_unit_test(info_says_what_runs),
        cmocka_unit_test(ops_lists_the_registry),
        cmocka_unit_test(ops_can_be_picked_by_name),
        cmocka_unit_test(output_that_cannot_be_written_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
