/* elementwise.c: runs an elementwise op over its elements. The op's kernel sees contiguous blocks of equal
   length; broadcasting, its backward sums, blocks and threads are settled here, once for all such ops. */
#include "block.h"
#include "internal.h"
#include "threads.h"

#include <string.h>

void tg_walk_init(tg_walk *walk, const tg_shape *arg, const tg_shape *result) {
    int64_t stride = 1, strides[TG_MAX_RANK];
    for (int i = result->rank; i-- > 0;) {
        int j = i - (result->rank - arg->rank);
        bool spread = j < 0 || (arg->dim[j] == 1 && result->dim[i] != 1);
        strides[i] = spread ? 0 : stride;
        if (!spread) stride *= arg->dim[j];
    }
    walk->rank = 0;
    for (int i = 0; i < result->rank; i++) {
        if (result->dim[i] == 1) continue;
        int last = walk->rank - 1;
        /* Two axes that are walked in one stride are one axis. */
        if (last >= 0 && walk->stride[last] == strides[i] * result->dim[i]) {
            walk->dim[last] *= result->dim[i];
            walk->stride[last] = strides[i];
        } else {
            walk->dim[walk->rank] = result->dim[i];
            walk->stride[walk->rank++] = strides[i];
        }
    }
    if (walk->rank == 0 || walk->stride[walk->rank - 1] > 1) { /* a row of one element */
        walk->dim[walk->rank] = 1;
        walk->stride[walk->rank++] = 1;
    }
}

/* One argument of a call. */
typedef struct operand {
    const char *x; /* the argument's value */
    char *dx;      /* its gradient; NULL where none is wanted */
    char *total;   /* where the gradient of a broadcast argument is summed */
    bool full;     /* as many elements as the result: no broadcasting */
    bool fresh;    /* dx holds nothing yet: zero each block before it is added to */
    tg_walk walk;
} operand;

typedef struct job {
    tg_node *node;
    tg_eval *e;
    operand *operands;
    size_t size; /* bytes of an element */
    const tg_block_ops *ops;
    int32_t *branch;
    int64_t grain; /* elements per part */
} job;

/* Kernels compute whole vectors: the elements up to the next multiple of 16 are padding. */
static int64_t whole(const job *j, int64_t n) {
    return j->node->dtype == TG_DUAL ? n : (n + 15) & ~(int64_t)15;
}

static void point_at(const job *j, tg_eval *e, const void **x, int64_t start, int64_t n, char *buffers) {
    e->n = whole(j, n);
    e->offset = start;
    e->x = x;
    for (int k = 0; k < e->nargs; k++) {
        const operand *o = &j->operands[k];
        char *buffer = buffers + (size_t)k * TG_BLOCK * j->size;
        if (!o->full) j->ops->gather(&o->walk, o->x, start, n, buffer);
        x[k] = o->full ? o->x + (size_t)start * j->size : buffer;
    }
}

#define BUFFERS(name) _Alignas(TG_ALIGN) char name[TG_MAX_ARGS * TG_BLOCK * 16]

static void forward_block(const job *j, int64_t start, int64_t n) {
    BUFFERS(buffers);
    const void *x[TG_MAX_ARGS];
    tg_eval e = *j->e;
    point_at(j, &e, x, start, n, buffers);
    if (j->branch) {
        int32_t branch[TG_BLOCK];
        j->node->kernel->branch(&e, branch);
        memcpy(j->branch + start, branch, (size_t)n * sizeof *branch);
        return;
    }
    e.y = (char *)e.y + (size_t)start * j->size;
    j->node->kernel->forward(&e);
}

static void backward_block(const job *j, int64_t start, int64_t n) {
    BUFFERS(buffers);
    BUFFERS(sums);
    const void *x[TG_MAX_ARGS];
    void *dx[TG_MAX_ARGS];
    tg_eval e = *j->e;
    point_at(j, &e, x, start, n, buffers);
    e.y = (char *)e.y + (size_t)start * j->size;
    e.dy = (const char *)e.dy + (size_t)start * j->size;
    e.dx = dx;
    for (int k = 0; k < e.nargs; k++) {
        const operand *o = &j->operands[k];
        dx[k] = NULL;
        if (!o->dx) continue;
        dx[k] = o->full ? o->dx + (size_t)start * j->size : sums + (size_t)k * TG_BLOCK * j->size;
        if (!o->full || o->fresh) memset(dx[k], 0, (size_t)e.n * j->size);
    }
    j->node->kernel->backward(&e);
    for (int k = 0; k < e.nargs; k++)
        if (dx[k] && !j->operands[k].full)
            j->ops->scatter(&j->operands[k].walk, j->operands[k].total, start, n, dx[k]);
}

