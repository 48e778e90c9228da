#include "golden.h"
#include "test.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static cJSON *parse(const char *file) {
    char path[4096];
    const char *source = getenv("TG_SOURCE");
    snprintf(path, sizeof path, "%s/tests/golden/%s", source ? source : ".", file);
    FILE *in = fopen(path, "rb");
    if (!in) fail_msg("%s cannot be opened", path);
    fseek(in, 0, SEEK_END);
    size_t size = (size_t)ftell(in);
    rewind(in);
    char *text = calloc(1, size + 1);
    assert_int_equal(fread(text, 1, size, in), size);
    fclose(in);
    cJSON *root = cJSON_Parse(text);
    free(text);
    if (!root) fail_msg("%s is not JSON", path);
    return root;
}

static const cJSON *find(const cJSON *at, const char *path) {
    char copy[256];
    snprintf(copy, sizeof copy, "%s", path);
    for (char *key = strtok(copy, "/"); key && at; key = strtok(NULL, "/")) at = cJSON_GetObjectItem(at, key);
    return at;
}

double *golden_numbers(const char *file, const char *path, int64_t *n) {
    cJSON *root = parse(file);
    const cJSON *entry = find(root, path);
    if (cJSON_IsObject(entry)) entry = cJSON_GetObjectItem(entry, "data");
    int64_t count = cJSON_IsNumber(entry) ? 1 : cJSON_GetArraySize(entry);
    if (count == 0) fail_msg("%s has no numbers at %s", file, path);
    double *numbers = calloc((size_t)count, sizeof *numbers);
    const cJSON *element = cJSON_IsNumber(entry) ? entry : entry->child;
    for (int64_t i = 0; i < count; i++, element = element->next) numbers[i] = element->valuedouble;
    cJSON_Delete(root);
    if (n) *n = count;
    return numbers;
}

double golden_number(const char *file, const char *path) {
    double *numbers = golden_numbers(file, path, NULL), number = numbers[0];
    free(numbers);
    return number;
}

void linspace(double low, double high, int64_t n, double *to) {
    for (int64_t i = 0; i < n; i++) to[i] = low + (high - low) * (double)i / (double)(n - 1);
}
