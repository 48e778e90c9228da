/* kernel.h: included by every op file of the library, after which it defines

       static bool infer(tg_infer *in)      unless a ready-made rule serves
       static void forward(tg_eval *e)
       static void backward(tg_eval *e)
       static void branch(tg_eval *e, int32_t *branch)   for ops with kinks

       TG_KERNELS(sigmoid) = {forward, backward, NULL};
       TG_OP(sigmoid) = {.brief = ..., .elementwise = true, .infer = tg_infer_same, ...};
       TG_CALL_1(sigmoid)

   The file is compiled once per number type and SIMD level. Each compilation leaves its kernels; one of them,
   the primary, leaves the descriptor and the public call as well. */
#ifndef TG_CORE_KERNEL_H
#define TG_CORE_KERNEL_H

#include "op.h"
#include "ops_api.h" /* generated from ops.def and the TG_PUBLIC blocks of the op files */
#include "real.h"
#include "rng.h"

#define TG_KERNELS(op_)                                                                                      \
    extern const tg_kernel TG_R(tg_kernel_##op_);                                                            \
    const tg_kernel TG_R(tg_kernel_##op_)

/* An option's value, or what 0 stands for. */
static inline double tg_default(double value, double fallback) {
    return value != 0 ? value : fallback;
}

/* In the backward of an elementwise op with .assigns: for each element i, dx[k] = value, or dx[k] += value; nothing
   where that gradient is not wanted. */
#define TG_GRADIENT_OF(e, k, i, value)                                                                       \
    do {                                                                                                     \
        real *dx_ = (e)->dx[k];                                                                              \
        if (!dx_) break;                                                                                     \
        if ((e)->fresh >> (k)&1)                                                                             \
            TG_EACH(i, (e)->n) dx_[i] = (value);                                                             \
        else                                                                                                 \
            TG_EACH(i, (e)->n) dx_[i] += (value);                                                            \
    } while (0)
/* Of an op of one argument. */
#define TG_GRADIENT(e, i, value) TG_GRADIENT_OF(e, 0, i, value)

#ifdef TG_PRIMARY
#define TG_OP(op_)                                                                                           \
    extern const tg_kernel *const tg_kernels_##op_[];                                                        \
    extern const tg_op tg_op_##op_;                                                                          \
    const tg_op tg_op_##op_
#define TG_OP_COMMON(op_) .name = #op_, .kernels = tg_kernels_##op_, .built_in = true
/* The public calls: one or two nodes, without and with options. TG_CALL_1 serves an op with options too: they
   are all zero then, and TG_CALL_1_WITH is tg_OP_with(x, options). */
#define TG_CALL_1(op_)                                                                                       \
    tg_node *tg_##op_##_at(tg_where where, tg_node *x) {                                                     \
        return tg_apply_at(where, &tg_op_##op_, NULL, 1, &x);                                                \
    }
#define TG_CALL_1_OPTIONS(op_)                                                                               \
    tg_node *tg_##op_##_at(tg_where where, tg_node *x, tg_##op_##_options options) {                         \
        return tg_apply_at(where, &tg_op_##op_, &options, 1, &x);                                            \
    }
#define TG_CALL_1_WITH(op_, options_)                                                                        \
    tg_node *tg_##op_##_with_at(tg_where where, tg_node *x, options_ options) {                              \
        return tg_apply_at(where, &tg_op_##op_, &options, 1, &x);                                            \
    }
#define TG_CALL_2(op_)                                                                                       \
    tg_node *tg_##op_##_at(tg_where where, tg_node *a, tg_node *b) {                                         \
        return tg_apply_at(where, &tg_op_##op_, NULL, 2, (tg_node *[]){a, b});                               \
    }
#define TG_CALL_2_OPTIONS(op_)                                                                               \
    tg_node *tg_##op_##_at(tg_where where, tg_node *a, tg_node *b, tg_##op_##_options options) {             \
        return tg_apply_at(where, &tg_op_##op_, &options, 2, (tg_node *[]){a, b});                           \
    }
#define TG_CALL_2_WITH(op_, options_)                                                                        \
    tg_node *tg_##op_##_with_at(tg_where where, tg_node *a, tg_node *b, options_ options) {                  \
        return tg_apply_at(where, &tg_op_##op_, &options, 2, (tg_node *[]){a, b});                           \
    }
#else
#define TG_OP(op_)        static __attribute__((unused)) const tg_op tg_op_##op_
#define TG_OP_COMMON(op_) .name = #op_
#define TG_CALL_1(op_)
#define TG_CALL_1_OPTIONS(op_)
#define TG_CALL_1_WITH(op_, options_)
#define TG_CALL_2(op_)
#define TG_CALL_2_OPTIONS(op_)
#define TG_CALL_2_WITH(op_, options_)
#endif

#endif
