/* Whether the synthetic pictures are as hard as they should be: see data/synthetic.h. */
#include "support/test.h"

/* The test accuracy, on the last fifth of the set, of a network trained on the rest. */
static double trained(tg_dataset *set, tg_mlp_spec shape, double lr, double momentum, int epochs) {
    tg_status status = {0};
    tg_split split;
    shape.status = &status;
    assert_true(
        tg_dataset_split(set, (tg_split_spec){.test = set->count / 5, .in_order = true}, &split, &status));
    tg_mlp *net = tg_mlp_new(shape);
    assert_non_null(net);
    tg_optim *sgd =
        tg_sgd(tg_mlp_params(net), (tg_sgd_spec){.lr = lr, .momentum = momentum, .status = &status});
    tg_history *history = tg_fit((tg_fit_spec){.model = tg_mlp_model(net),
                                               .optim = sgd,
                                               .train = split.train,
                                               .test = split.test,
                                               .batch = 50,
                                               .epochs = epochs,
                                               .seed = 1,
                                               .status = &status});
    if (!history || status.failed) fail_msg("%s", status.message);
    double accuracy = history->epochs[history->count - 1].test_accuracy;
    print_message("%s: test accuracy %.4f\n", set->name, accuracy);
    tg_history_free(history);
    tg_optim_free(sgd);
    tg_mlp_free(net);
    tg_split_free(&split);
    return accuracy;
}

static void a_hidden_layer_reads_digits_better_than_none(void **state) {
    (void)state;
    tg_dataset *digits = tg_digits((tg_images_spec){.count = 15000, .seed = 1}, NULL);
    double linear = trained(digits, (tg_mlp_spec){.sizes = {784, 10}, .depth = 1, .seed = 1}, 0.1, 0, 10);
    double hidden =
        trained(digits, (tg_mlp_spec){.sizes = {784, 64, 10}, .depth = 2, .activation = TG_RELU, .seed = 1},
                0.05, 0.9, 10);
    assert_true(linear > 0.80 && linear < 0.90);
    assert_true(hidden > 0.96);
    tg_dataset_free(digits);
}

static void house_numbers_can_be_read(void **state) {
    (void)state;
    tg_dataset *houses = tg_house_numbers((tg_images_spec){.count = 12000, .seed = 1}, NULL);
    tg_scaler *mean = tg_scaler_fit(houses, TG_SUBTRACT_MEAN, NULL);
    assert_true(tg_scaler_apply(mean, houses, NULL));
    double hidden = trained(
        houses, (tg_mlp_spec){.sizes = {3072, 128, 10}, .depth = 2, .activation = TG_LEAKY_RELU, .seed = 1},
        0.01, 0.9, 8);
    assert_true(hidden > 0.75);
    tg_scaler_free(mean);
    tg_dataset_free(houses);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hidden_layer_reads_digits_better_than_none),
        cmocka_unit_test(house_numbers_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
