/* one_hot: rows of zeros with a one at the label */
#include "core/kernel.h"

#ifdef TG_PUBLIC
typedef struct tg_one_hot_options {
    int classes; /* the size of the new last axis; needed */
} tg_one_hot_options;
/* For each i32 label a row of `classes` numbers that are 0, and 1 at the label; a new last axis. A label
   outside 0..classes-1 gives a row of NaN. It has no gradient. */
tg_node *tg_one_hot(tg_node *labels, int classes);
#endif

static bool infer(tg_infer *in) {
    const tg_one_hot_options *o = in->options;
    if (o->classes < 1) return tg_infer_fail(in, "%d classes; at least 1 is needed", o->classes);
    if (in->x[0]->rank == TG_MAX_RANK)
        return tg_infer_fail(in, "the result would have rank %d; %d is the most", TG_MAX_RANK + 1,
                             TG_MAX_RANK);
    in->y = *in->x[0];
    in->y.dim[in->y.rank++] = o->classes;
    return true;
}

static void forward(tg_eval *e) {
    const tg_one_hot_options *o = e->options;
    const int32_t *label = e->x[0];
    real *y = e->y;
    for (int64_t i = 0; i < e->n / o->classes; i++, y += o->classes) {
        const bool known = label[i] >= 0 && label[i] < o->classes;
        for (int j = 0; j < o->classes; j++) y[j] = known ? (real)(label[i] == j) : (real)NAN;
    }
}

static const tg_one_hot_options three = {3}, one = {1};
static const tg_attr attrs[] = {
    {"classes", TG_ATTR_INT, offsetof(tg_one_hot_options, classes), 0, "the size of the new last axis"},
    {0},
};
static const tg_case cases[] = {
    {"labels", {{1, {4}}}, .classes = 3, .options = &three},
    {"one label", {{0}}, .classes = 3, .options = &three},
    {"matrix of labels", {{2, {2, 3}}}, .classes = 3, .options = &three},
    {"one class", {{1, {2}}}, .classes = 1, .options = &one},
    {"no labels", {{1, {0}}}, .classes = 3, .options = &three},
    {0},
};

TG_KERNELS(one_hot) = {forward, NULL, NULL};
TG_OP(one_hot) = {
    TG_OP_COMMON(one_hot),
    .arity = 1,
    .infer = infer,
    .int_args = 1,
    .options_size = sizeof(tg_one_hot_options),
    .attrs = attrs,
    .brief = "a row of zeros with a one at each label",
    .math = "(j == index)",
    .args = {"index"},
    .cases = cases,
};

#ifdef TG_PRIMARY
tg_node *tg_one_hot_at(tg_where where, tg_node *labels, int classes) {
    return tg_apply_at(where, &tg_op_one_hot, &(tg_one_hot_options){classes}, 1, &labels);
}
#endif
