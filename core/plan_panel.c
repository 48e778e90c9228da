/* plan_panel.c: a large gradient that one product hands to a chain, and the chain to another product, need not
   be there at once. The three steps are run for one panel of rows after the other: the gradient of a hidden
   layer then takes the memory of a panel, which stays in the cache. Sums over rows are those of the whole,
   bit for bit: a panel ends where a block of the products' sums ends, and a part of the chain's. */
#include "plan_internal.h"

#define PANEL_BYTES (1u << 20) /* of a panel, at least: it should fit a level-2 cache */
#define PANELS      2          /* fewer are not worth it */

static bool by_rows(const tg_node *node) {
    if (!node->op || !node->op->by_rows || !node->op->by_rows(node->options) || node->saved) return false;
    for (int k = 0; k < node->nargs; k++) {
        const tg_node *arg = node->args[k];
        if (arg->shape.rank != 2 || arg->shape.dim[0] < 2 || arg->shape.dim[1] < 2) return false;
        if (k > 0 && (arg == node->args[0] || (arg->grad && arg->grad == node->args[0]->grad))) return false;
    }
    return node->shape.rank == 2 && node->shape.dim[1] > 1;
}

static bool is_inner(const tg_node *node) {
    return node->op && node->requires_grad && !node->retain_grad;
}

/* The argument of the chain's first link whose gradient takes the place of the chain's: a product's value,
   which nothing else reads. */
static tg_node *source_of(const tg_plan *plan, const struct tg_members *chain, const bool *written) {
    const tg_node *first = plan->tape->nodes[chain->node[0]];
    for (int k = 0; k < first->nargs; k++) {
        tg_node *arg = first->args[k];
        if (is_inner(arg) && !written[arg->id] && arg->size == first->size)
            return by_rows(arg) && plan->uses[arg->id] == 1 ? arg : NULL;
    }
    return NULL;
}

/* Whether the chain's other gradients come out the same when it is run range by range. */
static bool divides(const tg_plan *plan, const struct tg_members *chain, const tg_node *source) {
    size_t totals = 0;
    for (int i = 0; i < chain->count; i++) {
        const tg_node *node = plan->tape->nodes[chain->node[i]];
        if (!node->requires_grad) return false;
        for (int k = 0; k < node->nargs; k++) {
            const tg_node *arg = node->args[k];
            if (!arg->requires_grad || arg == source || (i > 0 && arg->id == chain->node[i - 1])) continue;
            if (arg->op || arg->size == node->size) return false;
            totals += tg_padded(arg->size, sizeof(double));
        }
    }
    return (size_t)(source->size / TG_GRAIN + 1) * totals <= TG_TOTALS_LIMIT;
}

/* Whether the steps of last, the chain and source follow each other. */
static bool in_succession(const tg_plan *plan, const tg_node *last, int c, const tg_node *source,
                          const bool *active) {
    for (int i = source->id + 1; i < last->id; i++)
        if (active[i] && plan->tape->nodes[i]->op && plan->chain_of[i] != c) return false;
    return true;
}

/* Rows of a panel of x: as few as blocks of sums and parts allow. */
static int64_t rows_of(const tg_node *x) {
    const int64_t block = tg_block_ops_of(x->dtype)->sum_depth, columns = x->shape.dim[1];
    int64_t rows = block;
    if (!block) return 0;
    while (rows * columns % TG_GRAIN) rows *= 2; /* the grain is a power of 2 */
    const int64_t bytes = rows * columns * (int64_t)tg_dtype_size(x->dtype);
    return rows * ((PANEL_BYTES + bytes - 1) / bytes);
}

int64_t tg_plan_panel(const tg_plan *plan, const tg_node *last, const bool *active, const bool *written) {
    if (!by_rows(last)) return 0;
    const tg_node *x = last->args[0];
    const int c = x->op ? plan->chain_of[x->id] : -1;
    if (c < 0 || !is_inner(x) || written[x->id] || plan->uses[x->id] != 1) return 0;
    const struct tg_members *chain = &plan->chains[c];
    if (chain->node[chain->count - 1] != x->id) return 0;
    const tg_node *source = source_of(plan, chain, written);
    if (!source || !divides(plan, chain, source) || !in_succession(plan, last, c, source, active)) return 0;
    const int64_t rows = rows_of(x), all = x->shape.dim[0], last_rows = rows ? all % rows : 0;
    const bool even = !last_rows || last_rows >= TG_PRODUCT_ROWS;
    return rows && all >= PANELS * rows && even ? rows : 0;
}

/* ---- running ---- */

typedef struct range {
    int64_t from, rows;
} range;

/* The tensor's rows from `from` on. */
static void *rows_from(const void *tensor, const tg_shape *shape, int64_t from, size_t size) {
    return (char *)(uintptr_t)tensor + (size_t)(from * shape->dim[1]) * size;
}

/* One product's backward for a range of rows. The gradient that is in the panel's memory, dx[0] of the first
   product and dy of the last, begins with the range. */
static bool run_node(tg_plan_step *step, range r, unsigned fresh, bool dy_in_panel) {
    const tg_node *node = step->node;
    const size_t size = tg_dtype_size(node->dtype);
    const void *x[TG_MAX_ARGS];
    const tg_shape *shapes[TG_MAX_ARGS];
    void *dx[TG_MAX_ARGS];
    tg_shape of_x = node->args[0]->shape, of_y = node->shape;
    tg_eval e = step->e;
    for (int k = 0; k < node->nargs; k++) {
        x[k] = e.x[k];
        shapes[k] = e.xshape[k];
        dx[k] = step->dx[k];
    }
    x[0] = rows_from(x[0], &of_x, r.from, size);
    if (dy_in_panel && dx[0]) dx[0] = rows_from(dx[0], &of_x, r.from, size);
    if (!dy_in_panel) e.dy = rows_from(e.dy, &of_y, r.from, size);
    if (e.y) e.y = rows_from(e.y, &of_y, r.from, size);
    of_x.dim[0] = of_y.dim[0] = r.rows;
    shapes[0] = &of_x;
    e.n = r.rows * of_y.dim[1];
    e.x = x;
    e.xshape = shapes;
    e.yshape = &of_y;
    e.dx = dx;
    e.fresh = r.from ? fresh & 1 : fresh; /* what all rows add to is written once, for the first */
    if (node->scratch && !(e.scratch = tg_scratch(node, node->scratch))) return false;
    step->run(&e);
    return true;
}

bool tg_plan_run_panels(tg_plan_step *steps) {
    const tg_shape *shape = &steps[0].node->args[0]->shape;
    const int64_t all = shape->dim[0], columns = shape->dim[1];
    tg_plan_aim(&steps[0]);
    tg_plan_aim(&steps[2]);
    const unsigned first = steps[0].e.fresh, second = steps[2].e.fresh;
    for (range r = {0, steps[0].panel}; r.from < all; r.from += r.rows) {
        if (all - r.from < r.rows) r.rows = all - r.from;
        if (!run_node(&steps[0], r, first, false)) return false;
        if (!tg_chain_backward_range(steps[1].chain, r.from * columns, (r.from + r.rows) * columns))
            return false;
        if (!run_node(&steps[2], r, second, true)) return false;
    }
    return true;
}
