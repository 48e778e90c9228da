#include "chain.h"
#include "threads.h"

#include <string.h>

void tg_walk_merge(tg_walk *walk, int rank, const int64_t *dim, const int64_t *stride) {
    walk->rank = 0;
    for (int i = 0; i < rank; i++) {
        if (dim[i] == 1) continue;
        int last = walk->rank - 1;
        if (last >= 0 && walk->stride[last] == stride[i] * dim[i]) {
            walk->dim[last] *= dim[i];
            walk->stride[last] = stride[i];
        } else {
            walk->dim[walk->rank] = dim[i];
            walk->stride[walk->rank++] = stride[i];
        }
    }
    if (walk->rank) return;
    walk->rank = 1;
    walk->dim[0] = walk->stride[0] = 1;
}

void tg_walk_init(tg_walk *walk, const tg_shape *arg, const tg_shape *result) {
    int64_t stride = 1, strides[TG_MAX_RANK];
    for (int i = result->rank; i-- > 0;) {
        int j = i - (result->rank - arg->rank);
        bool spread = j < 0 || (arg->dim[j] == 1 && result->dim[i] != 1);
        strides[i] = spread ? 0 : stride;
        if (!spread) stride *= arg->dim[j];
    }
    tg_walk_merge(walk, result->rank, result->dim, strides);
}

void tg_link_init(tg_link *link, tg_node *node, tg_operand *operands) {
    *link = (tg_link){.node = node, .y = node->value, .x = operands};
    for (int k = 0; k < node->nargs; k++) {
        const tg_node *arg = node->args[k];
        tg_operand *o = &operands[k];
        o->x = arg->value;
        o->dx = NULL;
        o->has = NULL;
        o->param = NULL;
        o->fresh = o->inner = false;
        o->full = arg->size == node->size;
        o->read = node->op->saves & TG_SAVES_ARG(k);
        o->size = arg->size;
        if (!o->full) tg_walk_init(&o->walk, &arg->shape, &node->shape);
    }
}

void tg_chain_init(tg_chain *chain, tg_link *links, int count) {
    tg_node *last = links[count - 1].node;
    *chain = (tg_chain){.tape = last->tape,
                        .links = links,
                        .count = count,
                        .n = last->size,
                        .size = tg_dtype_size(last->dtype),
                        .ops = tg_block_ops_of(last->dtype)};
}

void tg_chain_aim(tg_chain *chain) {
    chain->total_size = 0;
    for (int i = 0; i < chain->count; i++)
        for (int k = 0; k < chain->links[i].node->nargs; k++) {
            tg_operand *o = &chain->links[i].x[k];
            if (!o->dx || o->full) continue;
            o->total = chain->total_size;
            chain->total_size += tg_padded(o->size, chain->ops->accum_size);
        }
}

/* ---- one block ---- */

#define LONG_BLOCK (4 * TG_BLOCK) /* where nothing but the op's own tensors moves through the cache */

/* Working memory of a block: bump-allocated blocks of one tensor's elements. */
typedef struct desk {
    _Alignas(TG_ALIGN) char memory[(2 * TG_MAX_ARGS + 4) * TG_BLOCK * 16];
} desk;

typedef struct stack {
    char *at;
    size_t block; /* bytes */
} stack;

static char *take(stack *b) {
    char *block = b->at;
    b->at += b->block;
    return block;
}

/* What backward gets in place of a value that its op did not declare to read: all NaN. Filled when the library
   is loaded. */
static _Alignas(TG_ALIGN) char not_a_number[LONG_BLOCK * 16];

__attribute__((constructor)) static void fill_not_a_number(void) {
    memset(not_a_number, 0xff, sizeof not_a_number);
}

static void *undeclared(void) {
    return not_a_number;
}

/* Kernels compute whole vectors: what lies beyond the n elements is padding. */
static int64_t whole(const tg_chain *c, int64_t n) {
    return c->size == 16 ? n : (n + 15) & ~(int64_t)15;
}

