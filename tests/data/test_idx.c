/* IDX files: what is read, and what is refused. */
#include "support/loader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Two examples of 2x3 bytes, and their labels. */
static const unsigned char images[] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2,  0,  0,
                                       0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255};
static const unsigned char labels[] = {0, 0, 8, 1, 0, 0, 0, 2, 7, 3};

static const char *gzipped(const char *name, const void *bytes, size_t size) {
    const char *path = temporary_path(name);
    gzFile file = gzopen(path, "wb9");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, bytes, (unsigned)size), size);
    assert_int_equal(gzclose(file), Z_OK);
    return path;
}

static size_t read_back(const char *path, unsigned char *bytes, size_t most) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, most, file);
    fclose(file);
    return size;
}

static bool load_examples(const char *path, tg_status *status) {
    tg_dataset *set = tg_idx_load(path, NULL, (tg_load_spec){0}, status);
    tg_dataset_free(set);
    return set != NULL;
}

static void images_and_labels_arrive_plain_and_gzipped(void **state) {
    (void)state;
    for (int zipped = 0; zipped < 2; zipped++)
        for (int dtype = TG_F32; dtype <= TG_F64; dtype++) {
            tg_status status = {0};
            const char *x =
                zipped ? gzipped("x.gz", images, sizeof images) : write_file("x", images, sizeof images);
            const char *y =
                zipped ? gzipped("y.gz", labels, sizeof labels) : write_file("y", labels, sizeof labels);
            tg_dataset *set = tg_idx_load(x, y, (tg_load_spec){.dtype = (tg_dtype)dtype}, &status);
            assert_string_equal(status.message, "");
            assert_non_null(set);
            assert_int_equal(set->count, 2);
            assert_true(tg_shape_equal(&set->example, &TG_SHAPE(2, 3)));
            assert_int_equal(set->classes, 8);
            assert_int_equal(tg_dataset_label(set, 0), 7);
            assert_int_equal(tg_dataset_label(set, 1), 3);
            assert_close(tg_dataset_at(set, 0, 5), 6, 0);
            assert_close(tg_dataset_at(set, 1, 5), 255, 0);
            tg_dataset_free(set);
        }
}

static void every_element_type_is_read(void **state) {
    (void)state;
    static const struct {
        unsigned char bytes[16];
        size_t size;
        double value;
    } files[] = {
        {{0, 0, 0x09, 1, 0, 0, 0, 1, 0x80}, 9, -128},
        {{0, 0, 0x0b, 1, 0, 0, 0, 1, 0xff, 0xfe}, 10, -2},
        {{0, 0, 0x0c, 1, 0, 0, 0, 1, 0x00, 0x01, 0x00, 0x02}, 12, 65538},
        {{0, 0, 0x0d, 1, 0, 0, 0, 1, 0x3f, 0xc0, 0x00, 0x00}, 12, 1.5},
        {{0, 0, 0x0e, 1, 0, 0, 0, 1, 0xc0, 0x04, 0, 0, 0, 0, 0, 0}, 16, -2.5},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const char *path = write_file("typed", files[i].bytes, files[i].size);
        tg_dataset *set = tg_idx_load(path, NULL, (tg_load_spec){.dtype = TG_F64}, NULL);
        assert_non_null(set);
        assert_close(tg_dataset_at(set, 0, 0), files[i].value, 0);
        tg_dataset_free(set);
    }
}

static void damaged_files_are_refused(void **state) {
    (void)state;
    static unsigned char zipped[256];
    assert_loader_contract((loader_case){"plain", load_examples, images, sizeof images, false});
    size_t size = read_back(gzipped("x.gz", images, sizeof images), zipped, sizeof zipped);
    assert_loader_contract((loader_case){"zipped", load_examples, zipped, size, false});
}

static void refuse(const char *name, const void *x, size_t nx, const void *y, size_t ny,
                   const char *expected) {
    tg_status status = {0};
    const char *path = write_file(name, x, nx);
    assert_null(
        tg_idx_load(path, y ? write_file("labels", y, ny) : NULL, (tg_load_spec){.classes = 10}, &status));
    if (!strstr(status.message, expected)) fail_msg("\"%s\" lacks \"%s\"", status.message, expected);
}

static void messages_say_what_is_wrong_and_where(void **state) {
    (void)state;
    unsigned char bad[sizeof images + 1], odd[sizeof labels];
    memcpy(bad, images, sizeof images);
    refuse("short", images, 20, NULL, 0,
           "/short: offset 16: (2,2,3) of 12 bytes cannot be in a file of this length");
    refuse("header", images, 7, NULL, 0, "/header: offset 7: the file ends within the IDX header");
    refuse("long", bad, sizeof bad, NULL, 0, "/long: offset 29: more bytes than the header speaks of");
    memset(bad + 4, 0xff, 12);
    refuse("absurd", bad, sizeof images, NULL, 0,
           "offset 16: the shape (4294967295,4294967295,4294967295) is too large");
    bad[2] = 7;
    refuse("magic", bad, sizeof images, NULL, 0, "no IDX file: it begins with 00 00 07 03");
    refuse("shapes", images, sizeof images, images, sizeof images, "labels of shape (2,2,3) for 2 examples");
    refuse("count", images, sizeof images, (unsigned char[]){0, 0, 8, 1, 0, 0, 0, 1, 7}, 9,
           "labels of shape (1) for 2 examples");
    memcpy(odd, labels, sizeof labels);
    odd[9] = 10;
    refuse("label", images, sizeof images, odd, sizeof odd, "label 10 of example 1 is not in 0..9");
}

static void mnist_is_found_by_its_usual_names(void **state) {
    (void)state;
    const char *data = test_data_folder();
    char folder[4096];
    tg_status status = {0};
    assert_null(tg_mnist_load("/nowhere", true, (tg_load_spec){0}, &status));
    assert_string_equal(status.message,
                        "/nowhere: no train-images-idx3-ubyte.gz there, nor the same without .gz");
    assert_null(tg_mnist_load(NULL, true, (tg_load_spec){0}, NULL));
    assert_null(tg_idx_load(NULL, NULL, (tg_load_spec){0}, NULL));
    char *slash = strrchr(strcpy(folder, write_file("train-images-idx3-ubyte", images, sizeof images)), '/');
    write_file("train-labels.idx1-ubyte", labels, sizeof labels);
    *slash = 0;
    status = (tg_status){0};
    assert_null(tg_mnist_load(folder, true, (tg_load_spec){0}, &status));
    assert_non_null(strstr(status.message, "/train-images-idx3-ubyte: the images are not 28x28"));
    snprintf(folder, sizeof folder, "%s/mnist", data ? data : "");
    tg_dataset *set = data ? tg_mnist_load(folder, false, (tg_load_spec){0}, NULL) : NULL;
    if (!set) {
        print_message("skipped: no MNIST under TAPEGRAD_DATA, the real files are not read\n");
        skip();
    }
    assert_int_equal(set->count, 10000);
    assert_int_equal(set->classes, 10);
    assert_int_equal(tg_dataset_label(set, 0), 7);
    assert_int_equal(tg_dataset_label(set, 9999), 6);
    double sum = 0;
    for (int64_t j = 0; j < 784; j++) sum += tg_dataset_at(set, 0, j);
    assert_close(sum, 18454, 0);
    tg_dataset_free(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images_and_labels_arrive_plain_and_gzipped),
        cmocka_unit_test(every_element_type_is_read),
        cmocka_unit_test(damaged_files_are_refused),
        cmocka_unit_test(messages_say_what_is_wrong_and_where),
        cmocka_unit_test(mnist_is_found_by_its_usual_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
