/* sweep.h: sample cases, recorded on tapes. Private. */
#ifndef TG_INSPECT_SWEEP_H
#define TG_INSPECT_SWEEP_H

#include "check_op.h"

/* One case to be checked: an op's own, or one derived from it. */
typedef struct tg_sweep_case {
    const tg_op *op;
    tg_mutation *mutation; /* apply this instead of op; NULL */
    tg_case sample;
    bool grid; /* draw small whole numbers, 0 among them, on which kinks and ties lie */
    char label[120];
} tg_sweep_case;

/* The n'th case of op: first its own, then the derived ones. False when there are no more. */
bool tg_sweep_get(const tg_op *op, int n, tg_sweep_case *out);
/* Records it: random leaves that require their gradient, then the op. NULL, with the tape's error, when it
   fails. Values are such that f32 holds them. */
tg_node *tg_sweep_record(const tg_sweep_case *c, tg_tape *tape, uint64_t seed);

/* sweep_second.c: second derivatives and the Taylor remainder of a recorded op (f64). False with what is
 * wrong, or with "out of memory". */
bool tg_sweep_second(const tg_node *y, uint64_t seed, char *text, size_t size);

#endif
