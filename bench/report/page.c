#include "page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool page_is_quick(const page *p) {
    const cJSON *machine = cJSON_GetObjectItemCaseSensitive(p->all, "machine");
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(machine, "quick"));
}

double page_number(const cJSON *object, const char *path) {
    char name[64];
    for (;;) {
        size_t n = strcspn(path, "/");
        snprintf(name, sizeof name, "%.*s", (int)n, path);
        object = cJSON_GetObjectItemCaseSensitive(object, name);
        if (!path[n]) break;
        path += n + 1;
    }
    return cJSON_IsNumber(object) ? object->valuedouble : NAN;
}

const char *page_text(const cJSON *object, const char *name) {
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return text ? text : "";
}

const cJSON *page_network(const cJSON *table, const char *model, double batch) {
    const cJSON *row;
    cJSON_ArrayForEach(row, table) {
        if (strcmp(page_text(row, "model"), model) == 0 && page_number(row, "batch") == batch) return row;
    }
    return NULL;
}

const cJSON *page_op(const cJSON *table, const char *op) {
    const cJSON *row;
    cJSON_ArrayForEach(row, table) {
        if (strcmp(page_text(row, "op"), op) == 0) return row;
    }
    return NULL;
}

void page_cell(page *p, const char *format, double value) {
    char text[64] = "-";
    if (isfinite(value)) snprintf(text, sizeof text, format, value);
    fprintf(p->out, " %s |", text);
}

static const char *format_of(double us) {
    return us < 10 ? "%.2f" : us < 100 ? "%.1f" : "%.0f";
}

void page_us(page *p, double us) {
    page_cell(p, format_of(us), us);
}

void page_spread(page *p, double min, double max) {
    char low[32], high[32];
    if (!isfinite(min) || !isfinite(max)) {
        page_cell(p, "%g", NAN);
        return;
    }
    snprintf(low, sizeof low, format_of(min), min);
    snprintf(high, sizeof high, format_of(max), max);
    fprintf(p->out, " %s to %s |", low, high);
}

double page_bytes_needed(const char *model, const char *optimizer, double batch) {
    char *at;
    double before = strtod(model, &at), parameters = 0, activations = 0;
    const double inputs = before;
    while (*at == '-') {
        double size = strtod(at + 1, &at);
        parameters += (before + 1) * size;
        activations += size;
        before = size;
    }
    double copies = strcmp(optimizer, "adam") == 0 ? 4 : 2; /* themselves, gradients, two moments */
    return 4 * (copies * parameters + batch * (inputs + 1 + activations)); /* 1: the label */
}
