#include "local.h"

#include "../core/arena.h"
#include "../core/shadow.h"

#include <math.h>
#include <string.h>

static tg_node *copy_argument(tg_tape *tape, const tg_node *arg, bool grad) {
    const tg_shape *shape = tg_shape_of(arg);
    bool is_int = tg_dtype_of(arg) == TG_I32;
    tg_node *leaf = tg_input_at(tg_where_of(arg), tape, NULL, is_int ? TG_I32 : tg_tape_dtype(tape),
                                shape->rank, shape->dim);
    if (!leaf) return NULL;
    if (tg_dtype_of(arg) == TG_F64) {
        if (!tg_set_f64(leaf, tg_value(arg))) return NULL;
    } else if (is_int && !tg_set(leaf, tg_value(arg))) {
        return NULL;
    }
    if (grad) tg_require_grad(leaf, true);
    return leaf;
}

static int same_as(const tg_node *node, int k) {
    for (int j = 0; j < k; j++)
        if (tg_arg(node, j) == tg_arg(node, k)) return j;
    return -1;
}

bool tg_local_open(tg_local *l, const tg_node *node, tg_dtype dtype, const bool *wanted) {
    const int nargs = tg_arg_count(node);
    const tg_tape *source = tg_tape_of(node);
    *l = (tg_local){
        .op = *tg_op_of(node),
        .tape = tg_tape_new_spec((tg_tape_spec){
            .dtype = dtype, .seed = 1, .evaluation = !tg_training(source), .threads = 1, .no_plan = true})};
    l->op.saves = TG_SAVES_ARGS | TG_SAVES_OUTPUT;
    l->leaves = tg_alloc((size_t)nargs * sizeof *l->leaves);
    l->argument = tg_alloc((size_t)nargs * sizeof *l->argument);
    tg_node **args = tg_alloc((size_t)nargs * sizeof *args);
    bool ok = l->tape && l->leaves && l->argument && args;
    for (int k = 0; ok && k < nargs; k++) {
        int twin = same_as(node, k);
        bool real = tg_dtype_of(tg_arg(node, k)) != TG_I32;
        args[k] =
            twin >= 0 ? args[twin] : copy_argument(l->tape, tg_arg(node, k), real && (!wanted || wanted[k]));
        ok = args[k] != NULL;
        if (!ok || twin >= 0 || !real) continue;
        l->leaves[l->nleaves] = args[k];
        l->argument[l->nleaves++] = k;
        l->size += tg_size(args[k]);
    }
    if (ok) l->y = tg_apply_at(tg_where_of(node), &l->op, tg_options_of(node), nargs, args);
    tg_release(args);
    return l->y != NULL;
}

void tg_local_close(tg_local *l) {
    tg_release(l->leaves);
    tg_release(l->argument);
    tg_tape_free(l->tape);
    *l = (tg_local){0};
}

bool tg_local_starved(const tg_local *l) {
    if (!l->tape || !l->leaves || !l->argument) return true;
    return tg_failed(l->tape) ? strstr(tg_error(l->tape), "out of memory") != NULL : !l->y;
}

bool tg_local_pull(tg_node *y, const double *cotangent) {
    const int64_t n = tg_size(y);
    if (tg_dtype_of(y) == TG_F64) return tg_backward_from(y, cotangent);
    double *room = tg_alloc((size_t)(n + 1) * 2 * sizeof *room); /* of pairs, or of half as many bytes */
    if (!room) return false;
    for (int64_t i = 0; i < n; i++)
        if (tg_dtype_of(y) == TG_DUAL)
            room[2 * i] = cotangent[i];
        else
            ((float *)room)[i] = (float)cotangent[i];
    bool ok = tg_backward_from(y, room);
    tg_release(room);
    return ok;
}

bool tg_local_backward(tg_local *l, const double *cotangent, bool on_top, double *gradient) {
    if (!on_top) tg_zero_grad(l->tape);
    if (!tg_local_pull(l->y, cotangent)) return false;
    for (int j = 0; j < l->nleaves; j++)
        for (int64_t i = 0; i < tg_size(l->leaves[j]); i++)
            *gradient++ = tg_grad(l->leaves[j]) ? tg_grad_at(l->leaves[j], i) : 0;
    return true;
}

bool tg_local_forward(tg_local *l, const double *u, double *ju) {
    for (int j = 0; j < l->nleaves; j++)
        for (int64_t i = 0; i < tg_size(l->leaves[j]); i++)
            if (!tg_set_tangent(l->leaves[j], i, *u++)) return false;
    if (!tg_forward_one(l->y)) return false;
    for (int64_t i = 0; i < tg_size(l->y); i++) ju[i] = tg_tangent_at(l->y, i);
    return true;
}
