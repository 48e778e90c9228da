/* chain.h: elementwise ops over their elements. A chain is one such op, or several of which each feeds only
   the next, computed in one sweep: block by block, through the level-1 cache. Kernels see contiguous blocks
   of equal length; broadcasting, its backward sums, blocks and threads are settled here, once. Private. */
#ifndef TG_CORE_CHAIN_H
#define TG_CORE_CHAIN_H

#include "block.h"
#include "internal.h"

#define TG_CHAIN_MAX    16                       /* ops in one chain */
#define TG_GRAIN        (32 * (int64_t)TG_BLOCK) /* elements of a part: the unit of work for a thread, and of sums */
#define TG_TOTALS_LIMIT (4u << 20) /* bytes of totals beyond which a sum is not split into parts */

/* One argument of an op in a chain. */
typedef struct tg_operand {
    const char *x;   /* its value; unused when it is the link before */
    char *dx;        /* its gradient; NULL where none is wanted */
    bool *has;       /* whether dx holds something to add to, to be asked at run time; NULL: see fresh */
    tg_param *param; /* whose gradient dx is; NULL */
    bool fresh;      /* dx holds nothing yet */
    bool inner;      /* it is the value of the link before */
    bool full;       /* as many elements as the result: no broadcasting */
    bool read;       /* backward reads its value */
    int64_t size;
    size_t bytes; /* of the gradient with its padding */
    tg_walk walk; /* of a broadcast argument */
    size_t total; /* where among the totals the gradient of a broadcast argument is summed */
} tg_operand;

typedef struct tg_link {
    tg_node *node;
    char *y; /* where the value goes; NULL: it stays in the block */
    tg_operand *x;
} tg_link;

typedef struct tg_chain {
    tg_tape *tape;
    tg_link *links;
    int count;
    int64_t n;
    size_t size;       /* bytes of an element */
    size_t total_size; /* bytes of one set of totals; 0 when no broadcast argument wants a gradient */
    char *dy;          /* the gradient that arrives; may be the dx of an operand of the first link */
    bool copy_dy;      /* it is: and the only link would overwrite it while reading */
    bool panel;        /* dy, and the dx that is in its memory, hold just the range that is computed */
    const tg_block_ops *ops;
    int32_t *branch; /* compute branches of the only link instead of values */
} tg_chain;

/* dx is being written to: there is something in it, and nobody has looked at it. */
static inline void tg_operand_written(const tg_operand *o) {
    if (o->has) *o->has = true;
    if (o->param) o->param->grad_finite = false;
}

/* Fills in what the node alone determines: values of arguments from node->args. dx and y are the caller's. */
void tg_link_init(tg_link *link, tg_node *node, tg_operand *operands);
void tg_chain_init(tg_chain *chain, tg_link *links, int count);
/* Lays out the totals; after every dx is known. */
void tg_chain_aim(tg_chain *chain);
void tg_chain_forward(const tg_chain *chain);
/* False, with the tape's error, when memory for totals is out. */
bool tg_chain_backward(const tg_chain *chain);
/* The elements from..to alone. Where `from` is a multiple of TG_GRAIN, ranges one after the other give the bits
   of the whole. */
bool tg_chain_backward_range(const tg_chain *chain, int64_t from, int64_t to);

/* One node, op by op. */
bool tg_elementwise_forward(tg_node *node);
bool tg_elementwise_backward(tg_node *node);
/* The branches of every element of an elementwise op with kinks. */
void tg_elementwise_branch(tg_node *node, int32_t *branch);

#endif
