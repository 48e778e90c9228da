/* The README's runs on MNIST reach the accuracies that it names. Skipped where there is no MNIST. */
#include "support/test.h"

#include "support/command.h"

#include <stdio.h>
#include <sys/stat.h>

static char folder[4096];

static double accuracy(const char *options) {
    char arguments[8192];
    snprintf(arguments, sizeof arguments, "train --json --data mnist:%s --batch 50 --lr 0.3 --cosine %s",
             folder, options);
    test_run run = test_command(arguments);
    if (run.status != 0) fail_msg("%s", run.err);
    cJSON *json = test_run_json(&run);
    const cJSON *epochs = test_member(json, "epochs");
    double last =
        test_member(cJSON_GetArrayItem(epochs, cJSON_GetArraySize(epochs) - 1), "test_accuracy")->valuedouble;
    cJSON_Delete(json);
    test_run_free(&run);
    printf("%s: %.4f\n", options, last);
    return last;
}

static void one_hidden_layer(void **state) {
    (void)state;
    assert_true(accuracy("--epochs 5") >= 0.970);
}

static void two_hidden_layers(void **state) {
    (void)state;
    assert_true(accuracy("--epochs 10 --model 784-256-128-10") >= 0.980);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_hidden_layer),
                                       cmocka_unit_test(two_hidden_layers)};
    const char *data = test_data_folder();
    struct stat info;
    if (data) snprintf(folder, sizeof folder, "%.4000s/mnist", data);
    if (!data || stat(folder, &info) != 0) {
        printf("skipped: MNIST is not in $TAPEGRAD_DATA/mnist\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