static void eval_init(const tg_chain *c, const tg_link *link, tg_eval *e, int64_t start, int64_t n) {
    const tg_tape *tape = c->tape;
    *e = (tg_eval){
        .n = whole(c, n),
        .offset = start,
        .nargs = link->node->nargs,
        .options = link->node->options,
        .saved = link->node->saved,
        .yshape = &link->node->shape,
        .seed = tape->spec.seed,
        .stream = tape->step << 24 ^ (uint64_t)link->node->id,
        .training = !tape->spec.evaluation,
        .threads = 1,
    };
}

/* The values of the arguments for elements start..start+n. */
static void point_at(const tg_chain *c, const tg_link *link, const void **x, int64_t start, int64_t n,
                     const void *inner, bool all, stack *room) {
    for (int k = 0; k < link->node->nargs; k++) {
        const tg_operand *o = &link->x[k];
        if (!all && !o->read) {
            x[k] = undeclared();
        } else if (o->inner) {
            x[k] = inner;
        } else if (o->full) {
            x[k] = o->x + (size_t)start * c->size;
        } else {
            char *block = take(room);
            c->ops->gather(&o->walk, o->x, start, n, block);
            memset(block + (size_t)n * c->size, 0, (size_t)(whole(c, n) - n) * c->size);
            x[k] = block;
        }
    }
}

/* Whether the value goes where an argument stands. */
static bool overwrites(const tg_link *link) {
    for (int k = 0; k < link->node->nargs; k++)
        if (link->x[k].full && link->x[k].x == link->y) return true;
    return false;
}

static void forward_block(const tg_chain *c, int64_t start, int64_t n) {
    desk memory;
    stack fixed = {memory.memory, TG_BLOCK * c->size};
    char *spare[2] = {take(&fixed), take(&fixed)};
    const void *inner = NULL, *x[TG_MAX_ARGS];
    for (int i = 0; i < c->count; i++) {
        const tg_link *link = &c->links[i];
        stack free_ = fixed;
        tg_eval e;
        eval_init(c, link, &e, start, n);
        point_at(c, link, x, start, n, inner, true, &free_);
        e.x = x;
        if (c->branch) {
            int32_t branch[TG_BLOCK];
            link->node->kernel->branch(&e, branch);
            memcpy(c->branch + start, branch, (size_t)n * sizeof *branch);
            return;
        }
        char *y = link->y ? link->y + (size_t)start * c->size : spare[i & 1];
        /* The compiler guards its vector loops against overlap: y over x would take the scalar one. */
        const bool aside = i == 0 && link->y && overwrites(link);
        e.y = aside ? spare[0] : y;
        link->node->kernel->forward(&e);
        if (aside) memcpy(y, e.y, (size_t)n * c->size);
        inner = e.y;
    }
}

/* Where the gradient of an operand goes. */
static char *aim_at(const tg_chain *c, const tg_operand *o, int64_t start, int64_t origin, char *inner,
                    stack *room) {
    if (o->dx == c->dy) start -= origin;
    return o->inner ? inner : !o->dx ? NULL : o->full ? o->dx + (size_t)start * c->size : take(room);
}

/* Whether there is nothing in the gradient of operand k yet: of one node given twice, only for the first. */
static bool is_fresh(const tg_link *link, int k, void *const *dx) {
    const tg_operand *o = &link->x[k];
    for (int j = 0; j < k; j++)
        if (dx[j] == dx[k]) return false;
    return o->inner || !o->full || (o->has ? !*o->has : o->fresh);
}

/* Elements that one call of a kernel computes: more for an op alone, which needs no working memory. */
static int64_t block_of(const tg_chain *c) {
    const tg_link *link = c->links;
    if (c->count > 1 || c->branch || c->copy_dy || !link->y || overwrites(link)) return TG_BLOCK;
    for (int k = 0; k < link->node->nargs; k++)
        if (!link->x[k].full) return TG_BLOCK;
    return LONG_BLOCK;
}

