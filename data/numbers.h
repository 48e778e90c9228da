/* numbers.h: numbers as files store them, turned into elements of a dtype. Private. */
#ifndef TG_DATA_NUMBERS_H
#define TG_DATA_NUMBERS_H

#include "core/tensor.h"
#include "dataset.h"
#include "reader.h"

/* How one number is stored: kind 'u' unsigned, 'i' signed, 'f' IEEE 754; 1, 2, 4 or 8 bytes ('f': not 1). */
typedef struct tg_stored {
    char kind;
    int bytes;
    bool big_endian;
} tg_stored;

/* Reads n numbers into to, elements of dtype (f32, f64, i32). fortran: NULL, or the shape of an array that is
   stored with its first axis fastest; it is put into row-major order. A number that an i32 does not hold is
   an error. */
bool tg_read_numbers(tg_reader *in, tg_stored stored, int64_t n, const tg_shape *fortran, tg_dtype dtype,
                     void *to);

/* Checks that every label is in 0..classes-1 and sets set->classes; classes 0 means the highest label + 1.
   The message names the file. */
bool tg_check_labels(tg_dataset *set, int classes, const char *path, tg_status *status);

#endif
