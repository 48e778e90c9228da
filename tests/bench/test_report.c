/* bench_report turns what the programs of bench/ measured into one JSON file and one page. */
#include "support/test.h"

#include "support/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char *read_text(const char *path) {
    FILE *f = fopen(path, "rb");
    if (!f) fail_msg("%s cannot be read", path);
    char *text = calloc(1, 1 << 17);
    assert_non_null(text);
    size_t n = fread(text, 1, (1 << 17) - 1, f);
    fclose(f);
    text[n] = '\0';
    return text;
}

static void write_text(const char *folder, const char *name, const char *text) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

/* Runs bench_report on a folder; all.json, page.md and what it says are left in `to`. */
static int report(const char *from, const char *to) {
    char command[4096];
    snprintf(command, sizeof command,
             "'%s/bench_report' '%s' --json '%s/all.json' --page '%s/page.md' 2>'%s/errors'",
             getenv("TG_BIN"), from, to, to, to);
    return system(command);
}

static char *result(const char *folder, const char *name) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return read_text(path);
}

/* The folder that the report is in. */
static const char *report_of_the_fixture(void) {
    char from[1024];
    const char *to = test_new_folder();
    snprintf(from, sizeof from, "%s/tests/bench/fixture", getenv("TG_SOURCE"));
    assert_int_equal(report(from, to), 0);
    return to;
}

static void the_page_is_the_expected_one(void **state) {
    (void)state;
    const char *to = report_of_the_fixture();
    char *page = result(to, "page.md");
    assert_golden(page, "bench/fixture/page.txt");
    free(page);
}

static void the_json_has_every_part(void **state) {
    (void)state;
    const char *to = report_of_the_fixture();
    char *text = result(to, "all.json");
    cJSON *all = cJSON_Parse(text);
    const cJSON *ops = test_member(all, "ops");
    assert_int_equal(cJSON_GetArraySize(ops), 2);
    assert_true(test_member(cJSON_GetArrayItem(ops, 0), "median_us")->valuedouble == 500);
    assert_string_equal(test_member(test_member(all, "machine"), "cpu")->valuestring, "Example CPU");
    cJSON_Delete(all);
    free(text);
}

/* Nothing measured, a file cut short, a quick run: the page says so, and judges nothing. */
static void what_is_missing_is_said(void **state) {
    (void)state;
    const char *folder = test_new_folder();
    write_text(folder, "machine.json", "{\"quick\": true, \"load_average\": 0.5}");
    write_text(folder, "record.json", "[{\"op\": \"tanh\", \"record_min_ns\": 10, \"replay_min_ns\": 5}]");
    write_text(folder, "ops.json", "[{\"op\": \"tanh\", ");
    assert_int_equal(report(folder, folder), 0);
    char *page = result(folder, "page.md"), *errors = result(folder, "errors");
    assert_non_null(strstr(page, "A quick run"));
    assert_null(strstr(page, "was busy"));
    assert_non_null(strstr(page, "| 10 | not judged |"));
    assert_null(strstr(page, "| reached |"));
    assert_null(strstr(page, "missed"));
    assert_non_null(strstr(page, "Not measured in this run."));
    assert_non_null(strstr(page, "PyTorch | absent"));
    assert_non_null(strstr(errors, "ops.json is not JSON"));
    free(page);
    free(errors);
}

static void the_curves_stand_beside_the_page(void **state) {
    (void)state;
    char from[512], copy[1024];
    struct stat file;
    snprintf(from, sizeof from, "%s", test_new_folder());
    write_text(from, "curves.csv", "curve,x\n");
    write_text(from, "curves.svg", "<svg/>\n");
    const char *to = test_new_folder();
    assert_int_equal(report(from, to), 0);
    char *page = result(to, "page.md");
    assert_non_null(strstr(page, "](benchmarks/curves.svg)"));
    snprintf(copy, sizeof copy, "%s/benchmarks/curves.svg", to);
    assert_int_equal(stat(copy, &file), 0);
    free(page);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_is_the_expected_one),
        cmocka_unit_test(the_json_has_every_part),
        cmocka_unit_test(what_is_missing_is_said),
        cmocka_unit_test(the_curves_stand_beside_the_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
