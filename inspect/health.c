#include "health.h"
#include "core/arena.h"
#include "core/param.h"
#include "core/shadow.h"
#include "probe.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What a parameter was at the latest look. */
typedef struct before {
    const tg_param *param;
    double *values;
    int row;
} before;

struct tg_health {
    tg_health_spec spec;
    tg_health_row *rows;
    int count, capacity;
    before *before;
    int before_count;
};

tg_health *tg_health_new(tg_health_spec spec) {
    tg_health *health = tg_alloc(sizeof *health);
    if (!health) return NULL;
    health->spec = spec;
    if (spec.saturated <= 0) health->spec.saturated = 0.05;
    return health;
}

static void forget(tg_health *health) {
    for (int i = 0; i < health->before_count; i++) tg_release(health->before[i].values);
    tg_release(health->before);
    health->before = NULL;
    health->before_count = 0;
}

void tg_health_free(tg_health *health) {
    if (!health) return;
    forget(health);
    tg_release(health->rows);
    tg_release(health);
}

int tg_health_count(const tg_health *health) {
    return health ? health->count : 0;
}

const tg_health_row *tg_health_row_at(const tg_health *health, int i) {
    return health && i >= 0 && i < health->count ? &health->rows[i] : NULL;
}

static tg_health_row *add_row(tg_health *health, int epoch) {
    if (health->count == health->capacity) {
        int capacity = health->capacity ? 2 * health->capacity : 32;
        tg_health_row *rows = tg_alloc((size_t)capacity * sizeof *rows);
        if (!rows) return NULL;
        if (health->count) memcpy(rows, health->rows, (size_t)health->count * sizeof *rows);
        tg_release(health->rows);
        health->rows = rows;
        health->capacity = capacity;
    }
    tg_health_row *row = &health->rows[health->count++];
    *row = (tg_health_row){.epoch = epoch,
                           .grad_mean = NAN,
                           .grad_deviation = NAN,
                           .dead = NAN,
                           .saturated = NAN,
                           .update = NAN};
    return row;
}

/* ---- measures ---- */

typedef double reader(const tg_node *node, int64_t i);

/* Mean and deviation in two passes, and the histogram between the extremes; elements that are not finite do
   not count. */
static void distribution(const tg_node *node, reader *at, double *mean, double *deviation, double *low,
                         double *high, int64_t *bins) {
    double sum = 0, squares = 0;
    int64_t n = 0;
    for (int64_t i = 0; i < tg_size(node); i++) {
        double x = at(node, i);
        if (!isfinite(x)) continue;
        *low = n ? fmin(*low, x) : x;
        *high = n ? fmax(*high, x) : x;
        sum += x;
        n++;
    }
    *mean = n ? sum / (double)n : NAN;
    for (int64_t i = 0; i < tg_size(node); i++) {
        double x = at(node, i), share = (x - *low) / (*high - *low);
        if (!isfinite(x)) continue;
        squares += (x - *mean) * (x - *mean);
        int bin = *high > *low ? (int)(share * TG_HEALTH_BINS) : 0;
        bins[bin < TG_HEALTH_BINS ? bin : TG_HEALTH_BINS - 1]++;
    }
    *deviation = n ? sqrt(squares / (double)n) : NAN;
}

/* The share of the units, along the last axis, that never rise above the threshold. */
static double dead_share(const tg_node *node, double threshold) {
    const tg_shape *shape = tg_shape_of(node);
    int64_t units = shape->rank ? shape->dim[shape->rank - 1] : 1, dead = 0;
    for (int64_t j = 0; j < units; j++) {
        bool alive = false;
        for (int64_t i = j; i < tg_size(node) && !alive; i += units)
            alive = fabs(tg_value_at(node, i)) > threshold;
        dead += !alive;
    }
    return units ? (double)dead / (double)units : NAN;
}

/* The share of the elements whose local derivative is small beside the largest; false without memory. */
static bool saturated_share(const tg_node *node, double share, double *result) {
    size_t size = tg_dtype_size(tg_dtype_of(node));
    int64_t n = tg_size(node), small = 0;
    char *ones = tg_tensor_alloc(n, size);
    void *slopes = tg_tensor_alloc(n, size);
    double largest = 0;
    bool wide = tg_dtype_of(node) == TG_F64;
    for (int64_t i = 0; ones && i < n; i++) {
        if (wide)
            ((double *)(void *)ones)[i] = 1;
        else
            ((float *)(void *)ones)[i] = 1;
    }
    bool ok = ones && slopes && tg_send_backward(node, ones, (void *[]){slopes});
    if (ok) {
        for (int64_t i = 0; i < n; i++)
            largest = fmax(largest, fabs(wide ? ((double *)slopes)[i] : (double)((float *)slopes)[i]));
        for (int64_t i = 0; i < n; i++) {
            double slope = fabs(wide ? ((double *)slopes)[i] : (double)((float *)slopes)[i]);
            small += slope <= share * largest;
        }
        *result = (double)small / (double)n;
    }
    tg_tensor_free(ones);
    tg_tensor_free(slopes);
    return ok;
}

