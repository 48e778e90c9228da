/* plan_internal.h: the plan's steps. Private. */
#ifndef TG_CORE_PLAN_INTERNAL_H
#define TG_CORE_PLAN_INTERNAL_H

#include "chain.h"

/* One step of a replay or of a backward pass. */
typedef struct tg_plan_step {
    tg_chain *chain;         /* elementwise nodes in one sweep; NULL for any other node */
    tg_node *node;           /* the node, the chain's last */
    void (*run)(tg_eval *e); /* the node's kernel */
    bool ready;              /* e is whole; otherwise what differs from pass to pass is still missing */
    tg_eval e;
    tg_operand *x; /* backward of a node that is no chain: where its gradients go */
    void **dx;
    bool adds;     /* a view's gradient is added to its argument's */
    int64_t panel; /* rows for which this step and the two that follow are run at a time; 0: all */
} tg_plan_step;

struct tg_plan {
    tg_arena arena; /* of everything below */
    tg_tape *tape;
    tg_plan_step *forward;
    int forward_count;
    /* by node id */
    int *uses;       /* how many arguments it is */
    int *chain_of;   /* its chain, -1 for none */
    tg_node **stale; /* the nodes whose value a replay does not leave in memory */
    int stale_count;
    char **home; /* where replay leaves its value; NULL: nowhere, it is computed again when asked for */
    /* by chain */
    struct tg_members {
        int count, node[TG_CHAIN_MAX];
    } * chains;
    int chain_count;
    /* backward, derived for the last root */
    tg_arena backward_arena;
    tg_node *root;
    tg_plan_step *backward;
    int backward_count;
    char *root_gradient; /* where a pass is seeded; nothing else is written there */
    bool ones;           /* it holds ones, from the last pass */
    void *pool;
    size_t pool_size, apart_size;
};

/* plan.c; false, with the tape's error, when memory is out. */
bool tg_plan_forward(tg_plan *plan);
/* plan_backward.c: false when this root cannot be planned (the op-by-op way must serve) or memory is out. */
bool tg_plan_backward(tg_plan *plan, tg_node *root);
/* plan_panel.c: the rows for which the backward steps of `last`, a product, of the chain that made its first
   argument and of the product before that are to be run at a time; 0: they are not. active and written: by
   node id, whether the gradient is needed and has got a contribution. */
int64_t tg_plan_panel(const tg_plan *plan, const tg_node *last, const bool *active, const bool *written);
/* Runs three such steps. */
bool tg_plan_run_panels(tg_plan_step *steps);
/* plan_run.c: fills in, when the plan is made, what is the same whenever the step is run. */
void tg_plan_prepare(tg_plan_step *step);
/* plan_run.c: points the step's kernel at each gradient, which it adds to, or writes when it can and there is
   nothing yet. */
void tg_plan_aim(tg_plan_step *step);
/* plan_run.c: the plan of a tape, derived when there is none; NULL, with the tape's error, without memory. */
tg_plan *tg_plan_of(tg_tape *tape);
bool tg_plan_replay(tg_plan *plan);
bool tg_plan_play_back(tg_plan *plan, const void *cotangent);

#endif
