/* optim_internal.h: what an optimiser is made of. Private to optim/. */
#ifndef TG_OPTIM_INTERNAL_H
#define TG_OPTIM_INTERNAL_H

#include "optim.h"
#include "update.h"

#define TG_MAX_STATES 2

/* A stretch of one parameter, which one thread handles at a time. */
typedef struct tg_stretch {
    int param;
    int64_t from, n;
    double squares; /* of this stretch's gradients */
    bool finite;
} tg_stretch;

struct tg_optim {
    tg_params *params;
    tg_optim_kind kind;
    tg_optim_spec spec; /* defaults filled in */
    const tg_update_ops *ops;
    tg_update_rule *rule;
    int states;
    void *state[TG_MAX_STATES]; /* all parameters', one behind the other */
    size_t *offset;             /* of each parameter in it, in bytes */
    tg_stretch *stretches;
    int count; /* parameters at creation */
    int64_t stretch_count;
    tg_update now; /* the numbers of the step being taken */
    uint64_t steps;
    double grad_norm;
    bool failed;
    char error[256];
};

#endif
