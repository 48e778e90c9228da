/* matmul: y = op(a) op(b) over the last two axes */
#include "core/kernel.h"

#include <string.h>

#ifdef TG_PUBLIC
typedef struct tg_matmul_options {
    bool transpose_a, transpose_b; /* use the transpose of the last two axes, without a copy */
} tg_matmul_options;
/* The matrix product over the last two axes; leading axes are batches and broadcast as in NumPy. Rank 1 is
   not promoted: reshape a vector to a row or a column. (...,m,k) x (...,k,n) -> (...,m,n). */
tg_node *tg_matmul(tg_node *a, tg_node *b);
tg_node *tg_matmul_with(tg_node *a, tg_node *b, tg_matmul_options options);
#endif

/* The sizes of the product. */
typedef struct dims {
    int64_t m, n, k;
} dims;

static dims sizes(const tg_shape *a, const tg_shape *b, const tg_matmul_options *o) {
    int64_t rows = a->dim[a->rank - 2], columns = a->dim[a->rank - 1];
    return (dims){o->transpose_a ? columns : rows, b->dim[b->rank - (o->transpose_b ? 2 : 1)],
                  o->transpose_a ? rows : columns};
}

static bool infer(tg_infer *in) {
    const tg_matmul_options *o = in->options;
    const tg_shape *a = in->x[0], *b = in->x[1];
    char ta[TG_SHAPE_TEXT], tb[TG_SHAPE_TEXT];
    tg_shape_text(a, ta, sizeof ta);
    tg_shape_text(b, tb, sizeof tb);
    const char *at = o->transpose_a ? "^T" : "", *bt = o->transpose_b ? "^T" : "";
    if (a->rank < 2 || b->rank < 2)
        return tg_infer_fail(
            in, "%s%s x %s%s: both need at least two axes; reshape a vector to a row or a column", ta, at, tb,
            bt);
    dims d = sizes(a, b, o);
    int64_t inner = b->dim[b->rank - (o->transpose_b ? 1 : 2)];
    if (d.k != inner)
        return tg_infer_fail(in, "%s%s x %s%s: inner sizes %lld and %lld differ", ta, at, tb, bt,
                             (long long)d.k, (long long)inner);
    tg_shape batch_a = {.rank = a->rank - 2}, batch_b = {.rank = b->rank - 2};
    for (int i = 0; i < batch_a.rank; i++) batch_a.dim[i] = a->dim[i];
    for (int i = 0; i < batch_b.rank; i++) batch_b.dim[i] = b->dim[i];
    if (!tg_shape_broadcast(&batch_a, &batch_b, &in->y))
        return tg_infer_fail(in, "%s%s x %s%s: the leading axes do not broadcast", ta, at, tb, bt);
    in->y.dim[in->y.rank++] = d.m;
    in->y.dim[in->y.rank++] = d.n;
    return true;
}

/* The offset of an argument's matrix for the batch'th product, its size-1 axes being broadcast. */
static int64_t matrix_at(const tg_shape *x, const tg_shape *y, int64_t batch) {
    int64_t at = 0, stride = x->dim[x->rank - 2] * x->dim[x->rank - 1];
    for (int i = y->rank - 3; i >= 0; i--) {
        int j = i - (y->rank - x->rank);
        int64_t index = batch % y->dim[i];
        batch /= y->dim[i];
        if (j < 0) continue;
        if (x->dim[j] != 1) at += index * stride;
        stride *= x->dim[j];
    }
    return at;
}

static int64_t batches(const tg_shape *y) {
    int64_t n = 1;
    for (int i = 0; i < y->rank - 2; i++) n *= y->dim[i];
    return n;
}

static void forward(tg_eval *e) {
    const tg_matmul_options *o = e->options;
    const tg_shape *sa = e->xshape[0], *sb = e->xshape[1];
    const real *a = e->x[0], *b = e->x[1];
    real *y = e->y;
    dims d = sizes(sa, sb, o);
    int64_t lda = sa->dim[sa->rank - 1], ldb = sb->dim[sb->rank - 1], count = batches(e->yshape);
    for (int64_t i = 0; i < count; i++) TG_R(tg_gemm)
    (e->threads, o->transpose_a, o->transpose_b, d.m, d.n, d.k, a + matrix_at(sa, e->yshape, i), lda,
     b + matrix_at(sb, e->yshape, i), ldb, 0, y + i * d.m * d.n, d.n);
}

/* Whether the products are added to dx[k] (1) or written (0): they can be written when it holds nothing and
   each of its matrices meets exactly one product. */
static int begin(tg_eval *e, int k, const tg_shape *x, int64_t count) {
    if (!e->dx[k] || !(e->fresh >> k & 1)) return 1;
    int64_t size = 1;
    for (int i = 0; i < x->rank; i++) size *= x->dim[i];
    if (size == count * x->dim[x->rank - 2] * x->dim[x->rank - 1]) return 0;
    memset(e->dx[k], 0, (size_t)size * sizeof(real));
    return 1;
}

/* Whether dB is known to be finite: by Cauchy and Schwarz no element of A^T dY, nor any sum on the way to it, is
   larger than |A| |dY|, but for rounding, for which there is room. Only where dB is large beside A and dY: elsewhere
   looking at dB itself takes less time. */
