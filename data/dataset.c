#include "dataset.h"

#include "core/arena.h"
#include "core/rng.h"
#include "element.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

tg_dataset *tg_dataset_new(int64_t count, const tg_shape *example, tg_dtype dtype, int classes,
                           tg_status *status) {
    char text[TG_SHAPE_TEXT];
    if (!example || (dtype != TG_F32 && dtype != TG_F64) || classes < 0) {
        tg_status_fail(status, "dataset: %s with %d classes is not a set of f32 or f64 examples",
                       tg_dtype_name(dtype), classes);
        return NULL;
    }
    int64_t features = tg_shape_count(example, tg_dtype_size(dtype));
    int64_t size = features < 0 ? -1 : tg_shape_count(&TG_SHAPE(count, features), tg_dtype_size(dtype));
    if (size < 0 || tg_shape_count(&TG_SHAPE(count), sizeof(int64_t)) < 0) {
        tg_status_fail(status, "dataset: %lld examples of shape %s cannot be held", (long long)count,
                       tg_shape_text(example, text, sizeof text));
        return NULL;
    }
    tg_dataset *set = tg_alloc(sizeof *set);
    if (set) {
        *set = (tg_dataset){
            .count = count, .example = *example, .dtype = dtype, .classes = classes, .name = "data"};
        set->x = tg_tensor_alloc(size, tg_dtype_size(dtype));
        if (classes) set->labels = tg_alloc((size_t)count * sizeof *set->labels);
        if (set->x && (set->labels || !classes)) return set;
    }
    tg_status_fail(status, "dataset: out of memory for %lld examples of shape %s", (long long)count,
                   tg_shape_text(example, text, sizeof text));
    tg_dataset_free(set);
    return NULL;
}

void tg_dataset_free(tg_dataset *set) {
    if (!set) return;
    tg_tensor_free(set->x);
    tg_release(set->labels);
    tg_release(set);
}

void tg_dataset_name(tg_dataset *set, const char *name) {
    if (set && name) snprintf(set->name, sizeof set->name, "%s", name);
}

/* ---- elements ---- */

/* The shape was checked when the set was made, so the product is at hand without a check. */
int64_t tg_dataset_features(const tg_dataset *set) {
    return set ? tg_shape_count(&set->example, tg_dtype_size(set->dtype)) : 0;
}

static bool inside(const tg_dataset *set, int64_t example, int64_t feature) {
    return set && example >= 0 && example < set->count && feature >= 0 && feature < tg_dataset_features(set);
}

double tg_dataset_at(const tg_dataset *set, int64_t example, int64_t feature) {
    if (!inside(set, example, feature)) return NAN;
    return tg_element(set, example * tg_dataset_features(set) + feature);
}

void tg_dataset_set_at(tg_dataset *set, int64_t example, int64_t feature, double value) {
    if (!inside(set, example, feature)) return;
    tg_element_set(set, example * tg_dataset_features(set) + feature, value);
}

int tg_dataset_label(const tg_dataset *set, int64_t example) {
    return set && set->labels && example >= 0 && example < set->count ? set->labels[example] : -1;
}

void tg_dataset_scale(tg_dataset *set, double factor) {
    if (!set) return;
    int64_t n = set->count * tg_dataset_features(set);
    for (int64_t i = 0; i < n; i++) tg_element_set(set, i, tg_element(set, i) * factor);
}

/* ---- subsets ---- */

static size_t example_bytes(const tg_dataset *set) {
    return (size_t)tg_dataset_features(set) * tg_dtype_size(set->dtype);
}

static void copy_example(tg_dataset *to, int64_t at, const tg_dataset *from, int64_t position, size_t bytes) {
    memcpy((char *)to->x + (size_t)at * bytes, (const char *)from->x + (size_t)position * bytes, bytes);
    if (to->labels) to->labels[at] = from->labels[position];
}

