/* probe.h: a function of one number, cut out of a tape: all leaves fixed but one element, or all moved along
   one direction. What finite differences are taken of. Private. */
#ifndef TG_INSPECT_PROBE_H
#define TG_INSPECT_PROBE_H

#include "../core/op.h"

/* Why nothing can be computed of node, in words: none was given, or its tape has forgotten it. NULL: it can. */
const char *tg_target_fault(const tg_node *node);

/* An f64 tape that may be played with, its target node contracted with a cotangent:
   phi = <cotangent, value of target - value of target at the base point>. */
typedef struct tg_probe {
    tg_tape *tape;
    tg_node *target;
    double *cotangent, *base; /* of the target: its value at the base point */
    bool *depends;            /* by node: target depends on it */
    bool *moving;             /* by node: it changes when the aimed-at nodes move */
    int *order, norder;       /* what must be computed anew when the aimed-at nodes move */
    int *kinked, nkinked;     /* among all that target depends on: the ops with branches */
    int32_t *branches, *now;  /* of the kinked ones at the base point, and room for others */
    int64_t nbranches;
    int64_t evaluations;
    double magnitude; /* root of the sum of (cotangent * base)^2: what rounding is relative to, at least */
    bool base_finite;
} tg_probe;

/* Takes over the tape (f64, evaluated) and draws the cotangent: 1 for a scalar, otherwise standard normal.
   False when memory is out; close it in any case. */
bool tg_probe_open(tg_probe *probe, tg_tape *tape, tg_node *target, uint64_t seed);
/* The same as if the target's arguments were all leaves: nothing but its op is computed anew. */
bool tg_probe_open_op(tg_probe *probe, tg_tape *tape, tg_node *target, uint64_t seed);
void tg_probe_close(tg_probe *probe); /* frees the tape too */
/* Says which nodes will move. Evaluates the base point. */
void tg_probe_aim(tg_probe *probe, tg_node *const *moved, int n);
/* Backward from the target with the cotangent, leaf gradients from zero. */
bool tg_probe_backward(tg_probe *probe);

/* phi at a point. */
typedef struct tg_sample {
    double t;      /* the step that was really taken: (x+t)-x */
    double f;      /* phi */
    double size;   /* sum of |cotangent * value| over the elements of target that changed: rounding errors are
                      about 1e-16 of it */
    bool crossed;  /* a branch differs from the base point's */
    int kink_node; /* which one first; -1: none */
    int64_t kink_element;
} tg_sample;

/* The line x + t*direction: of one element of one node, or of all aimed-at nodes together. */
typedef struct tg_line {
    tg_probe *probe;
    tg_node *const *nodes;
    int nnodes;
    const double *base;      /* values of the nodes at the base point, one after the other */
    const double *direction; /* likewise; NULL: the element below moves */
    int64_t element;         /* of nodes[0] */
    double scale;            /* steps are in units of this: max(1,|x|) */
    double steepest; /* the largest derivative to be expected on any line: inside an op, numbers of the
                        size steepest*scale may swallow small changes */
} tg_line;

tg_sample tg_line_sample(const tg_line *line, double t, bool branches);
void tg_line_restore(const tg_line *line); /* puts the base point back; nothing is computed */

/* A numeric derivative along a line, with what is known about its error. */
typedef struct tg_slope {
    double value, bar;  /* bar: INFINITY when no step was reliable */
    double left, right; /* one-sided derivatives, where asked for; NaN when not reliable */
    double
        bend; /* the least of |f(x+h) - 2 f(x) + f(x-h)|/h over the steps: where the slope jumps, by how much */
    bool crossed; /* every step crossed a kink, or left the domain */
    bool edge;    /* one side is outside the domain */
    bool still;   /* the function did not change at all */
    bool near;    /* steps below |x| were tried too */
    bool jumps;   /* left and right are both reliable and differ */
    int kink_node;
    int64_t kink_element;
} tg_slope;

tg_slope tg_slope_central(const tg_line *line);
/* Falls through steps until three of them agree to about `wanted` relative. */
tg_slope tg_slope_six(const tg_line *line, double wanted);
tg_slope tg_slope_ridders(const tg_line *line);
/* Fills in left, right, edge and jumps. */
void tg_slope_sides(const tg_line *line, tg_slope *slope);
/* The same; whether they differ as at a kink on which the point lies: by what the slope bends within any step. */
bool tg_slope_jumps(const tg_line *line, tg_slope *slope);

#endif
