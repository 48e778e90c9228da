#include "mat.h"

#ifdef TG_HAVE_MATIO

#include "core/arena.h"
#include "element.h"
#include "reader.h"

#include <math.h>
#include <matio.h>
#include <stdio.h>
#include <string.h>

bool tg_mat_available(void) {
    return true;
}

/* A variable's type and shape, without its data; NULL, with a message, when it is not there or not as
 * expected. */
static matvar_t *describe(mat_t *mat, const char *path, const char *name, int rank, int64_t most,
                          tg_status *status) {
    matvar_t *var = Mat_VarReadInfo(mat, name);
    tg_shape shape = {.rank = rank};
    char text[TG_SHAPE_TEXT];
    bool numbers = var && (var->class_type == MAT_C_UINT8 || (rank == 2 && var->class_type == MAT_C_DOUBLE));
    if (!numbers || var->rank != rank || var->isComplex) {
        tg_status_fail(status, "%s: no variable %s of rank %d and class uint8", path, name, rank);
        Mat_VarFree(var);
        return NULL;
    }
    for (int i = 0; i < rank; i++) shape.dim[i] = var->dims[i] > INT64_MAX ? -1 : (int64_t)var->dims[i];
    size_t bytes = var->class_type == MAT_C_DOUBLE ? sizeof(double) : 1;
    int64_t n = tg_shape_count(&shape, sizeof(double));
    if (n >= 0 && n <= most / (int64_t)bytes) return var;
    tg_status_fail(status, "%s: %s of shape %s cannot be in a file of this length", path, name,
                   tg_shape_text(&shape, text, sizeof text));
    Mat_VarFree(var);
    return NULL;
}

/* Reads the data that `describe` found to be possible, and checks that it is of the size that was described.
 */
static bool fetch(mat_t *mat, matvar_t *var, const char *path, tg_status *status) {
    size_t n = 1;
    for (int i = 0; i < var->rank; i++) n *= var->dims[i];
    size_t bytes = n * (var->class_type == MAT_C_DOUBLE ? sizeof(double) : 1);
    if (Mat_VarReadDataAll(mat, var) == 0 && (n == 0 || (var->data && var->nbytes == bytes))) return true;
    return tg_status_fail(status, "%s: the data of %s is damaged or cut short", path, var->name);
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

#define HEADER                                                                                               \
    128 /* bytes; the last two say "IM" or "MI", by byte order, the two before them the version   \
                    */
#define COMPRESSED 15 /* the type of an element that is not padded to 8 bytes */

static uint32_t number(const unsigned char *b, bool big) {
    return big ? (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3]
               : (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

/* Whether every element of a version 5 file ends within the file. matio reads a missing last byte as whatever
   its memory held before. Files of other versions are left to it. */
static bool elements_fit(FILE *file, int64_t length) {
    unsigned char head[HEADER], tag[8];
    if (fread(head, 1, HEADER, file) != HEADER) return true; /* too short to be one at all */
    const bool big = head[126] == 'M' && head[127] == 'I', little = head[126] == 'I' && head[127] == 'M';
    if ((!big && !little) || head[big ? 124 : 125] != 1) return true;
    for (int64_t at = HEADER; at < length;) {
        if (fseeko(file, (off_t)at, SEEK_SET) != 0 || fread(tag, 1, sizeof tag, file) != sizeof tag)
            return false;
        int64_t size = number(tag + 4, big);
        if (size > length - at - 8) return false;
        at += 8 + (number(tag, big) == COMPRESSED ? size : (size + 7) / 8 * 8);
    }
    return true;
}

static bool whole(const char *path, int64_t length, tg_status *status) {
    FILE *file = fopen(path, "rb");
    if (!file) return tg_status_fail(status, "%s: cannot be opened", path);
    bool fits = elements_fit(file, length);
    fclose(file);
    return fits || tg_status_fail(status, "%s: the file is cut short: a variable ends behind byte %lld", path,
                                  (long long)length);
}

tg_dataset *tg_svhn_load(const char *path, tg_load_spec spec, tg_status *status) {
    int64_t length = tg_file_length(path, status), most = length;
    if (length < 0 || !whole(path, length, status)) return NULL;
    if (most < INT64_MAX / TG_DEFLATE_MOST) most *= TG_DEFLATE_MOST; /* variables may be compressed */
    mat_t *mat = Mat_Open(path, MAT_ACC_RDONLY);
    if (!mat) {
        tg_status_fail(status, "%s: no MATLAB file", path);
        return NULL;
    }
    matvar_t *x = describe(mat, path, "X", 4, most, status),
             *y = x ? describe(mat, path, "y", 2, most, status) : NULL;
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
