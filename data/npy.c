/* npy.c: the .npy format (https://numpy.org/neps/nep-0001-npy-format.html). */
#include "npy_format.h"

#include "core/arena.h"
#include "core/output.h"
#include "numbers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC       "\x93NUMPY"
#define MOST_HEADER 65535 /* bytes of a header that we look at */

/* ---- the header: a Python dictionary of three known keys ---- */

typedef struct npy_header {
    tg_stored stored;
    bool boolean, fortran;
    tg_shape shape;
    bool has_descr, has_order, has_shape;
} npy_header;

static const char *blanks(const char *p) {
    return p + strspn(p, " \t\r\n");
}

/* After a token that must stand there; NULL without it, and for NULL. */
static const char *token(const char *p, const char *text) {
    if (!p) return NULL;
    p = blanks(p);
    return strncmp(p, text, strlen(text)) == 0 ? p + strlen(text) : NULL;
}

/* A quoted text of at most size-1 bytes. */
static const char *quoted(const char *p, char *text, size_t size) {
    if (!p) return NULL;
    p = blanks(p);
    const char quote = *p;
    if (quote != '\'' && quote != '"') return NULL;
    size_t n = strcspn(++p, quote == '"' ? "\"" : "'");
    if (n >= size || !p[n]) return NULL;
    memcpy(text, p, n);
    text[n] = 0;
    return p + n + 1;
}

/* "<f4": byte order, kind, bytes. */
static bool element_type(const char *text, npy_header *h) {
    const uint16_t one = 1;
    unsigned char low_first;
    memcpy(&low_first, &one, 1);
    if (!text[0] || !strchr("<>|=", text[0]) || !text[1] || !strchr("biuf", text[1])) return false;
    if (!text[2] || !strchr("1248", text[2]) || text[3]) return false;
    h->stored = (tg_stored){text[1], text[2] - '0', text[0] == '>' || (text[0] == '=' && !low_first)};
    h->boolean = text[1] == 'b';
    if (h->boolean) h->stored.kind = 'u';
    return !(h->boolean && h->stored.bytes > 1) && !(text[1] == 'f' && h->stored.bytes == 1);
}

static const char *truth(const char *p, bool *value) {
    const char *yes = token(p, "True");
    *value = yes != NULL;
    return yes ? yes : token(p, "False");
}

/* "(3, 4)", "(3,)", "()" */
static const char *tuple(const char *p, tg_shape *shape) {
    *shape = (tg_shape){0};
    p = token(p, "(");
    while (p && !token(p, ")")) {
        char *end;
        p = blanks(p);
        if (*p < '0' || *p > '9' || shape->rank == TG_MAX_RANK) return NULL;
        errno = 0;
        shape->dim[shape->rank++] = strtoll(p, &end, 10);
        if (errno) return NULL;
        p = token(end, ")") ? end : token(end, ",");
    }
    return token(p, ")");
}

/* What is wrong with the dictionary; NULL when nothing is. */
static const char *parse(const char *p, npy_header *h) {
    char key[32], type[32];
    p = token(p, "{");
    while (p && !token(p, "}")) {
        p = token(quoted(p, key, sizeof key), ":");
        if (p && strcmp(key, "descr") == 0) {
            p = quoted(p, type, sizeof type);
            h->has_descr = true;
            if (!p || !element_type(type, h))
                return "elements that are no bools, integers or floats of 1 to 8 bytes";
        } else if (p && strcmp(key, "fortran_order") == 0) {
            p = truth(p, &h->fortran);
            h->has_order = true;
        } else if (p && strcmp(key, "shape") == 0) {
            p = tuple(p, &h->shape);
            h->has_shape = true;
        } else {
            return "the header is no dictionary of descr, fortran_order and shape";
        }
        if (p && !token(p, "}")) p = token(p, ",");
    }
    return p && h->has_descr && h->has_order && h->has_shape
               ? NULL
               : "the header is no dictionary of descr, fortran_order and shape (of rank 0 to 8)";
}

static bool read_header(tg_reader *in, npy_header *header) {
    unsigned char start[8], length[4] = {0};
    if (!tg_reader_bytes(in, start, sizeof start, "the NPY header")) return false;
    if (memcmp(start, MAGIC, 6) != 0 || start[6] < 1 || start[6] > 3)
        return tg_reader_fail(in, "no NPY file");
    if (!tg_reader_bytes(in, length, start[6] == 1 ? 2 : 4, "the NPY header")) return false;
    int64_t n = (int64_t)length[3] << 24 | length[2] << 16 | length[1] << 8 | length[0];
    if (n > MOST_HEADER) return tg_reader_fail(in, "a header of %lld bytes is too long", (long long)n);
    if (!tg_reader_holds(in, n, "a header")) return false;
    char *text = tg_alloc((size_t)n + 1);
    if (!text) return tg_reader_fail(in, "out of memory for the header");
    bool read = tg_reader_bytes(in, text, n, "the NPY header");
    const char *wrong = read ? parse(text, header) : NULL;
    if (wrong) tg_reader_fail(in, "%s", wrong);
    tg_release(text);
    return read && !wrong;
}

