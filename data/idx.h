/* idx.h: IDX files, the format of MNIST and Fashion-MNIST (http://yann.lecun.com/exdb/mnist/), gzipped or
   plain.

   The header is two zero bytes, the element type, the rank, and the big-endian sizes; the numbers follow. A
   file that is missing, cut short, damaged, longer than its header says, or with sizes that its length cannot
   hold, gives NULL and a message with file and offset. Memory: the set itself and a few kilobytes; a plain
   file's set in f32 is at most four times as long as the file. */
#ifndef TG_DATA_IDX_H
#define TG_DATA_IDX_H

#include "dataset.h"

/* A set of what stands along the first axis of `examples`, with the labels of the rank-1 file `labels`, or
   without when that is NULL. Numbers are taken as they are: pixels are 0..255. */
TG_API TG_MUST_USE tg_dataset *tg_idx_load(const char *examples, const char *labels, tg_load_spec spec,
                                           tg_status *status);

/* The training or the test part of MNIST or Fashion-MNIST from a folder with the usual file names,
   "train-images-idx3-ubyte.gz" and so on (without .gz, and with a dot in place of the second dash, too).
   28x28, ten classes; spec.classes is not looked at. */
TG_API TG_MUST_USE tg_dataset *tg_mnist_load(const char *folder, bool train, tg_load_spec spec,
                                             tg_status *status);

#endif
