/* update.c: compiled once per number type and SIMD level; nothing is optimised in dual numbers. */
#include "update.h"
#include "core/real.h"

#ifndef TG_REAL_DUAL

#define LANES 32 /* partial sums in a fixed order, so that the loops vectorise */

static inline real clamp(real x, real limit) {
    return x > limit ? limit : x < -limit ? -limit : x;
}

static double squares(int64_t n, const void *gradient, double clip) {
    const real *g = gradient, limit = (real)clip;
    double lane[LANES] = {0}, sum = 0;
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int k = 0; k < LANES; k++) {
            double x = (double)clamp(g[i + k], limit);
            lane[k] += x * x;
        }
    for (; i < n; i++) {
        double x = (double)clamp(g[i], limit);
        sum += x * x;
    }
    for (int k = 0; k < LANES; k++) sum += lane[k];
    return sum;
}

/* The numbers of a step in the parameters' precision. */
typedef struct numbers {
    real lr, clip, scale, l2, shrink, a, b, inside, outside, correct1, correct2;
} numbers;

static numbers numbers_of(const tg_update *u) {
    return (numbers){(real)u->lr,      (real)u->clip,     (real)u->scale,   (real)u->l2,
                     (real)u->shrink,  (real)u->a,        (real)u->b,       (real)u->inside,
                     (real)u->outside, (real)u->correct1, (real)u->correct2};
}

static inline real prepare(const numbers *u, real g, real p) {
    return clamp(g, u->clip) * u->scale + u->l2 * p;
}

static void sgd(const tg_update *update, int64_t n, void *param, const void *grad, void *s, void *r) {
    const numbers u = numbers_of(update);
    real *restrict p = param;
    const real *restrict g = grad;
    (void)s, (void)r;
    if (u.clip == (real)INFINITY && u.scale == 1 && u.l2 == 0 && u.shrink == 1)
        TG_VECTORS for (int64_t i = 0; i < n; i++) p[i] -= u.lr * g[i];
    else
        TG_VECTORS for (int64_t i = 0; i < n; i++) p[i] = u.shrink * p[i] - u.lr * prepare(&u, g[i], p[i]);
}

/* v = a v - lr g; p += v */
static void momentum(const tg_update *update, int64_t n, void *param, const void *grad, void *s, void *r) {
    const numbers u = numbers_of(update);
    real *restrict p = param, *restrict v = s;
    const real *restrict g = grad;
    (void)r;
    TG_VECTORS for (int64_t i = 0; i < n; i++) {
        v[i] = u.a * v[i] - u.lr * prepare(&u, g[i], p[i]);
        p[i] = u.shrink * p[i] + v[i];
    }
}

/* v = a v - lr g; p += a v - lr g */
static void nesterov(const tg_update *update, int64_t n, void *param, const void *grad, void *s, void *r) {
    const numbers u = numbers_of(update);
    real *restrict p = param, *restrict v = s;
    const real *restrict g = grad;
    (void)r;
    TG_VECTORS for (int64_t i = 0; i < n; i++) {
        real move = u.lr * prepare(&u, g[i], p[i]);
        v[i] = u.a * v[i] - move;
        p[i] = u.shrink * p[i] + u.a * v[i] - move;
    }
}

/* v = a v + g; p -= lr v */
static void torch_momentum(const tg_update *update, int64_t n, void *param, const void *grad, void *s,
                           void *r) {
    const numbers u = numbers_of(update);
    real *restrict p = param, *restrict v = s;
    const real *restrict g = grad;
    (void)r;
    TG_VECTORS for (int64_t i = 0; i < n; i++) {
        v[i] = u.a * v[i] + prepare(&u, g[i], p[i]);
        p[i] = u.shrink * p[i] - u.lr * v[i];
    }
}

/* v = a v + g; p -= lr (g + a v) */
static void torch_nesterov(const tg_update *update, int64_t n, void *param, const void *grad, void *s,
                           void *r) {
    const numbers u = numbers_of(update);
    real *restrict p = param, *restrict v = s;
    const real *restrict g = grad;
    (void)r;
    TG_VECTORS for (int64_t i = 0; i < n; i++) {
        real x = prepare(&u, g[i], p[i]);
        v[i] = u.a * v[i] + x;
        p[i] = u.shrink * p[i] - u.lr * (x + u.a * v[i]);
    }
}

/* c = a c + (1-a) g^2; p -= lr g/sqrt(c) */
static void rmsprop(const tg_update *update, int64_t n, void *param, const void *grad, void *s, void *r) {
    const numbers u = numbers_of(update);
    real *restrict p = param, *restrict c = s;
    const real *restrict g = grad;
    (void)r;
    TG_VECTORS for (int64_t i = 0; i < n; i++) {
        real x = prepare(&u, g[i], p[i]);
        c[i] = u.a * c[i] + (1 - u.a) * x * x;
        p[i] = u.shrink * p[i] - u.lr * x / (r_sqrt(c[i] + u.inside) + u.outside);
    }
}

/* m = a m + (1-a) g; v = b v + (1-b) g^2; p -= lr m'/sqrt(v') with m' and v' corrected for their start at 0
 */
static void adam(const tg_update *update, int64_t n, void *param, const void *grad, void *s, void *r) {
    const numbers u = numbers_of(update);
    real *restrict p = param, *restrict m = s, *restrict v = r;
    const real *restrict g = grad;
    TG_VECTORS for (int64_t i = 0; i < n; i++) {
        real x = prepare(&u, g[i], p[i]);
        m[i] = u.a * m[i] + (1 - u.a) * x;
        v[i] = u.b * v[i] + (1 - u.b) * x * x;
        p[i] =
            u.shrink * p[i] - u.lr * (m[i] * u.correct1) / (r_sqrt(v[i] * u.correct2 + u.inside) + u.outside);
    }
}

/* c = c + g^2; p -= lr g/sqrt(c) */
static void adagrad(const tg_update *update, int64_t n, void *param, const void *grad, void *s, void *r) {
    const numbers u = numbers_of(update);
    real *restrict p = param, *restrict c = s;
    const real *restrict g = grad;
    (void)r;
    TG_VECTORS for (int64_t i = 0; i < n; i++) {
        real x = prepare(&u, g[i], p[i]);
        c[i] += x * x;
        p[i] = u.shrink * p[i] - u.lr * x / (r_sqrt(c[i] + u.inside) + u.outside);
    }
}

extern const tg_update_ops TG_R(tg_update_ops);
const tg_update_ops TG_R(tg_update_ops) = {sgd,     momentum, nesterov, torch_momentum, torch_nesterov,
                                           rmsprop, adam,     adagrad,  squares};

#endif
