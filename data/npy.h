/* npy.h: NumPy's files, one array (.npy) or several by name (.npz), read and written.

   The format is NumPy enhancement proposal 1. Read: bool, signed and unsigned integers of 1 to 8 bytes,
   floats of 2, 4 and 8, either byte order, C and Fortran order; gzipped .npy too. Written: '<f4', '<f8',
   '<i4' in C order, readable by numpy.load. An .npz archive is a zip file with stored or deflated entries.
   Anything missing, cut short, damaged or impossible gives NULL or false and a message with file, entry and
   offset. */
#ifndef TG_DATA_NPY_H
#define TG_DATA_NPY_H

#include "dataset.h"

/* An array in memory. */
typedef struct tg_array {
    /* read-only */
    tg_shape shape;
    tg_dtype dtype; /* TG_F32, TG_F64 or TG_I32 */
    int64_t size;   /* number of elements */
    /* public: the elements may be written */
    void *data; /* row-major, 64-byte aligned and padded */
} tg_array;

/* For `dtype` below: f4 and f2 become f32, f8 becomes f64, bool and integers become i32. */
#define TG_AS_STORED TG_NDTYPES

/* Zeros; NULL when the shape is impossible, the dtype is another, or memory is out. */
TG_API TG_MUST_USE tg_array *tg_array_new(const tg_shape *shape, tg_dtype dtype, tg_status *status);
TG_API void tg_array_free(tg_array *array);
TG_API double tg_array_at(const tg_array *array, int64_t i); /* NaN outside */

/* Reads an array and converts it to dtype; a number that an i32 does not hold is an error. */
TG_API TG_MUST_USE tg_array *tg_npy_load(const char *path, tg_dtype dtype, tg_status *status);
TG_API TG_MUST_USE bool tg_npy_save(const char *path, const tg_array *array, tg_status *status);

/* The array of that name ("x" or "x.npy") of an archive; name NULL: its first. */
TG_API TG_MUST_USE tg_array *tg_npz_load(const char *path, const char *name, tg_dtype dtype,
                                         tg_status *status);
/* Writes n arrays, uncompressed, as numpy.savez does. Below 4 GB and 65535 arrays. */
TG_API TG_MUST_USE bool tg_npz_save(const char *path, int n, const char *const *names,
                                    const tg_array *const *arrays, tg_status *status);

/* Datasets: examples along the first axis of x, labels (integers, as many) in y. labels NULL: none. */
TG_API TG_MUST_USE tg_dataset *tg_npy_dataset(const char *x, const char *labels, tg_load_spec spec,
                                              tg_status *status);
TG_API TG_MUST_USE tg_dataset *tg_npz_dataset(const char *path, const char *x, const char *labels,
                                              tg_load_spec spec, tg_status *status);

#endif
