/* a b, element by element, with a fault that can be chosen while the program runs. */
#include "tapegrad_op.h"

#include <string.h>

#ifdef TG_OP_TYPES
#include "own_ops.h"
#endif

static real TG_R(kept)[16];

static void forward(tg_eval *e) {
    const real *a = e->x[0], *b = e->x[1];
    real *y = e->y;
    for (int64_t i = 0; i < e->n; i++) y[i] = a[i] * (tg_suspect == TG_SUSPECT_STOPPED ? re(b[i]) : b[i]);
    if (tg_suspect == TG_SUSPECT_SHARED) memcpy(TG_R(kept), b, (size_t)e->n * sizeof(real));
    if (tg_suspect == TG_SUSPECT_F32_FORWARD && sizeof(real) == 4) y[0] *= (real)1.01;
    if (tg_suspect == TG_SUSPECT_FORWARD_WRITES) ((real *)(uintptr_t)a)[1] = 7;
}

static real TG_R(factor)(const tg_eval *e, int64_t i) {
    const bool alone = !e->dx[0] || !e->dx[1];
    switch (tg_suspect) {
    case TG_SUSPECT_F32_SCALE:
        return sizeof(real) == 4 ? (real)1.03 : 1;
    case TG_SUSPECT_F32_ONE:
        return sizeof(real) == 4 && e->offset + i == e->n / 2 ? (real)1.001 : 1;
    case TG_SUSPECT_F32_NAN:
        return sizeof(real) == 4 && e->offset + i == 1 ? (real)NAN : 1;
    case TG_SUSPECT_ONE:
        return e->offset + i == e->n / 3 ? (real)(e->n < 10000 ? 1.05 : 1.002) : 1;
    case TG_SUSPECT_ALONE:
        return alone ? (real)1.5 : 1;
    case TG_SUSPECT_THREADED:
        return e->threads > 1 ? (real)1.5 : 1;
    default:
        return 1;
    }
}

static void backward(tg_eval *e) {
    const real *dy = e->dy;
    for (int k = 0; k < 2; k++) {
        const real *other = tg_suspect == TG_SUSPECT_SHARED && k == 0 ? TG_R(kept) : e->x[1 - k];
        real *dx = e->dx[k];
        for (int64_t i = 0; dx && i < e->n; i++) {
            real share = dy[i] * other[i] * TG_R(factor)(e, i);
            if (tg_suspect == TG_SUSPECT_INFINITE && k == 0 && i == 1) share = INFINITY;
            if (tg_suspect == TG_SUSPECT_STOPPED && k == 1) share = 0;
            dx[i] = tg_suspect == TG_SUSPECT_OVERWRITES ? share : dx[i] + share;
        }
    }
    if (tg_suspect == TG_SUSPECT_BACKWARD_WRITES) ((real *)(uintptr_t)e->x[1])[1] *= 2;
    if (tg_suspect == TG_SUSPECT_BACKWARD_WRITES_Y) ((real *)e->y)[2] = 0;
    if (tg_suspect == TG_SUSPECT_BACKWARD_WRITES_DY) ((real *)(uintptr_t)dy)[1] = 0;
}

TG_KERNELS(suspect) = {forward, backward, NULL};

#ifdef TG_PRIMARY
int tg_suspect;
static const tg_case cases[] = {{"matrices", {{2, {3, 4}}, {2, {3, 4}}}}, {0}};
TG_OP(suspect) = {
    TG_OP_COMMON(suspect),    .arity = 2,     .infer = tg_infer_same,
    .saves = TG_SAVES_ARGS,   .brief = "a b", .math = "a b",
    .derivative = {"b", "a"}, .flops = 1,     .cases = cases,
};
TG_CALL_2(suspect)
#endif