static bool bounded(dims d, const real *a, const real *dy) {
    const double most = sizeof(real) == sizeof(float) ? 1e38 : 1e307;
    if (d.k * d.n < 4 * d.m * (d.k + d.n)) return false;
    return sqrt((double)re(TG_R(tg_dot)(d.m * d.k, a, a))) *
               sqrt((double)re(TG_R(tg_dot)(d.m * d.n, dy, dy))) <
           most;
}

/* With Y = A B: dA += dY B^T, dB += A^T dY; a transposed argument's gradient is the transpose of that. */
static void backward(tg_eval *e) {
    const tg_matmul_options *o = e->options;
    const tg_shape *sa = e->xshape[0], *sb = e->xshape[1];
    const real *a = e->x[0], *b = e->x[1], *dy = e->dy;
    real *da = e->dx[0], *db = e->dx[1];
    const bool ta = o->transpose_a, tb = o->transpose_b;
    dims d = sizes(sa, sb, o);
    int64_t lda = sa->dim[sa->rank - 1], ldb = sb->dim[sb->rank - 1], count = batches(e->yshape);
    const int add_a = begin(e, 0, sa, count), add_b = begin(e, 1, sb, count);
    for (int64_t i = 0; i < count; i++) {
        int64_t at = matrix_at(sa, e->yshape, i), bt = matrix_at(sb, e->yshape, i);
        const real *g = dy + i * d.m * d.n;
        if (da && !ta)
            TG_R(tg_gemm)(e->threads, false, !tb, d.m, d.k, d.n, g, d.n, b + bt, ldb, add_a, da + at, lda);
        if (da && ta)
            TG_R(tg_gemm)(e->threads, tb, true, d.k, d.m, d.n, b + bt, ldb, g, d.n, add_a, da + at, lda);
        if (db && !tb)
            TG_R(tg_gemm)(e->threads, !ta, false, d.k, d.n, d.m, a + at, lda, g, d.n, add_b, db + bt, ldb);
        if (db && tb)
            TG_R(tg_gemm)(e->threads, true, ta, d.n, d.k, d.m, g, d.n, a + at, lda, add_b, db + bt, ldb);
    }
    if (db && !add_b && count == 1 && bounded(d, a, dy)) e->finite |= 2;
}

static bool by_rows(const void *options) {
    return !((const tg_matmul_options *)options)->transpose_a;
}

static tg_cost cost(const tg_infer *in) {
    dims d = sizes(in->x[0], in->x[1], in->options);
    double flops = 2.0 * (double)d.m * (double)d.n * (double)d.k * (double)batches(&in->y);
    return (tg_cost){flops, 2 * flops};
}

static const tg_matmul_options t_left = {.transpose_a = true}, t_right = {.transpose_b = true},
                               t_both = {true, true};
static const tg_case cases[] = {
    {"matrices", {{2, {2, 3}}, {2, {3, 4}}}},
    {"left transposed", {{2, {3, 2}}, {2, {3, 4}}}, .options = &t_left},
    {"right transposed", {{2, {2, 3}}, {2, {4, 3}}}, .options = &t_right},
    {"both transposed", {{2, {3, 2}}, {2, {4, 3}}}, .options = &t_both},
    {"batched", {{3, {2, 2, 3}}, {3, {2, 3, 2}}}},
    {"batched, both transposed", {{3, {2, 3, 2}}, {3, {2, 4, 3}}}, .options = &t_both},
    {"batch broadcast", {{4, {2, 1, 2, 3}}, {3, {3, 3, 2}}}},
    {"one right matrix for all", {{3, {3, 2, 2}}, {2, {2, 3}}}},
    {"row by column", {{2, {1, 5}}, {2, {5, 1}}}},
    {"column by row", {{2, {4, 1}}, {2, {1, 3}}}},
    {"no inner elements", {{2, {2, 0}}, {2, {0, 3}}}},
    {"no rows", {{2, {0, 2}}, {2, {2, 3}}}},
    {"x x", {{2, {3, 3}}, {2, {3, 3}}}, .same = true},
    {"x x^T", {{2, {2, 3}}, {2, {2, 3}}}, .options = &t_right, .same = true},
    {0},
};

static const char *derivative_with(const void *options, int k) {
    static const char *const gradient[2][4] = {{"dy @ b^T", "b @ dy^T", "dy @ b", "b^T @ dy^T"},
                                               {"a^T @ dy", "a @ dy", "dy^T @ a", "dy^T @ a^T"}};
    const tg_matmul_options *o = options;
    return gradient[k][o->transpose_a + 2 * o->transpose_b];
}

static const tg_attr attrs[] = {
    {"transpose_a", TG_ATTR_BOOL, offsetof(tg_matmul_options, transpose_a), 0, "use the transpose of a"},
    {"transpose_b", TG_ATTR_BOOL, offsetof(tg_matmul_options, transpose_b), 0, "use the transpose of b"},
    {0},
};

TG_KERNELS(matmul) = {forward, backward, NULL};
TG_OP(matmul) = {
    TG_OP_COMMON(matmul),
    .arity = 2,
    .infer = infer,
    .saves = TG_SAVES_ARGS,
    .assigns = true,
    .by_rows = by_rows,
    .options_size = sizeof(tg_matmul_options),
    .attrs = attrs,
    .brief = "matrix product",
    .math = "a @ b",
    .derivative = {"dy @ b^T", "a^T @ dy"},
    .derivative_with = derivative_with,
    .infix = "a @ b",
    .cost = cost,
    .cases = cases,
};
TG_CALL_2(matmul)
TG_CALL_2_WITH(matmul, tg_matmul_options)
