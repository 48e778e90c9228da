/* add_bias: y = x + b, b running along the last axis */
#include "core/kernel.h"

#ifdef TG_PUBLIC
/* x + bias: (...,n) + (n). As tg_add, but only the shapes of a layer are accepted, so that a slip does not
   broadcast unseen. */
tg_node *tg_add_bias(tg_node *x, tg_node *bias);
#endif

static bool infer(tg_infer *in) {
    const tg_shape *x = in->x[0], *b = in->x[1];
    in->y = *x;
    if (x->rank > 0 && b->rank == 1 && b->dim[0] == x->dim[x->rank - 1]) return true;
    char tx[TG_SHAPE_TEXT], tb[TG_SHAPE_TEXT];
    tg_shape_text(x, tx, sizeof tx);
    tg_shape_text(b, tb, sizeof tb);
    if (x->rank == 0)
        return tg_infer_fail(in, "x %s, bias %s: x is a scalar and has no last axis for a bias; use add", tx,
                             tb);
    return tg_infer_fail(
        in, "x %s, bias %s: the last axis of x needs a bias of shape (%lld); add broadcasts others", tx, tb,
        (long long)x->dim[x->rank - 1]);
}

static void forward(tg_eval *e) {
    const real *x = e->x[0], *b = e->x[1];
    real *y = e->y;
    TG_EACH(i, e->n) y[i] = x[i] + b[i];
}

static void backward(tg_eval *e) {
    const real *dy = e->dy;
    TG_GRADIENT_OF(e, 0, i, dy[i]);
    TG_GRADIENT_OF(e, 1, i, dy[i]);
}

static const tg_case cases[] = {
    {"matrix", {{2, {3, 4}}, {1, {4}}}},
    {"vector", {{1, {4}}, {1, {4}}}},
    {"batch of matrices", {{3, {2, 3, 4}}, {1, {4}}}},
    {"size 1", {{2, {3, 1}}, {1, {1}}}},
    {"no rows", {{2, {0, 3}}, {1, {3}}}},
    {"no columns", {{2, {3, 0}}, {1, {0}}}},
    {"x+x", {{1, {4}}, {1, {4}}}, .same = true},
    {"many elements", {{2, {40, 60}}, {1, {60}}}},
    {0},
};

TG_KERNELS(add_bias) = {forward, backward, NULL};
TG_OP(add_bias) = {
    TG_OP_COMMON(add_bias),   .arity = 2,       .infer = infer,
    .elementwise = true,      .assigns = true,  .brief = "bias added along the last axis",
    .math = "x + b",          .infix = "x + b", .args = {"x", "b"},
    .derivative = {"1", "1"}, .flops = 1,       .cases = cases,
};
TG_CALL_2(add_bias)
