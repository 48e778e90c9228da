#include "shadow.h"
#include "internal.h"

#include <math.h>
#include <string.h>

#define EPS 1e-100 /* TG_EPS of real.h: the imaginary part that stands for a tangent of 1 */

static bool wants_grad(const tg_node *leaf, const tg_shadow_spec *spec) {
    for (int i = 0; i < spec->nwanted; i++)
        if (spec->wanted[i] == leaf) return true;
    return leaf->requires_grad && !spec->only_wanted;
}

static tg_node *copy_leaf(tg_tape *shadow, const tg_node *node, const tg_shadow_spec *spec) {
    bool is_real = node->dtype != TG_I32;
    tg_node *copy = tg_input_at(node->where, shadow, node->name, is_real ? shadow->spec.dtype : TG_I32,
                                node->shape.rank, node->shape.dim);
    if (!copy) return NULL;
    if (is_real)
        for (int64_t i = 0; i < node->size; i++) {
            double value = tg_value_at(node, i);
            switch (shadow->spec.dtype) {
            case TG_F32:
                ((float *)copy->value)[i] = (float)value;
                break;
            case TG_F64:
                ((double *)copy->value)[i] = value;
                break;
            default:
                ((double *)copy->value)[2 * i] = value;
            }
        }
    else
        memcpy(copy->value, node->value, (size_t)node->size * sizeof(int32_t));
    if (is_real && wants_grad(node, spec)) tg_require_grad(copy, true);
    return copy;
}

static bool copy_nodes(tg_tape *shadow, const tg_tape *source, const tg_shadow_spec *spec, tg_node **few,
                       tg_node **wide) {
    for (int i = 0; i < source->count; i++) {
        const tg_node *node = source->nodes[i];
        if (!node->op) {
            if (!copy_leaf(shadow, node, spec)) return false;
        } else {
            tg_node **args = node->nargs <= TG_MAX_ARGS ? few : wide;
            for (int k = 0; k < node->nargs; k++) args[k] = shadow->nodes[node->args[k]->id];
            tg_node *copy = tg_apply_at(node->where, node->op, node->options, node->nargs, args);
            if (!copy) return false;
            tg_name(copy, node->name);
        }
        shadow->nodes[i]->scope = NULL;
    }
    return true;
}

tg_tape *tg_shadow(const tg_tape *source, tg_dtype dtype) {
    return tg_shadow_with(source, (tg_shadow_spec){.dtype = dtype});
}

tg_tape *tg_shadow_with(const tg_tape *source, tg_shadow_spec choice) {
    if (!source) return NULL;
    tg_tape_spec spec = source->spec;
    spec.dtype = choice.dtype;
    spec.lazy = false;
    spec.inference = false;
    spec.no_plan = !choice.plan;
    if (choice.threads) spec.threads = choice.threads;
    tg_tape *shadow = tg_tape_new_spec(spec);
    if (!shadow) return NULL;
    shadow->step = source->step;
    int widest = 1;
    for (int i = 0; i < source->count; i++)
        if (source->nodes[i]->nargs > widest) widest = source->nodes[i]->nargs;
    tg_node *few[TG_MAX_ARGS], **wide = tg_alloc((size_t)widest * sizeof *wide);
    if (!wide)
        tg_fail(shadow, (tg_where){0}, "shadow: out of memory");
    else
        copy_nodes(shadow, source, &choice, few, wide);
    tg_release(wide);
    return shadow;
}

static bool is_dual(const tg_node *node, int64_t i) {
    return node && node->dtype == TG_DUAL && i >= 0 && i < node->size;
}

bool tg_set_tangent(tg_node *leaf, int64_t i, double tangent) {
    if (!is_dual(leaf, i) || leaf->op) return false;
    ((double *)leaf->value)[2 * i + 1] = tangent * EPS;
    return true;
}

double tg_tangent_at(const tg_node *node, int64_t i) {
    return is_dual(node, i) && node->value ? ((double *)node->value)[2 * i + 1] / EPS : NAN;
}

double tg_grad_tangent_at(const tg_node *node, int64_t i) {
    return is_dual(node, i) && tg_grad(node) ? ((const double *)node->grad)[2 * i + 1] / EPS : NAN;
}
