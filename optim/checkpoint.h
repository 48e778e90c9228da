/* checkpoint.h: a training run in one file, so that it can stop and go on bit for bit as if it never had.

   The file is a safetensors file (models/safetensors.h) and can be read as one: param/NAME, optim/NAME/STATE,
   best/NAME, part/NAME, and numbers in its metadata. It is written aside and renamed, the one before is kept
   as PATH.previous, and a checksum covers every byte: whatever moment a crash comes at, the old state or the
   new one is there. */
#ifndef TG_OPTIM_CHECKPOINT_H
#define TG_OPTIM_CHECKPOINT_H

#include "data/batches.h"
#include "keeper.h"
#include "optim.h"

/* Numbers of the caller's own, such as a history: saved and brought back with the rest. */
typedef struct tg_checkpoint_part {
    const char *name;
    double *data;
    int64_t count;    /* numbers in it; loading sets it */
    int64_t capacity; /* loading more than this is an error */
} tg_checkpoint_part;

/* What a run is made of; what is NULL is left out. Save between steps: gradients are not saved. */
typedef struct tg_checkpoint {
    tg_optim *optim;     /* its parameters, state, steps, learning rate and schedule; needed */
    tg_tape *tape;       /* its seed and step, and thus its random numbers */
    tg_batches *batches; /* where in which epoch; the order follows from its own spec */
    tg_keeper *keeper;   /* the best parameters and the patience left */
    tg_checkpoint_part *parts;
    int part_count;
} tg_checkpoint;

/* False with a message; the file at path is then as it was. */
TG_API bool tg_checkpoint_save(const char *path, tg_checkpoint run, tg_status *status);
/* Puts the run, made from the same specs as the saved one, where that stood. Where path is missing or
   damaged, PATH.previous is taken. False, with a message and nothing changed, when neither can be read or the
   run has other parameters, another optimiser, or parts that the file lacks. */
TG_API bool tg_checkpoint_load(const char *path, tg_checkpoint run, tg_status *status);
/* Whether there is a file at path or PATH.previous. */
TG_API bool tg_checkpoint_exists(const char *path);

#endif
