#include "source.h"
#include "data/idx.h"
#include "data/scaler.h"
#include "data/synthetic.h"

#include <stdlib.h>
#include <string.h>

#define DIGITS 10000

/* "" or ":N", N the number of training examples. The test set, a fifth as large, is what follows in the same
   sequence. */
static bool open_digits(tg_source *source, const char *count, tg_dtype dtype, tg_status *status) {
    char *end = NULL;
    long train = *count ? strtol(count + 1, &end, 10) : DIGITS;
    if (*count && (end == count + 1 || *end || train < 10 || train > 10000000))
        return tg_status_fail(status, "digits%s: give digits:N, N from 10 to 10000000", count);
    tg_images_spec spec = {.count = train + train / 5, .seed = 1, .dtype = dtype};
    tg_dataset *all = tg_digits(spec, status);
    if (!all) return false;
    source->train = tg_dataset_range(all, 0, train, status);
    source->test = tg_dataset_range(all, train, train / 5, status);
    tg_dataset_free(all);
    return source->train && source->test;
}

static bool open_mnist(tg_source *source, const char *folder, tg_dtype dtype, tg_status *status) {
    source->train = tg_mnist_load(folder, true, (tg_load_spec){.dtype = dtype}, status);
    if (source->train) source->test = tg_mnist_load(folder, false, (tg_load_spec){.dtype = dtype}, status);
    if (!source->train || !source->test) return false;
    return true;
}

/* Mean 0 and deviation 1 over all pixels of the training set. */
static bool standardise(tg_source *source, tg_status *status) {
    tg_scaler *scaler = tg_scaler_fit(source->train, TG_STANDARDISE_WHOLE, status);
    bool ok = scaler && tg_scaler_apply(scaler, source->train, status) &&
              tg_scaler_apply(scaler, source->test, status);
    tg_scaler_free(scaler);
    return ok;
}

bool tg_source_open(tg_source *source, const char *spec, tg_dtype dtype, tg_status *status) {
    *source = (tg_source){0};
    bool ok;
    if (strcmp(spec, "digits") == 0 || strncmp(spec, "digits:", 7) == 0)
        ok = open_digits(source, spec + 6, dtype, status);
    else if (strncmp(spec, "mnist:", 6) == 0)
        ok = open_mnist(source, spec + 6, dtype, status);
    else
        ok = tg_status_fail(status, "unknown data '%s': give %s", spec, TG_SOURCE_HELP);
    ok = ok && standardise(source, status);
    if (!ok) tg_source_free(source);
    return ok;
}

void tg_source_free(tg_source *source) {
    tg_dataset_free(source->train);
    tg_dataset_free(source->test);
    *source = (tg_source){0};
}
