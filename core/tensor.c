#include "tensor.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    size_t size;
} dtypes[] = {
#define TG_X(id, name, bytes) {name, bytes},
    TG_DTYPES(TG_X)
#undef TG_X
};

const char *tg_dtype_name(tg_dtype dtype) {
    return (unsigned)dtype < TG_NDTYPES ? dtypes[dtype].name : "?";
}

size_t tg_dtype_size(tg_dtype dtype) {
    return (unsigned)dtype < TG_NDTYPES ? dtypes[dtype].size : 0;
}

int64_t tg_shape_count(const tg_shape *shape, size_t element_size) {
    /* Half the address space, less room for the padding of a tensor, is the most that can be asked for. */
    const int64_t most = (INT64_MAX / 2 - 4096) / (int64_t)(element_size ? element_size : 1);
    int64_t n = 1;
    bool empty = false;
    if (shape->rank < 0 || shape->rank > TG_MAX_RANK) return -1;
    for (int i = 0; i < shape->rank; i++) {
        int64_t d = shape->dim[i];
        if (d < 0 || d > most) return -1;
        if (d == 0) {
            empty = true;
            continue;
        }
        if (__builtin_mul_overflow(n, d, &n) || n > most) return -1;
    }
    return empty ? 0 : n;
}

bool tg_shape_equal(const tg_shape *a, const tg_shape *b) {
    if (a->rank != b->rank) return false;
    for (int i = 0; i < a->rank; i++)
        if (a->dim[i] != b->dim[i]) return false;
    return true;
}

bool tg_shape_broadcast(const tg_shape *a, const tg_shape *b, tg_shape *out) {
    tg_shape y = {.rank = a->rank > b->rank ? a->rank : b->rank};
    for (int i = 1; i <= y.rank; i++) {
        int64_t p = i <= a->rank ? a->dim[a->rank - i] : 1;
        int64_t q = i <= b->rank ? b->dim[b->rank - i] : 1;
        if (p != q && p != 1 && q != 1) return false;
        y.dim[y.rank - i] = p == 1 ? q : p;
    }
    *out = y;
    return true;
}

char *tg_shape_text(const tg_shape *shape, char *text, size_t size) {
    size_t at = 0;
    if (!size) return text;
    text[0] = 0;
    for (int i = -1; i < shape->rank && i < TG_MAX_RANK && at < size; i++) {
        int n = i < 0    ? snprintf(text + at, size - at, "(")
                : i == 0 ? snprintf(text + at, size - at, "%lld", (long long)shape->dim[i])
                         : snprintf(text + at, size - at, ",%lld", (long long)shape->dim[i]);
        at += n > 0 ? (size_t)n : 0;
    }
    if (at < size) snprintf(text + at, size - at, ")");
    return text;
}
