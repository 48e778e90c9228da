/* odometer.h: the slow and plain way through a tensor, which the ops are compared with. */
#ifndef TG_TESTS_SUPPORT_ODOMETER_H
#define TG_TESTS_SUPPORT_ODOMETER_H

#include "tapegrad.h"

/* The indices of the i-th element of a row-major shape. */
static inline void indices_of(const tg_shape *shape, int64_t i, int64_t *index) {
    for (int a = shape->rank - 1; a >= 0; a--) {
        index[a] = i % shape->dim[a];
        i /= shape->dim[a];
    }
}

static inline int64_t position_of(const tg_shape *shape, const int64_t *index) {
    int64_t at = 0;
    for (int a = 0; a < shape->rank; a++) at = at * shape->dim[a] + index[a];
    return at;
}

/* Rank lowest..highest, sizes 1..most. */
static inline tg_shape random_shape(tg_rng *rng, int lowest, int highest, int most) {
    tg_shape shape = {.rank = lowest + (int)tg_rng_below(rng, (uint64_t)(highest - lowest + 1))};
    for (int a = 0; a < shape.rank; a++) shape.dim[a] = 1 + (int64_t)tg_rng_below(rng, (uint64_t)most);
    return shape;
}

/* A real input of the tape with numbers from low..high that need their gradient. */
static inline tg_node *random_input(tg_tape *tape, tg_rng *rng, const tg_shape *shape, double low,
                                    double high) {
    tg_node *x = tg_input(tape, NULL, tg_tape_dtype(tape), shape->rank, shape->dim);
    for (int64_t i = 0; i < tg_size(x); i++) {
        double value = low + (high - low) * tg_rng_uniform(rng);
        if (tg_dtype_of(x) == TG_F32)
            ((float *)tg_value(x))[i] = (float)value;
        else
            ((double *)tg_value(x))[i] = value;
    }
    tg_require_grad(x, true);
    return x;
}

#endif
