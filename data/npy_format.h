/* npy_format.h: the .npy bytes themselves, wherever they stand. Private. */
#ifndef TG_DATA_NPY_FORMAT_H
#define TG_DATA_NPY_FORMAT_H

#include "npy.h"
#include "reader.h"

#define TG_NPY_HEADER 512 /* bytes that hold the header that we write */

/* Reads one array from where the reader stands to the end of its contents. */
tg_array *tg_npy_read(tg_reader *in, tg_dtype dtype);
/* Writes the header of an array, at most TG_NPY_HEADER bytes; its length. */
size_t tg_npy_header(const tg_array *array, char *header);
/* Bytes of the array's elements. */
size_t tg_array_bytes(const tg_array *array);
/* Makes a dataset of two arrays, which it takes over; y may be NULL. path is for messages. */
tg_dataset *tg_dataset_adopt(tg_array *x, tg_array *y, const char *path, tg_load_spec spec,
                             tg_status *status);

#endif
