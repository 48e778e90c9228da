#include "param.h"
#include "arena.h"

#include <string.h>

tg_param *tg_param_new(const char *name, tg_dtype dtype, const tg_shape *shape) {
    if (!name || !shape || (dtype != TG_F32 && dtype != TG_F64 && dtype != TG_DUAL)) return NULL;
    int64_t size = tg_shape_count(shape, tg_dtype_size(dtype));
    tg_param *param = size < 0 ? NULL : tg_alloc(sizeof *param);
    if (!param) return NULL;
    *param = (tg_param){.name = tg_strdup(name),
                        .dtype = dtype,
                        .shape = *shape,
                        .size = size,
                        .value = tg_tensor_alloc(size, tg_dtype_size(dtype)),
                        .grad = tg_tensor_alloc(size, tg_dtype_size(dtype))};
    if (param->name && param->value && param->grad) return param;
    tg_param_free(param);
    return NULL;
}

void tg_param_free(tg_param *param) {
    if (!param) return;
    tg_release((void *)(uintptr_t)param->name);
    tg_tensor_free(param->value);
    tg_tensor_free(param->grad);
    tg_release(param);
}

void tg_param_zero_grad(tg_param *param) {
    if (!param) return;
    memset(param->grad, 0, (size_t)param->size * tg_dtype_size(param->dtype));
    param->has_grad = param->grad_finite = false;
}

void tg_param_set_at(tg_param *param, int64_t i, double value) {
    if (!param || i < 0 || i >= param->size) return;
    switch (param->dtype) {
    case TG_F32:
        ((float *)param->value)[i] = (float)value;
        break;
    case TG_F64:
        ((double *)param->value)[i] = value;
        break;
    default:
        memcpy((double *)param->value + 2 * i, (double[]){value, 0}, 2 * sizeof value);
    }
}
