#include "mat.h"

#ifdef TG_HAVE_MATIO

#include "core/arena.h"
#include "core/output.h"
#include "element.h"
#include "reader.h"

#include <errno.h>
#include <math.h>
#include <matio.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

bool tg_mat_available(void) {
    return true;
}

/* A variable's type and shape, without its data; NULL, with a message, when it is not there or not as
 * expected. */
static matvar_t *describe(mat_t *mat, const char *path, const char *name, int rank, tg_status *status) {
    matvar_t *var = Mat_VarReadInfo(mat, name);
    bool numbers = var && (var->class_type == MAT_C_UINT8 || (rank == 2 && var->class_type == MAT_C_DOUBLE));
    if (!numbers || var->rank != rank || var->isComplex) {
        tg_status_fail(status, "%s: no variable %s of rank %d and class uint8", path, name, rank);
        Mat_VarFree(var);
        return NULL;
    }
    return var;
}

static bool fetch(mat_t *mat, matvar_t *var, const char *path, tg_status *status) {
    if (Mat_VarReadDataAll(mat, var) == 0 && (var->data || !var->nbytes)) return true;
    return tg_status_fail(status, "%s: the data of %s cannot be read", path, var->name);
}

/* MATLAB's first axis is the fastest: element (row, column, colour) of an example from its plane. */
static void take_pixels(tg_dataset *set, const uint8_t *from) {
    const int64_t *dim = set->example.dim, features = tg_dataset_features(set);
    for (int64_t i = 0; i < set->count; i++, from += features)
        for (int64_t j = 0; j < features; j++) {
            int64_t colour = j % dim[2], column = j / dim[2] % dim[1], row = j / dim[2] / dim[1];
            tg_element_set(set, i * features + j, from[row + dim[0] * (column + dim[1] * colour)]);
        }
}

static bool take_labels(tg_dataset *set, const matvar_t *y, const char *path, tg_status *status) {
    for (int64_t i = 0; i < set->count; i++) {
        double label =
            y->class_type == MAT_C_UINT8 ? ((const uint8_t *)y->data)[i] : ((const double *)y->data)[i];
        if (!(label >= 1 && label <= 10 && label == floor(label)))
            return tg_status_fail(status, "%s: label %g of example %lld is not in 1..10", path, label,
                                  (long long)i);
        set->labels[i] = (int32_t)label % 10;
    }
    return true;
}

static tg_dataset *load(mat_t *mat, matvar_t *x, matvar_t *y, const char *path, tg_load_spec spec,
                        tg_status *status) {
    int64_t count = (int64_t)x->dims[3];
    if ((int64_t)(y->dims[0] * y->dims[1]) != count) {
        tg_status_fail(status, "%s: %zu x %zu labels for %lld examples", path, y->dims[0], y->dims[1],
                       (long long)count);
        return NULL;
    }
    if (!fetch(mat, x, path, status) || !fetch(mat, y, path, status)) return NULL;
    tg_shape example = TG_SHAPE((int64_t)x->dims[0], (int64_t)x->dims[1], (int64_t)x->dims[2]);
    tg_dataset *set = tg_dataset_new(count, &example, spec.dtype, 10, status);
    if (!set) return NULL;
    const char *slash = strrchr(path, '/');
    tg_dataset_name(set, slash ? slash + 1 : path);
    take_pixels(set, x->data);
    if (take_labels(set, y, path, status)) return set;
    tg_dataset_free(set);
    return NULL;
}

/* ---- the outline of a file, which matio believes: MAT-File Format, MathWorks, chapter 1 ---- */

#define HEADER     128 /* bytes; the last two say "IM" or "MI", by byte order, the two before them the version */
#define COMPRESSED 15 /* the type of an element that is not padded to 8 bytes */
#define MATRIX     14
#define PEEK       512 /* bytes at the start of a variable: its class, shape and name, and where its data begin */

#define DAMAGED   "a variable's header is damaged"
#define CUT_SHORT "it is cut short"

typedef struct outline {
    FILE *file;
    int64_t length;
    bool big; /* the byte order */
    const char *wrong;
} outline;

