/* dataset.h: a set of examples held in memory, with class labels or without.

   Loaders (idx.h, npy.h, csv.h, mat.h) and generators (synthetic.h) return one; batches.h feeds it to a tape.
   Every call that can fail returns NULL or false and says why in its status (core/status.h). */
#ifndef TG_DATA_DATASET_H
#define TG_DATA_DATASET_H

#include "core/status.h"
#include "core/tensor.h"

typedef struct tg_dataset {
    /* read-only */
    int64_t count;    /* number of examples */
    tg_shape example; /* shape of one example: (28,28); rank 0 for single numbers */
    tg_dtype dtype;   /* of x: TG_F32 or TG_F64 */
    int classes;      /* labels are 0..classes-1; 0 when there are none */
    char name[64];    /* "mnist train", for messages and pictures */
    /* public: the elements may be written, the pointers stay */
    void *x;         /* count examples, row-major, 64-byte aligned and padded */
    int32_t *labels; /* one per example; NULL when classes is 0 */
} tg_dataset;

/* A set of zeros, all labelled 0. classes 0: without labels. NULL when the shape is impossible, the dtype
   is neither f32 nor f64, classes is negative, or memory is out. */
TG_API TG_MUST_USE tg_dataset *tg_dataset_new(int64_t count, const tg_shape *example, tg_dtype dtype,
                                              int classes, tg_status *status);
/* NULL is allowed. */
TG_API void tg_dataset_free(tg_dataset *set);
/* Names the set; a longer name is cut at 63 bytes. */
TG_API void tg_dataset_name(tg_dataset *set, const char *name);

/* Elements of one example; 0 for NULL. */
TG_API int64_t tg_dataset_features(const tg_dataset *set);
/* One element as a double; NaN outside. */
TG_API double tg_dataset_at(const tg_dataset *set, int64_t example, int64_t feature);
/* Writes one element; nothing happens outside. */
TG_API void tg_dataset_set_at(tg_dataset *set, int64_t example, int64_t feature, double value);
/* The class of one example; -1 outside and for a set without labels. */
TG_API int tg_dataset_label(const tg_dataset *set, int64_t example);

/* A new set: copies of the n examples at these positions, in this order; a position may come twice.
   indices NULL: positions 0..n-1. */
TG_API TG_MUST_USE tg_dataset *tg_dataset_take(const tg_dataset *set, const int64_t *indices, int64_t n,
                                               tg_status *status);
/* A new set: copies of the n examples from position `first` on. */
TG_API TG_MUST_USE tg_dataset *tg_dataset_range(const tg_dataset *set, int64_t first, int64_t n,
                                                tg_status *status);
/* A new set: the examples that have one of these classes, which become 0, 1, ... in the order given here.
   {5, 8} makes the two-class set of fives and eights. */
TG_API TG_MUST_USE tg_dataset *tg_dataset_pick(const tg_dataset *set, const int *classes, int n,
                                               tg_status *status);
/* A new set: the first `each` examples of every class (all of them where it has fewer), class by class. */
TG_API TG_MUST_USE tg_dataset *tg_dataset_first_of_each(const tg_dataset *set, int64_t each,
                                                        tg_status *status);
/* A new set: the same numbers in another dtype. */
TG_API TG_MUST_USE tg_dataset *tg_dataset_convert(const tg_dataset *set, tg_dtype dtype, tg_status *status);
/* Puts the examples into an order that is a function of the seed and their number. */
TG_API bool tg_dataset_shuffle(tg_dataset *set, uint64_t seed, tg_status *status);
/* Multiplies every element: 1.0/255 turns bytes into 0..1. */
TG_API void tg_dataset_scale(tg_dataset *set, double factor);

/* How tg_dataset_split divides. */
typedef struct tg_split_spec {
    int64_t train;      /* examples; 0: all that the other two leave */
    int64_t validation; /* 0: none, and the set is NULL */
    int64_t test;       /* likewise */
    uint64_t seed;      /* of the order in which examples are dealt out */
    bool in_order;      /* deal them out as they stand: train first, then validation, then test */
} tg_split_spec;

typedef struct tg_split {
    tg_dataset *train, *validation, *test;
} tg_split;

/* Copies the set into disjoint parts. False when the parts want more examples than there are. */
TG_API TG_MUST_USE bool tg_dataset_split(const tg_dataset *set, tg_split_spec spec, tg_split *split,
                                         tg_status *status);
/* Frees the three sets. */
TG_API void tg_split_free(tg_split *split);

/* How the loaders make a set of a file. */
typedef struct tg_load_spec {
    tg_dtype dtype; /* of x: TG_F32 (the default) or TG_F64 */
    int classes;    /* labels must be 0..classes-1; 0: as many as the highest label asks for */
} tg_load_spec;

#endif
