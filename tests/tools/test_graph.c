/* tapegrad graph: formats, options, refusals. */
#include "support/test.h"

#include "support/command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void assert_says(const char *arguments, const char *part) {
    test_run run = test_command(arguments);
    if (run.status != 0) fail_msg("%s: exit status %d, %s", arguments, run.status, run.err);
    if (!strstr(run.out, part)) fail_msg("%s does not say '%s' but: %s", arguments, part, run.out);
    test_run_free(&run);
}

static void the_listing_has_two_columns(void **state) {
    (void)state;
    assert_says("graph --model 784-64-10 --batch 4", "v8 = v6 @ v7");
    assert_says("graph --model 784-64-10 --batch 4", "| dv6 += dv8 @ v7^T");
    assert_says("graph --model 2-3-2 --backward", "dv11 = 1 ");
    assert_says("graph --model 2-3-1 --backward", "mse(v10, v1)");
    assert_says("graph --model 2-3-1 --backward --elements 6 --seed 2", "dv4 = [");
    assert_refused("graph --model 2-3-1 --elements 0", "--elements");
    assert_says("graph --model 2-3-1 --backward --digits 6", ", -0.299409,");
    assert_refused("graph --model 2-3-1 --digits 18", "--digits");
    assert_says("graph --model 2-3-2 --forward", "f32[4,3]\n");
    assert_says("graph --model 2-3-2 --activation tanh --dtype f64", "dv5 += dv6 * (1 - v6^2)");
}

static void plan_and_profile_stand_below_it(void **state) {
    (void)state;
    assert_says("graph --model 5-4-3 --plan", "cross_entropy");
    assert_says("graph --model 5-4-3 --profile", "GFLOP/s");
    assert_refused("graph --model 5-4-3 --profile --json", "--plan and --profile");
}

static void graphs_go_to_standard_output(void **state) {
    (void)state;
    assert_says("graph --model 784-64-10 --batch 4 --dot", "hidden.weight");
    assert_says("graph --model 784-64-10 --mermaid", "flowchart TB");
    assert_says("graph --model 5-5-5-5-5 --dot --fold always --activation relu", "\xc3\x97 ");
    assert_says("graph --model 5-4-3 --dot --focus loss --hops 1", "more nodes are hidden");
    assert_says("graph --model 5-4-3 --dot --focus v3", "more nodes are hidden");
    assert_says("graph --model 5-4-3 --dot --colour gradient", "|gradient|");
    assert_says("graph --model 5-4-3 --dot --colour time", "time, forward and backward");
    assert_says("graph --model 5-4-3 --dot --color memory", "bytes of the value");
}

static void json_is_one_object(void **state) {
    (void)state;
    test_run run = test_command("graph --model 5-4-3 --json");
    assert_int_equal(run.status, 0);
    cJSON *json = test_run_json(&run);
    assert_int_equal(cJSON_GetArraySize(test_member(json, "nodes")), 12);
    const cJSON *loss = cJSON_GetArrayItem(test_member(json, "nodes"), 11);
    assert_string_equal(test_member(loss, "name")->valuestring, "loss");
    assert_close(cJSON_GetArrayItem(test_member(loss, "grad"), 0)->valuedouble, 1, 0);
    cJSON_Delete(json);
    test_run_free(&run);
}

static void files_are_written(void **state) {
    (void)state;
    char path[64], command[160];
    snprintf(path, sizeof path, "graph-%ld.dot", (long)getpid());
    snprintf(command, sizeof command, "graph --model 5-4-3 --out %s", path);
    test_run run = test_command(command);
    assert_int_equal(run.status, 0);
    assert_string_equal(run.out, "");
    assert_int_equal(access(path, R_OK), 0);
    remove(path);
    test_run_free(&run);
}

/* What stands for a device is not taken away when that is full. */
static void a_full_device_stays(void **state) {
    (void)state;
    char path[64], command[160], target[64];
    if (access("/dev/full", W_OK) != 0) {
        print_message("skipped: there is no /dev/full here\n");
        skip();
    }
    snprintf(path, sizeof path, "graph-%ld.txt", (long)getpid());
    assert_int_equal(symlink("/dev/full", path), 0);
    snprintf(command, sizeof command, "graph --model 5-4-3 --out %s", path);
    assert_refused(command, "could not be written in full: No space left on device");
    assert_int_equal(readlink(path, target, sizeof target), (int)strlen("/dev/full"));
    tg_tape *tape = tg_tape_new(TG_F32);
    tg_status status = {0};
    assert_non_null(tg_square(tg_scalar(tape, 2)));
    assert_false(tg_graph_save(tape, path, (tg_graph_spec){0}, &status));
    assert_non_null(strstr(status.message, "could not be written in full: No space left on device"));
    assert_int_equal(readlink(path, target, sizeof target), (int)strlen("/dev/full"));
    tg_tape_free(tape);
    remove(path);
}

#define LAYERS "'2x3: flatten, linear 4, leaky_relu, dropout 0.5,linear 3'"

static void layers_make_a_network(void **state) {
    (void)state;
    assert_says("graph --model " LAYERS, "dropout(v");
    assert_says("graph --model " LAYERS, "f32[4,2,3]");
    assert_says("graph --dot --model " LAYERS, "label=\"linear2\"");
    assert_says("graph --evaluation --model " LAYERS, "dropout(v");
    assert_refused("graph --model '2x3: flatten, linear'", "linear takes a number");
    assert_refused("graph --model '2x3: flatten 3, linear 2'", "flatten takes no number");
    assert_refused("graph --model '2x3: flatten, conv 3'", "'conv 3' is no layer");
    assert_refused("graph --model '2y3: flatten, linear 2'", "'2y3' is no shape");
    assert_refused("graph --model '6: relu'", "no linear layer");
    assert_refused("graph --model '6: linear 2.5'", "linear 2.5");
    assert_refused("graph --model '6: linear 2,'  --focus nowhere", "no node 'nowhere'");
}

static void mistakes_are_refused(void **state) {
    (void)state;
    assert_refused("graph --model 784", "784");
    assert_refused("graph --detail all", "op, shapes, values, gradients, costs");
    assert_refused("graph --out net.jpeg", "net.jpeg");
    assert_refused("graph --dot --json", "one output format");
    assert_refused("graph --focus nowhere", "no node 'nowhere'");
    assert_refused("graph extra", "unexpected argument 'extra'");
    assert_refused("graph --batch 0", "--batch");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_listing_has_two_columns),
        cmocka_unit_test(plan_and_profile_stand_below_it),
        cmocka_unit_test(graphs_go_to_standard_output),
        cmocka_unit_test(json_is_one_object),
        cmocka_unit_test(files_are_written),
        cmocka_unit_test(a_full_device_stays),
        cmocka_unit_test(layers_make_a_network),
        cmocka_unit_test(mistakes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