static uint32_t number(const unsigned char *b, bool big) {
    return big ? (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3]
               : (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

static bool wrong(outline *o, const char *what) {
    if (!o->wrong) o->wrong = what;
    return false;
}

/* Where the element behind the one at `at` begins; -1 when its tag does not stand within the n bytes. What
   takes four bytes or less stands in the tag itself, with its size in the upper half of the type. */
static int64_t behind(const unsigned char *b, int64_t n, int64_t at, bool big) {
    if (at < 0 || at + 8 > n) return -1;
    const uint32_t within = number(b + at, big) >> 16;
    if (within) return within <= 4 ? at + 8 : -1;
    return at + 8 + ((int64_t)number(b + at + 4, big) + 7) / 8 * 8;
}

/* How many bytes a number takes, by the type of an element; 0 where that is no type of numbers. */
static int64_t width(uint32_t type) {
    static const unsigned char bytes[] = {0, 1, 1, 2, 2, 4, 4, 4, 0, 8, 0, 0, 8, 8};
    type &= 0xffff;
    return type < sizeof bytes ? bytes[type] : 0;
}

/* Whether the element at `data`, within a variable of `size` bytes, holds a number for each element of the shape
   at `at`. matio leaves in memory what was there for those that are missing. */
static bool filled(const outline *o, const unsigned char *b, int64_t at, int64_t data, int64_t size) {
    const uint32_t sizes = number(b + at + 4, o->big);
    if (sizes > 4 * TG_MAX_RANK) return false;
    tg_shape shape = {.rank = (int)(sizes / 4)};
    for (int i = 0; i < shape.rank; i++) shape.dim[i] = number(b + at + 8 + 4 * i, o->big);
    const uint32_t type = number(b + data, o->big);
    const int64_t bytes = type >> 16 ? type >> 16 : number(b + data + 4, o->big), one = width(type);
    return one && bytes == one * tg_shape_count(&shape, 8) && (type >> 16 || bytes <= size - data - 8);
}

/* Whether a variable of `size` bytes, of which n are here, is an array of numbers, or letters, and complete.
   matio takes memory for a name of any length, and follows cells and structs into their depths. */
static bool sound(outline *o, const unsigned char *b, int64_t n, int64_t size) {
    const int64_t shape = behind(b, n, 0, o->big), name = behind(b, n, shape, o->big),
                  data = behind(b, n, name, o->big);
    if (shape != 16 || behind(b, n, data, o->big) < 0 || number(b, o->big) != MAT_T_UINT32 ||
        number(b + shape, o->big) != MAT_T_INT32 || number(b + shape + 4, o->big) % 4 ||
        (number(b + name, o->big) & 0xffff) != MAT_T_INT8)
        return wrong(o, DAMAGED);
    const unsigned kind = b[o->big ? 11 : 8];
    if (kind != MAT_C_CHAR && (kind < MAT_C_DOUBLE || kind > MAT_C_UINT64))
        return wrong(o, "a variable is no array of numbers; save X and y alone");
    return kind == MAT_C_CHAR || filled(o, b, shape, data, size) ||
           wrong(o, "a variable has not as many numbers as its shape asks for");
}

/* Inflates the `size` bytes at which the file stands: how many come of them, and the first PEEK in head; -1 when
   they are damaged or end too early. matio leaves in memory what was there where they do. */
static int64_t inflated(outline *o, int64_t size, unsigned char *head) {
    unsigned char in[4096], out[4096];
    z_stream z = {0};
    int64_t total = 0;
    int code = inflateInit(&z);
    while (code == Z_OK) {
        if (!z.avail_in) {
            z.next_in = in;
            z.avail_in =
                (unsigned)fread(in, 1, size < (int64_t)sizeof in ? (size_t)size : sizeof in, o->file);
            size -= z.avail_in;
        }
        z.next_out = out;
        z.avail_out = sizeof out;
        code = inflate(&z, Z_NO_FLUSH);
        const int64_t n = (int64_t)sizeof out - z.avail_out, room = PEEK - total;
        if (room > 0) memcpy(head + total, out, (size_t)(n < room ? n : room));
        total += n;
    }
    if (code == Z_MEM_ERROR) wrong(o, "out of memory");
    inflateEnd(&z);
    return code == Z_STREAM_END ? total : -1;
}

/* The variable of `size` bytes at which the file stands. */
static bool variable(outline *o, int64_t size, bool compressed) {
    unsigned char b[PEEK] = {0};
    if (!compressed) {
        const int64_t n = size < PEEK ? size : PEEK;
        return fread(b, 1, (size_t)n, o->file) == (size_t)n ? sound(o, b, n, size) : wrong(o, CUT_SHORT);
    }
    const int64_t total = inflated(o, size, b), inner = number(b + 4, o->big);
    if (total < 8 || number(b, o->big) != MATRIX || total < 8 + inner)
        return wrong(o, "a compressed variable is damaged or cut short");
    return sound(o, b + 8, inner < PEEK - 8 ? inner : PEEK - 8, inner);
}

/* Whether every variable ends within the file, and is what its header says. matio reads a missing last byte as
   whatever its memory held before. */
static bool variables(outline *o) {
    unsigned char head[HEADER], tag[8];
    if (fread(head, 1, HEADER, o->file) != HEADER) return wrong(o, NULL);
    o->big = memcmp(head + 124, "\1\0MI", 4) == 0;
    if (!o->big && memcmp(head + 124, "\0\1IM", 4) != 0) return wrong(o, NULL);
    for (int64_t at = HEADER; at < o->length;) {
        if (fseeko(o->file, (off_t)at, SEEK_SET) != 0 || fread(tag, 1, sizeof tag, o->file) != sizeof tag)
            return wrong(o, CUT_SHORT);
        const uint32_t type = number(tag, o->big);
        int64_t size = number(tag + 4, o->big);
        if (size > o->length - at - 8) return wrong(o, CUT_SHORT);
        if (type != MATRIX && type != COMPRESSED) return wrong(o, DAMAGED);
        if (!variable(o, size, type == COMPRESSED)) return false;
        at += 8 + (type == COMPRESSED ? size : (size + 7) / 8 * 8);
    }
    return true;
}

static bool whole(const char *path, int64_t length, tg_status *status) {
    outline o = {.file = fopen(path, "rb"), .length = length};
    if (!o.file) return tg_status_fail(status, "%s: %s", path, strerror(errno));
    bool good = variables(&o);
    fclose(o.file);
    if (good) return true;
    return o.wrong
               ? tg_status_fail(status, "%s: %s", path, o.wrong)
               : tg_status_fail(status, "%s: no MATLAB file of version 5 to 7 (save -v7 writes one)", path);
}

tg_dataset *tg_svhn_load(const char *path, tg_load_spec spec, tg_status *status) {
    const int64_t length = tg_file_length(path, status);
    if (length < 0 || !whole(path, length, status)) return NULL;
    mat_t *mat = Mat_Open(path, MAT_ACC_RDONLY);
    if (!mat) {
        tg_status_fail(status, "%s: no MATLAB file", path);
        return NULL;
    }
    matvar_t *x = describe(mat, path, "X", 4, status), *y = x ? describe(mat, path, "y", 2, status) : NULL;
    tg_dataset *set = y ? load(mat, x, y, path, spec, status) : NULL;
    Mat_VarFree(x);
    Mat_VarFree(y);
    Mat_Close(mat);
    return set;
}

/* ---- writing ---- */

static void put_pixels(uint8_t *to, const tg_dataset *set, double scale) {
    const int64_t *dim = set->example.dim, features = tg_dataset_features(set);
    for (int64_t i = 0; i < set->count; i++, to += features)
        for (int64_t j = 0; j < features; j++) {
            int64_t colour = j % dim[2], column = j / dim[2] % dim[1], row = j / dim[2] / dim[1];
            double value = fmin(fmax(tg_element(set, i * features + j) * scale, 0), 255);
            to[row + dim[0] * (column + dim[1] * colour)] = (uint8_t)lrint(value);
        }
}

static bool write_variable(mat_t *mat, const char *name, int rank, size_t *dims, void *data) {
    matvar_t *var = Mat_VarCreate(name, MAT_C_UINT8, MAT_T_UINT8, rank, dims, data, MAT_F_DONT_COPY_DATA);
    bool written = var && Mat_VarWrite(mat, var, MAT_COMPRESSION_ZLIB) == 0;
    Mat_VarFree(var);
    return written;
}

static bool write_set(const char *path, const tg_dataset *set, uint8_t *pixels, uint8_t *labels) {
    const int64_t *dim = set->example.dim;
    size_t x[] = {(size_t)dim[0], (size_t)dim[1], (size_t)dim[2], (size_t)set->count},
           y[] = {(size_t)set->count, 1};
    for (int64_t i = 0; i < set->count; i++) labels[i] = (uint8_t)(set->labels[i] ? set->labels[i] : 10);
    mat_t *mat = Mat_CreateVer(path, NULL, MAT_FT_MAT5);
    if (!mat) return false;
    bool written = write_variable(mat, "X", 4, x, pixels) && write_variable(mat, "y", 2, y, labels);
    return Mat_Close(mat) == 0 && written;
}

bool tg_svhn_save(const char *path, const tg_dataset *set, double scale, tg_status *status) {
    if (!path || !set || set->example.rank != 3 || set->classes != 10)
        return tg_status_fail(status, "%s: only sets of rank-3 examples in ten classes are written",
                              path ? path : "mat");
    uint8_t *pixels = tg_alloc((size_t)(set->count * tg_dataset_features(set))),
            *labels = tg_alloc((size_t)set->count);
    bool memory = pixels && labels, written = false;
    if (memory) {
        put_pixels(pixels, set, scale);
        written = write_set(path, set, pixels, labels);
    }
    tg_release(pixels);
    tg_release(labels);
    if (written) return true;
    tg_status_fail(status, "%s: %s", path, memory ? "cannot be written" : "out of memory");
    if (memory) tg_file_discard(path);
    return false;
}

#else

static const char advice[] = "%s: this build does not read or write MATLAB files: matio was not found "
                             "(sudo apt-get install libmatio-dev, then build again)";

bool tg_mat_available(void) {
    return false;
}

tg_dataset *tg_svhn_load(const char *path, tg_load_spec spec, tg_status *status) {
    (void)spec;
    tg_status_fail(status, advice, path ? path : "mat");
    return NULL;
}

bool tg_svhn_save(const char *path, const tg_dataset *set, double scale, tg_status *status) {
    (void)set;
    (void)scale;
    return tg_status_fail(status, advice, path ? path : "mat");
}

#endif
