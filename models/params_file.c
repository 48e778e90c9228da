/* params_file.c: parameters to and from safetensors files. */
#include "core/arena.h"
#include "safetensors.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool tg_params_save(const tg_params *params, const char *path, tg_status *status) {
    int count = tg_params_count(params);
    if (!params) return tg_status_fail(status, "save: the parameters are NULL");
    tg_tensor *tensors = tg_alloc((size_t)count * sizeof *tensors);
    if (!tensors) return tg_status_fail(status, "%s: out of memory", path ? path : "save");
    for (int i = 0; i < count; i++) {
        const tg_param *p = tg_params_get(params, i);
        tensors[i] = (tg_tensor){.name = p->name, .dtype = p->dtype, .shape = p->shape, .data = p->value};
    }
    bool ok = tg_safetensors_write(path, (tg_safetensors_spec){.tensors = tensors, .count = count}, status);
    tg_release(tensors);
    return ok;
}

/* Clauses about what does not fit, joined by semicolons; what finds no room is counted. */
typedef struct report {
    char text[400];
    size_t at;
    int clauses, lost;
} report;

static void tell(report *r, const char *format, ...) TG_PRINTF(2, 3);
static void tell(report *r, const char *format, ...) {
    char clause[256];
    va_list va;
    va_start(va, format);
    vsnprintf(clause, sizeof clause, format, va);
    va_end(va);
    size_t need = strlen(clause) + (r->clauses ? 2 : 0);
    r->clauses++;
    if (r->lost || r->at + need + 32 > sizeof r->text) {
        r->lost++;
        return;
    }
    r->at +=
        (size_t)snprintf(r->text + r->at, sizeof r->text - r->at, "%s%s", r->clauses > 1 ? "; " : "", clause);
}

static void close_report(report *r) {
    if (r->lost) snprintf(r->text + r->at, sizeof r->text - r->at, "; and %d more", r->lost);
}

/* The file's name for a parameter is prefix + name. */
static const tg_tensor *stored_tensor(const tg_safetensors *file, const char *prefix, const char *name) {
    size_t n = strlen(prefix);
    for (int i = 0; i < tg_safetensors_count(file); i++) {
        const tg_tensor *t = tg_safetensors_get(file, i);
        if (strncmp(t->name, prefix, n) == 0 && strcmp(t->name + n, name) == 0) return t;
    }
    return NULL;
}

static bool fits(const tg_param *param, const tg_tensor *tensor, bool transpose) {
    tg_shape shape = tensor->shape;
    if (tensor->dtype != TG_F32 && tensor->dtype != TG_F64) return false;
    if (transpose && shape.rank == 2) shape = TG_SHAPE(shape.dim[1], shape.dim[0]);
    return tg_shape_equal(&shape, &param->shape);
}

static double element(const tg_tensor *tensor, int64_t i) {
    float f;
    double d;
    if (tensor->dtype == TG_F32) {
        memcpy(&f, (const char *)tensor->data + 4 * i, 4);
        return (double)f;
    }
    memcpy(&d, (const char *)tensor->data + 8 * i, 8);
    return d;
}

static void take(tg_param *param, const tg_tensor *tensor, bool transpose) {
    if (transpose && param->shape.rank == 2) {
        int64_t rows = param->shape.dim[0], columns = param->shape.dim[1];
        for (int64_t i = 0; i < rows; i++)
            for (int64_t j = 0; j < columns; j++)
                tg_param_set_at(param, i * columns + j, element(tensor, j * rows + i));
    } else if (param->dtype == tensor->dtype) {
        memcpy(param->value, tensor->data, tensor->bytes);
    } else {
        for (int64_t i = 0; i < param->size; i++) tg_param_set_at(param, i, element(tensor, i));
    }
}

static void compare(const tg_params *params, const tg_safetensors *file, const tg_load_params_spec *spec,
                    report *r) {
    const char *prefix = spec->prefix;
    for (int i = 0; i < tg_params_count(params); i++) {
        const tg_param *p = tg_params_get(params, i);
        const tg_tensor *t = stored_tensor(file, prefix, p->name);
        char ours[TG_SHAPE_TEXT], theirs[TG_SHAPE_TEXT];
        if (!t)
            tell(r, "%s is missing", p->name);
        else if (!fits(p, t, spec->transpose))
            tell(r, "%s is %s %s and should be %s", p->name, t->stored,
                 tg_shape_text(&t->shape, theirs, sizeof theirs),
                 tg_shape_text(&p->shape, ours, sizeof ours));
    }
    for (int i = 0; i < tg_safetensors_count(file); i++) {
        const char *name = tg_safetensors_get(file, i)->name;
        if (strncmp(name, prefix, strlen(prefix)) == 0 && !tg_params_find(params, name + strlen(prefix)))
            tell(r, "%s is extra", name);
    }
    close_report(r);
}

bool tg_params_load(tg_params *params, const char *path, tg_load_params_spec spec, tg_status *status) {
    if (!params) return tg_status_fail(status, "load: the parameters are NULL");
    if (spec.report && spec.report_size) spec.report[0] = 0;
    if (!spec.prefix) spec.prefix = "";
    tg_safetensors *file = tg_safetensors_read(path, status);
    if (!file) return false;
    report r = {0};
    compare(params, file, &spec, &r);
    if (spec.report) snprintf(spec.report, spec.report_size, "%s", r.text);
    bool ok = r.clauses == 0 || spec.partial;
    for (int i = 0; ok && i < tg_params_count(params); i++) {
        tg_param *p = tg_params_get(params, i);
        const tg_tensor *t = stored_tensor(file, spec.prefix, p->name);
        if (t && fits(p, t, spec.transpose)) take(p, t, spec.transpose);
    }
    if (!ok) tg_status_fail(status, "%s: %s", path, r.text);
    tg_safetensors_free(file);
    return ok;
}
