/* tape.c: tapes and their memory, errors, and reading nodes. */
#include "internal.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

tg_tape *tg_tape_new_spec(tg_tape_spec spec) {
    if (spec.dtype != TG_F32 && spec.dtype != TG_F64 && spec.dtype != TG_DUAL) return NULL;
    const char *plan = getenv("TAPEGRAD_PLAN");
    if (plan && strcmp(plan, "0") == 0) spec.no_plan = true;
    tg_tape *tape = tg_alloc(sizeof *tape);
    if (tape) tape->spec = spec;
    return tape;
}

tg_tape *tg_tape_new(tg_dtype dtype) {
    return tg_tape_new_spec((tg_tape_spec){.dtype = dtype});
}

void tg_tape_free(tg_tape *tape) {
    if (!tape) return;
    tg_plan_drop(tape);
    tg_arena_free(&tape->arena);
    tg_release(tape->nodes);
    tg_tensor_free(tape->scratch);
    tg_release(tape);
}

void tg_tape_clear(tg_tape *tape) {
    if (!tape) return;
    tg_tape_rewind(tape, (tg_mark){0});
    tape->scope = NULL;
    tape->scope_depth = tape->scope_lost = 0;
    tg_error_clear(tape);
}

tg_mark tg_tape_mark(const tg_tape *tape) {
    if (!tape) return (tg_mark){0};
    return (tg_mark){tape->count, tape->arena.current, tape->arena.used};
}

/* What was given to a node after the mark is gone with the memory behind it. A parameter's own stays. */
static void forget_rewound(tg_node *node) {
    const tg_arena *arena = &node->tape->arena;
    if (node->param) return;
    if (node->op && node->tape->spec.lazy) node->value = NULL;
    if (!tg_arena_holds(arena, node->grad)) {
        node->grad = NULL;
        node->has_grad = false;
    }
    if (!tg_arena_holds(arena, node->name)) node->name = NULL;
}

/* Whether all that the kept nodes were recorded with stands before the mark: what the last one ends with. */
static bool fits(const tg_tape *tape, tg_mark mark) {
    tg_arena before = tape->arena;
    if (mark.nodes < 0 || mark.nodes > tape->count || mark.chunk < 0) return false;
    if (mark.chunk >= before.count) return mark.chunk == 0 && mark.used == 0 && mark.nodes == 0;
    if (mark.used > before.chunks[mark.chunk].size) return false;
    if (mark.nodes == 0) return true;
    before.current = mark.chunk;
    before.used = mark.used;
    const tg_node *last = tape->nodes[mark.nodes - 1];
    const bool owns = !last->param && !(last->op && (last->op->view || tape->spec.lazy));
    size_t bytes = tg_padded(last->size, tg_dtype_size(last->dtype));
    return tg_arena_holds(&before, owns ? (char *)last->value + bytes - 1 : (const char *)last);
}

void tg_tape_rewind(tg_tape *tape, tg_mark mark) {
    if (!tape) return;
    if (!fits(tape, mark)) {
        tg_fail(
            tape, (tg_where){0},
            "rewind: not a mark of this tape as it is now, but of another or from before a clear or rewind");
        return;
    }
    tg_plan_drop(tape);
    tape->count = mark.nodes;
    tape->arena.current = mark.chunk;
    tape->arena.used = mark.used;
    for (int i = 0; i < tape->count; i++) forget_rewound(tape->nodes[i]);
    while (tape->scope && !tg_arena_holds(&tape->arena, tape->scope))
        tape->scope = tape->outer_scope[--tape->scope_depth];
}

/* ---- errors ---- */

void tg_fail(tg_tape *tape, tg_where where, const char *format, ...) {
    if (!tape || tape->failed) return;
    va_list va;
    va_start(va, format);
    int n = vsnprintf(tape->error, sizeof tape->error, format, va);
    va_end(va);
    if (where.file && n >= 0 && (size_t)n < sizeof tape->error)
        snprintf(tape->error + n, sizeof tape->error - (size_t)n, " (%s:%d)", where.file, where.line);
    tape->failed = true;
    if (tape->handler) tape->handler(tape->handler_context, tape->error);
}