/* ---- reading ---- */

static tg_dtype natural(const npy_header *h) {
    if (h->stored.kind != 'f') return TG_I32;
    return h->stored.bytes == 8 ? TG_F64 : TG_F32;
}

tg_array *tg_npy_read(tg_reader *in, tg_dtype dtype) {
    npy_header header = {0};
    char text[TG_SHAPE_TEXT];
    if (!read_header(in, &header)) return NULL;
    tg_shape_text(&header.shape, text, sizeof text);
    int64_t n = tg_shape_count(&header.shape, sizeof(double));
    if (n < 0) {
        tg_reader_fail(in, "the shape %s is too large", text);
        return NULL;
    }
    if (!tg_reader_holds(in, n * header.stored.bytes, text)) return NULL;
    tg_array *array =
        tg_array_new(&header.shape, dtype == TG_AS_STORED ? natural(&header) : dtype, in->status);
    if (!array) return NULL;
    const tg_shape *fortran = header.fortran && header.shape.rank > 1 ? &header.shape : NULL;
    if (tg_read_numbers(in, header.stored, n, fortran, array->dtype, array->data) && tg_reader_end(in))
        return array;
    tg_array_free(array);
    return NULL;
}

tg_array *tg_npy_load(const char *path, tg_dtype dtype, tg_status *status) {
    tg_reader in = {0};
    tg_array *array = tg_reader_open(&in, path, status) ? tg_npy_read(&in, dtype) : NULL;
    tg_reader_close(&in);
    return array;
}

tg_dataset *tg_npy_dataset(const char *x, const char *labels, tg_load_spec spec, tg_status *status) {
    tg_array *examples = tg_npy_load(x, spec.dtype == TG_F64 ? TG_F64 : TG_F32, status), *classes = NULL;
    if (examples && labels) classes = tg_npy_load(labels, TG_I32, status);
    if (examples && (classes || !labels)) return tg_dataset_adopt(examples, classes, x, spec, status);
    tg_array_free(examples);
    return NULL;
}

/* ---- writing ---- */

/* Padded with spaces to a multiple of 64 bytes and ended by a newline, as the format asks. */
size_t tg_npy_header(const tg_array *array, char *header) {
    const uint16_t one = 1;
    unsigned char low_first;
    memcpy(&low_first, &one, 1);
    const char *type = array->dtype == TG_F32 ? "f4" : array->dtype == TG_F64 ? "f8" : "i4";
    int n = snprintf(header + 10, TG_NPY_HEADER - 10, "{'descr': '%c%s', 'fortran_order': False, 'shape': (",
                     low_first ? '<' : '>', type) +
            10;
    for (int i = 0; i < array->shape.rank; i++)
        n += snprintf(header + n, TG_NPY_HEADER - (size_t)n, "%s%lld%s", i ? " " : "",
                      (long long)array->shape.dim[i], i + 1 < array->shape.rank || i == 0 ? "," : "");
    n += snprintf(header + n, TG_NPY_HEADER - (size_t)n, "), }");
    int end = (n + 1 + 63) / 64 * 64;
    memset(header + n, ' ', (size_t)(end - n));
    header[end - 1] = '\n';
    memcpy(header, MAGIC "\1", 8);
    header[8] = (char)((end - 10) & 255);
    header[9] = (char)((end - 10) >> 8);
    return (size_t)end;
}

bool tg_npy_save(const char *path, const tg_array *array, tg_status *status) {
    char header[TG_NPY_HEADER];
    if (!path || !array) return tg_status_fail(status, "npy: nothing to write, or nowhere");
    FILE *file = fopen(path, "wb");
    if (!file) return tg_status_fail(status, "%s: %s", path, strerror(errno));
    size_t n = tg_npy_header(array, header), bytes = tg_array_bytes(array);
    bool written = fwrite(header, 1, n, file) == n && fwrite(array->data, 1, bytes, file) == bytes;
    if (fclose(file) == 0 && written) return true;
    tg_status_fail(status, "%s: %s", path, strerror(errno));
    tg_file_discard(path);
    return false;
}
