#include "derivatives.h"

#include "../core/arena.h"
#include "../core/op.h"
#include "../core/shadow.h"
#include "probe.h"

#include <string.h>

/* A shadow of node's tape, its target, and the shadows of the wrt leaves. */
typedef struct view {
    tg_tape *tape;
    tg_node *target, **leaves;
    int n;
    int64_t size;
} view;

static bool is_real_leaf(const tg_node *leaf, const tg_tape *tape) {
    return !tg_target_fault(leaf) && tg_tape_of(leaf) == tape && !tg_op_of(leaf) &&
           tg_dtype_of(leaf) != TG_I32;
}

/* The leaves to differentiate by: those given, or all that require their gradient. leaves has room for all
 * nodes. */
static int choose(const tg_node *node, int n, tg_node *const *wrt, tg_node **leaves, tg_status *status) {
    const tg_tape *tape = tg_tape_of(node);
    int count = 0;
    if (tg_failed(tape)) {
        tg_status_fail(status, "derivative: the tape has failed: %s", tg_error(tape));
        return -1;
    }
    for (int i = 0; i < n; i++) {
        if (!is_real_leaf(wrt[i], tape)) {
            tg_status_fail(status, "derivative: wrt[%d] is not a real leaf of the node's tape", i);
            return -1;
        }
        leaves[count++] = wrt[i];
    }
    for (int i = 0; !n && i <= tg_id(node); i++) {
        tg_node *leaf = tg_tape_node(tape, i);
        if (!tg_op_of(leaf) && tg_requires_grad(leaf)) leaves[count++] = leaf;
    }
    if (!count)
        tg_status_fail(status, "derivative: no leaf of the tape requires its gradient; name the leaves");
    return count ? count : -1;
}

static tg_node **room_for(const tg_node *node, int n, tg_status *status) {
    const char *fault = tg_target_fault(node);
    tg_node **leaves = fault ? NULL : tg_alloc((size_t)(tg_tape_size(tg_tape_of(node)) + n) * sizeof *leaves);
    if (!leaves) tg_status_fail(status, "derivative: %s", fault ? fault : "out of memory");
    return leaves;
}

static bool open_view(view *s, const tg_node *node, int n, tg_node *const *wrt, tg_dtype dtype,
                      tg_status *status) {
    *s = (view){.leaves = room_for(node, n, status)};
    if (!s->leaves || (s->n = choose(node, n, wrt, s->leaves, status)) < 0) return false;
    s->tape = tg_shadow_with(
        tg_tape_of(node),
        (tg_shadow_spec){.dtype = dtype, .wanted = s->leaves, .nwanted = s->n, .only_wanted = true});
    if (!s->tape || tg_failed(s->tape))
        return tg_status_fail(status, "derivative: %s", s->tape ? tg_error(s->tape) : "out of memory");
    s->target = tg_tape_node(s->tape, tg_id(node));
    for (int i = 0; i < s->n; i++) {
        s->leaves[i] = tg_tape_node(s->tape, tg_id(s->leaves[i]));
        s->size += tg_size(s->leaves[i]);
    }
    return true;
}

static void close_view(view *s) {
    tg_release(s->leaves);
    tg_tape_free(s->tape);
}

int64_t tg_wrt_size(const tg_node *node, int n, tg_node *const *wrt, tg_status *status) {
    tg_node **leaves = room_for(node, n, status);
    int count = leaves ? choose(node, n, wrt, leaves, status) : -1;
    int64_t size = count < 0 ? -1 : 0;
    for (int i = 0; i < count; i++) size += tg_size(leaves[i]);
    tg_release(leaves);
    return size;
}

static void read_gradients(const view *s, double *to, double (*at)(const tg_node *, int64_t)) {
    for (int i = 0; i < s->n; i++)
        for (int64_t j = 0; j < tg_size(s->leaves[i]); j++)
            *to++ = tg_grad(s->leaves[i]) ? at(s->leaves[i], j) : 0;
}

bool tg_vjp(const tg_node *node, int n, tg_node *const *wrt, const double *v, double *vj, tg_status *status) {
    view s;
    bool ok = open_view(&s, node, n, wrt, TG_F64, status);
    if (ok && !tg_requires_grad(s.target)) {
        memset(vj, 0, (size_t)s.size * sizeof *vj); /* it depends on none of them */
    } else if (ok) {
        ok = tg_backward_from(s.target, v);
        if (ok)
            read_gradients(&s, vj, tg_grad_at);
        else
            tg_status_fail(status, "derivative: %s", tg_error(s.tape));
    }
    close_view(&s);
    return ok;
}