bool tg_failed(const tg_tape *tape) {
    return !tape || tape->failed;
}

const char *tg_error(const tg_tape *tape) {
    if (!tape) return "no tape: memory is out, or the dtype is neither f32 nor f64";
    return tape->failed ? tape->error : "";
}

void tg_error_clear(tg_tape *tape) {
    if (tape) tape->failed = false;
}

void tg_on_error(tg_tape *tape, tg_error_handler handler, void *context) {
    if (!tape) return;
    tape->handler = handler;
    tape->handler_context = context;
}

/* ---- settings ---- */

tg_dtype tg_tape_dtype(const tg_tape *tape) {
    return tape ? tape->spec.dtype : TG_F32;
}
int tg_tape_size(const tg_tape *tape) {
    return tape ? tape->count : 0;
}

tg_node *tg_tape_node(const tg_tape *tape, int id) {
    return tape && id >= 0 && id < tape->count ? tape->nodes[id] : NULL;
}

tg_node *tg_find(const tg_tape *tape, const char *name) {
    if (!tape || !name) return NULL;
    for (int i = tape->count; i-- > 0;)
        if (tape->nodes[i]->name && strcmp(tape->nodes[i]->name, name) == 0) return tape->nodes[i];
    return NULL;
}

void tg_set_training(tg_tape *tape, bool training) {
    if (tape) tape->spec.evaluation = !training;
}
bool tg_training(const tg_tape *tape) {
    return tape && !tape->spec.evaluation;
}

void tg_set_seed(tg_tape *tape, uint64_t seed) {
    if (tape) tape->spec.seed = seed;
}
uint64_t tg_seed(const tg_tape *tape) {
    return tape ? tape->spec.seed : 0;
}
void tg_set_step(tg_tape *tape, uint64_t step) {
    if (tape) tape->step = step;
}
uint64_t tg_step(const tg_tape *tape) {
    return tape ? tape->step : 0;
}

int tg_tape_threads(const tg_tape *tape) {
    return tape->spec.threads > 0 ? tape->spec.threads : tg_threads();
}

void tg_scope_push(tg_tape *tape, const char *name) {
    if (!tape || !name) return;
    size_t outer = tape->scope ? strlen(tape->scope) + 1 : 0, size = strlen(name) + 1;
    char *scope = tape->scope_lost || tape->scope_depth == TG_MAX_SCOPES
                      ? NULL
                      : tg_arena_alloc(&tape->arena, outer + size, 8);
    if (!scope) {
        tape->scope_lost++;
        tg_fail(tape, (tg_where){0}, "scope_push: %s: scopes are nested more than %d deep, or memory is out",
                name, TG_MAX_SCOPES);
        return;
    }
    if (outer) {
        memcpy(scope, tape->scope, outer - 1);
        scope[outer - 1] = '/';
    }
    memcpy(scope + outer, name, size);
    tape->outer_scope[tape->scope_depth++] = tape->scope;
    tape->scope = scope;
}

void tg_scope_pop(tg_tape *tape) {
    if (!tape) return;
    if (tape->scope_lost > 0)
        tape->scope_lost--;
    else if (tape->scope)
        tape->scope = tape->outer_scope[--tape->scope_depth];
}

/* ---- memory for backward ---- */

bool *tg_grad_flag(tg_node *node) {
    if (node->param) node->param->grad_finite = false;
    return node->param ? &node->param->has_grad : &node->has_grad;
}

void *tg_grad_buffer(tg_node *node) {
    if (!node->grad) {
        node->grad =
            tg_arena_alloc(&node->tape->arena, tg_padded(node->size, tg_dtype_size(node->dtype)), TG_ALIGN);
        if (!node->grad) {
            char text[TG_SHAPE_TEXT];
            tg_fail(node->tape, node->where, "backward: out of memory for the gradient of %s, of shape %s",
                    node->op ? node->op->name : "an input", tg_shape_text(&node->shape, text, sizeof text));
        }
    }
    return node->grad;
}

