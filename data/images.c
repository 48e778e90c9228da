#include "images.h"

#include "core/tape.h"
#include "core/threads.h"

#include <math.h>

#define BUNCH 64 /* pictures that one thread makes at a time */

typedef struct paint_job {
    tg_dataset *set;
    uint64_t seed;
    double difficulty;
    int features;
    tg_painter *painter;
} paint_job;

static void paint_one(const paint_job *job, int64_t i) {
    float pixels[TG_MOST_PIXELS];
    tg_rng rng = {.seed = job->seed, .stream = (uint64_t)i};
    int class = job->set->labels[i] = (int32_t)tg_rng_below(&rng, 10);
    job->painter(pixels, class, job->difficulty, &rng);
    int64_t first = i * job->features;
    for (int j = 0; j < job->features; j++)
        if (job->set->dtype == TG_F32)
            ((float *)job->set->x)[first + j] = pixels[j];
        else
            ((double *)job->set->x)[first + j] = (double)pixels[j];
}

static void paint_bunch(void *context, int64_t part) {
    const paint_job *job = context;
    for (int64_t i = part * BUNCH; i < (part + 1) * BUNCH && i < job->set->count; i++) paint_one(job, i);
}

tg_dataset *tg_paint(tg_images_spec spec, const tg_shape *example, const char *name, tg_painter *painter,
                     tg_status *status) {
    if (!isfinite(spec.difficulty)) {
        tg_status_fail(status, "%s: difficulty %g", name, spec.difficulty);
        return NULL;
    }
    tg_dataset *set = tg_dataset_new(spec.count, example, spec.dtype, 10, status);
    if (!set) return NULL;
    paint_job job = {set, spec.seed, spec.difficulty != 0 ? fmax(spec.difficulty, 0) : 1,
                     (int)tg_dataset_features(set), painter};
    tg_parallel(tg_threads(), (spec.count + BUNCH - 1) / BUNCH, paint_bunch, &job);
    tg_dataset_name(set, name);
    return set;
}

/* The sum of two random bytes, centred, is close to normal: deviation 104.5. */
void tg_add_grain(float *pixels, int n, double deviation, tg_rng *rng) {
    float scale = (float)(deviation / 104.5);
    uint64_t block = rng->position / 2 + 1;
    uint32_t word[4];
    for (int i = 0; i < n; i++) {
        if (i % 8 == 0) tg_rng_block(rng->seed, rng->stream, block++, word);
        uint32_t two = word[i % 8 / 2] >> (i % 2 * 16);
        float x = pixels[i] + scale * ((float)(two & 255) + (float)(two >> 8 & 255) - 255);
        pixels[i] = x < 0 ? 0 : x > 1 ? 1 : x;
    }
    rng->position = 2 * block;
}
