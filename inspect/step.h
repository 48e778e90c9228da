/* step.h: for lessons: the backward pass one node at a time, and one's own derivation against the tape's.

       for (tg_node *v = tg_step_first(loss); v; v = tg_step_next(v))
           printf("dv%d = %g\n", tg_id(v), tg_grad_at(v, 0));

       tg_comparison c = tg_compare_grad(h, mine, 0);
       if (c.match != TG_MATCH_EXACT) printf("%s, by at most %g\n", tg_match_name(c.match), c.max_difference);

   core/tape.h has the single moves (tg_forward_one, tg_backward_begin, tg_backward_one). On a tape that has
   been replayed by its plan, inner nodes keep no gradient unless asked: call tg_step_retain first. */
#ifndef TG_INSPECT_STEP_H
#define TG_INSPECT_STEP_H

#include "core/op.h"
#include "core/status.h"

/* Seeds the backward pass with ones. The result is `last` itself: its gradient is there, and its
   contributions are the next move. NULL when backward cannot begin (the tape says why). */
TG_API tg_node *tg_step_first(tg_node *last);
/* Adds the contributions of `node` to the gradients of its arguments, and returns the next node on the way
   down whose gradient has arrived, leaves included; NULL behind the last. */
TG_API tg_node *tg_step_next(tg_node *node);
/* Keeps the gradient of every node of the tape in replays to come. */
TG_API void tg_step_retain(tg_tape *tape);

/* ---- comparing ---- */

/* How well two tensors agree: enumerator, name. */
#define TG_MATCHES(X)                                                                                        \
    X(TG_MATCH_EXACT, "exact")     /* every bit, but for the sign of zero */                                 \
    X(TG_MATCH_CLOSE, "close")     /* within the tolerance: rounding */                                      \
    X(TG_MATCH_WRONG, "wrong")     /* somewhere not */                                                       \
    X(TG_MATCH_MISSING, "missing") /* there is nothing to compare with: no gradient has arrived */

typedef enum tg_match {
#define TG_X(id, name) id,
    TG_MATCHES(TG_X)
#undef TG_X
        TG_NMATCHES
} tg_match;
TG_API const char *tg_match_name(tg_match match);

typedef struct tg_comparison {
    tg_match match;
    double max_difference; /* the largest |mine - theirs|; infinite where one is not finite and the other is
                              other */
    int64_t worst;         /* the element where that is; -1 for empty tensors */
    double mine, theirs;   /* what stands there */
    const char
        *hint; /* what the mistake looks like: "it has the wrong sign"; NULL: no idea, or none is needed */
} tg_comparison;

/* n numbers against n numbers. Close means that no difference exceeds tolerance * the largest |theirs|, or
   tolerance itself where that is below 1. */
TG_API tg_comparison tg_compare(int64_t n, const double *mine, const double *theirs, double tolerance);
/* mine against the node's gradient or value; tg_size(node) numbers. tolerance 0: 1e-9 on f64, 1e-4 on f32. */
TG_API tg_comparison tg_compare_grad(const tg_node *node, const double *mine, double tolerance);
TG_API tg_comparison tg_compare_value(const tg_node *node, const double *mine, double tolerance);

/* ---- grading ---- */

/* What a student's backward function sees: plain row-major arrays. It adds nothing and allocates nothing: it
   writes dx[k], as many numbers as x[k] has. */
typedef struct tg_answer {
    int nargs;
    const tg_shape *xshape[4], *yshape;
    const double *x[4], *y, *dy;
    double *dx[4]; /* NULL for integer arguments; zeros at first */
} tg_answer;

/* One shape to try. The assignment's list ends with a NULL label. */
typedef struct tg_grade_case {
    const char *label;
    tg_shape x[4];
    double low, high; /* where arguments are drawn; both 0: -2 to 2 */
} tg_grade_case;

typedef struct tg_assignment {
    const char *title;
    int nargs; /* 1 to 4 */
    const char *args[4];
    double points[4]; /* for each argument's gradient; 0: 1 */
    tg_node *(*forward)(
        tg_node *const *x); /* the function whose derivative is asked for, recorded on a tape */
    void (*backward)(const tg_answer *answer); /* the student's */
    const tg_grade_case *cases;
    double tolerance; /* 0: 1e-7 */
    uint64_t seed;    /* of arguments and cotangents */
} tg_assignment;

/* Runs the student's function on every case and compares it with the tape's backward pass. Each argument
   earns its points in parts, one part per case that is right. The result is JSON, to be freed with
   tg_grade_release: title, score, points (the most there are), and results, a list of {case, argument, shape,
   match, max_difference, element, expected, got, hint, score, points}. NULL, with a message, when the
   assignment itself is at fault: no case, a forward that fails. */
TG_API TG_MUST_USE char *tg_grade(const tg_assignment *assignment, tg_status *status);
TG_API void tg_grade_release(char *json);

#endif