static void forward_part(void *context, int64_t part) {
    const job *j = context;
    int64_t start = part * j->grain, end = start + j->grain;
    if (end > j->e->n) end = j->e->n;
    for (; start < end; start += TG_BLOCK)
        forward_block(j, start, end - start < TG_BLOCK ? end - start : TG_BLOCK);
}

static void backward_part(void *context, int64_t part) {
    const job *j = context;
    int64_t start = part * j->grain, end = start + j->grain;
    if (end > j->e->n) end = j->e->n;
    for (; start < end; start += TG_BLOCK)
        backward_block(j, start, end - start < TG_BLOCK ? end - start : TG_BLOCK);
}

#define GRAIN 32768

static void job_init(job *j, tg_node *node, tg_eval *e, operand *operands) {
    *j = (job){.node = node, .e = e, .operands = operands, .size = tg_dtype_size(node->dtype),
               .ops = tg_block_ops_of(node->dtype), .grain = GRAIN};
    for (int k = 0; k < node->nargs; k++) {
        operand *o = &operands[k];
        o->x = e->x[k];
        o->dx = o->total = NULL;
        o->full = node->args[k]->size == node->size;
        if (!o->full) tg_walk_init(&o->walk, &node->args[k]->shape, &node->shape);
    }
}

static void run(job *j, void (*part)(void *, int64_t)) {
    int threads = j->e->threads;
    j->e->threads = 1;
    tg_parallel(threads, (j->e->n + j->grain - 1) / j->grain, part, j);
}

bool tg_elementwise_forward(tg_node *node, tg_eval *e) {
    if (node->direct && node->size <= TG_BLOCK) {
        e->n = node->dtype == TG_DUAL ? node->size : (node->size + 15) & ~(int64_t)15;
        if (e->n) node->kernel->forward(e);
        return true;
    }
    operand operands[TG_MAX_ARGS];
    job j;
    job_init(&j, node, e, operands);
    run(&j, forward_part);
    return true;
}

void tg_elementwise_branch(tg_node *node, tg_eval *e, int32_t *branch) {
    operand operands[TG_MAX_ARGS];
    job j;
    job_init(&j, node, e, operands);
    j.branch = branch;
    e->threads = 1;
    run(&j, forward_part);
}

/* Finds out where each argument's gradient goes. */
static bool aim(job *j, size_t *total_size) {
    tg_node *node = j->node;
    *total_size = 0;
    for (int k = 0; k < node->nargs; k++) {
        tg_node *arg = node->args[k];
        operand *o = &j->operands[k];
        if (!arg->requires_grad) continue;
        if (!o->full) {
            if (!tg_grad_ready(arg)) return false;
            *total_size += tg_padded(arg->size, j->ops->accum_size);
        } else if (!tg_grad_buffer(arg)) {
            return false;
        }
        bool *has = tg_grad_flag(arg);
        o->dx = arg->grad;
        o->fresh = !*has;
        *has = true;
    }
    return true;
}

static bool give_totals(job *j, size_t size) {
    if (!size) return true;
    char *total = tg_scratch(j->node->tape, size);
    if (!total) return false;
    memset(total, 0, size);
    for (int k = 0; k < j->node->nargs; k++) {
        operand *o = &j->operands[k];
        if (!o->dx || o->full) continue;
        o->total = total;
        total += tg_padded(j->node->args[k]->size, j->ops->accum_size);
    }
    /* The order of a sum must not depend on the number of threads. */
    j->e->threads = 1;
    return true;
}

bool tg_elementwise_backward(tg_node *node, tg_eval *e) {
    operand operands[TG_MAX_ARGS];
    job j;
    size_t total_size;
    job_init(&j, node, e, operands);
    if (!aim(&j, &total_size) || !give_totals(&j, total_size)) return false;
    run(&j, backward_part);
    for (int k = 0; k < node->nargs; k++)
        if (operands[k].total) j.ops->flush(node->args[k]->size, operands[k].dx, operands[k].total);
    return true;
}
