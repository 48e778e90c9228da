/* anomaly.h: where the first NaN or infinity of a step comes from.

       if (!isfinite(tg_item(loss)) && tg_anomaly(loss, (tg_anomaly_spec){0}, &report))
           fprintf(stderr, "%s\n", report.message);

   Nothing on the tape changes: the forward pass is read, the backward pass is played on a copy. */
#ifndef TG_INSPECT_ANOMALY_H
#define TG_INSPECT_ANOMALY_H

#include "core/op.h"

typedef struct tg_anomaly_spec {
    bool nan_only;     /* infinities are meant (a mask of -inf): look for NaN alone */
    bool forward_only; /* do not play the backward pass */
} tg_anomaly_spec;

typedef struct tg_anomaly_report {
    bool found;
    bool backward;   /* a gradient, sent by `node` to its argument `arg`; otherwise the value of `node` */
    int node;        /* position on the tape; all that it takes is finite, unless it is a leaf */
    const char *op;  /* NULL for a leaf */
    int arg;         /* -1 in the forward pass */
    int64_t element; /* the first offending one, of the value or of the argument's gradient */
    double value;    /* what stands there */
    tg_where where;  /* the caller's line that recorded the node */
    /* All of this in words: "div: the value v7 is inf at element 3, (1,0) of (2,3), with inputs a = 1, b = 0
       (train.c:41)". */
    char message[640];
} tg_anomaly_report;

/* Looks for the first node that turns finite input into something not finite: forward from the first node to
   `loss`, then backward from `loss` (or from ones, for a node of several elements). True, and *report filled
   in, when there is one; false when all is finite, and with report->message when it could not be said (no
   node given, out of memory). */
TG_API bool tg_anomaly(const tg_node *loss, tg_anomaly_spec spec, tg_anomaly_report *report);

#endif
