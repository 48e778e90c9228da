/* tapegrad train: what it reports, what it leaves, what it refuses. */
#include "support/test.h"

#include "support/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SMALL "--data digits:1000 --batch 20 --model 784-16-10 --epochs 2 --lr 0.2 "

static double number(const cJSON *object, const char *name) {
    return test_member(object, name)->valuedouble;
}

static cJSON *trained(const char *arguments) {
    test_run run = test_command(arguments);
    if (run.status != 0) fail_msg("`tapegrad %s` ends with status %d: %s", arguments, run.status, run.err);
    cJSON *json = test_run_json(&run);
    test_run_free(&run);
    return json;
}

static void json_holds_every_epoch(void **state) {
    (void)state;
    cJSON *json = trained("train " SMALL "--json");
    const cJSON *epochs = test_member(json, "epochs");
    assert_int_equal(cJSON_GetArraySize(epochs), 2);
    const cJSON *first = cJSON_GetArrayItem(epochs, 0), *last = cJSON_GetArrayItem(epochs, 1);
    assert_true(number(first, "epoch") == 1 && number(last, "epoch") == 2);
    assert_true(number(last, "loss") < number(first, "loss"));
    assert_true(number(last, "train_accuracy") > 0.5 && number(last, "train_accuracy") <= 1);
    assert_true(number(last, "test_accuracy") > 0.5 && number(last, "test_accuracy") <= 1);
    assert_true(number(last, "seconds") > 0);
    assert_true(number(json, "steps_per_second") > 0);
    assert_true(number(json, "peak_rss_bytes") > 1e6);
    cJSON_Delete(json);
}

static double loss_of(const char *arguments) {
    cJSON *json = trained(arguments);
    double loss = number(cJSON_GetArrayItem(test_member(json, "epochs"), 0), "loss");
    cJSON_Delete(json);
    return loss;
}

static void the_seed_decides(void **state) {
    (void)state;
    double loss = loss_of("train --data digits:100 --batch 10 --model 784-8-10 --epochs 1 --json --seed 5");
    assert_true(loss ==
                loss_of("train --data digits:100 --batch 10 --model 784-8-10 --epochs 1 --json --seed 5"));
    assert_true(loss !=
                loss_of("train --data digits:100 --batch 10 --model 784-8-10 --epochs 1 --json --seed 6"));
    assert_close(
        loss,
        loss_of("train --data digits:100 --batch 10 --model 784-8-10 --epochs 1 --json --seed 5 --dtype f64"),
        1e-3);
}

static int lines_of(const char *path) {
    FILE *file = fopen(path, "r");
    int lines = 0;
    if (!file) return -1;
    for (int c; (c = fgetc(file)) != EOF;) lines += c == '\n';
    fclose(file);
    return lines;
}

static void the_folder_gets_history_graph_and_parameters(void **state) {
    (void)state;
    char folder[1024], path[1200], arguments[1200];
    snprintf(folder, sizeof folder, "%s", test_new_folder());
    snprintf(arguments, sizeof arguments, "train " SMALL "--json --out %s/new", folder);
    cJSON_Delete(trained(arguments));
    static const char *const files[] = {"history.csv", "history.gp", "graph.dot", "params.safetensors"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/new/%s", folder, files[i]);
        assert_true(lines_of(path) >= 0);
    }
    snprintf(path, sizeof path, "%s/new/history.csv", folder);
    assert_int_equal(lines_of(path), 3);

    snprintf(path, sizeof path, "%s/new/params.safetensors", folder);
    tg_status status = {0};
    tg_safetensors *file = tg_safetensors_read(path, &status);
    assert_string_equal(status.message, "");
    assert_int_equal(tg_safetensors_count(file), 4);
    assert_non_null(tg_safetensors_find(file, "hidden.weight"));
    tg_safetensors_free(file);
    snprintf(arguments, sizeof arguments, "rm -r %s", folder);
    assert_int_equal(system(arguments), 0);
}

/* A gnuplot that begins a picture and stops. */
static void a_failure_of_gnuplot_leaves_pictures_out(void **state) {
    (void)state;
    static const char *const lost[] = {"history.svg", "history.png", "health.svg"};
    char folder[1024], text[4096], *path = strdup(getenv("PATH"));
    assert_non_null(path);
    snprintf(folder, sizeof folder, "%s", test_new_folder());
    snprintf(text, sizeof text, "%s/gnuplot", folder);
    FILE *out = fopen(text, "w");
    assert_non_null(out);
    fputs("#!/bin/sh\necho half >\"${1%.gp}.svg\"\nexit 1\n", out);
    fclose(out);
    chmod(text, 0755);
    snprintf(text, sizeof text, "%s:%s", folder, path);
    setenv("PATH", text, 1);
    snprintf(text, sizeof text, "train " SMALL "--health --out %s/new", folder);
    test_run run = test_command(text);
    setenv("PATH", path, 1);
    free(path);
    assert_int_equal(run.status, 0);
    assert_null(strstr(run.err, "gnuplot is not here"));
    assert_non_null(strstr(run.err, "history.gp: gnuplot failed"));
    assert_non_null(strstr(run.err, "gnuplot failed on health.gp"));
    test_run_free(&run);
    for (size_t i = 0; i < sizeof lost / sizeof *lost; i++) {
        snprintf(text, sizeof text, "%s/new/%s", folder, lost[i]);
        assert_int_equal(lines_of(text), -1);
    }
    snprintf(text, sizeof text, "rm -r %s", folder);
    assert_int_equal(system(text), 0);
}

