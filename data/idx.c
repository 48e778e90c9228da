#include "idx.h"

#include "numbers.h"
#include "reader.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct idx_header {
    tg_stored stored;
    tg_shape shape;
    int64_t count; /* of all numbers */
} idx_header;

static bool element_type(unsigned char code, tg_stored *stored) {
    static const struct {
        unsigned char code;
        tg_stored stored;
    } types[] = {{0x08, {'u', 1, true}}, {0x09, {'i', 1, true}}, {0x0b, {'i', 2, true}},
                 {0x0c, {'i', 4, true}}, {0x0d, {'f', 4, true}}, {0x0e, {'f', 8, true}}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].code == code) {
            *stored = types[i].stored;
            return true;
        }
    return false;
}

static bool read_header(tg_reader *in, idx_header *header) {
    unsigned char magic[4], size[4];
    char text[TG_SHAPE_TEXT];
    if (!tg_reader_bytes(in, magic, 4, "the IDX header")) return false;
    if (magic[0] || magic[1] || !element_type(magic[2], &header->stored) || magic[3] < 1 ||
        magic[3] > TG_MAX_RANK)
        return tg_reader_fail(in, "no IDX file: it begins with %02x %02x %02x %02x", magic[0], magic[1],
                              magic[2], magic[3]);
    header->shape.rank = magic[3];
    for (int i = 0; i < header->shape.rank; i++) {
        if (!tg_reader_bytes(in, size, 4, "the IDX header")) return false;
        header->shape.dim[i] = (int64_t)size[0] << 24 | size[1] << 16 | size[2] << 8 | size[3];
    }
    header->count = tg_shape_count(&header->shape, (size_t)header->stored.bytes);
    tg_shape_text(&header->shape, text, sizeof text);
    if (header->count < 0) return tg_reader_fail(in, "the shape %s is too large", text);
    return tg_reader_holds(in, header->count * header->stored.bytes, text);
}

/* The header of the labels, as many as there are examples. */
static bool read_label_header(tg_reader *in, int64_t count, idx_header *header) {
    char text[TG_SHAPE_TEXT];
    if (!read_header(in, header)) return false;
    if (header->shape.rank == 1 && header->count == count) return true;
    return tg_reader_fail(in, "labels of shape %s for %lld examples",
                          tg_shape_text(&header->shape, text, sizeof text), (long long)count);
}

static bool read_numbers(tg_reader *in, const idx_header *header, tg_dtype dtype, void *to) {
    return tg_read_numbers(in, header->stored, header->count, NULL, dtype, to) && tg_reader_end(in);
}

/* y->path NULL: no labels. */
static tg_dataset *load(tg_reader *x, tg_reader *y, tg_load_spec spec, tg_status *status) {
    idx_header examples, labels;
    if (!read_header(x, &examples)) return NULL;
    if (y->path && !read_label_header(y, examples.shape.dim[0], &labels)) return NULL;
    tg_shape example = {.rank = examples.shape.rank - 1};
    memcpy(example.dim, examples.shape.dim + 1, sizeof *example.dim * (size_t)example.rank);
    int classes = !y->path ? 0 : spec.classes ? spec.classes : 1;
    tg_dataset *set = tg_dataset_new(examples.shape.dim[0], &example, spec.dtype, classes, status);
    if (!set) return NULL;
    const char *slash = strrchr(x->path, '/');
    tg_dataset_name(set, slash ? slash + 1 : x->path);
    if (read_numbers(x, &examples, spec.dtype, set->x) &&
        (!y->path || (read_numbers(y, &labels, TG_I32, set->labels) &&
                      tg_check_labels(set, spec.classes, y->path, status))))
        return set;
    tg_dataset_free(set);
    return NULL;
}

tg_dataset *tg_idx_load(const char *examples, const char *labels, tg_load_spec spec, tg_status *status) {
    tg_reader x = {0}, y = {0};
    tg_dataset *set = NULL;
    if (tg_reader_open(&x, examples, status) && (!labels || tg_reader_open(&y, labels, status)))
        set = load(&x, &y, spec, status);
    tg_reader_close(&x);
    tg_reader_close(&y);
    return set;
}

/* ---- the usual names ---- */

/* Looks for PART-KIND-idxRANK-ubyte under its four spellings; false, with a message, when there is none. */
static bool find(const char *folder, const char *part, const char *kind, int rank, char *path, size_t size,
                 tg_status *status) {
    for (int spelling = 0; spelling < 4; spelling++) {
        int n = snprintf(path, size, "%s/%s-%s%cidx%d-ubyte%s", folder, part, kind, spelling & 2 ? '.' : '-',
                         rank, spelling & 1 ? "" : ".gz");
        if (n > 0 && (size_t)n < size && access(path, R_OK) == 0) return true;
    }
    return tg_status_fail(status, "%s: no %s-%s-idx%d-ubyte.gz there, nor the same without .gz", folder, part,
                          kind, rank);
}

tg_dataset *tg_mnist_load(const char *folder, bool train, tg_load_spec spec, tg_status *status) {
    const char *part = train ? "train" : "t10k";
    char images[4096], labels[4096];
    if (!folder) {
        tg_status_fail(status, "mnist: no folder was given");
        return NULL;
    }
    if (!find(folder, part, "images", 3, images, sizeof images, status) ||
        !find(folder, part, "labels", 1, labels, sizeof labels, status))
        return NULL;
    spec.classes = 10;
    tg_dataset *set = tg_idx_load(images, labels, spec, status);
    if (set && !tg_shape_equal(&set->example, &TG_SHAPE(28, 28))) {
        tg_status_fail(status, "%s: the images are not 28x28", images);
        tg_dataset_free(set);
        return NULL;
    }
    tg_dataset_name(set, train ? "mnist train" : "mnist test");
    return set;
}
