/* CSV files: what is read, and what is refused with which line and column. */
#include "support/loader.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static tg_dataset *load(const char *text, tg_csv_spec spec, tg_status *status) {
    return tg_csv_load(write_file("table.csv", text, strlen(text)), spec, status);
}

static void header_label_quotes_and_line_ends(void **state) {
    (void)state;
    const char *text = "\xef\xbb\xbfx, \"cl\"\"ass\" ,y\r\n1,0,2\r\n\r\n -0.5 ,2,\"1e3\"\r\n3,1,inf";
    const char *labels[] = {"cl\"ass", "2", "-2"};
    for (int i = 0; i < 3; i++) {
        tg_status status = {0};
        tg_dataset *set = load(text, (tg_csv_spec){.label = labels[i], .dtype = TG_F64}, &status);
        assert_string_equal(status.message, "");
        assert_int_equal(set->count, 3);
        assert_true(tg_shape_equal(&set->example, &TG_SHAPE(2)));
        assert_int_equal(set->classes, 3);
        const double x[3][2] = {{1, 2}, {-0.5, 1000}, {3, INFINITY}};
        for (int64_t e = 0; e < 3; e++) {
            assert_int_equal(tg_dataset_label(set, e), e == 0 ? 0 : 3 - e);
            for (int64_t j = 0; j < 2; j++) assert_true(tg_dataset_at(set, e, j) == x[e][j]);
        }
        assert_string_equal(set->name, "table.csv");
        tg_dataset_free(set);
    }
}

static void tables_without_header_or_label(void **state) {
    (void)state;
    tg_dataset *set = load("1;2\n3;4\n", (tg_csv_spec){.separator = ';'}, NULL);
    assert_int_equal(set->count, 2);
    assert_null(set->labels);
    assert_close(tg_dataset_at(set, 1, 1), 4, 0);
    tg_dataset_free(set);
    set = load("1,2\n3,4\n", (tg_csv_spec){.header = TG_CSV_HEADER_YES}, NULL);
    assert_int_equal(set->count, 1);
    tg_dataset_free(set);
    set = load("1\t2\n3\t4\n", (tg_csv_spec){.separator = '\t'}, NULL);
    assert_close(tg_dataset_at(set, 1, 0), 3, 0);
    tg_dataset_free(set);
}

/* More bytes than are read at a time, so that fields and lines straddle the pieces. */
static void long_tables_arrive_whole(void **state) {
    (void)state;
    enum { N = 20000 };
    char *text = malloc(N * 24), *end = text;
    for (int i = 0; i < N; i++) end += sprintf(end, "%d,%d.25,%d\n", i, i, i % 7);
    tg_dataset *set = load(text, (tg_csv_spec){.label = "-1", .classes = 7}, NULL);
    assert_int_equal(set->count, N);
    for (int64_t i = 0; i < N; i++) {
        assert_true(tg_dataset_at(set, i, 0) == (double)i && tg_dataset_at(set, i, 1) == (double)i + 0.25);
        assert_int_equal(tg_dataset_label(set, i), i % 7);
    }
    tg_dataset_free(set);
    free(text);
}

static void the_decimal_point_is_that_of_no_locale(void **state) {
    (void)state;
    test_decimal_comma();
    tg_dataset *set = load("1.5,2\n", (tg_csv_spec){0}, NULL);
    assert_close(tg_dataset_at(set, 0, 0), 1.5, 0);
    tg_dataset_free(set);
    setlocale(LC_ALL, "C");
}

static void refuse(const char *text, tg_csv_spec spec, const char *expected) {
    tg_status status = {0};
    assert_null(load(text, spec, &status));
    if (!strstr(status.message, expected))
        fail_msg("%s: \"%s\" lacks \"%s\"", text, status.message, expected);
    assert_null(load(text, spec, NULL));
}

static void messages_give_line_and_column(void **state) {
    (void)state;
    const tg_csv_spec none = {0}, last = {.label = "-1", .classes = 3};
    refuse("a,b\n1,2\n3,x\n", none, "/table.csv: line 3, column 2: not a number (\"x\")");
    refuse("1,2\n\n3,\n", none, "line 3, column 2: an empty field");
    refuse("1,2\n3\n", none, "line 2, column 1: the line ends, with fewer fields than the first");
    refuse("1,2\n3,4,5\n", none, "line 2, column 2: more fields than in the first line");
    refuse("1,2\n3,1.5\n", last, "line 2, column 2: no class label (\"1.5\")");
    refuse("1,2\n3,3\n", last, "line 2, column 2: no class label (\"3\")");
    refuse("1,2\n3,-1\n", last, "no class label");
    refuse("1\n3\n", last, "no column besides the label's");
    refuse("a,b\n1,2\n", (tg_csv_spec){.label = "c"}, "none is the label's (\"c\")");
    refuse("a,b\n1,2\n", (tg_csv_spec){.label = "3"}, "none is the label's (\"3\")");
    refuse("", none, "the file is empty");
    refuse("\n\n", none, "the file is empty");
    refuse("a,b\n", none, "no line of numbers");
    refuse("1,\"2\n", none, "line 1, column 2: the file ends within quotes");
    refuse("1,\"2\"3\n", none, "line 1, column 2: text after a closing quote");
    refuse("1,0x\n2,2\n", (tg_csv_spec){.header = TG_CSV_HEADER_NO}, "line 1, column 2: not a number");
    refuse("1,2000000\n", (tg_csv_spec){.label = "-1"}, "label 2000000 of example 0 is not in 0..999999");
    char wide[400] = "";
    memset(wide, '1', 300);
    refuse(wide, none, "a field longer than 255 bytes");
}

static bool load_labelled(const char *path, tg_status *status) {
    tg_dataset *set = tg_csv_load(path, (tg_csv_spec){.label = "class", .dtype = TG_F64}, status);
    tg_dataset_free(set);
    return set != NULL;
}

static void damaged_files_are_refused(void **state) {
    (void)state;
    static const char text[] = "x,y,class\n1,2,0\n-0.5,1e3,2\r\n\"3\",\"4\",1\n";
    assert_loader_contract(
        (loader_case){"table.csv", load_labelled, (const unsigned char *)text, sizeof text - 1, true});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_label_quotes_and_line_ends),
        cmocka_unit_test(tables_without_header_or_label),
        cmocka_unit_test(long_tables_arrive_whole),
        cmocka_unit_test(the_decimal_point_is_that_of_no_locale),
        cmocka_unit_test(messages_give_line_and_column),
        cmocka_unit_test(damaged_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
