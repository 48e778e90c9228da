/* mat.h: MATLAB files in the layout of the Street View House Numbers set
   (http://ufldl.stanford.edu/housenumbers/).

   Read and written through the matio library; a build without it refuses, and says how to get it. matio has had
   many security holes, so files are looked through before it sees them: version 5 to 7 (MATLAB's save -v7, not
   -v7.3, which is HDF5), with arrays of numbers and texts alone, each as long as its shape asks for. All else is
   refused. Data are inflated once more for this. */
#ifndef TG_DATA_MAT_H
#define TG_DATA_MAT_H

#include "dataset.h"

/* Whether this build reads MATLAB files. */
TG_API bool tg_mat_available(void);

/* Reads the variables X, uint8 of height x width x colours x N, and y, uint8 (or double) of N x 1 with 1..10,
   where 10 stands for the digit 0. Examples become (height, width, colours), row-major, values 0..255 as they
   are; ten classes; spec.classes is not looked at. */
TG_API TG_MUST_USE tg_dataset *tg_svhn_load(const char *path, tg_load_spec spec, tg_status *status);

/* Writes a set of that kind (rank-3 examples, ten classes) in the same layout, compressed. Every value is
   multiplied by `scale` (255 for pictures of 0..1), rounded, and kept within 0..255. */
TG_API TG_MUST_USE bool tg_svhn_save(const char *path, const tg_dataset *set, double scale,
                                     tg_status *status);

#endif
