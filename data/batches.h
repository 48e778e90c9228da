/* batches.h: a dataset, batch by batch, into the input nodes of a tape.

       tg_batches *batches = tg_batches_new(train, (tg_batches_spec){.batch = 100, .shuffle = true, .seed =
   1}, &status); for (int epoch = 0; epoch < 5; epoch++) while (tg_batches_next(batches, x, label)) {
   tg_replay(tape); ... } if (tg_failed(tape)) ...

   A tape has fixed shapes, so every batch is full. Where the number of examples is no multiple of the batch,
   the last few of an epoch are left out (others each epoch, when shuffled); fill_last delivers them in one
   more batch, filled up with examples that this epoch has already shown. */
#ifndef TG_DATA_BATCHES_H
#define TG_DATA_BATCHES_H

#include "core/tape.h"
#include "dataset.h"

typedef struct tg_batches tg_batches;

typedef struct tg_batches_spec {
    int64_t batch; /* examples per batch; 0 means 1 */
    bool shuffle;  /* a new order each epoch, a function of seed and epoch alone */
    uint64_t seed;
    bool fill_last; /* deliver the examples that are left at the end of an epoch too */
} tg_batches_spec;

/* An iterator at the start of epoch 0. It reads the set, which must outlive it, and does not own it. NULL
   when an epoch would have no batch at all: no examples, or fewer than a batch without fill_last. */
TG_API TG_MUST_USE tg_batches *tg_batches_new(const tg_dataset *set, tg_batches_spec spec, tg_status *status);
TG_API void tg_batches_free(tg_batches *batches);

/* Copies the next batch into two inputs, converting to their dtype: x of shape (batch, ...) with as many
   elements per row as an example, and label, i32 of shape (batch) or (batch,1); each may be NULL. False at
   the end of an epoch: the next call begins the next one. False too once the tape of x or label has failed,
   and when they do not fit, which fails that tape with a message. Allocates nothing. */
TG_API bool tg_batches_next(tg_batches *batches, tg_node *x, tg_node *label);

/* Batches per epoch, and examples per epoch that are in none of them. */
TG_API int64_t tg_batches_count(const tg_batches *batches);
TG_API int64_t tg_batches_left_out(const tg_batches *batches);
/* Of the batch last delivered in this epoch: its examples' positions in the set, and how many of them, from
   the first row on, are new in this epoch (all, but in a last batch that was filled up). NULL and 0 when
   there is none. */
TG_API const int64_t *tg_batches_positions(const tg_batches *batches);
TG_API int64_t tg_batches_fresh(const tg_batches *batches);

/* Where the iterator stands, for a checkpoint. */
typedef struct tg_batches_state {
    uint64_t epoch;
    int64_t position; /* batches of this epoch already delivered */
} tg_batches_state;
TG_API tg_batches_state tg_batches_tell(const tg_batches *batches);
/* Goes there: the following batches are bit for bit those that followed the tell. False when there is no such
   position. */
TG_API bool tg_batches_seek(tg_batches *batches, tg_batches_state state);

#endif
