/* tapegrad_op.h: an op of your own, in one file of your own program, compiled for f32, f64 and dual numbers
   at once.

       #include <tapegrad_op.h>

       static void forward(tg_eval *e) { ... }              // plain C on `real`, as in core/real.h
       static void backward(tg_eval *e) { ... }             // dx += dy * dy/dx
       static void branch(tg_eval *e, int32_t *b) { ... }   // for an op with kinks only
       TG_KERNELS(swish) = {forward, backward, NULL};

       #ifdef TG_PRIMARY                                    // what exists once: types, cases, the descriptor
       static const tg_case cases[] = {...};
       TG_OP(swish) = {TG_OP_COMMON(swish), .arity = 1, .infer = tg_infer_same, ..., .cases = cases};
       TG_CALL_1(swish)
       #endif

   The header includes the file that is being compiled twice more (when the compiler is given a relative path,
   it needs -I. to find it; #define TG_OP_FILE "..." before names another), once per other number type, with
   forward, backward and branch under other names. A helper of your own needs a name per type too: static real
   TG_R(helper)(real x). What all passes need once and first (an options struct) stands between #ifdef
   TG_OP_TYPES and #endif.

   For other files, declare (TG_CALL_1 defines the function)
       extern const tg_op tg_op_swish;
       tg_node *tg_swish_at(tg_where where, tg_node *x);
       #define tg_swish(...) tg_swish_at(TG_HERE, __VA_ARGS__)
   and check it with tg_check_op(&tg_op_swish, ...). tg_op_register makes it known by name, too.
   docs/guide/own-op.md walks through an example, examples/own_op is it. */
#ifndef TAPEGRAD_OP_H
#define TAPEGRAD_OP_H

#ifdef __cplusplus
#error "compile the file of an op as C: its dual numbers are C's complex numbers"
#endif
#ifndef TG_OP_FILE
#define TG_OP_FILE __BASE_FILE__ /* not found? The compiler needs -I. */
#endif
#ifdef TG_PRIMARY
#error "tapegrad_op.h is for files outside the library"
#endif

#include "tapegrad.h"

#define TG_MANY_REALS
#define TG_PRIMARY /* so that kernel.h defines the public calls */
#define TG_REAL_F32
#include "core/kernel.h"
#undef TG_PRIMARY

/* ---- the file for f32, then for duals ---- */
#define TG_OP_TYPES
#define forward  TG_R(forward_of)
#define backward TG_R(backward_of)
#define branch   TG_R(branch_of)
#include TG_OP_FILE
#undef TG_OP_TYPES
#undef TG_REAL_F32
#define TG_REAL_DUAL
#undef TG_CORE_REAL_H
#undef TG_REAL_DTYPE
#undef TG_REAL_NAME
#undef TG_UNARY_MATH
#undef re
#include "core/real.h"
#include TG_OP_FILE
#undef forward
#undef backward
#undef branch

/* ---- the rest of the file is its third pass, f64, and leaves the descriptor ---- */
#undef TG_REAL_DUAL
#define TG_REAL_F64
#undef TG_CORE_REAL_H
#undef TG_REAL_DTYPE
#undef TG_REAL_NAME
#undef re
#include "core/real.h"
#define TG_PRIMARY

#undef TG_OP
#undef TG_OP_COMMON
#define TG_OP(op_)                                                                                           \
    static const tg_kernel *const tg_kernels_##op_[] = {&tg_kernel_##op_##_f32, &tg_kernel_##op_##_f64,      \
                                                        &tg_kernel_##op_##_dual};                            \
    extern const tg_op tg_op_##op_;                                                                          \
    const tg_op tg_op_##op_
#define TG_OP_COMMON(op_) .name = #op_, .kernels = tg_kernels_##op_

#endif
