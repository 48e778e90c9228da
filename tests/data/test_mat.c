/* MATLAB files: a round trip through matio, MATLAB's own layout, and damaged files. */
#include "support/loader.h"

#include <string.h>
#include <zlib.h>

static void a_set_comes_back_as_it_was(void **state) {
    (void)state;
    tg_status status = {0};
    tg_dataset *set = tg_house_numbers((tg_images_spec){.count = 50, .seed = 3}, NULL), *back;
    const char *path = temporary_path("houses.mat");
    assert_true(tg_svhn_save(path, set, 255, &status));
    for (int dtype = TG_F32; dtype <= TG_F64; dtype++) {
        back = tg_svhn_load(path, (tg_load_spec){.dtype = (tg_dtype)dtype}, &status);
        assert_string_equal(status.message, "");
        assert_int_equal(back->count, 50);
        assert_true(tg_shape_equal(&back->example, &TG_SHAPE(32, 32, 3)));
        assert_int_equal(back->classes, 10);
        assert_memory_equal(back->labels, set->labels, 50 * sizeof *set->labels);
        for (int64_t i = 0; i < 50; i++)
            for (int64_t j = 0; j < 3072; j++) {
                double error = tg_dataset_at(back, i, j) - 255 * tg_dataset_at(set, i, j);
                assert_true(error <= 0.5001 && error >= -0.5001);
            }
        tg_dataset_free(back);
    }
    tg_dataset_free(set);
}

/* What MATLAB writes for X = reshape(uint8(0:23), 2, 2, 3, 2) and y = uint8([10; 7]): plain, version 5. */
static size_t matlab_file(unsigned char *bytes) {
    unsigned char *p = bytes + 128;
    memset(bytes, ' ', 124);
    memcpy(bytes, "MATLAB 5.0 MAT-file", 19);
    memcpy(bytes + 124, (unsigned char[]){0x00, 0x01, 'I', 'M'}, 4);
    const uint32_t x[] = {14, 80, 6, 8, 9, 0, 5, 16, 2, 2, 3, 2, 1 << 16 | 1, 'X', 2, 24};
    memcpy(p, x, sizeof x);
    p += sizeof x;
    for (int i = 0; i < 24; i++) *p++ = (unsigned char)i;
    const uint32_t y[] = {14, 48, 6, 8, 9, 0, 5, 8, 2, 1, 1 << 16 | 1, 'y', 2 << 16 | 2, 10 | 7 << 8};
    memcpy(p, y, sizeof y);
    memset(p + sizeof y, 0, 8);
    return (size_t)(p + sizeof y - bytes);
}

static bool load(const char *path, tg_status *status) {
    tg_dataset *set = tg_svhn_load(path, (tg_load_spec){0}, status);
    tg_dataset_free(set);
    return set != NULL;
}

static void pixels_and_labels_stand_where_matlab_puts_them(void **state) {
    (void)state;
    unsigned char bytes[512];
    tg_status status = {0};
    size_t size = matlab_file(bytes);
    tg_dataset *set = tg_svhn_load(write_file("matlab.mat", bytes, size), (tg_load_spec){0}, &status);
    assert_string_equal(status.message, "");
    assert_true(tg_shape_equal(&set->example, &TG_SHAPE(2, 2, 3)));
    assert_int_equal(tg_dataset_label(set, 0), 0); /* 10 stands for 0 */
    assert_int_equal(tg_dataset_label(set, 1), 7);
    for (int64_t n = 0; n < 2; n++)
        for (int64_t row = 0; row < 2; row++)
            for (int64_t column = 0; column < 2; column++)
                for (int64_t colour = 0; colour < 3; colour++)
                    assert_close(tg_dataset_at(set, n, (row * 2 + column) * 3 + colour),
                                 (double)(row + 2 * column + 4 * colour + 12 * n), 0);
    tg_dataset_free(set);
    assert_loader_contract((loader_case){"matlab.mat", load, bytes, size, false});
}

