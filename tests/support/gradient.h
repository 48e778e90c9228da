/* gradient.h: a small reference check of one op, independent of inspect/. It serves the sweeps of tests/ops
   and keeps the larger checker honest. */
#ifndef TG_TESTS_SUPPORT_GRADIENT_H
#define TG_TESTS_SUPPORT_GRADIENT_H

#include "tapegrad.h"

typedef struct gradient_report {
    int64_t elements;   /* of arguments that have a gradient */
    int64_t compared;   /* of these, with central differences */
    int64_t kinks;      /* of these, left out because the differences would cross a kink */
    bool zero;          /* every gradient is zero */
    char message[1024]; /* the first disagreement; "" when there is none */
} gradient_report;

/* Draws the arguments of a case (its ranges, else the op's domain; numbers that f32 holds exactly), records
   the op in f64 and compares its backward, under a random cotangent,
   - with central differences, element by element (at most 300 of each argument);
   - with the dual numbers: <v, J u> = <J^T v, u> for a random u;
   - in its slope along u: dual numbers played backward against differences of the gradient;
   - with itself when played twice: gradients must add up;
   - with the same in f32, values and gradients.
   False with a message where they disagree, where the op fails, and where nothing could be compared. */
bool check_gradient(const tg_op *op, const tg_case *sample, uint64_t seed, gradient_report *report);

#endif