void *tg_scratch(const tg_node *node, size_t size) {
    tg_tape *tape = node->tape;
    if (tape->scratch_size < size) {
        if (size < tape->scratch_wanted) size = tape->scratch_wanted;
        void *scratch = tg_tensor_alloc((int64_t)size, 1);
        if (!scratch) return tg_op_no_memory(node, size, "of working memory");
        tg_tensor_free(tape->scratch);
        tape->scratch = scratch;
        tape->scratch_size = size;
    }
    return tape->scratch;
}

/* ---- reading nodes ---- */

const tg_shape *tg_shape_of(const tg_node *node) {
    return node ? &node->shape : NULL;
}
tg_dtype tg_dtype_of(const tg_node *node) {
    return node ? node->dtype : TG_F32;
}
int64_t tg_size(const tg_node *node) {
    return node ? node->size : 0;
}
tg_tape *tg_tape_of(const tg_node *node) {
    return node ? node->tape : NULL;
}
int tg_id(const tg_node *node) {
    return node ? node->id : -1;
}
const char *tg_name_of(const tg_node *node) {
    return node && node->name ? node->name : "";
}
const char *tg_scope_of(const tg_node *node) {
    return node && node->scope ? node->scope : "";
}
tg_where tg_where_of(const tg_node *node) {
    return node ? node->where : (tg_where){0};
}
void *tg_value(const tg_node *node) {
    if (!node || (node->stale && !tg_refresh((tg_node *)(uintptr_t)node))) return NULL;
    return node->value;
}
const tg_op *tg_op_of(const tg_node *node) {
    return node ? node->op : NULL;
}
int tg_arg_count(const tg_node *node) {
    return node ? node->nargs : 0;
}
tg_node *tg_arg(const tg_node *node, int k) {
    return node && k >= 0 && k < node->nargs ? node->args[k] : NULL;
}
const void *tg_options_of(const tg_node *node) {
    return node ? node->options : NULL;
}
bool tg_requires_grad(const tg_node *node) {
    return node && node->requires_grad;
}
tg_param *tg_param_of(const tg_node *node) {
    return node ? node->param : NULL;
}
bool tg_is_constant(const tg_node *node) {
    return node && node->kind == TG_KIND_CONSTANT;
}

static double element(const void *data, tg_dtype dtype, int64_t i) {
    switch (dtype) {
    case TG_F32:
        return (double)((const float *)data)[i];
    case TG_F64:
        return ((const double *)data)[i];
    case TG_DUAL:
        return ((const double *)data)[2 * i];
    case TG_I32:
        return ((const int32_t *)data)[i];
    default:
        return NAN;
    }
}

double tg_value_at(const tg_node *node, int64_t i) {
    if (!node || i < 0 || i >= node->size || !tg_value(node)) return NAN;
    return element(node->value, node->dtype, i);
}

double tg_item(const tg_node *node) {
    return node && node->size == 1 ? tg_value_at(node, 0) : NAN;
}

const void *tg_grad(const tg_node *node) {
    if (!node) return NULL;
    return (node->param ? node->param->has_grad : node->has_grad) ? node->grad : NULL;
}

double tg_grad_at(const tg_node *node, int64_t i) {
    const void *grad = tg_grad(node);
    return grad && i >= 0 && i < node->size ? element(grad, node->dtype, i) : NAN;
}

void tg_retain_grad(tg_node *node) {
    if (!node) return;
    node->retain_grad = true;
    tg_plan_drop(node->tape);
}

double tg_param_at(const tg_param *param, int64_t i) {
    return param && i >= 0 && i < param->size ? element(param->value, param->dtype, i) : NAN;
}
double tg_param_grad_at(const tg_param *param, int64_t i) {
    return param && i >= 0 && i < param->size ? element(param->grad, param->dtype, i) : NAN;
}
