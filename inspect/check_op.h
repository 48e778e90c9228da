/* check_op.h: everything that is checked of one op, over the sample cases of its descriptor: an op of the
   library or one of your own.

       tg_op_report report = tg_check_op(&tg_op_swish, (tg_check_options){0});
       if (report.verdict != TG_VERDICT_PASS) puts(report.message);

   For every case, and for forms that are derived from the cases (each argument broadcast, empty, scalar, one
   node as every argument, points on the kinks):
   - backward against differences, every element (tg_check);
   - <v, J u> = <J^T v, u> for each argument, J u by dual numbers; gradients add up; backward is linear in
   what arrives, zero for zero; each argument's gradient is the same when it alone is wanted;
   - second derivatives: H u by dual numbers against differences of the gradient, and symmetric;
   - the Taylor remainder falls with the square of the step;
   - f32 against f64, by the execution plan;
   - a NaN in the input comes to an end. */
#ifndef TG_INSPECT_CHECK_OP_H
#define TG_INSPECT_CHECK_OP_H

#include "check.h"
#include "mutation.h"

typedef struct tg_op_report {
    const char *name;
    tg_verdict verdict;
    int cases, failed_cases; /* failed: kinks declared without a branch kernel count as one, too */
    int unchecked_cases; /* memory ran out, or the options mean nothing: the verdict is vacuous unless others fail */
    int64_t elements; /* compared with differences */
    int64_t counts[TG_NVERDICTS];
    double max_rel_error; /* of passed and failed elements */
    double max_f32_drift; /* of gradients */
    int64_t histogram[TG_CHECK_DECADES];
    char message[1024]; /* the first failure: case, stage, what is wrong; "" when there is none */
    double seconds;
} tg_op_report;

/* Checks all cases. Of the options, seed, rule and tolerance are heeded; each seed draws other numbers. An op
   without cases is vacuous. */
TG_API tg_op_report tg_check_op(const tg_op *op, tg_check_options options);

/* The mutation self-test of one op: each argument's gradient is corrupted in each way, and the check must
 * reject it. */
typedef struct tg_mutation_report {
    int mutants; /* that differ from the right gradient in at least one bit of one case */
    int killed;
    int by_differences; /* of the killed: by finite differences; the others by the rest of the contract */
    int equal;          /* corruptions that change nothing in any case, and hence are no wrong gradients */
    int nsurvivors;
    struct {
        tg_corruption kind;
        int argument;
    } survivors[64]; /* the first of them */
} tg_mutation_report;
TG_API tg_mutation_report tg_check_op_mutants(const tg_op *op, tg_check_options options);

#endif
