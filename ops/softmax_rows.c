/* softmax_rows.c: what softmax, log_softmax and cross_entropy compute alike. Compiled once per number type and SIMD level.
 */
#include "ops/softmax.h"

#ifdef TG_PRIMARY
typedef struct softmax_job {
    tg_eval *e;
    softmax_run run;
    lanes l;
    int64_t step; /* outer rows per part */
    reduction r;  /* of a part */
} softmax_job;

static reduction softmax_reduction(lanes l, int64_t rows) {
    reduction r = {.n = rows * l.along * l.inner, .kept = rows * l.inner, .each = l.along};
    tg_walk_merge(&r.walk, 3, (int64_t[]){rows, l.along, l.inner}, (int64_t[]){l.inner, 0, 1});
    return r;
}

static void softmax_one_part(void *context, int64_t i) {
    const softmax_job *j = context;
    const int64_t start = i * j->step, left = j->l.outer - start;
    softmax_part part = {left < j->step ? softmax_reduction(j->l, left) : j->r,
                         start * j->l.along * j->l.inner, start * j->l.inner, j->l.outer * j->l.inner};
    j->run(j->e, &part);
}

void tg_softmax_parts(tg_eval *e, lanes l, softmax_run run) {
    /* Long rows are run one by one: of a part, only they need fit the cache. */
    const int64_t row = l.along * l.inner, most = (l.inner == 1 && l.along >= LONG_ROW ? 16 : 4) * TG_BLOCK;
    const int64_t step = row > 0 && row < most ? most / row : 1;
    softmax_job job = {e, run, l, step < l.outer ? step : l.outer, {0}};
    if (!l.outer) return;
    job.r = softmax_reduction(l, job.step);
    int threads = l.outer * row < REDUCE_PART ? 1 : e->threads;
    tg_parallel(threads, (l.outer + job.step - 1) / job.step, softmax_one_part, &job);
}
#endif

/* ---- long rows, one by one ---- */

/* The largest of n numbers that are not NaN. */
static __attribute__((noinline)) real largest(int64_t n, const real *x) {
    real top = -INFINITY;
    TG_VECTORS_MAX for (int64_t i = 0; i < n; i++) top = re(x[i]) > re(top) ? x[i] : top;
    return top;
}

/* y = exp(x - peak); the result is the largest of `next`, n numbers that come from memory while exp is computed. n is
   a multiple of 16. Inlined for 16, the loop would be unrolled before it became vectors. */
static __attribute__((noinline)) real exp_vectors(int64_t n, const real *x, real peak, real *y,
                                                  const real *next) {
    real top = -INFINITY;
    TG_VECTORS_MAX for (int64_t i = 0; i < (n & ~(int64_t)15); i++) {
        y[i] = r_exp(x[i] - peak);
        top = re(next[i]) > re(top) ? next[i] : top;
    }
    return top;
}

static real larger_of(real a, real b) {
    return re(b) > re(a) ? b : a;
}

/* The same for any n. The last few are computed as all others are, on whole vectors: with some before them once more,
   unless those are gone. */
static __attribute__((noinline)) real exp_row(int64_t n, const real *x, real peak, real *y,
                                              const real *next) {
    const int64_t whole = n & ~(int64_t)15, left = n - whole;
    const real top = exp_vectors(whole, x, peak, y, next);
    if (!left) return top;
    if (whole && x != y) return larger_of(top, exp_vectors(16, x + n - 16, peak, y + n - 16, next + n - 16));
    real from[16], to[16];
    for (int i = 0; i < 16; i++) from[i] = peak;
    memcpy(from, x + whole, (size_t)left * sizeof *from);
    exp_vectors(16, from, peak, to, from);
    memcpy(y + whole, to, (size_t)left * sizeof *to);
    return larger_of(top, largest(left, next + whole));
}

static void scale_row(int64_t n, real factor, real *y) {
    TG_VECTORS for (int64_t i = 0; i < n; i++) y[i] *= factor;
}

