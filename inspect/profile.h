/* profile.h: where the time of a step goes, op by op, forward and backward.

       tg_profile *p = tg_profile_new(loss, (tg_profile_spec){0}, &status);
       char *table = tg_profile_text(p, TG_PROFILE_TABLE, &status);
       tg_graph_save(tape, "time.svg", (tg_graph_spec){.colour = TG_COLOUR_TIME, .profile = p}, &status);

   The ops are played one at a time on a copy of the tape, so that a time is that of one op alone; replay,
   which fuses ops (core/plan.c), is faster than their sum. Nothing on the tape changes. */
#ifndef TG_INSPECT_PROFILE_H
#define TG_INSPECT_PROFILE_H

#include "core/op.h"
#include "core/status.h"

typedef struct tg_profile_spec {
    int repetitions; /* of the whole step; the fastest time of each op counts; 0: 10 */
} tg_profile_spec;

/* One node of the tape. */
typedef struct tg_profile_row {
    int id;
    const char *op;           /* "" for leaves */
    double forward, backward; /* seconds */
    tg_cost flops;
    double bytes_forward,
        bytes_backward; /* read and written at least: arguments and value; besides their gradients */
} tg_profile_row;

typedef struct tg_profile {
    /* read-only */
    int count; /* nodes */
    tg_profile_row *rows;
    int repetitions;
} tg_profile;

/* Times the step that ends in `loss`, or in any node: forward of all nodes up to it and backward from ones.
   NULL, with a message, when the tape cannot be copied or played. */
TG_API TG_MUST_USE tg_profile *tg_profile_new(const tg_node *loss, tg_profile_spec spec, tg_status *status);
TG_API void tg_profile_free(tg_profile *profile);

typedef enum tg_profile_format {
    TG_PROFILE_TABLE, /* by op, the slowest first: calls, times, share, rates */
    TG_PROFILE_CSV    /* by node: id, op, seconds, operations, bytes */
} tg_profile_format;
/* The profile as text, to be freed with tg_profile_release; NULL, with a message, without memory. */
TG_API TG_MUST_USE char *tg_profile_text(const tg_profile *profile, tg_profile_format format,
                                         tg_status *status);
TG_API void tg_profile_release(char *text);

/* The times of one node; zeros for NULL and for nodes that were not timed. */
TG_API void tg_profile_times(const tg_profile *profile, int id, double *forward, double *backward);

#endif
