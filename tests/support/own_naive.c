/* Right, but computed so that in f32 few digits remain: each value is a function of all the arguments' elements, or of
   its own. */
#include "tapegrad_op.h"

#ifdef TG_OP_TYPES
#include "own_ops.h"
#endif

/* The running sums of f(x) and of f(x)^2; in `real`, which loses digits. */
static real TG_R(sums)(const tg_eval *e, real *squares) {
    const int64_t n = tg_shape_count(e->xshape[0], 1);
    const real *x = e->x[0];
    real sum = 0;
    *squares = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += tg_naive == TG_NAIVE_LOGSUMEXP ? r_exp(x[i]) : x[i];
        *squares += x[i] * x[i];
    }
    return sum;
}

static void forward(tg_eval *e) {
    const real *x = e->x[0];
    real *y = e->y;
    for (int64_t i = 0; tg_naive > TG_NAIVE_LOGSUMEXP && i < e->n; i++)
        y[i] = tg_naive == TG_NAIVE_SIGMOID  ? 1 / (1 + r_exp(-x[i]))
               : tg_naive == TG_NAIVE_COSINE ? 1 - r_cos(x[i])
                                             : r_abs(x[i]);
    if (tg_naive > TG_NAIVE_LOGSUMEXP) return;
    const real n = (real)tg_shape_count(e->xshape[0], 1);
    real squares, sum = TG_R(sums)(e, &squares);
    y[0] = tg_naive == TG_NAIVE_SUM        ? sum
           : tg_naive == TG_NAIVE_VARIANCE ? squares / n - sum / n * (sum / n)
                                           : r_log(sum);
}

static void backward(tg_eval *e) {
    const int64_t n = tg_shape_count(e->xshape[0], 1);
    const real *x = e->x[0], *dy = e->dy;
    real *dx = e->dx[0], squares, sum = TG_R(sums)(e, &squares);
    for (int64_t i = 0; i < n; i++) {
        const real s = 1 / (1 + r_exp(-x[i]));
        switch (tg_naive) {
        case TG_NAIVE_SUM:
            dx[i] += dy[0];
            break;
        case TG_NAIVE_VARIANCE:
            dx[i] += dy[0] * (2 * x[i] / (real)n - 2 * sum / (real)n / (real)n);
            break;
        case TG_NAIVE_LOGSUMEXP:
            dx[i] += dy[0] * r_exp(x[i]) / sum;
            break;
        case TG_NAIVE_SIGMOID:
            dx[i] += dy[i] * s * (1 - s);
            break;
        case TG_NAIVE_COSINE:
            dx[i] += dy[i] * r_sin(x[i]);
            break;
        default:
            dx[i] += re(x[i]) < 0 ? -dy[i] : re(x[i]) > 0 ? dy[i] : 0;
        }
    }
}

TG_KERNELS(naive) = {forward, backward, NULL};

#ifdef TG_PRIMARY
int tg_naive;

static bool infer(tg_infer *in) {
    in->y = *in->x[0];
    if (tg_naive <= TG_NAIVE_LOGSUMEXP) in->y.rank = 0;
    return true;
}

TG_OP(naive) = {
    TG_OP_COMMON(naive), .arity = 1,     .infer = infer, .saves = TG_SAVES_ARGS,
    .brief = "naive",    .math = "f(x)", .flops = 1,
};
#endif
