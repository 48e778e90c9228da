/* tiles.h: small images in rows: the weights of a first layer, examples with their labels. */
#ifndef TG_PICTURES_TILES_H
#define TG_PICTURES_TILES_H

#include "core/param.h"
#include "data/dataset.h"
#include "figure.h"

typedef struct tg_tiles_spec {
    const char *title;
    int columns;              /* tiles in a row; 0: about as many as there are rows */
    int64_t most;             /* tiles at most; 0: all */
    tg_shape shape;           /* of one tile: (height, width) or (height, width, 3) */
    bool out_first;           /* of weights: they are (out, in), not (in, out) */
    double scale;             /* a pixel of this value is white; 0 means 1 */
    const int64_t *at;        /* positions of the examples, `most` of them; NULL: the first ones */
    const char *const *label; /* above each tile; NULL: none */
} tg_tiles_spec;

/* What each unit of a layer looks for: its incoming weights, arranged as the image that they are applied to.
   White is 0, red positive, blue negative; every tile has its own scale. As tg_figure_save. */
TG_API bool tg_weights_save(const tg_param *weight, tg_tiles_spec spec, const char *path, bool *drawn,
                            tg_status *status);
/* Examples of a set; without spec.shape, in the shape of the set. As tg_figure_save. */
TG_API bool tg_examples_save(const tg_dataset *set, tg_tiles_spec spec, const char *path, bool *drawn,
                             tg_status *status);

#endif
