/* check_run.h: the parts of one check, between check.c and its helpers. Private. */
#ifndef TG_INSPECT_CHECK_RUN_H
#define TG_INSPECT_CHECK_RUN_H

#include "check.h"
#include "probe.h"

/* The reason of an element whose one-sided derivatives differ though no op says that there is a kink. */
#define TG_CHECK_UNDECLARED "its slope jumps, and no branch kernel says so"

typedef struct tg_check_run {
    tg_check_options options;
    tg_check_report *report;
    tg_probe probe;
    const tg_tape *source;
    tg_node *source_target;
    tg_node **source_wrt, **wrt; /* on the source and on the shadow */
    int nwrt;
    int64_t *offset;         /* of each tensor among all elements; nwrt + 1 of them */
    double *base, *analytic; /* of all elements */
    double scale;            /* the largest finite |analytic| */
    float *errors;           /* relative errors of the elements compared */
    int64_t nerrors, planned, done;
    tg_tape *dual;     /* a shadow of the source; NULL until it is needed */
    double plan_drift; /* of the gradient that the execution plan computes in f64 */
    bool unproven;     /* a contradiction was found to stand */
} tg_check_run;

/* check.c: another f64 shadow of the checked tape, for another thread. Close it in any case. */
bool tg_check_open_probe(tg_check_run *run, tg_probe *probe);
/* check_elements.c: compares elements, all or a sample, and directions. False without memory. */
bool tg_check_elements(tg_check_run *run);
/* check_judge.c: the verdict on one element, or on one direction (element.tensor < 0). */
void tg_check_judge(tg_check_run *run, const tg_line *line, tg_check_element *element);
/* check_proof.c: a failing element or direction that is right although differences contradict it becomes inconclusive.
   After the first that is not, none is tried. */
void tg_check_acquit(tg_check_run *run, const tg_line *line, tg_check_element *element);
/* check_directions.c: random directions over all leaves, and the detection limit. */
bool tg_check_directions(tg_check_run *run);
/* check_blame.c: which ops are wrong by themselves; and, when none seems so although the whole is wrong, which is
   where the worst element says. The probe stands at its base point. */
void tg_check_examine(tg_check_run *run);
void tg_check_blame(tg_check_run *run);
/* check_drift.c: the tape's own dtype and plan against f64. */
void tg_check_drift(tg_check_run *run);
/* check.c: counts an element's verdict in. */
void tg_check_count(tg_check_run *run, const tg_check_element *element);

#endif