static void an_anomaly_is_traced_to_its_op(void **state) {
    (void)state;
    test_run run = test_command("train --data digits:200 --model 784-16-10 --epochs 1 --lr 1e30 --anomaly");
    assert_int_equal(run.status, 1);
    assert_non_null(strstr(run.err, "it began here: matmul: the value v"));
    test_run_free(&run);
}

static void bad_usage_is_refused(void **state) {
    (void)state;
    assert_refused("train --lr nan", "--lr: nan is not a finite number");
    assert_refused("train --health", "--health needs --out");
    assert_refused("train --lr 0", "--lr must be above 0");
    assert_refused("train --lr 0.1x", "--lr: '0.1x' is not a number");
    assert_refused("train --epochs 0", "--epochs: 0 lies outside");
    assert_refused("train --batch 0", "--batch: 0 lies outside");
    assert_refused("train --data digits:100 --batch 101", "101");
    assert_refused("train --data digits:10 --model 700-10", "first size is 700");
    assert_refused("train --data digits:10 --model 784-64-11", "last size is 11");
    assert_refused("train --model 784-x", "784-x");
    assert_refused("train --activation nonsense", "there is no 'nonsense'");
    assert_refused("train --optimizer nonsense", "there is no 'nonsense'");
    assert_refused("train --dtype f16", "neither f32 nor f64");
    assert_refused("train --data nonsense", "unknown data 'nonsense'");
    assert_refused("train --data digits:x", "digits:x");
    assert_refused("train --data digits:9", "N from 10");
    assert_refused("train --nonsense", "unrecognized option '--nonsense'");
    assert_refused("train extra", "unexpected argument 'extra'");
    assert_refused("train --data digits:100 --out /dev/null", "/dev/null is no folder");
    assert_refused("train --data digits:100 --out /dev/null/x", "/dev/null/x cannot be made");
}

/* An IDX file of `count` images (rank 3) or labels (rank 1) by its header, with `bytes` bytes behind it. */
static void write_idx(const char *folder, const char *name, int rank, int count, int bytes) {
    char path[1200];
    unsigned char header[16] = {0, 0, 8, (unsigned char)rank, 0, 0, 0, (unsigned char)count};
    header[11] = header[15] = 28;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fwrite(header, 1, rank == 3 ? 16 : 8, file);
    for (int i = 0; i < bytes; i++) fputc(0, file);
    fclose(file);
}

static void refused_mnist(const char *folder, const char *message) {
    char arguments[2400], out[1200];
    struct stat info;
    snprintf(out, sizeof out, "%s/out", folder);
    snprintf(arguments, sizeof arguments, "train --data mnist:%s --out %s", folder, out);
    assert_refused(arguments, message);
    assert_int_not_equal(stat(out, &info), 0);
}

static void bad_files_are_refused_and_nothing_is_written(void **state) {
    (void)state;
    char folder[1024], command[1200];
    snprintf(folder, sizeof folder, "%s", test_new_folder());
    refused_mnist(folder, "train-images-idx3-ubyte");
    write_idx(folder, "train-images-idx3-ubyte", 3, 2, 2 * 784 - 1);
    write_idx(folder, "train-labels-idx1-ubyte", 1, 2, 2);
    refused_mnist(folder, "train-images-idx3-ubyte");
    write_idx(folder, "train-images-idx3-ubyte", 3, 2, 2 * 784);
    refused_mnist(folder, "t10k-images-idx3-ubyte");
    write_idx(folder, "t10k-images-idx3-ubyte", 3, 2, 2 * 784);
    write_idx(folder, "t10k-labels-idx1-ubyte", 1, 3, 3);
    refused_mnist(folder, "t10k-labels-idx1-ubyte");
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_holds_every_epoch),
        cmocka_unit_test(the_seed_decides),
        cmocka_unit_test(the_folder_gets_history_graph_and_parameters),
        cmocka_unit_test(a_failure_of_gnuplot_leaves_pictures_out),
        cmocka_unit_test(an_anomaly_is_traced_to_its_op),
        cmocka_unit_test(bad_usage_is_refused),
        cmocka_unit_test(bad_files_are_refused_and_nothing_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
