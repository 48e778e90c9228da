/* binary_cross_entropy_with_logits: y = mean of max(x, 0) - x t + log(1 + exp(-|x|)) */
#include "ops/loss.h"

#ifdef TG_PUBLIC
/* The binary cross-entropy of targets in 0..1 under sigmoid(logits), from the logits and thus finite for any
   of them: targets have the shape of the logits (no broadcasting). The mean over all elements, a scalar; with
   options, the sum, or one per element. The mean over no elements is NaN. */
tg_node *tg_binary_cross_entropy_with_logits(tg_node *logits, tg_node *targets);
tg_node *tg_binary_cross_entropy_with_logits_with(tg_node *logits, tg_node *targets, tg_loss_options options);
#endif

/* -t log s(x) - (1-t) log(1 - s(x)) = max(x, 0) - x t + log(1 + e^-|x|), s the sigmoid. The maximum and the
   absolute value both take x at 0, so that their kinks cancel. */
static void terms(int64_t n, const real *x, const real *t, real *y) {
    TG_VECTORS for (int64_t i = 0; i < n; i++) y[i] =
        r_max(0, x[i]) - x[i] * t[i] + r_log1p(r_exp(-r_abs(x[i])));
}

static void forward(tg_eval *e) {
    loss_forward(e, terms);
}

/* By x: s(x) - t; by t: -x. */
static void slopes(int64_t n, const real *x, const real *t, const real *g, real *dx, real *dt) {
    if (dx) TG_VECTORS for (int64_t i = 0; i < n; i++) dx[i] += g[i] * (1 / (1 + r_exp(-x[i])) - t[i]);
    if (dt) TG_VECTORS for (int64_t i = 0; i < n; i++) dt[i] -= g[i] * x[i];
}

static void backward(tg_eval *e) {
    loss_backward(e, slopes);
}

static tg_cost cost(const tg_infer *in) {
    return cost_per_element(in, 24, 14);
}

#include "ops/loss_cases.h"

static const char *derivative_with(const void *options, int k) {
    return k ? loss_derivative(options, "-x / n", "-x")
             : loss_derivative(options, "(sigmoid(x) - t) / n", "sigmoid(x) - t");
}

TG_KERNELS(binary_cross_entropy_with_logits) = {forward, backward, NULL};
TG_OP(binary_cross_entropy_with_logits) = {
    TG_OP_COMMON(binary_cross_entropy_with_logits),
    .arity = 2,
    .infer = loss_infer_pair,
    .saves = TG_SAVES_ARGS,
    .assigns = true,
    .options_size = sizeof(tg_loss_options),
    .attrs = loss_attrs,
    .brief = "binary cross-entropy from logits",
    .math = "mean(max(x, 0) - x * t + log(1 + exp(-|x|)))",
    .args = {"x", "t"},
    .derivative = {"(sigmoid(x) - t) / n", "-x / n"},
    .derivative_with = derivative_with,
    .cost = cost,
    .cases = cases,
};
TG_CALL_2(binary_cross_entropy_with_logits)
TG_CALL_2_WITH(binary_cross_entropy_with_logits, tg_loss_options)
