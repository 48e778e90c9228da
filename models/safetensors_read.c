/* safetensors_read.c: the reading half of safetensors.h. */
#include "core/arena.h"
#include "file.h"
#include "safetensors.h"
#include "safetensors_internal.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct tg_safetensors {
    unsigned char *bytes;
    cJSON *root; /* names and metadata live here */
    tg_tensor *tensors;
    int count;
};

/* A file while it is being read. */
typedef struct source {
    const char *path;
    unsigned char *bytes;
    size_t size, header; /* of the file; of its header */
    bool checked;        /* it has a checksum, and that is right */
    bool starved;        /* it could not be read for want of memory */
    tg_status *status;
} source;

static const struct {
    const char *name;
    size_t size;
    tg_dtype dtype;
} stored[] = {
    {"F32", 4, TG_F32},     {"F64", 8, TG_F64},     {"I32", 4, TG_I32},         {"BOOL", 1, TG_NDTYPES},
    {"U8", 1, TG_NDTYPES},  {"I8", 1, TG_NDTYPES},  {"F8_E4M3", 1, TG_NDTYPES}, {"F8_E5M2", 1, TG_NDTYPES},
    {"I16", 2, TG_NDTYPES}, {"U16", 2, TG_NDTYPES}, {"F16", 2, TG_NDTYPES},     {"BF16", 2, TG_NDTYPES},
    {"U32", 4, TG_NDTYPES}, {"I64", 8, TG_NDTYPES}, {"U64", 8, TG_NDTYPES},
};

static bool measure(source *in) {
    uint64_t header = 0;
    if (in->size < 10)
        return tg_status_fail(in->status, "%s: %zu bytes are too few for a safetensors file", in->path,
                              in->size);
    for (int i = 0; i < 8; i++) header |= (uint64_t)in->bytes[i] << 8 * i;
    if (header < 2 || header > in->size - 8)
        return tg_status_fail(in->status, "%s: offset 0: the header's length is %llu, in a file of %zu bytes",
                              in->path, (unsigned long long)header, in->size);
    in->header = (size_t)header;
    return true;
}

/* cJSON takes about a hundred bytes for every value; a header that would turn into much more than the file
   is not one of tensors. */
static bool frugal(const source *in) {
    size_t values = 0;
    for (size_t i = 0; i < in->header; i++) {
        char c = (char)in->bytes[8 + i];
        values += c == ',' || c == '[' || c == '{';
    }
    if (values * 100 <= 4 * in->size + (1u << 20)) return true;
    return tg_status_fail(in->status, "%s: its header has %zu values, too many for %zu bytes of tensors",
                          in->path, values, in->size);
}

static bool sealed(source *in) {
    const size_t mark = strlen(TG_CRC_MARK);
    unsigned char *digits = NULL;
    for (size_t i = 8; !digits && i + mark + 8 <= 8 + in->header; i++)
        if (memcmp(in->bytes + i, TG_CRC_MARK, mark) == 0) digits = in->bytes + i + mark;
    if (!digits) return true;
    char wanted[9] = {0}, found[9];
    memcpy(wanted, digits, 8);
    memset(digits, '0', 8);
    uLong crc = crc32_z(crc32(0, NULL, 0), in->bytes, in->size);
    memcpy(digits, wanted, 8);
    snprintf(found, sizeof found, "%08lx", (unsigned long)crc & 0xffffffffu);
    if ((in->checked = strcmp(found, wanted) == 0)) return true;
    return tg_status_fail(in->status, "%s: is damaged: its checksum is %s and should be %s", in->path, found,
                          wanted);
}

/* A whole number that a double holds exactly; -1 for anything else. */
static int64_t whole(const cJSON *number) {
    if (!cJSON_IsNumber(number)) return -1;
    double x = number->valuedouble;
    return x >= 0 && x <= 9007199254740992.0 && x == (double)(int64_t)x ? (int64_t)x : -1;
}

static bool read_shape(const cJSON *array, tg_shape *shape) {
    if (!cJSON_IsArray(array)) return false;
    *shape = (tg_shape){0};
    for (const cJSON *d = array->child; d; d = d->next) {
        if (shape->rank == TG_MAX_RANK) return false;
        shape->dim[shape->rank] = whole(d);
        if (shape->dim[shape->rank++] < 0) return false;
    }
    return true;
}

static bool fill(const source *in, const cJSON *entry, size_t element, tg_tensor *tensor) {
    const cJSON *offsets = cJSON_GetObjectItemCaseSensitive(entry, "data_offsets");
    bool pair = cJSON_IsArray(offsets) && cJSON_GetArraySize(offsets) == 2;
    int64_t begin = pair ? whole(offsets->child) : -1, end = pair ? whole(offsets->child->next) : -1;
    int64_t n = tg_shape_count(&tensor->shape, element), data = (int64_t)(in->size - 8 - in->header);
    if (begin < 0 || end < begin || end > data || n < 0 || end - begin != n * (int64_t)element)
        return tg_status_fail(
            in->status,
            "%s: the data of %s, offsets %lld to %lld, do not have the size of its shape or "
            "do not lie within the file's %lld bytes of data",
            in->path, entry->string, (long long)begin, (long long)end, (long long)data);
    tensor->data = in->bytes + 8 + in->header + begin;
    tensor->bytes = (size_t)(end - begin);
    return true;
}

