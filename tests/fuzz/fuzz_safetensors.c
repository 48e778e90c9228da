#include "fuzz.h"

/* A model of two parameters and the checkpoint of a run that trains it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *path = fuzz_file(data, size);
    if (!path) return 0;
    tg_params *params = tg_params_new(TG_F32, 0);
    tg_params_add(params, "w", &TG_SHAPE(2, 3), NULL);
    tg_params_add(params, "b", &TG_SHAPE(3), NULL);
    tg_optim *opt = tg_sgd(params, (tg_sgd_spec){.momentum = 0.5});
    char report[100];
    tg_load_params_spec spec = {
        .partial = true, .transpose = true, .report = report, .report_size = sizeof report};
    bool all = tg_params_load(params, path, spec, NULL);
    all = tg_params_load(params, path, (tg_load_params_spec){.prefix = "param/"}, NULL) && all;
    all = tg_checkpoint_load(path, (tg_checkpoint){.optim = opt}, NULL) && all;
    tg_optim_free(opt);
    tg_params_free(params);
    return 0;
}
