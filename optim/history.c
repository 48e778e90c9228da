#include "core/arena.h"
#include "core/output.h"
#include "history_internal.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

tg_history *tg_history_new(int epochs, int params, tg_status *status) {
    tg_history *h = tg_alloc(sizeof *h);
    if (h) {
        h->best = -1;
        h->params = params;
        h->capacity = epochs;
        h->epochs = tg_alloc((size_t)epochs * sizeof *h->epochs);
        if (params) h->norms = tg_alloc((size_t)epochs * (size_t)params * sizeof *h->norms);
        if (h->epochs && (h->norms || !params)) return h;
    }
    tg_status_fail(status, "fit: out of memory for the history of %d epochs", epochs);
    tg_history_free(h);
    return NULL;
}

void tg_history_free(tg_history *h) {
    if (!h) return;
    tg_release(h->epochs);
    tg_release(h->norms);
    tg_release(h);
}

tg_epoch *tg_history_add(tg_history *h) {
    if (h->count == h->capacity) return NULL;
    tg_epoch *epoch = &h->epochs[h->count];
    *epoch = (tg_epoch){.epoch = h->count + 1};
#define TG_X(name) epoch->name = NAN;
    TG_EPOCH_NUMBERS(TG_X)
#undef TG_X
    if (h->params) epoch->grad_norms = h->norms + (size_t)h->count * (size_t)h->params;
    h->count++;
    return epoch;
}

double *tg_history_norms(tg_history *h) {
    return h->params ? h->norms + (size_t)(h->count - 1) * (size_t)h->params : NULL;
}

/* ---- CSV ---- */

static const struct {
    const char *name;
    size_t offset;
} columns[] = {
#define TG_X(name) {#name, offsetof(tg_epoch, name)},
    TG_EPOCH_NUMBERS(TG_X)
#undef TG_X
};
#define COLUMNS (sizeof columns / sizeof *columns)

static double number(const tg_epoch *epoch, size_t column) {
    double x;
    memcpy(&x, (const char *)epoch + columns[column].offset, sizeof x);
    return x;
}

static bool measured(const tg_history *h, size_t column) {
    for (int i = 0; i < h->count; i++)
        if (!isnan(number(&h->epochs[i], column))) return true;
    return false;
}

/* The length of "train_" in "train_accuracy"; 0 for other columns. */
static int accuracy_of(size_t column) {
    const char *at = strstr(columns[column].name, "accuracy");
    return at ? (int)(at - columns[column].name) : 0;
}

static void write_titles(FILE *out, const tg_history *h, const tg_params *params) {
    fputs("epoch,steps", out);
    for (size_t c = 0; c < COLUMNS; c++) {
        if (!measured(h, c)) continue;
        fprintf(out, ",%s", columns[c].name);
        if (accuracy_of(c)) fprintf(out, ",%.*serror", accuracy_of(c), columns[c].name);
    }
    for (int k = 0; k < h->params; k++) {
        const tg_param *param = tg_params_get(params, k);
        if (param)
            fprintf(out, ",grad_norm:%s", param->name);
        else
            fprintf(out, ",grad_norm:%d", k);
    }
    fputc('\n', out);
}

static void write_epoch(FILE *out, const tg_history *h, const tg_epoch *epoch) {
    fprintf(out, "%d,%llu", epoch->epoch, (unsigned long long)epoch->steps);
    for (size_t c = 0; c < COLUMNS; c++) {
        if (!measured(h, c)) continue;
        fprintf(out, ",%.17g", number(epoch, c));
        if (accuracy_of(c)) fprintf(out, ",%.17g", 1 - number(epoch, c));
    }
    for (int k = 0; k < h->params; k++) fprintf(out, ",%.17g", epoch->grad_norms[k]);
    fputc('\n', out);
}

bool tg_history_save_csv(const tg_history *h, const tg_params *params, const char *path, tg_status *status) {
    if (!h || !path) return tg_status_fail(status, "history: %s is NULL", h ? "the path" : "the history");
    FILE *out = fopen(path, "w");
    if (!out) return tg_status_fail(status, "%s: %s", path, strerror(errno));
    const locale_t before = tg_plain_begin();
    write_titles(out, h, params);
    for (int i = 0; i < h->count; i++) write_epoch(out, h, &h->epochs[i]);
    tg_plain_end(before);
    bool ok = !ferror(out);
    if (fclose(out) == 0 && ok) return true;
    return tg_status_fail(status, "%s: cannot be written: %s", path, strerror(errno));
}

/* ---- as plain numbers ---- */

#define PACKED ((int)COLUMNS + 1) /* the columns and the steps; the epoch's number is its place */

int64_t tg_history_numbers(const tg_history *h, int epochs) {
    return (int64_t)epochs * (PACKED + h->params);
}

void tg_history_pack(const tg_history *h, double *to) {
    for (int i = 0; i < h->count; i++) {
        *to++ = (double)h->epochs[i].steps;
        for (size_t c = 0; c < COLUMNS; c++) *to++ = number(&h->epochs[i], c);
        for (int k = 0; k < h->params; k++) *to++ = h->epochs[i].grad_norms[k];
    }
}

void tg_history_unpack(tg_history *h, const double *from, int64_t count) {
    h->count = 0;
    for (int64_t left = count; left >= PACKED + h->params; left -= PACKED + h->params) {
        tg_epoch *epoch = tg_history_add(h);
        epoch->steps = (uint64_t)*from++;
        for (size_t c = 0; c < COLUMNS; c++) memcpy((char *)epoch + columns[c].offset, from++, sizeof *from);
        for (int k = 0; k < h->params; k++) tg_history_norms(h)[k] = *from++;
    }
}