/* indices NULL: positions first, first+1, ... */
static tg_dataset *copy_examples(const tg_dataset *set, const int64_t *indices, int64_t first, int64_t n,
                                 tg_status *status) {
    tg_dataset *copy = tg_dataset_new(n, &set->example, set->dtype, set->classes, status);
    size_t bytes = example_bytes(set);
    if (!copy) return NULL;
    for (int64_t i = 0; i < n; i++) {
        int64_t position = indices ? indices[i] : first + i;
        if (position < 0 || position >= set->count) {
            tg_status_fail(status, "dataset: example %lld of \"%s\", which has %lld", (long long)position,
                           set->name, (long long)set->count);
            tg_dataset_free(copy);
            return NULL;
        }
        copy_example(copy, i, set, position, bytes);
    }
    tg_dataset_name(copy, set->name);
    return copy;
}

/* Says so when there is no set. */
static bool given(const tg_dataset *set, tg_status *status) {
    return set || tg_status_fail(status, "dataset: the set is NULL");
}

tg_dataset *tg_dataset_take(const tg_dataset *set, const int64_t *indices, int64_t n, tg_status *status) {
    return given(set, status) ? copy_examples(set, indices, 0, n, status) : NULL;
}

tg_dataset *tg_dataset_range(const tg_dataset *set, int64_t first, int64_t n, tg_status *status) {
    if (!given(set, status)) return NULL;
    if (first < 0 || n < 0 || first > set->count || n > set->count - first) {
        tg_status_fail(status, "dataset: %lld examples from %lld on, of \"%s\", which has %lld", (long long)n,
                       (long long)first, set->name, (long long)set->count);
        return NULL;
    }
    return copy_examples(set, NULL, first, n, status);
}

static int place_of(int class, const int *classes, int n) {
    for (int k = 0; k < n; k++)
        if (classes[k] == class) return k;
    return -1;
}

tg_dataset *tg_dataset_pick(const tg_dataset *set, const int *classes, int n, tg_status *status) {
    if (!given(set, status)) return NULL;
    if (!set->labels || !classes || n < 1) {
        tg_status_fail(status, "dataset: no classes to pick from \"%s\"", set->name);
        return NULL;
    }
    int64_t count = 0;
    for (int64_t i = 0; i < set->count; i++) count += place_of(set->labels[i], classes, n) >= 0;
    tg_dataset *picked = tg_dataset_new(count, &set->example, set->dtype, n, status);
    if (!picked) return NULL;
    size_t bytes = example_bytes(set);
    for (int64_t i = 0, at = 0; i < set->count; i++) {
        int place = place_of(set->labels[i], classes, n);
        if (place < 0) continue;
        copy_example(picked, at, set, i, bytes);
        picked->labels[at++] = place;
    }
    tg_dataset_name(picked, set->name);
    return picked;
}

/* The number of examples among the first `each` of a class; copies them to position `at` of `into`, if any. */
static int64_t first_of_class(const tg_dataset *set, int class, int64_t each, tg_dataset *into, int64_t at) {
    size_t bytes = example_bytes(set);
    int64_t found = 0;
    for (int64_t i = 0; i < set->count && found < each; i++) {
        if (set->labels[i] != class) continue;
        if (into) copy_example(into, at + found, set, i, bytes);
        if (into) into->labels[at + found] = class;
        found++;
    }
    return found;
}

tg_dataset *tg_dataset_first_of_each(const tg_dataset *set, int64_t each, tg_status *status) {
    if (!given(set, status)) return NULL;
    if (!set->labels || each < 0) {
        tg_status_fail(status, "dataset: the first %lld of each class of \"%s\", which has %d classes",
                       (long long)each, set->name, set->classes);
        return NULL;
    }
    int64_t count = 0, at = 0;
    for (int class = 0; class < set->classes; class ++) count += first_of_class(set, class, each, NULL, 0);
    tg_dataset *chosen = tg_dataset_new(count, &set->example, set->dtype, set->classes, status);
    if (!chosen) return NULL;
    for (int class = 0; class < set->classes; class ++) at += first_of_class(set, class, each, chosen, at);
    tg_dataset_name(chosen, set->name);
    return chosen;
}