static void other_files_are_refused_with_a_message(void **state) {
    (void)state;
    unsigned char bytes[512];
    tg_status status = {0};
    size_t size = matlab_file(bytes);
    bytes[size - 4] = 11; /* a label */
    status = (tg_status){0};
    assert_null(tg_svhn_load(write_file("label.mat", bytes, size), (tg_load_spec){0}, &status));
    assert_non_null(strstr(status.message, "label 11 of example 0 is not in 1..10"));
    status = (tg_status){0};
    assert_null(tg_svhn_load(write_file("text.mat", "hello", 5), (tg_load_spec){0}, &status));
    assert_non_null(strstr(status.message, "text.mat: no MATLAB file"));
    tg_dataset *digits = tg_digits((tg_images_spec){.count = 1}, NULL);
    assert_false(tg_svhn_save(temporary_path("x.mat"), digits, 255, NULL));
    tg_dataset_free(digits);
    tg_dataset *houses = tg_house_numbers((tg_images_spec){.count = 1}, NULL);
    assert_false(tg_svhn_save("/nowhere/x.mat", houses, 255, NULL));
    tg_dataset_free(houses);
}

/* One 32-bit word of the file becomes another, and the message is this. */
static void assert_word_refused(size_t at, uint32_t word, const char *message) {
    unsigned char bytes[512];
    tg_status status = {0};
    size_t size = matlab_file(bytes);
    memcpy(bytes + at, &word, sizeof word);
    assert_null(tg_svhn_load(write_file("word.mat", bytes, size), (tg_load_spec){0}, &status));
    if (!strstr(status.message, message)) fail_msg("byte %zu: %s", at, status.message);
}

/* matio takes 4 GB for such a name, shows what was in memory in the place of numbers that are missing, and reads
   the depths of structs and of HDF5 files. */
static void what_matio_would_believe_is_refused(void **state) {
    (void)state;
    assert_word_refused(128 + 44, 0xffffff, "not as many numbers as its shape asks for"); /* N of X */
    assert_word_refused(128 + 44, 3, "not as many numbers as its shape asks for");
    assert_word_refused(128 + 60, 16, "not as many numbers as its shape asks for"); /* bytes of X */
    assert_word_refused(128 + 48, 1, "header is damaged");    /* a name of 'X', that is 88, bytes */
    assert_word_refused(128 + 28, 4000, "header is damaged"); /* of its shape */
    assert_word_refused(128 + 16, 1, "no array of numbers");  /* a cell */
    assert_word_refused(124, 'M' << 24 | 'I' << 16 | 0x200, "no MATLAB file of version 5 to 7");
}

static void a_compressed_variable_that_ends_too_early_is_refused(void **state) {
    (void)state;
    for (int missing = 0; missing < 20; missing += 4) {
        unsigned char plain[512], bytes[512];
        tg_status status = {0};
        size_t size = matlab_file(plain), x = 88;
        uLongf packed = sizeof bytes - 128 - 8;
        memcpy(bytes, plain, 128);
        assert_int_equal(compress(bytes + 136, &packed, plain + 128, x - (uLong)missing), Z_OK);
        const uint32_t tag[] = {15, (uint32_t)packed};
        memcpy(bytes + 128, tag, 8);
        memcpy(bytes + 136 + packed, plain + 128 + x, size - 128 - x);
        const char *path = write_file("packed.mat", bytes, 136 + packed + size - 128 - x);
        tg_dataset *set = tg_svhn_load(path, (tg_load_spec){0}, &status);
        assert_int_equal(set != NULL, missing == 0);
        if (missing) assert_non_null(strstr(status.message, "compressed variable is damaged or cut short"));
        tg_dataset_free(set);
    }
}

static void a_build_without_matio_says_how_to_get_it(void **state) {
    (void)state;
    tg_status status = {0};
    assert_null(tg_svhn_load("x.mat", (tg_load_spec){0}, &status));
    assert_non_null(strstr(status.message, "apt-get install libmatio-dev"));
    assert_false(tg_svhn_save("x.mat", NULL, 1, NULL));
}

int main(void) {
    const struct CMUnitTest with[] = {
        cmocka_unit_test(a_set_comes_back_as_it_was),
        cmocka_unit_test(pixels_and_labels_stand_where_matlab_puts_them),
        cmocka_unit_test(other_files_are_refused_with_a_message),
        cmocka_unit_test(what_matio_would_believe_is_refused),
        cmocka_unit_test(a_compressed_variable_that_ends_too_early_is_refused),
    };
    const struct CMUnitTest without[] = {cmocka_unit_test(a_build_without_matio_says_how_to_get_it)};
    return tg_mat_available() ? cmocka_run_group_tests(with, NULL, NULL)
                              : cmocka_run_group_tests(without, NULL, NULL);
}