/* ---- a look ---- */

/* An op that bends each element of one tensor: what is commonly called an activation. A linear op has the
   same derivative everywhere and saves nothing for backward. */
static bool is_activation(const tg_node *node) {
    const tg_op *op = tg_op_of(node);
    return op && op->elementwise && op->arity == 1 && !op->random && op->saves && tg_size(node) > 1 &&
           tg_requires_grad(node);
}

static void name_row(tg_health_row *row, const tg_node *node) {
    const char *scope = tg_scope_of(node), *name = tg_name_of(node);
    if (row->is_parameter)
        snprintf(row->name, sizeof row->name, "%s", *name ? name : "parameter");
    else if (*scope || *name)
        snprintf(row->name, sizeof row->name, "%s: %s", *name ? name : scope, tg_op_of(node)->name);
    else
        snprintf(row->name, sizeof row->name, "v%d: %s", tg_id(node), tg_op_of(node)->name);
}

static bool remember(tg_health *health, const tg_param *param) {
    before *b = &health->before[health->before_count];
    *b = (before){param, tg_alloc((size_t)(param->size + 1) * sizeof *b->values), health->count - 1};
    if (!b->values) return false;
    for (int64_t i = 0; i < param->size; i++) b->values[i] = tg_param_at(param, i);
    health->before_count++;
    return true;
}

static bool measure(tg_health *health, const tg_node *node, const tg_node *played, int epoch) {
    tg_health_row *row = add_row(health, epoch);
    if (!row) return false;
    row->is_parameter = tg_param_of(node) != NULL;
    name_row(row, node);
    distribution(played, tg_value_at, &row->mean, &row->deviation, &row->low, &row->high, row->count);
    if (tg_grad(played))
        distribution(played, tg_grad_at, &row->grad_mean, &row->grad_deviation, &row->grad_low,
                     &row->grad_high, row->grad_count);
    if (row->is_parameter) return remember(health, tg_param_of(node));
    row->dead = dead_share(played, health->spec.dead);
    return saturated_share(played, health->spec.saturated, &row->saturated);
}

static bool look(tg_health *health, const tg_node *loss, tg_tape *shadow, int epoch) {
    const tg_tape *tape = tg_tape_of(loss);
    health->before = tg_alloc((size_t)tg_tape_size(tape) * sizeof *health->before);
    if (!health->before || !tg_backward_from(tg_tape_node(shadow, tg_id(loss)), NULL)) return false;
    for (int i = 0; i <= tg_id(loss); i++) {
        const tg_node *node = tg_tape_node(tape, i);
        bool wanted = is_activation(node) || (tg_param_of(node) && tg_requires_grad(node));
        if (wanted && !measure(health, node, tg_tape_node(shadow, i), epoch)) return false;
    }
    return true;
}

bool tg_health_look(tg_health *health, const tg_node *loss, int epoch, tg_status *status) {
    const char *fault = health ? tg_target_fault(loss) : "no panel was given";
    if (fault) return tg_status_fail(status, "health: %s", fault);
    forget(health);
    tg_tape *shadow = tg_shadow(tg_tape_of(loss), tg_tape_dtype(tg_tape_of(loss)));
    bool ok = !tg_failed(shadow) && look(health, loss, shadow, epoch);
    if (!ok)
        tg_status_fail(status, "health: %s",
                       shadow && tg_failed(shadow) ? tg_error(shadow) : "out of memory");
    tg_tape_free(shadow);
    return ok;
}

bool tg_health_updated(tg_health *health, tg_status *status) {
    if (!health) return tg_status_fail(status, "health: no panel was given");
    for (int k = 0; k < health->before_count; k++) {
        const before *b = &health->before[k];
        double step = 0, size = 0;
        for (int64_t i = 0; i < b->param->size; i++) {
            double d = tg_param_at(b->param, i) - b->values[i];
            step += d * d;
            size += b->values[i] * b->values[i];
        }
        health->rows[b->row].update = size > 0 ? sqrt(step / size) : NAN;
    }
    return true;
}
