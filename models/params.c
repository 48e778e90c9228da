#include "params.h"
#include "core/arena.h"

#include <string.h>

/* Values and gradients of parameters that stand one behind the other, at equal offsets. */
typedef struct slab {
    char *value, *grad;
    size_t size, used; /* bytes */
} slab;

struct tg_params {
    tg_param **list;
    bool *owned;
    int count, capacity;
    slab *slabs;
    int slab_count;
    size_t wanted; /* bytes of the first slab */
    tg_dtype dtype;
};

#define SLAB_BYTES (1u << 18) /* of slabs whose need is not known beforehand */
#define SLACK      (1u << 14) /* for the padding of each parameter */

tg_params *tg_params_new(tg_dtype dtype, int64_t elements) {
    const tg_shape all = {.rank = 1, .dim = {elements}};
    if (dtype != TG_F32 && dtype != TG_F64) return NULL;
    if (tg_shape_count(&all, tg_dtype_size(dtype)) < 0) return NULL;
    tg_params *params = tg_alloc(sizeof *params);
    if (!params) return NULL;
    params->dtype = dtype;
    if (elements > 0) params->wanted = tg_padded(elements, tg_dtype_size(dtype)) + SLACK;
    return params;
}

void tg_params_free(tg_params *params) {
    if (!params) return;
    for (int i = 0; i < params->count; i++) {
        if (!params->owned[i]) continue;
        tg_release((void *)(uintptr_t)params->list[i]->name);
        tg_release(params->list[i]);
    }
    for (int i = 0; i < params->slab_count; i++) {
        tg_tensor_free(params->slabs[i].value);
        tg_tensor_free(params->slabs[i].grad);
    }
    tg_release(params->slabs);
    tg_release(params->owned);
    tg_release(params->list);
    tg_release(params);
}

/* A copy of old's `used` bytes in memory of `size` bytes, old being released; NULL, old kept, without memory.
 */
static void *moved(void *old, size_t used, size_t size) {
    void *grown = tg_alloc(size);
    if (!grown) return NULL;
    if (used) memcpy(grown, old, used);
    tg_release(old);
    return grown;
}

static bool grow(tg_params *params) {
    if (params->count < params->capacity) return true;
    int capacity = params->capacity ? 2 * params->capacity : 16;
    size_t used = (size_t)params->count, size = (size_t)capacity;
    tg_param **list = moved(params->list, used * sizeof *list, size * sizeof *list);
    if (!list) return false;
    params->list = list;
    bool *owned = moved(params->owned, used * sizeof *owned, size * sizeof *owned);
    if (!owned) return false;
    params->owned = owned;
    params->capacity = capacity;
    return true;
}

static slab *add_slab(tg_params *params, size_t bytes) {
    size_t size = params->slab_count == 0 && params->wanted ? params->wanted : SLAB_BYTES;
    if (size < bytes) size = bytes;
    slab *slabs = moved(params->slabs, (size_t)params->slab_count * sizeof *slabs,
                        (size_t)(params->slab_count + 1) * sizeof *slabs);
    if (!slabs) return NULL;
    params->slabs = slabs;
    slab new = {
        .value = tg_tensor_alloc((int64_t)size, 1), .grad = tg_tensor_alloc((int64_t)size, 1), .size = size};
    if (!new.value || !new.grad) {
        tg_tensor_free(new.value);
        tg_tensor_free(new.grad);
        return NULL;
    }
    slabs[params->slab_count] = new;
    return &slabs[params->slab_count++];
}

/* Points the parameter's value and gradient into a slab. */
static bool place(tg_params *params, tg_param *param) {
    size_t bytes = tg_padded(param->size, tg_dtype_size(param->dtype));
    slab *s = params->slab_count ? &params->slabs[params->slab_count - 1] : NULL;
    if ((!s || s->size - s->used < bytes) && !(s = add_slab(params, bytes))) return false;
    param->value = s->value + s->used;
    param->grad = s->grad + s->used;
    s->used += bytes;
    return true;
}

static bool name_is_free(const tg_params *params, const char *name, tg_status *status) {
    if (!name || !*name) return tg_status_fail(status, "parameter: the name is empty");
    if (tg_params_find(params, name)) return tg_status_fail(status, "parameter %s: the name is taken", name);
    return true;
}

static void append(tg_params *params, tg_param *param, bool owned) {
    params->owned[params->count] = owned;
    params->list[params->count++] = param;
}