/* dy begins with the gradient of element `origin`. */
static void backward_block(const tg_chain *c, int64_t start, int64_t n, int64_t origin, char *totals) {
    desk memory;
    stack fixed = {memory.memory, TG_BLOCK * c->size};
    char *spare[2] = {take(&fixed), take(&fixed)};
    char *dy = c->dy + (size_t)(start - origin) * c->size;
    if (c->copy_dy) dy = memcpy(take(&fixed), dy, (size_t)n * c->size);
    for (int i = c->count; i-- > 0;) {
        const tg_link *link = &c->links[i];
        if (!link->node->requires_grad) break;
        const char *before = i ? c->links[i - 1].y : NULL;
        const void *x[TG_MAX_ARGS];
        void *dx[TG_MAX_ARGS];
        stack free_ = fixed;
        tg_eval e;
        eval_init(c, link, &e, start, n);
        point_at(c, link, x, start, n, before ? before + (size_t)start * c->size : undeclared(), false,
                 &free_);
        char *inner = i && c->links[i - 1].node->requires_grad ? spare[i & 1] : NULL;
        for (int k = 0; k < e.nargs; k++) {
            dx[k] = aim_at(c, &link->x[k], start, origin, inner, &free_);
            if (!dx[k] || !is_fresh(link, k, dx)) continue;
            if (link->node->op->assigns)
                e.fresh |= 1u << k;
            else
                memset(dx[k], 0, (size_t)e.n * c->size);
        }
        e.x = x;
        e.dx = dx;
        e.dy = dy;
        e.y = link->y && link->node->op->saves & TG_SAVES_OUTPUT ? link->y + (size_t)start * c->size
                                                                 : undeclared();
        link->node->kernel->backward(&e);
        for (int k = 0; k < e.nargs; k++)
            if (link->x[k].dx && !link->x[k].full)
                c->ops->scatter(&link->x[k].walk, totals + link->x[k].total, start, n, dx[k]);
        dy = spare[i & 1];
    }
}

/* ---- all blocks ---- */

typedef struct job {
    const tg_chain *chain;
    char *totals; /* one set for each part */
    int64_t grain, from, to;
} job;

static int64_t begin_of(const job *j, int64_t part) {
    return j->from + part * j->grain;
}

static int64_t end_of(const job *j, int64_t part) {
    int64_t end = begin_of(j, part + 1);
    return end < j->to ? end : j->to;
}

static int64_t parts_of(const job *j) {
    return (j->to - j->from + j->grain - 1) / j->grain;
}

static void forward_part(void *context, int64_t part) {
    const job *j = context;
    const int64_t block = block_of(j->chain);
    for (int64_t at = begin_of(j, part), end = end_of(j, part); at < end; at += block)
        forward_block(j->chain, at, end - at < block ? end - at : block);
}

static void backward_part(void *context, int64_t part) {
    const job *j = context;
    char *totals = j->totals ? j->totals + (size_t)part * j->chain->total_size : NULL;
    const int64_t origin = j->chain->panel ? j->from : 0, block = block_of(j->chain);
    for (int64_t at = begin_of(j, part), end = end_of(j, part); at < end; at += block)
        backward_block(j->chain, at, end - at < block ? end - at : block, origin, totals);
}

static int threads_for(const tg_chain *chain) {
    return chain->n < 2 * TG_GRAIN ? 1 : tg_tape_threads(chain->tape);
}

void tg_chain_forward(const tg_chain *chain) {
    job j = {.chain = chain, .grain = TG_GRAIN, .to = chain->n};
    tg_parallel(threads_for(chain), parts_of(&j), forward_part, &j);
}

/* Adds the totals of all parts, in order: the sum does not depend on the number of threads. */
static void flush(const tg_chain *c, char *totals, int64_t parts) {
    for (int i = 0; i < c->count; i++)
        for (int k = 0; k < c->links[i].node->nargs; k++) {
            const tg_operand *o = &c->links[i].x[k];
            if (!o->dx || o->full) continue;
            if (o->has ? !*o->has : o->fresh) memset(o->dx, 0, (size_t)o->size * c->size);
            tg_operand_written(o);
            for (int64_t p = 0; p < parts; p++)
                c->ops->flush(o->size, o->dx, totals + (size_t)p * c->total_size + o->total);
        }
}

bool tg_chain_backward(const tg_chain *chain) {
    return tg_chain_backward_range(chain, 0, chain->n);
}

