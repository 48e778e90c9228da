/* taylor.h: a second opinion on a gradient g that needs no step size to be right: in

       f(x + h v) = f(x) + h <g,v> + O(h^2)

   the remainder after the linear term must fall with the square of h, as long as rounding does not drown it.
   With a gradient that is 3 % off it falls like h. And, for the same steps, the errors of the difference
   rules: the picture of truncation on one side and rounding on the other. */
#ifndef TG_INSPECT_TAYLOR_H
#define TG_INSPECT_TAYLOR_H

#include "../core/status.h"
#include "check.h"

#define TG_TAYLOR_STEPS 15

typedef struct tg_taylor_row {
    double h;
    double change;    /* |f(x+hv) - f(x)| */
    double remainder; /* |f(x+hv) - f(x) - h <g,v>| */
    double rate; /* log of the ratio of remainders over log of the ratio of steps, from the row above; NaN
                    in the first row and where one is zero */
    double forward, central, six; /* relative errors of the difference quotients against <g,v> */
    bool crossed;                 /* a kink lies between x and x+hv, or one of the other samples */
} tg_taylor_row;

typedef struct tg_taylor {
    tg_verdict verdict; /* pass: rate near 2 wherever the remainder stands clear of rounding, or no remainder
                           at all (linear functions); inconclusive: kinks on all steps */
    double rate;        /* the median rate of those rows; NaN when there are none */
    double slope;       /* <g,v> */
    int nrows;
    tg_taylor_row rows[TG_TAYLOR_STEPS]; /* h = 1, 1/10, ... */
    char target[TG_CHECK_TEXT];
} tg_taylor;

/* Along one random direction v over the leaves that options.wrt names (all that require their gradient by
   default), scaled to the length of x. Of the options, wrt and seed are heeded. Nothing on the tape changes.
   False, with a message, when it cannot be computed. */
TG_API bool tg_taylor_test(tg_node *node, tg_check_options options, tg_taylor *out, tg_status *status);
/* A table for people. */
TG_API void tg_taylor_print(const tg_taylor *taylor, FILE *out);
/* Writes PREFIX.csv and PREFIX.gp, a gnuplot script that draws the first as PREFIX.svg. */
TG_API bool tg_taylor_write(const tg_taylor *taylor, const char *prefix, tg_status *status);

#endif
