/* dropout: y = x/keep with probability keep, else 0 */
#include "core/kernel.h"
#include "ops/philox.h"

#include <string.h>

#ifdef TG_PUBLIC
typedef struct tg_dropout_options {
    double keep;   /* the probability that an element is KEPT, 0..1; 0 and 1 mean no dropout */
    uint64_t seed; /* the mask's own seed: one mask for all steps. 0: a new mask for every step and node, from
                      the tape's seed */
} tg_dropout_options;
/* In training, each element is kept with probability `keep` and scaled by 1/keep, so that the mean stays;
   otherwise it becomes 0. In evaluation, x itself. Which elements are kept is a function of seed, step, node
   and position alone, whatever the number of threads. */
tg_node *tg_dropout(tg_node *x, tg_dropout_options options);
#endif

static bool infer(tg_infer *in) {
    const tg_dropout_options *o = in->options;
    in->saved = (size_t)tg_shape_count(in->x[0], 1) + 64;
    return tg_infer_same(in) && tg_infer_range(in, "keep", o->keep, 0, 1);
}

static bool can_drop(const tg_dropout_options *o) {
    return o->keep > 0 && o->keep < 1;
}

/* Which of the elements from `position` on, at most `limit`, are kept: 1 or 0. Returns how many were written.
 */
static int64_t choose(const tg_eval *e, int64_t position, int64_t limit, uint8_t *kept) {
    const tg_dropout_options *o = e->options;
    const uint32_t threshold = (uint32_t)(o->keep * 0x1p32);
    const int64_t skip = position % 4;
    uint32_t word[PHILOX_WORDS];
    philox_words(o->seed ? o->seed : e->seed, o->seed ? 0 : e->stream, (uint64_t)position / 4, word);
    if (skip == 0 && limit >= PHILOX_WORDS) {
        TG_VECTORS for (int i = 0; i < PHILOX_WORDS; i++) kept[i] = word[i] < threshold;
        return PHILOX_WORDS;
    }
    const int64_t n = PHILOX_WORDS - skip < limit ? PHILOX_WORDS - skip : limit;
    for (int64_t i = 0; i < n; i++) kept[i] = word[skip + i] < threshold;
    return n;
}

#define AS_IT_IS 2 /* all over the mask: the forward was an evaluation */

/* The mask is kept for backward, a byte for each element: whether the tape trains may change in between. */
static void forward(tg_eval *e) {
    const tg_dropout_options *o = e->options;
    const real *x = e->x[0], scale = (real)(1 / o->keep);
    real *y = e->y;
    uint8_t *kept = (uint8_t *)e->saved + e->offset;
    if (!e->training || !can_drop(o)) {
        if (can_drop(o)) memset(kept, AS_IT_IS, (size_t)e->n);
        TG_EACH(i, e->n) y[i] = x[i];
        return;
    }
    for (int64_t i = 0; i < e->n;) i += choose(e, e->offset + i, e->n - i, kept + i);
    TG_EACH(i, e->n) y[i] = x[i] * (scale * kept[i]);
}

static void backward(tg_eval *e) {
    const tg_dropout_options *o = e->options;
    const real *dy = e->dy;
    const uint8_t *kept = (const uint8_t *)e->saved + e->offset;
    if (!can_drop(o)) {
        TG_GRADIENT(e, i, dy[i]);
        return;
    }
    const real scale = (real)(kept[0] == AS_IT_IS ? 1.0 / AS_IT_IS : 1 / o->keep);
    TG_GRADIENT(e, i, dy[i] * (scale * kept[i]));
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
    .assigns = true,
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