static bool read_entry(const source *in, const cJSON *entry, tg_tensor *tensor) {
    const cJSON *dtype = cJSON_GetObjectItemCaseSensitive(entry, "dtype");
    size_t kind = 0, kinds = sizeof stored / sizeof *stored;
    while (kind < kinds && !(cJSON_IsString(dtype) && strcmp(dtype->valuestring, stored[kind].name) == 0))
        kind++;
    if (kind == kinds)
        return tg_status_fail(in->status, "%s: %s has no dtype that is known", in->path, entry->string);
    *tensor = (tg_tensor){.name = entry->string, .dtype = stored[kind].dtype, .stored = stored[kind].name};
    if (!read_shape(cJSON_GetObjectItemCaseSensitive(entry, "shape"), &tensor->shape))
        return tg_status_fail(in->status, "%s: %s has no shape of up to %d sizes", in->path, entry->string,
                              TG_MAX_RANK);
    return fill(in, entry, stored[kind].size, tensor);
}

/* By where the data stand; of two at one place, the empty one first. */
static int by_place(const void *a, const void *b) {
    const tg_tensor *x = a, *y = b;
    if (x->data != y->data) return (const char *)x->data < (const char *)y->data ? -1 : 1;
    return (x->bytes > y->bytes) - (x->bytes < y->bytes);
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const tg_tensor *)a)->name, ((const tg_tensor *)b)->name);
}

static bool no_gaps(const source *in, tg_safetensors *file) {
    qsort(file->tensors, (size_t)file->count, sizeof *file->tensors, by_name);
    for (int i = 1; i < file->count; i++)
        if (strcmp(file->tensors[i - 1].name, file->tensors[i].name) == 0)
            return tg_status_fail(in->status, "%s: two tensors are called %s", in->path,
                                  file->tensors[i].name);
    qsort(file->tensors, (size_t)file->count, sizeof *file->tensors, by_place);
    const unsigned char *at = in->bytes + 8 + in->header;
    for (int i = 0; i < file->count; i++) {
        if (file->tensors[i].data != at)
            return tg_status_fail(in->status, "%s: the data of %s overlap others or leave a gap", in->path,
                                  file->tensors[i].name);
        at += file->tensors[i].bytes;
    }
    if (at == in->bytes + in->size) return true;
    return tg_status_fail(in->status, "%s: %zu bytes at its end belong to no tensor", in->path,
                          (size_t)(in->bytes + in->size - at));
}

static bool starve(source *in) {
    in->starved = true;
    return tg_status_fail(in->status, "%s: out of memory", in->path);
}

static bool read_entries(source *in, tg_safetensors *file) {
    file->tensors = tg_alloc((size_t)cJSON_GetArraySize(file->root) * sizeof *file->tensors);
    if (!file->tensors) return starve(in);
    for (const cJSON *entry = file->root->child; entry; entry = entry->next) {
        if (strcmp(entry->string, "__metadata__") == 0) continue;
        if (!read_entry(in, entry, &file->tensors[file->count++])) return false;
    }
    return no_gaps(in, file);
}

static bool read_header(source *in, tg_safetensors *file) {
    file->root = cJSON_ParseWithLength((const char *)in->bytes + 8, in->header);
    /* The parser does not tell text that is wrong from memory that is out; a right checksum does. */
    if (!file->root && in->checked) return starve(in);
    if (!cJSON_IsObject(file->root))
        return tg_status_fail(in->status, "%s: offset 8: the header is not a JSON object", in->path);
    const cJSON *metadata = cJSON_GetObjectItemCaseSensitive(file->root, "__metadata__");
    if (metadata && !cJSON_IsObject(metadata))
        return tg_status_fail(in->status, "%s: __metadata__ is not an object", in->path);
    return read_entries(in, file);
}

/* Whether such an error of the system says that the file is not there, or not what was written. */
static bool loses(int reason) {
    return reason == ENOENT || reason == ENOTDIR || reason == EINVAL || reason == EIO;
}

tg_safetensors *tg_safetensors_open(const char *path, bool *lost, tg_status *status) {
    source in = {.path = path, .status = status};
    in.bytes = tg_file_read(path, &in.size, status);
    *lost = !in.bytes && path && loses(errno);
    if (!in.bytes) return NULL;
    tg_safetensors *file = tg_alloc(sizeof *file);
    if (!file) {
        tg_tensor_free(in.bytes);
        starve(&in);
        return NULL;
    }
    file->bytes = in.bytes;
    if (measure(&in) && frugal(&in) && sealed(&in) && read_header(&in, file)) return file;
    *lost = !in.starved;
    tg_safetensors_free(file);
    return NULL;
}

tg_safetensors *tg_safetensors_read(const char *path, tg_status *status) {
    bool lost;
    return tg_safetensors_open(path, &lost, status);
}

void tg_safetensors_free(tg_safetensors *file) {
    if (!file) return;
    cJSON_Delete(file->root);
    tg_release(file->tensors);
    tg_tensor_free(file->bytes);
    tg_release(file);
}

int tg_safetensors_count(const tg_safetensors *file) {
    return file ? file->count : 0;
}

const tg_tensor *tg_safetensors_get(const tg_safetensors *file, int i) {
    return file && i >= 0 && i < file->count ? &file->tensors[i] : NULL;
}

const tg_tensor *tg_safetensors_find(const tg_safetensors *file, const char *name) {
    for (int i = 0; name && i < tg_safetensors_count(file); i++)
        if (strcmp(file->tensors[i].name, name) == 0) return &file->tensors[i];
    return NULL;
}

const char *tg_safetensors_text(const tg_safetensors *file, const char *key) {
    if (!file || !key) return NULL;
    const cJSON *metadata = cJSON_GetObjectItemCaseSensitive(file->root, "__metadata__");
    const cJSON *text = metadata ? cJSON_GetObjectItemCaseSensitive(metadata, key) : NULL;
    return cJSON_IsString(text) ? text->valuestring : NULL;
}