static bool must_be_scalar(const tg_node *node, const char *what, tg_status *status) {
    const char *fault = tg_target_fault(node);
    if (fault) return tg_status_fail(status, "%s: %s", what, fault);
    if (tg_size(node) == 1) return true;
    char shape[TG_SHAPE_TEXT];
    return tg_status_fail(status, "%s: of a scalar only; the node has shape %s", what,
                          tg_shape_text(tg_shape_of(node), shape, sizeof shape));
}

bool tg_gradient(const tg_node *node, int n, tg_node *const *wrt, double *gradient, tg_status *status) {
    return must_be_scalar(node, "gradient", status) && tg_vjp(node, n, wrt, NULL, gradient, status);
}

/* ---- dual numbers ---- */

struct tg_dual {
    view s;
};

tg_dual *tg_dual_new(const tg_node *node, int n, tg_node *const *wrt, tg_status *status) {
    tg_dual *dual = tg_alloc(sizeof *dual);
    if (!dual) {
        tg_status_fail(status, "derivative: out of memory");
        return NULL;
    }
    if (open_view(&dual->s, node, n, wrt, TG_DUAL, status)) return dual;
    tg_dual_free(dual);
    return NULL;
}

void tg_dual_free(tg_dual *dual) {
    if (!dual) return;
    close_view(&dual->s);
    tg_release(dual);
}

int64_t tg_dual_size(const tg_dual *dual) {
    return dual ? dual->s.size : -1;
}

/* Backward from the target with a cotangent that does not move itself. */
static bool backward(const view *s, const double *v) {
    const int64_t m = tg_size(s->target);
    double *pairs = tg_alloc((size_t)(m + 1) * 2 * sizeof *pairs);
    if (!pairs) return false;
    for (int64_t i = 0; i < m; i++) pairs[2 * i] = v ? v[i] : 1;
    tg_zero_grad(s->tape);
    bool ok = tg_backward_from(s->target, pairs);
    tg_release(pairs);
    return ok;
}

bool tg_dual_apply(tg_dual *dual, const double *u, double *ju, const double *v, double *hu,
                   tg_status *status) {
    if (!dual) return tg_status_fail(status, "derivative: no dual tape");
    const view *s = &dual->s;
    for (int i = 0; i < s->n; i++)
        for (int64_t j = 0; j < tg_size(s->leaves[i]); j++) tg_set_tangent(s->leaves[i], j, *u++);
    for (int i = 0; i <= tg_id(s->target); i++)
        if (!tg_forward_one(tg_tape_node(s->tape, i)))
            return tg_status_fail(status, "derivative: %s", tg_error(s->tape));
    for (int64_t i = 0; ju && i < tg_size(s->target); i++) ju[i] = tg_tangent_at(s->target, i);
    if (!hu) return true;
    if (!tg_requires_grad(s->target)) {
        memset(hu, 0, (size_t)s->size * sizeof *hu);
        return true;
    }
    if (!backward(s, v))
        return tg_status_fail(status, "derivative: %s",
                              tg_failed(s->tape) ? tg_error(s->tape) : "out of memory");
    read_gradients(s, hu, tg_grad_tangent_at);
    return true;
}

bool tg_jvp(const tg_node *node, int n, tg_node *const *wrt, const double *u, double *ju, tg_status *status) {
    tg_dual *dual = tg_dual_new(node, n, wrt, status);
    bool ok = dual && tg_dual_apply(dual, u, ju, NULL, NULL, status);
    tg_dual_free(dual);
    return ok;
}

bool tg_hvp(const tg_node *node, int n, tg_node *const *wrt, const double *u, double *hu, tg_status *status) {
    if (!must_be_scalar(node, "Hessian", status)) return false;
    tg_dual *dual = tg_dual_new(node, n, wrt, status);
    bool ok = dual && tg_dual_apply(dual, u, NULL, NULL, hu, status);
    tg_dual_free(dual);
    return ok;
}

bool tg_hessian(const tg_node *node, int n, tg_node *const *wrt, double *hessian, tg_status *status) {
    if (!must_be_scalar(node, "Hessian", status)) return false;
    tg_dual *dual = tg_dual_new(node, n, wrt, status);
    const int64_t size = tg_dual_size(dual);
    double *u = dual ? tg_alloc((size_t)(size + 1) * sizeof *u) : NULL;
    bool ok = u != NULL;
    if (dual && !u) tg_status_fail(status, "Hessian: out of memory");
    for (int64_t i = 0; ok && i < size; i++) {
        u[i] = 1;
        ok = tg_dual_apply(dual, u, NULL, NULL, hessian + i * size, status);
        u[i] = 0;
    }
    tg_release(u);
    tg_dual_free(dual);
    return ok;
}