tg_param *tg_params_add(tg_params *params, const char *name, const tg_shape *shape, tg_status *status) {
    if (!params || !shape) {
        tg_status_fail(status, "parameter: %s is NULL", params ? "shape" : "the container");
        return NULL;
    }
    if (!name_is_free(params, name, status)) return NULL;
    int64_t size = tg_shape_count(shape, tg_dtype_size(params->dtype));
    char text[TG_SHAPE_TEXT];
    tg_shape_text(shape, text, sizeof text);
    if (size < 0) {
        tg_status_fail(status, "parameter %s: impossible shape %s", name, text);
        return NULL;
    }
    tg_param *param = grow(params) ? tg_alloc(sizeof *param) : NULL;
    char *copy = param ? tg_strdup(name) : NULL;
    if (copy) {
        *param = (tg_param){.name = copy, .dtype = params->dtype, .shape = *shape, .size = size};
        if (place(params, param)) {
            append(params, param, true);
            return param;
        }
    }
    tg_status_fail(status, "parameter %s: out of memory for shape %s", name, text);
    tg_release(copy);
    tg_release(param);
    return NULL;
}

bool tg_params_borrow(tg_params *params, tg_param *param, tg_status *status) {
    if (!params || !param)
        return tg_status_fail(status, "parameter: %s is NULL", params ? "the parameter" : "the container");
    if (!name_is_free(params, param->name, status)) return false;
    if (param->dtype != params->dtype)
        return tg_status_fail(status, "parameter %s is %s; the container's are %s", param->name,
                              tg_dtype_name(param->dtype), tg_dtype_name(params->dtype));
    if (!grow(params)) return tg_status_fail(status, "parameter %s: out of memory", param->name);
    append(params, param, false);
    return true;
}

int tg_params_count(const tg_params *params) {
    return params ? params->count : 0;
}

tg_param *tg_params_get(const tg_params *params, int i) {
    return params && i >= 0 && i < params->count ? params->list[i] : NULL;
}

tg_param *tg_params_find(const tg_params *params, const char *name) {
    for (int i = 0; name && i < tg_params_count(params); i++)
        if (strcmp(params->list[i]->name, name) == 0) return params->list[i];
    return NULL;
}

tg_dtype tg_params_dtype(const tg_params *params) {
    return params ? params->dtype : TG_F32;
}

int64_t tg_params_size(const tg_params *params) {
    int64_t n = 0;
    for (int i = 0; i < tg_params_count(params); i++) n += params->list[i]->size;
    return n;
}

static tg_param *find_of_size(const tg_params *params, const char *name, const void *data, int64_t n,
                              tg_status *status) {
    tg_param *param = tg_params_find(params, name);
    if (!param) {
        tg_status_fail(status, "parameter %s: there is none of this name", name ? name : "NULL");
    } else if (param->size != n || (!data && n)) {
        char text[TG_SHAPE_TEXT];
        tg_status_fail(status, "parameter %s has shape %s, %lld elements; %lld %s given", name,
                       tg_shape_text(&param->shape, text, sizeof text), (long long)param->size, (long long)n,
                       data ? "were" : "at NULL were");
    } else {
        return param;
    }
    return NULL;
}

bool tg_params_read(const tg_params *params, const char *name, double *to, int64_t n, tg_status *status) {
    const tg_param *param = find_of_size(params, name, to, n, status);
    for (int64_t i = 0; param && i < n; i++) to[i] = tg_param_at(param, i);
    return param != NULL;
}

bool tg_params_assign(tg_params *params, const char *name, const double *from, int64_t n, tg_status *status) {
    tg_param *param = find_of_size(params, name, from, n, status);
    for (int64_t i = 0; param && i < n; i++) tg_param_set_at(param, i, from[i]);
    return param != NULL;
}

void tg_params_zero_grad(tg_params *params) {
    for (int i = 0; i < tg_params_count(params); i++) tg_param_zero_grad(params->list[i]);
}

int tg_params_freeze(tg_params *params, const char *prefix, bool frozen) {
    int found = 0;
    for (int i = 0; prefix && i < tg_params_count(params); i++) {
        if (strncmp(params->list[i]->name, prefix, strlen(prefix)) != 0) continue;
        params->list[i]->frozen = frozen;
        found++;
    }
    return found;
}
