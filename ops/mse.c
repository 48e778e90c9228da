/* mse: y = mean of (x - target)^2 */
#include "ops/loss.h"

#ifdef TG_PUBLIC
/* The squared error of predictions against targets of the same shape (no broadcasting): its mean over all
   elements, a scalar; with options, the sum, or one per element. The mean over no elements is NaN. */
tg_node *tg_mse(tg_node *x, tg_node *target);
tg_node *tg_mse_with(tg_node *x, tg_node *target, tg_loss_options options);
#endif

static void terms(int64_t n, const real *x, const real *t, real *y) {
    TG_VECTORS for (int64_t i = 0; i < n; i++) y[i] = (x[i] - t[i]) * (x[i] - t[i]);
}

static void forward(tg_eval *e) {
    loss_forward(e, terms);
}

static void slopes(int64_t n, const real *x, const real *t, const real *g, real *dx, real *dt) {
    if (dx) TG_VECTORS for (int64_t i = 0; i < n; i++) dx[i] += 2 * g[i] * (x[i] - t[i]);
    if (dt) TG_VECTORS for (int64_t i = 0; i < n; i++) dt[i] -= 2 * g[i] * (x[i] - t[i]);
}

static void backward(tg_eval *e) {
    loss_backward(e, slopes);
}

static tg_cost cost(const tg_infer *in) {
    return cost_per_element(in, 3, 6);
}

#include "ops/loss_cases.h"

static const char *derivative_with(const void *options, int k) {
    return k ? loss_derivative(options, "2 * (t - x) / n", "2 * (t - x)")
             : loss_derivative(options, "2 * (x - t) / n", "2 * (x - t)");
}

TG_KERNELS(mse) = {forward, backward, NULL};
TG_OP(mse) = {
    TG_OP_COMMON(mse),
    .arity = 2,
    .infer = loss_infer_pair,
    .saves = TG_SAVES_ARGS,
    .assigns = true,
    .options_size = sizeof(tg_loss_options),
    .attrs = loss_attrs,
    .brief = "mean squared error",
    .math = "mean((x - t)^2)",
    .args = {"x", "t"},
    .derivative = {"2 * (x - t) / n", "2 * (t - x) / n"},
    .derivative_with = derivative_with,
    .cost = cost,
    .cases = cases,
};
TG_CALL_2(mse)
TG_CALL_2_WITH(mse, tg_loss_options)