tg_dataset *tg_dataset_convert(const tg_dataset *set, tg_dtype dtype, tg_status *status) {
    if (!given(set, status)) return NULL;
    tg_dataset *copy = tg_dataset_new(set->count, &set->example, dtype, set->classes, status);
    if (!copy) return NULL;
    int64_t n = set->count * tg_dataset_features(set);
    for (int64_t i = 0; i < n; i++) tg_element_set(copy, i, tg_element(set, i));
    if (copy->labels) memcpy(copy->labels, set->labels, (size_t)set->count * sizeof *set->labels);
    tg_dataset_name(copy, set->name);
    return copy;
}

/* ---- order and division ---- */

#define SHUFFLE_STREAM UINT64_C(0x64617461) /* keeps these numbers apart from other uses of a seed */

/* A random order of the set's positions, from tg_alloc. */
static int64_t *random_order(const tg_dataset *set, uint64_t seed, tg_status *status) {
    int64_t *order = tg_alloc((size_t)set->count * sizeof *order);
    if (order)
        tg_rng_permutation(&(tg_rng){.seed = seed, .stream = SHUFFLE_STREAM}, set->count, order);
    else
        tg_status_fail(status, "dataset: out of memory for the order of %lld examples",
                       (long long)set->count);
    return order;
}

bool tg_dataset_shuffle(tg_dataset *set, uint64_t seed, tg_status *status) {
    if (!given(set, status)) return false;
    int64_t *order = random_order(set, seed, status);
    tg_dataset *shuffled = order ? copy_examples(set, order, 0, set->count, status) : NULL;
    tg_release(order);
    if (!shuffled) return false;
    memcpy(set->x, shuffled->x, (size_t)set->count * example_bytes(set));
    if (set->labels) memcpy(set->labels, shuffled->labels, (size_t)set->count * sizeof *set->labels);
    tg_dataset_free(shuffled);
    return true;
}

static tg_dataset *deal(const tg_dataset *set, const int64_t *order, int64_t first, int64_t n,
                        tg_status *status) {
    return order ? copy_examples(set, order + first, 0, n, status)
                 : copy_examples(set, NULL, first, n, status);
}

/* Fills in the number of training examples. */
static bool divisible(const tg_dataset *set, tg_split_spec *spec, tg_status *status) {
    int64_t rest = set->count;
    bool fits = spec->train >= 0 && spec->validation >= 0 && spec->test >= 0;
    fits = fits && spec->validation <= rest && spec->test <= (rest -= spec->validation);
    rest -= spec->test;
    if (fits && spec->train <= rest) {
        if (!spec->train) spec->train = rest;
        return true;
    }
    return tg_status_fail(
        status, "split: %lld training, %lld validation and %lld test examples, of \"%s\", which has %lld",
        (long long)spec->train, (long long)spec->validation, (long long)spec->test, set->name,
        (long long)set->count);
}

bool tg_dataset_split(const tg_dataset *set, tg_split_spec spec, tg_split *split, tg_status *status) {
    *split = (tg_split){0};
    if (!given(set, status) || !divisible(set, &spec, status)) return false;
    int64_t *order = spec.in_order ? NULL : random_order(set, spec.seed, status);
    if (!order && !spec.in_order) return false;
    split->train = deal(set, order, 0, spec.train, status);
    if (spec.validation) split->validation = deal(set, order, spec.train, spec.validation, status);
    if (spec.test) split->test = deal(set, order, spec.train + spec.validation, spec.test, status);
    tg_release(order);
    if (split->train && (split->validation || !spec.validation) && (split->test || !spec.test)) return true;
    tg_split_free(split);
    return false;
}

void tg_split_free(tg_split *split) {
    if (!split) return;
    tg_dataset_free(split->train);
    tg_dataset_free(split->validation);
    tg_dataset_free(split->test);
    *split = (tg_split){0};
}
