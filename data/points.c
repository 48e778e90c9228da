/* points.c: the small sets of points. */
#include "synthetic.h"

#include "core/rng.h"

#include <math.h>

#define TURN          6.28318530717958647692
#define CENTRE_STREAM UINT64_MAX /* of the blobs' centres: no example has this number */

/* Places one point: fraction is uniform in [0,1). */
typedef void place(const tg_points_spec *spec, int class, double fraction, double *point);

static void on_circle(const tg_points_spec *spec, int class, double fraction, double *point) {
    (void)spec;
    double radius = class ? 0.5 : 1;
    point[0] = radius * cos(TURN * fraction);
    point[1] = radius * sin(TURN * fraction);
}

static void on_moon(const tg_points_spec *spec, int class, double fraction, double *point) {
    (void)spec;
    double x = cos(TURN / 2 * fraction), y = sin(TURN / 2 * fraction);
    point[0] = class ? 1 - x : x;
    point[1] = class ? 0.5 - y : y;
}

static void on_spiral(const tg_points_spec *spec, int class, double fraction, double *point) {
    double angle = TURN * (0.75 * fraction + (double)class / spec->classes);
    point[0] = fraction * cos(angle);
    point[1] = fraction * sin(angle);
}

static void at_centre(const tg_points_spec *spec, int class, double fraction, double *point) {
    (void)fraction;
    tg_rng rng = {.seed = spec->seed, .stream = CENTRE_STREAM};
    rng.position = (uint64_t) class * (uint64_t)spec->features;
    for (int j = 0; j < spec->features; j++) point[j] = 8 * tg_rng_uniform(&rng) - 4;
}

#define MOST_FEATURES 1024

static tg_dataset *points(tg_points_spec spec, const char *name, double noise, place *put,
                          tg_status *status) {
    double point[MOST_FEATURES];
    if (spec.classes < 1 || spec.features < 1 || spec.features > MOST_FEATURES || isnan(spec.noise)) {
        tg_status_fail(status, "%s: %d classes of points with %d coordinates and noise %g", name,
                       spec.classes, spec.features, spec.noise);
        return NULL;
    }
    tg_dataset *set = tg_dataset_new(spec.count, &TG_SHAPE(spec.features), spec.dtype, spec.classes, status);
    if (!set) return NULL;
    if (spec.noise != 0) noise = spec.noise > 0 ? spec.noise : 0;
    for (int64_t i = 0; i < set->count; i++) {
        tg_rng rng = {.seed = spec.seed, .stream = (uint64_t)i};
        set->labels[i] = (int32_t)(i % spec.classes);
        put(&spec, set->labels[i], tg_rng_uniform(&rng), point);
        for (int j = 0; j < spec.features; j++)
            tg_dataset_set_at(set, i, j, point[j] + noise * tg_rng_normal(&rng));
    }
    tg_dataset_name(set, name);
    return set;
}

tg_dataset *tg_two_circles(tg_points_spec spec, tg_status *status) {
    spec.classes = spec.features = 2;
    return points(spec, "two circles", 0.08, on_circle, status);
}

tg_dataset *tg_moons(tg_points_spec spec, tg_status *status) {
    spec.classes = spec.features = 2;
    return points(spec, "moons", 0.1, on_moon, status);
}

tg_dataset *tg_spirals(tg_points_spec spec, tg_status *status) {
    if (!spec.classes) spec.classes = 3;
    spec.features = 2;
    return points(spec, "spirals", 0.03, on_spiral, status);
}

tg_dataset *tg_blobs(tg_points_spec spec, tg_status *status) {
    if (!spec.classes) spec.classes = 3;
    if (!spec.features) spec.features = 2;
    return points(spec, "blobs", 1, at_centre, status);
}
