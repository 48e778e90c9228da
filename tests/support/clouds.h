/* clouds.h: a small training run for the tests of optim. */
#ifndef TG_TESTS_SUPPORT_CLOUDS_H
#define TG_TESTS_SUPPORT_CLOUDS_H

#include "support/test.h"

/* Three well separated clouds in the plane. */
tg_dataset *clouds(int64_t count, uint64_t seed);
tg_mlp *net_of(uint64_t seed, tg_dtype dtype);

typedef struct setting {
    tg_dataset *train, *test;
    tg_mlp *net;
    tg_optim *optim;
    tg_status status;
} setting;

/* A run of eight epochs; what it is made of stays in s until done(s). */
tg_fit_spec prepare(setting *s, tg_dtype dtype);
void done(setting *s);

#endif
