/* dropout: y = x/keep with probability keep, else 0 */
#include "core/kernel.h"

#ifdef TG_PUBLIC
typedef struct tg_dropout_options {
    double keep;   /* the probability that an element is KEPT, 0..1; 0 and 1 mean no dropout */
    uint64_t seed; /* the mask's own seed: one mask for all steps. 0: a new mask for every step and node, from
                      the tape's seed */
} tg_dropout_options;
/* In training, each element is kept with probability `keep` and scaled by 1/keep, so that the mean stays;
   otherwise it becomes 0. In evaluation, x itself. Which elements are kept is a function of seed, step, node
   and position alone, whatever the number of threads; backward computes it again instead of storing it. */
tg_node *tg_dropout(tg_node *x, tg_dropout_options options);
#endif

static bool infer(tg_infer *in) {
    const tg_dropout_options *o = in->options;
    return tg_infer_same(in) && tg_infer_range(in, "keep", o->keep, 0, 1);
}

#define LANES 16          /* blocks of the random numbers that are computed side by side */
#define GROUP (4 * LANES) /* words that they hold */

/* Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC'11) for LANES blocks: the words of tg_rng_block(seed, stream,
   first + lane), one lane per element of a vector. */
static void random_words(uint64_t seed, uint64_t stream, uint64_t first, uint32_t *word) {
    uint32_t out[4][LANES];
    for (int lane = 0; lane < LANES; lane++) {
        const uint64_t block = first + (uint64_t)lane;
        uint32_t c0 = (uint32_t)block, c1 = (uint32_t)(block >> 32);
        uint32_t c2 = (uint32_t)stream, c3 = (uint32_t)(stream >> 32);
        uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
        for (int round = 0; round < 10; round++) {
            uint64_t even = (uint64_t)c0 * 0xD2511F53u, odd = (uint64_t)c2 * 0xCD9E8D57u;
            c0 = (uint32_t)(odd >> 32) ^ c1 ^ k0;
            c1 = (uint32_t)odd;
            c2 = (uint32_t)(even >> 32) ^ c3 ^ k1;
            c3 = (uint32_t)even;
            k0 += 0x9E3779B9u;
            k1 += 0xBB67AE85u;
        }
        out[0][lane] = c0;
        out[1][lane] = c1;
        out[2][lane] = c2;
        out[3][lane] = c3;
    }
    for (int lane = 0; lane < LANES; lane++)
        for (int k = 0; k < 4; k++) word[4 * lane + k] = out[k][lane];
}

/* What the elements from `position` on, at most `limit`, are multiplied with: 1/keep or 0. Returns how many
   were written. */
static int64_t factors(const tg_eval *e, int64_t position, int64_t limit, real *factor) {
    const tg_dropout_options *o = e->options;
    const uint32_t threshold = (uint32_t)(o->keep * 0x1p32);
    const real scale = (real)(1 / o->keep);
    uint32_t word[GROUP];
    random_words(o->seed ? o->seed : e->seed, o->seed ? 0 : e->stream, (uint64_t)position / 4, word);
    const int64_t skip = position % 4, n = GROUP - skip < limit ? GROUP - skip : limit;
    for (int64_t i = 0; i < n; i++) factor[i] = word[skip + i] < threshold ? scale : 0;
    return n;
}

static bool is_active(const tg_eval *e) {
    const tg_dropout_options *o = e->options;
    return e->training && o->keep > 0 && o->keep < 1;
}

static void forward(tg_eval *e) {
    const real *x = e->x[0];
    real *y = e->y, factor[GROUP];
    if (!is_active(e)) {
        for (int64_t i = 0; i < e->n; i++) y[i] = x[i];
        return;
    }
    for (int64_t i = 0, n; i < e->n; i += n) {
        n = factors(e, e->offset + i, e->n - i, factor);
        for (int64_t j = 0; j < n; j++) y[i + j] = x[i + j] * factor[j];
    }
}

static void backward(tg_eval *e) {
    const real *dy = e->dy;
    real *dx = e->dx[0], factor[GROUP];
    if (!is_active(e)) {
        for (int64_t i = 0; i < e->n; i++) dx[i] += dy[i];
        return;
    }
    for (int64_t i = 0, n; i < e->n; i += n) {
        n = factors(e, e->offset + i, e->n - i, factor);
        for (int64_t j = 0; j < n; j++) dx[i + j] += dy[i + j] * factor[j];
    }
}

static const tg_dropout_options half = {.keep = 0.5}, most = {.keep = 0.75, .seed = 7};
static const tg_case cases[] = {
    {"matrix", {{2, {3, 4}}}, .options = &half},
    {"its own seed", {{2, {3, 4}}}, .options = &most},
    {"no dropout", {{2, {3, 4}}}},
    {"scalar", {{0}}, .options = &most},
    {"size 1", {{2, {1, 1}}}, .options = &most},
    {"empty", {{2, {0, 3}}}, .options = &half},
    {"many elements", {{2, {30, 50}}}, .options = &half},
    {0},
};

static const tg_attr attrs[] = {
    {"keep", TG_ATTR_DOUBLE, offsetof(tg_dropout_options, keep), 1, "probability that an element is kept"},
    {"seed", TG_ATTR_SEED, offsetof(tg_dropout_options, seed), 0, "of a mask that is the same in all steps"},
    {0},
};

TG_KERNELS(dropout) = {forward, backward, NULL};
TG_OP(dropout) = {
    TG_OP_COMMON(dropout),
    .arity = 1,
    .infer = infer,
    .elementwise = true,
    .random = true,
    .options_size = sizeof(tg_dropout_options),
    .attrs = attrs,
    .brief = "dropout",
    .math = "x * mask / keep",
    .derivative = {"mask / keep"},
    .source = "Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, JMLR 15, 2014",
    .flops = 12,
    .cases = cases,
};
TG_CALL_1_OPTIONS(dropout)
