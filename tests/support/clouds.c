#include "clouds.h"

tg_dataset *clouds(int64_t count, uint64_t seed) {
    tg_dataset *set = tg_dataset_new(count, &TG_SHAPE(2), TG_F64, 3, NULL);
    tg_rng rng = {.seed = seed};
    for (int64_t i = 0; i < count; i++) {
        int c = (int)(i % 3);
        set->labels[i] = c;
        tg_dataset_set_at(set, i, 0, (c == 0 ? 2 : c == 1 ? -2 : 0) + 0.7 * tg_rng_normal(&rng));
        tg_dataset_set_at(set, i, 1, (c == 2 ? 2 : -1) + 0.7 * tg_rng_normal(&rng));
    }
    return set;
}

tg_mlp *net_of(uint64_t seed, tg_dtype dtype) {
    return tg_mlp_new(
        (tg_mlp_spec){.sizes = {2, 8, 3}, .depth = 2, .activation = TG_TANH, .seed = seed, .dtype = dtype});
}

tg_fit_spec prepare(setting *s, tg_dtype dtype) {
    *s = (setting){clouds(150, 1), clouds(60, 2), net_of(3, dtype), NULL, {0}};
    s->optim = tg_adam(tg_mlp_params(s->net), (tg_adam_spec){.lr = 0.02});
    return (tg_fit_spec){.model = tg_mlp_model(s->net),
                         .optim = s->optim,
                         .train = s->train,
                         .batch = 10,
                         .epochs = 8,
                         .seed = 1,
                         .status = &s->status};
}

void done(setting *s) {
    tg_optim_free(s->optim);
    tg_mlp_free(s->net);
    tg_dataset_free(s->train);
    tg_dataset_free(s->test);
}
