/* tensor.h: element types and shapes, the vocabulary of everything else. */
#ifndef TG_CORE_TENSOR_H
#define TG_CORE_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define TG_API             __attribute__((visibility("default")))
#define TG_MUST_USE        __attribute__((warn_unused_result))
#define TG_PRINTF(fmt, va) __attribute__((format(printf, fmt, va)))
#else
#define TG_API
#define TG_MUST_USE
#define TG_PRINTF(fmt, va)
#endif

/* The element types: enumerator, printed name, bytes per element.
   dual is a real number with its derivative along one direction (core/real.h); a tape of duals is how
   forward-mode derivatives and Hessian-vector products are computed. Users choose between f32 and f64. */
#define TG_DTYPES(X)                                                                                         \
    X(TG_F32, "f32", 4)                                                                                      \
    X(TG_F64, "f64", 8)                                                                                      \
    X(TG_DUAL, "dual", 16)                                                                                   \
    X(TG_I32, "i32", 4)

typedef enum tg_dtype {
#define TG_X(id, name, bytes) id,
    TG_DTYPES(TG_X)
#undef TG_X
        TG_NDTYPES
} tg_dtype;

/* "f32", "f64", "dual", "i32"; "?" for any other number. */
TG_API const char *tg_dtype_name(tg_dtype dtype);
/* Bytes of one element; 0 for a number that is no dtype. */
TG_API size_t tg_dtype_size(tg_dtype dtype);

#define TG_MAX_RANK 8

/* A row-major shape: dim[0] is the slowest axis. Rank 0 is a scalar with one element; a dim may be 0. */
typedef struct tg_shape {
    int rank;
    int64_t dim[TG_MAX_RANK];
} tg_shape;

/* A shape literal: TG_SHAPE(100, 784). A scalar is (tg_shape){0}. */
#define TG_SHAPE(...) ((tg_shape){(int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), {__VA_ARGS__}})

/* The number of elements, or -1 when the rank is outside 0..8, a dim is negative, or the elements of
   `element_size` bytes would not fit the address space (with room for padding). The one checked
   multiplication of the project: every size comes from here. */
TG_API int64_t tg_shape_count(const tg_shape *shape, size_t element_size);
TG_API bool tg_shape_equal(const tg_shape *a, const tg_shape *b);
/* NumPy broadcasting of two shapes into *out; false when they do not fit together. */
TG_API bool tg_shape_broadcast(const tg_shape *a, const tg_shape *b, tg_shape *out);
/* Writes "(100,784)" into text, at most `size` bytes with the closing zero, and returns text. */
TG_API char *tg_shape_text(const tg_shape *shape, char *text, size_t size);
#define TG_SHAPE_TEXT 192 /* bytes that hold the text of any shape */

#endif
