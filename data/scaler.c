#include "scaler.h"

#include "core/arena.h"
#include "element.h"

#include <math.h>

void tg_scaler_free(tg_scaler *scaler) {
    if (!scaler) return;
    tg_release(scaler->shift);
    tg_release(scaler->factor);
    tg_release(scaler);
}

static tg_scaler *new_scaler(int64_t features) {
    tg_scaler *scaler = tg_alloc(sizeof *scaler);
    if (!scaler) return NULL;
    *scaler = (tg_scaler){features, tg_alloc((size_t)features * sizeof(double)),
                          tg_alloc((size_t)features * sizeof(double))};
    if (scaler->shift && scaler->factor) return scaler;
    tg_scaler_free(scaler);
    return NULL;
}

static double inverse(double x) {
    return x > 0 ? 1 / x : 1;
}

/* shift becomes the mean. Examples are the outer loop: they lie one after the other in memory. */
static void fit_mean(tg_scaler *s, const tg_dataset *train) {
    for (int64_t i = 0; i < train->count; i++)
        for (int64_t j = 0; j < s->features; j++) s->shift[j] += tg_element(train, i * s->features + j);
    for (int64_t j = 0; j < s->features; j++) {
        s->shift[j] /= (double)train->count;
        s->factor[j] = 1;
    }
}

/* The second pass of the two-pass variance, which does not cancel. */
static void fit_deviation(tg_scaler *s, const tg_dataset *train) {
    for (int64_t j = 0; j < s->features; j++) s->factor[j] = 0;
    for (int64_t i = 0; i < train->count; i++)
        for (int64_t j = 0; j < s->features; j++) {
            double d = tg_element(train, i * s->features + j) - s->shift[j];
            s->factor[j] += d * d;
        }
    for (int64_t j = 0; j < s->features; j++)
        s->factor[j] = inverse(sqrt(s->factor[j] / (double)train->count));
}

/* One mean and one deviation for all features. */
static void fit_whole(tg_scaler *s, const tg_dataset *train) {
    double sum = 0, squares = 0;
    for (int64_t j = 0; j < s->features; j++) sum += s->shift[j];
    const double mean = s->features ? sum / (double)s->features : 0;
    const int64_t n = train->count * s->features;
    for (int64_t i = 0; i < n; i++) {
        double d = tg_element(train, i) - mean;
        squares += d * d;
    }
    for (int64_t j = 0; j < s->features; j++) {
        s->shift[j] = mean;
        s->factor[j] = inverse(sqrt(squares / (double)n));
    }
}

static void fit_range(tg_scaler *s, const tg_dataset *train) {
    for (int64_t j = 0; j < s->features; j++) {
        double least = INFINITY, greatest = -INFINITY;
        for (int64_t i = 0; i < train->count; i++) {
            double x = tg_element(train, i * s->features + j);
            least = fmin(least, x);
            greatest = fmax(greatest, x);
        }
        s->shift[j] = least;
        s->factor[j] = inverse(greatest - least);
    }
}

tg_scaler *tg_scaler_fit(const tg_dataset *train, tg_scaling scaling, tg_status *status) {
    if (!train || train->count < 1 || (unsigned)scaling > TG_UNIT_RANGE) {
        tg_status_fail(status, "scaler: no examples to fit to, or no such scaling (%d)", (int)scaling);
        return NULL;
    }
    tg_scaler *scaler = new_scaler(tg_dataset_features(train));
    if (!scaler) {
        tg_status_fail(status, "scaler: out of memory for %lld features",
                       (long long)tg_dataset_features(train));
        return NULL;
    }
    if (scaling == TG_UNIT_RANGE) {
        fit_range(scaler, train);
    } else {
        fit_mean(scaler, train);
        if (scaling == TG_STANDARDISE) fit_deviation(scaler, train);
        if (scaling == TG_STANDARDISE_WHOLE) fit_whole(scaler, train);
    }
    return scaler;
}

bool tg_scaler_apply(const tg_scaler *scaler, tg_dataset *set, tg_status *status) {
    if (!scaler || !set || tg_dataset_features(set) != scaler->features)
        return tg_status_fail(status, "scaler: fitted to %lld features, \"%s\" has %lld",
                              (long long)(scaler ? scaler->features : 0), set ? set->name : "NULL",
                              (long long)tg_dataset_features(set));
    for (int64_t i = 0; i < set->count; i++)
        for (int64_t j = 0; j < scaler->features; j++) {
            int64_t at = i * scaler->features + j;
            tg_element_set(set, at, (tg_element(set, at) - scaler->shift[j]) * scaler->factor[j]);
        }
    return true;
}
