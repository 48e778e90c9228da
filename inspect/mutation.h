/* mutation.h: ops with a backward that is wrong on purpose, to prove that the check rejects them. */
#ifndef TG_INSPECT_MUTATION_H
#define TG_INSPECT_MUTATION_H

#include "../core/op.h"

/* What is done to the gradient of one argument. */
#define TG_CORRUPTIONS(X)                                                                                    \
    X(TG_CORRUPT_SIGN, "sign", "its sign is wrong")                                                          \
    X(TG_CORRUPT_SCALE, "scale", "it is 3 % too large")                                                      \
    X(TG_CORRUPT_TERM, "dropped_term", "what one element of the result contributes is left out")             \
    X(TG_CORRUPT_TRANSPOSED, "transposed", "its last two axes are stored in the wrong order")                \
    X(TG_CORRUPT_OVERWRITE, "dropped_accumulation", "it overwrites what is there instead of adding")         \
    X(TG_CORRUPT_ZERO, "dropped_argument", "it is left out")                                                 \
    X(TG_CORRUPT_NAN, "nan", "one element is NaN")
typedef enum tg_corruption {
#define TG_X(id, name, text) id,
    TG_CORRUPTIONS(TG_X)
#undef TG_X
        TG_NCORRUPTIONS
} tg_corruption;
TG_API const char *tg_corruption_name(tg_corruption kind);

/* A corrupted copy of an op. */
typedef struct tg_mutation tg_mutation;
/* Corrupts the gradient of argument `argument` of op. NULL when op has no backward or memory is out. Free it
   after all tapes that it stands on. */
TG_API TG_MUST_USE tg_mutation *tg_mutation_new(const tg_op *op, tg_corruption kind, int argument);
TG_API void tg_mutation_free(tg_mutation *mutation);
/* Applies the corrupted op; options are those of the original. */
#define tg_mutation_apply(...) tg_mutation_apply_at(TG_HERE, __VA_ARGS__)
TG_API tg_node *tg_mutation_apply_at(tg_where where, tg_mutation *mutation, const void *options, int nargs,
                                     tg_node *const *args);
/* Whether the corruption has changed a single bit of any gradient so far. Where it cannot (a transposed
   gradient whose elements are all equal), the mutant is no wrong gradient but an equal one. */
TG_API bool tg_mutation_bites(const tg_mutation *mutation);

#endif
