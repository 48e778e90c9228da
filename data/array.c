/* array.c: arrays in memory, and datasets made of them. */
#include "npy_format.h"

#include "core/arena.h"
#include "numbers.h"

#include <math.h>
#include <string.h>

tg_array *tg_array_new(const tg_shape *shape, tg_dtype dtype, tg_status *status) {
    char text[TG_SHAPE_TEXT];
    bool known = dtype == TG_F32 || dtype == TG_F64 || dtype == TG_I32;
    int64_t size = known && shape ? tg_shape_count(shape, tg_dtype_size(dtype)) : -1;
    tg_array *array = size < 0 ? NULL : tg_alloc(sizeof *array);
    if (array) {
        *array = (tg_array){*shape, dtype, size, tg_tensor_alloc(size, tg_dtype_size(dtype))};
        if (array->data) return array;
        tg_release(array);
    }
    tg_status_fail(
        status, size < 0 ? "array: no array of %s with shape %s" : "array: out of memory for %s of shape %s",
        tg_dtype_name(dtype), shape ? tg_shape_text(shape, text, sizeof text) : "NULL");
    return NULL;
}

void tg_array_free(tg_array *array) {
    if (!array) return;
    tg_tensor_free(array->data);
    tg_release(array);
}

double tg_array_at(const tg_array *array, int64_t i) {
    if (!array || i < 0 || i >= array->size) return NAN;
    switch (array->dtype) {
    case TG_F32:
        return (double)((const float *)array->data)[i];
    case TG_F64:
        return ((const double *)array->data)[i];
    default:
        return ((const int32_t *)array->data)[i];
    }
}

size_t tg_array_bytes(const tg_array *array) {
    return (size_t)array->size * tg_dtype_size(array->dtype);
}

static bool belong_together(const tg_array *x, const tg_array *y, const char *path, tg_status *status) {
    char examples[TG_SHAPE_TEXT], labels[TG_SHAPE_TEXT];
    if (x->shape.rank < 1) return tg_status_fail(status, "%s: a single number is no set of examples", path);
    if (!y || y->size == x->shape.dim[0]) return true;
    return tg_status_fail(status, "%s: labels of shape %s for examples of shape %s", path,
                          tg_shape_text(&y->shape, labels, sizeof labels),
                          tg_shape_text(&x->shape, examples, sizeof examples));
}

/* The array's elements become the set's. */
static void take_examples(tg_dataset *set, tg_array *x) {
    tg_tensor_free(set->x);
    set->x = x->data;
    x->data = NULL;
    set->count = x->shape.dim[0];
    set->example = (tg_shape){.rank = x->shape.rank - 1};
    memcpy(set->example.dim, x->shape.dim + 1, sizeof *set->example.dim * (size_t)set->example.rank);
}

static bool copy_labels(tg_dataset *set, const tg_array *y, int classes, const char *path,
                        tg_status *status) {
    int32_t *labels = tg_alloc(tg_array_bytes(y));
    if (!labels) return tg_status_fail(status, "%s: out of memory for the labels", path);
    memcpy(labels, y->data, tg_array_bytes(y));
    tg_release(set->labels);
    set->labels = labels;
    return tg_check_labels(set, classes, path, status);
}

tg_dataset *tg_dataset_adopt(tg_array *x, tg_array *y, const char *path, tg_load_spec spec,
                             tg_status *status) {
    tg_dataset *set = NULL;
    if (belong_together(x, y, path, status))
        set = tg_dataset_new(0, &TG_SHAPE(1), x->dtype, y ? 1 : 0, status);
    if (set) {
        const char *slash = strrchr(path, '/');
        tg_dataset_name(set, slash ? slash + 1 : path);
        take_examples(set, x);
        if (y && !copy_labels(set, y, spec.classes, path, status)) {
            tg_dataset_free(set);
            set = NULL;
        }
    }
    tg_array_free(x);
    tg_array_free(y);
    return set;
}
