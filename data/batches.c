#include "batches.h"

#include "core/arena.h"
#include "core/internal.h"
#include "core/rng.h"

#include <string.h>

struct tg_batches {
    const tg_dataset *set;
    tg_batches_spec spec;
    int64_t features, count;
    tg_batches_state state;
    int64_t delivered; /* first row of the batch last delivered, in order; -1 before the first */
    int64_t *order;    /* of the set's examples in this epoch, then spec.batch more: the first ones again */
};

#define BATCH_STREAM (UINT64_C(0x62617463) << 32) /* plus the epoch */

/* The order of the state's epoch. */
static void deal_order(tg_batches *b) {
    int64_t n = b->set->count;
    if (b->spec.shuffle)
        tg_rng_permutation(&(tg_rng){.seed = b->spec.seed, .stream = BATCH_STREAM + b->state.epoch}, n,
                           b->order);
    else
        for (int64_t i = 0; i < n; i++) b->order[i] = i;
    for (int64_t i = 0; i < b->spec.batch; i++) b->order[n + i] = b->order[i % n];
}

tg_batches *tg_batches_new(const tg_dataset *set, tg_batches_spec spec, tg_status *status) {
    if (spec.batch == 0) spec.batch = 1;
    if (!set || spec.batch < 0 || set->count < 1 || (set->count < spec.batch && !spec.fill_last)) {
        tg_status_fail(status, "batches: no batch of %lld in the %lld examples of \"%s\"",
                       (long long)spec.batch, (long long)(set ? set->count : 0), set ? set->name : "NULL");
        return NULL;
    }
    bool sane = spec.batch <= INT64_MAX / 16 - set->count;
    tg_batches *b = sane ? tg_alloc(sizeof *b) : NULL;
    int64_t *order = sane ? tg_alloc((size_t)(set->count + spec.batch) * sizeof *order) : NULL;
    if (!b || !order) {
        tg_release(b);
        tg_release(order);
        tg_status_fail(status, "batches: out of memory for the order of %lld examples",
                       (long long)set->count);
        return NULL;
    }
    *b = (tg_batches){.set = set,
                      .spec = spec,
                      .features = tg_dataset_features(set),
                      .delivered = -1,
                      .order = order,
                      .count = (set->count + (spec.fill_last ? spec.batch - 1 : 0)) / spec.batch};
    deal_order(b);
    return b;
}

void tg_batches_free(tg_batches *batches) {
    if (!batches) return;
    tg_release(batches->order);
    tg_release(batches);
}

/* ---- copying ---- */

static bool is_input(const tg_node *node) {
    return !tg_op_of(node) && !tg_param_of(node);
}

/* Whether the node is an input with one row of `width` elements per example of a batch; a message otherwise.
 */
static bool fits(const tg_batches *b, const tg_node *node, int64_t width, const char *what) {
    const tg_shape *shape = tg_shape_of(node);
    bool integer = tg_dtype_of(node) == TG_I32, labels = what[0] == 'l';
    char text[TG_SHAPE_TEXT];
    if (is_input(node) && integer == labels && shape->rank > 0 && shape->dim[0] == b->spec.batch &&
        tg_size(node) == b->spec.batch * width)
        return true;
    tg_fail(tg_tape_of(node), tg_where_of(node), "batches: %s of \"%s\", %lld x %lld, into \"%s\" %s of %s",
            what, b->set->name, (long long)b->spec.batch, (long long)width, tg_name_of(node),
            tg_shape_text(shape, text, sizeof text), tg_dtype_name(tg_dtype_of(node)));
    return false;
}

static void widen(double *to, const float *from, int64_t n) {
    for (int64_t i = 0; i < n; i++) to[i] = (double)from[i];
}
static void narrow(float *to, const double *from, int64_t n) {
    for (int64_t i = 0; i < n; i++) to[i] = (float)from[i];
}

/* One example into a row, in the dtype of the row. */
static void copy_row(void *to, tg_dtype dtype, const tg_dataset *set, int64_t position, int64_t n) {
    size_t element = tg_dtype_size(set->dtype);
    const void *from = (const char *)set->x + (size_t)(position * n) * element;
    if (dtype == set->dtype)
        memcpy(to, from, (size_t)n * element);
    else if (dtype == TG_F64)
        widen(to, from, n);
    else if (dtype == TG_F32)
        narrow(to, from, n);
    else
        for (int64_t i = 0; i < n; i++) {
            double value =
                set->dtype == TG_F32 ? (double)((const float *)from)[i] : ((const double *)from)[i];
            memcpy((double *)to + 2 * i, (double[]){value, 0}, 2 * sizeof value);
        }
}

static void copy_batch(const tg_batches *b, tg_node *x, tg_node *label) {
    const int64_t *position = b->order + b->delivered;
    size_t row = (size_t)b->features * tg_dtype_size(tg_dtype_of(x));
    for (int64_t i = 0; i < b->spec.batch; i++) {
        if (x)
            copy_row((char *)tg_value(x) + (size_t)i * row, tg_dtype_of(x), b->set, position[i], b->features);
        if (label) ((int32_t *)tg_value(label))[i] = b->set->labels[position[i]];
    }
}

bool tg_batches_next(tg_batches *b, tg_node *x, tg_node *label) {
    if (!b || (x && tg_failed(tg_tape_of(x))) || (label && tg_failed(tg_tape_of(label)))) return false;
    if (b->state.position == b->count) {
        tg_batches_seek(b, (tg_batches_state){.epoch = b->state.epoch + 1});
        return false;
    }
    if (label && !b->set->labels) {
        tg_fail(tg_tape_of(label), tg_where_of(label), "batches: \"%s\" has no labels", b->set->name);
        return false;
    }
    if ((x && !fits(b, x, b->features, "examples")) || (label && !fits(b, label, 1, "labels"))) return false;
    b->delivered = b->state.position++ * b->spec.batch;
    copy_batch(b, x, label);
    return true;
}

/* ---- where it stands ---- */

int64_t tg_batches_count(const tg_batches *b) {
    return b ? b->count : 0;
}

int64_t tg_batches_left_out(const tg_batches *b) {
    return b && !b->spec.fill_last ? b->set->count - b->count * b->spec.batch : 0;
}

const int64_t *tg_batches_positions(const tg_batches *b) {
    return b && b->delivered >= 0 ? b->order + b->delivered : NULL;
}

int64_t tg_batches_fresh(const tg_batches *b) {
    if (!b || b->delivered < 0) return 0;
    int64_t left = b->set->count - b->delivered;
    return left < b->spec.batch ? left : b->spec.batch;
}

tg_batches_state tg_batches_tell(const tg_batches *b) {
    return b ? b->state : (tg_batches_state){0};
}

bool tg_batches_seek(tg_batches *b, tg_batches_state state) {
    if (!b || state.position < 0 || state.position > b->count) return false;
    b->state = state;
    b->delivered = -1;
    deal_order(b);
    return true;
}
