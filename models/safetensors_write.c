/* safetensors_write.c: the writing half of safetensors.h. */
#include "core/arena.h"
#include "file.h"
#include "safetensors.h"
#include "safetensors_internal.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static const char *stored_name(tg_dtype dtype) {
    switch (dtype) {
    case TG_F32:
        return "F32";
    case TG_F64:
        return "F64";
    case TG_I32:
        return "I32";
    default:
        return NULL;
    }
}

static bool add_tensor(cJSON *root, const tg_tensor *tensor, size_t begin, size_t end) {
    cJSON *entry = cJSON_AddObjectToObject(root, tensor->name);
    if (!entry || !cJSON_AddStringToObject(entry, "dtype", stored_name(tensor->dtype))) return false;
    cJSON *shape = cJSON_AddArrayToObject(entry, "shape");
    for (int i = 0; shape && i < tensor->shape.rank; i++)
        if (!cJSON_AddItemToArray(shape, cJSON_CreateNumber((double)tensor->shape.dim[i]))) return false;
    cJSON *offsets = cJSON_AddArrayToObject(entry, "data_offsets");
    return shape && offsets && cJSON_AddItemToArray(offsets, cJSON_CreateNumber((double)begin)) &&
           cJSON_AddItemToArray(offsets, cJSON_CreateNumber((double)end));
}

static bool add_metadata(cJSON *root, const tg_safetensors_spec *spec) {
    cJSON *metadata = cJSON_AddObjectToObject(root, "__metadata__");
    for (int i = 0; metadata && i < spec->metadata_count; i++)
        if (!cJSON_AddStringToObject(metadata, spec->metadata[i].key, spec->metadata[i].value)) return false;
    return metadata && cJSON_AddStringToObject(metadata, TG_CRC_KEY, "00000000");
}

/* The header as text, padded with blanks to a multiple of 8 as the format recommends; NULL without memory.
   cJSON's own allocator is used: setting another would change it for the whole program. */
static char *header_text(const tg_safetensors_spec *spec, const tg_bytes *parts) {
    cJSON *root = cJSON_CreateObject();
    bool ok = root && add_metadata(root, spec);
    size_t at = 0;
    for (int i = 0; ok && i < spec->count; i++) {
        ok = add_tensor(root, &spec->tensors[i], at, at + parts[i].size);
        at += parts[i].size;
    }
    char *text = ok ? cJSON_PrintUnformatted(root) : NULL;
    cJSON_Delete(root);
    if (!text) return NULL;
    size_t length = strlen(text), padded = (length + 7) / 8 * 8;
    char *header = tg_alloc(padded + 1);
    if (header) {
        memset(header, ' ', padded);
        memcpy(header, text, length);
    }
    cJSON_free(text);
    return header;
}

static bool check(const tg_safetensors_spec *spec, const char *path, tg_status *status) {
    for (int i = 0; i < spec->metadata_count; i++) {
        const tg_text *text = &spec->metadata[i];
        if (!text->key || !text->value || strcmp(text->key, TG_CRC_KEY) == 0)
            return tg_status_fail(status, "%s: metadata %s cannot be written", path,
                                  text->key ? text->key : "NULL");
    }
    for (int i = 0; i < spec->count; i++) {
        const tg_tensor *t = &spec->tensors[i];
        if (!t->name || strcmp(t->name, "__metadata__") == 0)
            return tg_status_fail(status, "%s: a tensor's name is missing or __metadata__", path);
        if (!stored_name(t->dtype))
            return tg_status_fail(status, "%s: %s is %s; f32, f64 and i32 can be written", path, t->name,
                                  tg_dtype_name(t->dtype));
        int64_t n = tg_shape_count(&t->shape, tg_dtype_size(t->dtype));
        if (n < 0 || (n > 0 && !t->data))
            return tg_status_fail(status, "%s: %s has an impossible shape or no data", path, t->name);
        for (int k = 0; k < i; k++)
            if (strcmp(spec->tensors[k].name, t->name) == 0)
                return tg_status_fail(status, "%s: two tensors are called %s", path, t->name);
    }
    return true;
}

/* Computes the checksum with zeros in its own place, then puts it there. */
static void seal(char *header, const tg_bytes *parts, int count) {
    uLong crc = crc32(0, NULL, 0);
    for (int i = 0; i < count; i++)
        if (parts[i].size) crc = crc32_z(crc, parts[i].at, parts[i].size);
    char digits[9];
    snprintf(digits, sizeof digits, "%08lx", (unsigned long)crc & 0xffffffffu);
    memcpy(strstr(header, TG_CRC_MARK) + strlen(TG_CRC_MARK), digits, 8);
}

bool tg_safetensors_write(const char *path, tg_safetensors_spec spec, tg_status *status) {
    if (!path || !check(&spec, path, status)) return tg_status_fail(status, "safetensors: the path is NULL");
    tg_bytes *parts = tg_alloc((size_t)(spec.count + 2) * sizeof *parts);
    for (int i = 0; parts && i < spec.count; i++) {
        const tg_tensor *t = &spec.tensors[i];
        size_t size = tg_dtype_size(t->dtype);
        parts[i + 2] = (tg_bytes){t->data, size * (size_t)tg_shape_count(&t->shape, size)};
    }
    char *header = parts ? header_text(&spec, parts + 2) : NULL;
    bool ok = false;
    if (header) {
        unsigned char length[8];
        size_t n = strlen(header);
        for (int i = 0; i < 8; i++) length[i] = (unsigned char)(n >> 8 * i);
        parts[0] = (tg_bytes){length, 8};
        parts[1] = (tg_bytes){header, n};
        seal(header, parts, spec.count + 2);
        ok = tg_file_write(path, parts, spec.count + 2, spec.keep_previous, status);
    } else {
        tg_status_fail(status, "%s: out of memory for its header", path);
    }
    tg_release(header);
    tg_release(parts);
    return ok;
}