bool tg_chain_backward_range(const tg_chain *chain, int64_t from, int64_t to) {
    job j = {.chain = chain, .grain = TG_GRAIN, .from = from, .to = to};
    int64_t parts = parts_of(&j);
    if (chain->total_size) {
        if (parts == 0 || (size_t)parts * chain->total_size > TG_TOTALS_LIMIT) {
            parts = 1;
            j.grain = to - from;
        }
        j.totals = tg_scratch(chain->links[0].node, (size_t)parts * chain->total_size);
        if (!j.totals) return false;
        memset(j.totals, 0, (size_t)parts * chain->total_size);
    }
    tg_parallel(threads_for(chain), parts, backward_part, &j);
    if (j.totals) flush(chain, j.totals, parts);
    for (int i = 0; i < chain->count; i++)
        for (int k = 0; k < chain->links[i].node->nargs; k++)
            if (chain->links[i].x[k].dx) tg_operand_written(&chain->links[i].x[k]);
    return true;
}

/* ---- one node ---- */

static bool is_small(const tg_node *node) {
    return node->direct && node->size <= TG_BLOCK;
}

/* Small and without broadcasting, the common case of scalars: one call of the kernel. */
static void small_eval(tg_node *node, tg_eval *e, const void **x, bool all) {
    e->n = tg_whole(node);
    e->offset = 0;
    e->nargs = node->nargs;
    e->x = x;
    e->y = all || node->op->saves & TG_SAVES_OUTPUT ? node->value : undeclared();
    e->fresh = 0;
    e->saved = node->saved;
    e->scratch = NULL;
    e->options = node->options;
    e->xshape = NULL;
    e->yshape = &node->shape;
    e->seed = node->tape->spec.seed;
    e->stream = node->tape->step << 24 ^ (uint64_t)node->id;
    e->training = !node->tape->spec.evaluation;
    e->threads = 1;
    for (int k = 0; k < node->nargs; k++)
        x[k] = all || node->op->saves & TG_SAVES_ARG(k) ? node->args[k]->value : undeclared();
}

static bool small_forward(tg_node *node) {
    const void *x[TG_MAX_ARGS];
    tg_eval e;
    small_eval(node, &e, x, true);
    e.dy = NULL;
    e.dx = NULL;
    if (e.n) node->kernel->forward(&e);
    return true;
}

static bool small_backward(tg_node *node) {
    const void *x[TG_MAX_ARGS];
    void *dx[TG_MAX_ARGS];
    tg_eval e;
    small_eval(node, &e, x, false);
    e.dy = node->grad;
    e.dx = dx;
    for (int k = 0; k < node->nargs; k++) {
        dx[k] = NULL;
        if (node->args[k]->requires_grad && !(dx[k] = tg_grad_target(node, k, &e))) return false;
    }
    if (e.n) node->kernel->backward(&e);
    return true;
}

static void chain_of_one(tg_chain *chain, tg_link *link, tg_operand *operands, tg_node *node) {
    tg_link_init(link, node, operands);
    tg_chain_init(chain, link, 1);
}

bool tg_elementwise_forward(tg_node *node) {
    if (is_small(node)) return small_forward(node);
    tg_operand operands[TG_MAX_ARGS];
    tg_link link;
    tg_chain chain;
    chain_of_one(&chain, &link, operands, node);
    tg_chain_forward(&chain);
    return true;
}

void tg_elementwise_branch(tg_node *node, int32_t *branch) {
    tg_operand operands[TG_MAX_ARGS];
    tg_link link;
    tg_chain chain;
    chain_of_one(&chain, &link, operands, node);
    chain.branch = branch;
    tg_chain_forward(&chain);
}

bool tg_elementwise_backward(tg_node *node) {
    if (is_small(node)) return small_backward(node);
    tg_operand operands[TG_MAX_ARGS];
    tg_link link;
    tg_chain chain;
    chain_of_one(&chain, &link, operands, node);
    chain.dy = node->grad;
    for (int k = 0; k < node->nargs; k++) {
        tg_node *arg = node->args[k];
        if (!arg->requires_grad) continue;
        if (!(operands[k].dx = tg_grad_buffer(arg))) return false;
        operands[k].fresh = !*tg_grad_flag(arg);
        *tg_grad_flag(arg) = true;
    }
    tg_chain_aim(&chain);
    return tg_chain_backward(&chain);
}