static void long_rows(const reduction *r, const real *x, real *peak, real *y, accum *total, bool divided) {
    const int64_t n = r->each;
    peak[0] = largest(n, x);
    for (int64_t j = 0; j < r->kept; j++, x += n, y += n) {
        const bool more = j + 1 < r->kept;
        const real next = exp_row(n, x, peak[j], y, more ? x + n : x);
        if (more) peak[j + 1] = next;
        total[j] = TG_R(tg_sum)(n, y);
        if (divided) scale_row(n, (real)(1 / total[j]), y);
    }
}

/* ---- short rows, many side by side ---- */

#define ROWS 64 /* at most; fewer than FEW are not worth it */
#define FEW  4

/* All rows' first elements stand side by side in t, then all second ones, and so on. */
static void short_rows(const reduction *r, const real *x, real *peak, real *y, accum *total, bool divided) {
    const int64_t n = r->each;
    real t[LONG_ROW * ROWS], top[ROWS];
    accum sum[ROWS];
    for (int64_t j = 0; j < r->kept; j += ROWS) {
        const int64_t rows = r->kept - j < ROWS ? r->kept - j : ROWS, width = (rows + 15) & ~(int64_t)15;
        if (rows < width) memset(t, 0, (size_t)(n * width) * sizeof *t);
        TG_R(tg_turn)(rows, n, x + j * n, n, t, width);
        for (int64_t i = 0; i < width; i++) top[i] = t[i], sum[i] = 0;
        for (int64_t k = 1; k < n; k++) {
            const real *of = t + k * width;
            TG_VECTORS for (int64_t i = 0; i < width; i++) top[i] = re(of[i]) > re(top[i]) ? of[i] : top[i];
        }
        for (int64_t k = 0; k < n; k++)
            TG_VECTORS for (int64_t i = 0; i < width; i++) t[k * width + i] -= top[i];
        exp_vectors(n * width, t, 0, t, t);
        for (int64_t k = 0; k < n; k++)
            TG_VECTORS for (int64_t i = 0; i < width; i++) sum[i] += t[k * width + i];
        memcpy(peak + j, top, (size_t)rows * sizeof *top);
        memcpy(total + j, sum, (size_t)rows * sizeof *sum);
        if (divided) {
            for (int64_t i = 0; i < width; i++) top[i] = (real)(1 / sum[i]);
            for (int64_t k = 0; k < n; k++)
                TG_VECTORS for (int64_t i = 0; i < width; i++) t[k * width + i] *= top[i];
        }
        TG_R(tg_turn)(n, rows, t, width, y + j * n, n);
    }
}

/* ---- any part ---- */

/* t[i] = exp(x[i] - t[i]), t[i] being the largest x of its row. */
static void term_exp(int64_t n, const real *x, real *t) {
    TG_VECTORS for (int64_t i = 0; i < n; i++) t[i] = x[i] - t[i];
    exp_row(n, t, 0, t, t);
}

void softmax_rows(const tg_eval *e, const softmax_part *part, const real *x, real *y, bool divided) {
    const reduction *r = &part->r;
    accum *total = part_total(e, part);
    real *peak = part_peak(e, part), *factor = part_number(e, part), block[TG_BLOCK];
    if (has_long_rows(r) || (has_rows(r) && r->kept < FEW)) {
        long_rows(r, x, peak, y, total, divided);
        return;
    }
    if (has_rows(r)) {
        short_rows(r, x, peak, y, total, divided);
        return;
    }
    reduce_max(r, x, NULL, peak);
    reduce_sum(r, x, peak, term_exp, y, total);
    if (!divided) return;
    for (int64_t j = 0; j < r->kept; j++) factor[j] = (real)(1 / total[j]);
    for (int64_t at = 0; at < r->n; at += TG_BLOCK) {
        int64_t n = block_length(at, r->n);
        BLOCK.gather(&r->walk, factor, at, n, block);
        TG_VECTORS for (int64_t i = 0; i < n; i++) y[at + i] *= block[i];
    }
}
