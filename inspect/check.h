/* check.h: is this gradient right? Compares what backward computes with finite differences, in f64 whatever
   the model's dtype, and says which op at which line is wrong. Three lines in a program of one's own:

       tg_check_report *report = tg_check(loss, (tg_check_options){0});
       tg_check_print(report, stderr);
       tg_check_free(report);

   The tape, its parameters and its random state are not changed: everything happens on shadows of the tape
   (core/shadow.h) that draw the same random numbers. docs/guide/checking.md explains how to read a report. */
#ifndef TG_INSPECT_CHECK_H
#define TG_INSPECT_CHECK_H

#include "../core/op.h"

#include <stdio.h>

/* What is said of an element, of a tensor, of a whole check.
     pass          gradient and differences agree
     kink          the point lies on a kink or the edge of the domain, and the gradient lies between the one-sided
                   derivatives
     inconclusive  no difference quotient was reliable enough to judge, or forward mode and each op's own differences
                   confirm a gradient that those of the whole contradict; never counted as a failure, nor as a pass
     fail          a reliable difference quotient contradicts the gradient
     vacuous       nothing was compared */
#define TG_VERDICTS(X)                                                                                       \
    X(TG_VERDICT_PASS, "pass")                                                                               \
    X(TG_VERDICT_KINK, "kink")                                                                               \
    X(TG_VERDICT_INCONCLUSIVE, "inconclusive")                                                               \
    X(TG_VERDICT_FAIL, "fail")                                                                               \
    X(TG_VERDICT_VACUOUS, "vacuous")
typedef enum tg_verdict {
#define TG_X(id, name) id,
    TG_VERDICTS(TG_X)
#undef TG_X
        TG_NVERDICTS
} tg_verdict;
TG_API const char *tg_verdict_name(tg_verdict verdict);

/* How the numeric derivative is taken. auto: central differences (f(x+h)-f(x-h))/2h with h = eps^(1/3)
   max(1,|x|); where these do not settle the matter, six points over a falling sequence of steps, until three
   steps agree, for a small x down to steps below |x|. The others take their rule for every element: six the six
   points at once, Ridders' extrapolation (Numerical Recipes, 5.7) of central differences; what central or ridders
   would refuse must be refused by the falling steps too. */
#define TG_STEP_RULES(X)                                                                                     \
    X(TG_STEP_AUTO, "auto")                                                                                  \
    X(TG_STEP_CENTRAL, "central")                                                                            \
    X(TG_STEP_SIX, "six")                                                                                    \
    X(TG_STEP_RIDDERS, "ridders")
typedef enum tg_step_rule {
#define TG_X(id, name) id,
    TG_STEP_RULES(TG_X)
#undef TG_X
        TG_NSTEP_RULES
} tg_step_rule;

typedef struct tg_check_options {
    tg_node *const *wrt; /* check the derivatives with respect to these nodes (leaves or inner ones), */
    int nwrt;            /* and how many they are; 0: all leaves that require their gradient */
    tg_step_rule rule;
    double tolerance; /* relative; 0: 1e-6. An error above it, and above ten error bars, is a failure */
    int64_t budget; /* elements compared one by one; 0: as many as about 2e10 floating-point operations allow
                       (at least 256). When there are more, a stratified sample of each tensor */
    int directions; /* random directions over all elements at once; 0: 8 when sampling, else none; -1: none */
    uint64_t seed;  /* of the cotangent, the sample and the directions */
    /* Each leaves out what may be the only sign of a wrong op: */
    bool no_blame; /* do not examine ops one by one: no culprits; no difference shows what is wrong in f32
                      only, nor what a gradient of 0 hides */
    bool no_drift; /* do not compare with the tape's own dtype and execution plan, nor f32 kernels with f64 */
    void (*progress)(void *context, int64_t done, int64_t total); /* called now and then; may be NULL */
    void *context;
} tg_check_options;

#define TG_CHECK_TEXT    160
#define TG_CHECK_WORST   10
#define TG_CHECK_DECADES 18 /* of relative errors: 0 or below 1e-16, 1e-16.., ..., 1e-1.., 1 and above */

/* One element, compared. All fields of reports are read-only. */
typedef struct tg_check_element {
    int tensor; /* position in report->tensors; -1: a direction over all of them */
    int64_t index;
    double value, analytic, numeric;
    double abs_error, rel_error; /* relative to the larger of the two; to the largest gradient where that is
                                    1e8 times larger */
    double bar;                  /* uncertainty of the numeric derivative */
    tg_verdict verdict;
    const char *reason;   /* why it is inconclusive; NULL when it is not */
    int kink_node;        /* the node whose branch changes next to the point; -1: none */
    int64_t kink_element; /* and the element of it */
} tg_check_element;

typedef struct tg_check_tensor {
    char name[TG_CHECK_TEXT]; /* the node's name, or "op #id" */
    tg_shape shape;
    int64_t size, checked, counts[TG_NVERDICTS];
    double max_rel_error;
    tg_verdict verdict;
    const char *reason; /* of its first inconclusive element; NULL: there is none */
} tg_check_tensor;

/* An op that is wrong, or behaves so, on its own. */
typedef struct tg_culprit {
    int node;     /* position on the checked tape */
    int argument; /* whose gradient is wrong; -1: no single one */
    char op[64];
    char shapes[2 * TG_SHAPE_TEXT]; /* "(2,3) x (3,4) -> (2,4)" */
    char attributes[TG_CHECK_TEXT];
    tg_where where; /* the caller's file and line */
    bool f32_only;  /* its f32 kernels are wrong; those of f64, which differences judge, are right */
    char fault[2 * TG_CHECK_TEXT]; /* what is wrong, with numbers */
} tg_culprit;
#define TG_CHECK_CULPRITS 8

typedef struct tg_check_report {
    tg_verdict verdict;
    char target[TG_CHECK_TEXT]; /* the node that was differentiated */
    char message[512];          /* why the verdict is not a pass; "" when it is */
    uint64_t seed;              /* repeats this check */
    int ntensors;
    tg_check_tensor *tensors;
    int64_t elements, checked, counts[TG_NVERDICTS];
    double max_rel_error, median_rel_error, p99_rel_error; /* of passed and failed elements */
    int64_t histogram[TG_CHECK_DECADES];
    int nworst; /* the worst elements, worst first */
    tg_check_element worst[TG_CHECK_WORST];
    int directions, directions_failed;
    double detection_limit; /* an absolute error of this size in any single element would have been seen by
                               the directions with probability 99.9 %; 0 without directions */
    bool deterministic;     /* the same evaluation twice gave the same bits, forward and backward */
    bool blamed;            /* the ops were looked at one by one */
    int nculprits;
    tg_culprit culprits[TG_CHECK_CULPRITS];
    bool has_drift;
    tg_dtype dtype;                     /* the tape's */
    double value_drift, gradient_drift; /* of the tape's dtype and execution plan against f64, relative to the
                                           largest value or gradient of the tensor */
    int64_t evaluations;                /* of the function */
    double seconds;
} tg_check_report;

/* Checks d node / d wrt. A node that is not a scalar is contracted with a random cotangent first. Returns a
   report, to be freed with tg_check_free; NULL when node is NULL or memory is out. What cannot be checked (a
   failed tape, a wrt that the node does not depend on, an option that means nothing) gives a vacuous report with its reason in message. */
TG_API TG_MUST_USE tg_check_report *tg_check(tg_node *node, tg_check_options options);
/* True only for a pass: not for NULL, inconclusive or vacuous ones. */
TG_API bool tg_check_ok(const tg_check_report *report);
/* A table for people: verdict, culprits, worst offenders first, tensors, histogram, seed. */
TG_API void tg_check_print(const tg_check_report *report, FILE *out);
/* The whole report as one JSON object; free the text with free(). NULL when memory is out. */
TG_API TG_MUST_USE char *tg_check_json(const tg_check_report *report);
TG_API void tg_check_free(tg_check_report *report);

#endif
