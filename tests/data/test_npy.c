/* NPY and NPZ: files that NumPy wrote, our own, and damaged ones. */
#include "support/loader.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* A file of the corpus; numpy.save and numpy.savez wrote those. */
static const char *numpy_file(const char *name) {
    static char path[4096];
    snprintf(path, sizeof path, "%s/tests/fuzz/corpus/%s", getenv("TG_SOURCE"), name);
    return path;
}

static size_t contents(const char *path, unsigned char *bytes, size_t most) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, most, file);
    fclose(file);
    return size;
}

static tg_array *loaded(const char *name, tg_dtype dtype) {
    tg_status status = {0};
    tg_array *array = tg_npy_load(numpy_file(name), dtype, &status);
    if (!array) fail_msg("%s", status.message);
    return array;
}

static void numpy_files_are_read_in_every_type_and_order(void **state) {
    (void)state;
    static const struct {
        const char *name;
        tg_dtype dtype; /* as stored */
        double scale, shift;
    } files[] = {{"npy/f4.npy", TG_F32, 0.5, 0},
                 {"npy/f8_fortran.npy", TG_F64, 1, 0},
                 {"npy/u1.npy", TG_I32, 1, 0},
                 {"npy/u2.npy", TG_I32, 1, 0},
                 {"npy/u4.npy", TG_I32, 1, 0},
                 {"npy/u8.npy", TG_I32, 1, 0},
                 {"npy/i8_big_endian.npy", TG_I32, 1, -3}};
    for (size_t f = 0; f < sizeof files / sizeof *files; f++)
        for (int wide = 0; wide < 2; wide++) {
            tg_array *a = loaded(files[f].name, wide ? TG_F64 : TG_AS_STORED);
            assert_int_equal(a->dtype, wide ? TG_F64 : files[f].dtype);
            assert_true(tg_shape_equal(&a->shape, &TG_SHAPE(2, 3)));
            for (int i = 0; i < 6; i++)
                assert_close(tg_array_at(a, i), i * files[f].scale + files[f].shift, 0);
            tg_array_free(a);
        }
    tg_array *half = loaded("npy/f2.npy", TG_AS_STORED);
    const double halves[] = {1.5, -2, 65504, 0x1p-24, INFINITY};
    for (int i = 0; i < 5; i++) assert_true(tg_array_at(half, i) == halves[i]);
    tg_array *yes = loaded("npy/bool.npy", TG_AS_STORED), *single = loaded("npy/scalar.npy", TG_AS_STORED);
    assert_true(tg_array_at(yes, 0) == 1 && tg_array_at(yes, 1) == 0);
    assert_true(single->shape.rank == 0 && tg_array_at(single, 0) == 2.5);
    tg_array *cube = loaded("npy/i2_rank3_fortran.npy", TG_AS_STORED);
    for (int i = 0; i < 24; i++) assert_int_equal(tg_array_at(cube, i), i);
    tg_array_free(half);
    tg_array_free(yes);
    tg_array_free(single);
    tg_array_free(cube);
}

static void archives_give_their_entries_by_name(void **state) {
    (void)state;
    const char *names[] = {"npz/stored.npz", "npz/deflated.npz", "npz/wide_sizes.npz"};
    for (int k = 0; k < 3; k++) {
        const char *name = names[k];
        bool large = k == 1;
        tg_status status = {0};
        tg_dataset *set = tg_npz_dataset(numpy_file(name), "x", "y", (tg_load_spec){0}, &status);
        assert_string_equal(status.message, "");
        assert_int_equal(set->count, large ? 4 : 2);
        assert_int_equal(set->classes, large ? 3 : 2);
        assert_int_equal(tg_dataset_label(set, 0), 1);
        assert_close(tg_dataset_at(set, 1, 2), large ? 2 : 2.5, 0);
        tg_dataset_free(set);
        tg_array *first = tg_npz_load(numpy_file(name), NULL, TG_AS_STORED, NULL);
        assert_int_equal(first->size, large ? 40 : 6);
        tg_array_free(first);
        assert_null(tg_npz_load(numpy_file(name), "z", TG_F32, &status));
        assert_non_null(strstr(status.message, "no entry named \"z\""));
    }
}

static void what_is_saved_comes_back(void **state) {
    (void)state;
    const tg_shape shapes[] = {
        {0}, TG_SHAPE(0), TG_SHAPE(5), TG_SHAPE(2, 3), TG_SHAPE(1, 2, 3, 4, 5, 6, 7, 8)};
    for (int dtype = 0; dtype < 3; dtype++)
        for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
            tg_array *a = tg_array_new(&shapes[s], (tg_dtype[]){TG_F32, TG_F64, TG_I32}[dtype], NULL);
            memset(a->data, 0x3d, (size_t)a->size * tg_dtype_size(a->dtype));
            const char *npy = temporary_path("a.npy"), *npz = temporary_path("a.npz");
            assert_true(tg_npy_save(npy, a, NULL));
            assert_true(
                tg_npz_save(npz, 2, (const char *[]){"first", "second"}, (const tg_array *[]){a, a}, NULL));
            tg_array *copies[] = {tg_npy_load(npy, TG_AS_STORED, NULL),
                                  tg_npz_load(npz, "first", TG_AS_STORED, NULL),
                                  tg_npz_load(npz, "second.npy", TG_AS_STORED, NULL)};
            for (int k = 0; k < 3; k++) {
                assert_non_null(copies[k]);
                assert_true(tg_shape_equal(&copies[k]->shape, &a->shape) && copies[k]->dtype == a->dtype);
                assert_memory_equal(copies[k]->data, a->data, (size_t)a->size * tg_dtype_size(a->dtype));
                tg_array_free(copies[k]);
            }
            tg_array_free(a);
        }
}

/* NumPy pads its headers to 64 bytes; ours are the same, byte for byte. */
static void our_bytes_are_those_of_numpy(void **state) {
    (void)state;
    unsigned char ours[512], theirs[512];
    tg_array *a = loaded("npy/f4.npy", TG_AS_STORED);
    const char *path = temporary_path("same.npy");
    assert_true(tg_npy_save(path, a, NULL));
    size_t size = contents(path, ours, sizeof ours);
    assert_int_equal(contents(numpy_file("npy/f4.npy"), theirs, sizeof theirs), size);
    assert_memory_equal(ours, theirs, size);
    tg_array_free(a);
}

static bool load_npy(const char *path, tg_status *status) {
    tg_dataset *set = tg_npy_dataset(path, NULL, (tg_load_spec){0}, status);
    tg_dataset_free(set);
    return set != NULL;
}
static bool load_npz(const char *path, tg_status *status) {
    tg_dataset *set = tg_npz_dataset(path, "x", "y", (tg_load_spec){0}, status);
    tg_dataset_free(set);
    return set != NULL;
}

static void damaged_files_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *name;
        loader load;
    } files[] = {{"npy/u1.npy", load_npy},
                 {"npy/f8_fortran.npy", load_npy},
                 {"npz/stored.npz", load_npz},
                 {"npz/deflated.npz", load_npz},
                 {"npz/wide_sizes.npz", load_npz}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        static unsigned char bytes[4096];
        size_t size = contents(numpy_file(files[i].name), bytes, sizeof bytes);
        assert_loader_contract(
            (loader_case){strchr(files[i].name, '/') + 1, files[i].load, bytes, size, false});
    }
}

/* The only sign of a changed number in a stored entry is its checksum. */
static void checksums_are_looked_at(void **state) {
    (void)state;
    unsigned char bytes[1024];
    tg_status status = {0};
    size_t size = contents(numpy_file("npz/stored.npz"), bytes, sizeof bytes), at = 0;
    while (memcmp(bytes + at, "\x93NUMPY", 6) != 0) at++;
    bytes[at + 128 + 6] ^= 1; /* in the second number, behind a header of 128 bytes */
    assert_null(tg_npz_load(write_file("flipped.npz", bytes, size), "x", TG_F32, &status));
    assert_non_null(
        strstr(status.message, "flipped.npz: x.npy: offset 152: the data is damaged or cut short"));
}

/* A version 1 file with this dictionary and some bytes of data. */
static void refuse(const char *dictionary, const char *expected) {
    unsigned char bytes[256] = "\x93NUMPY\1";
    size_t n = strlen(dictionary);
    bytes[8] = (unsigned char)n;
    memcpy(bytes + 10, dictionary, n);
    tg_status status = {0};
    assert_null(tg_npy_load(write_file("bad.npy", bytes, 10 + n + 24), TG_F32, &status));
    if (!strstr(status.message, expected))
        fail_msg("%s: \"%s\" lacks \"%s\"", dictionary, status.message, expected);
}

static void headers_that_make_no_sense_are_named(void **state) {
    (void)state;
    tg_status status = {0};
    assert_null(tg_npy_load(numpy_file("npy/complex_refused.npy"), TG_F32, &status));
    assert_non_null(strstr(status.message, "elements that are no bools, integers or floats"));
    refuse("{'descr': 'f4', 'fortran_order': False, 'shape': (6,)}", "elements that are no");
    refuse("{'descr': '<f1', 'fortran_order': False, 'shape': (24,)}", "elements that are no");
    refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (7,)}",
           "(7) of 28 bytes cannot be in a file of this length");
    refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (5,)}", "more bytes than the header speaks of");
    refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999,9999999999,)}", "is too large");
    refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", "no dictionary");
    refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (-6,)}", "no dictionary");
    refuse("{'descr': '<f4', 'fortran_order': Maybe, 'shape': (6,)}", "no dictionary");
    refuse("{'descr': '<f4', 'shape': (6,)}", "no dictionary");
    refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (6,), 'more': 1}", "no dictionary");
    refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (6", "no dictionary");
    refuse("{'descr: ", "no dictionary");
    assert_null(tg_npy_load(numpy_file("npy/f4.npy"), TG_I32, &(tg_status){0})); /* 0.5 is no integer */
    assert_false(tg_npy_save("/nowhere/a.npy", NULL, NULL));
}

static void labels_must_fit_their_examples(void **state) {
    (void)state;
    char x[4096];
    tg_status status = {0};
    strcpy(x, numpy_file("npy/u1.npy"));
    assert_null(tg_npy_dataset(x, numpy_file("npy/u2.npy"), (tg_load_spec){0}, &status));
    assert_non_null(strstr(status.message, "u1.npy: labels of shape (2,3) for examples of shape (2,3)"));
    assert_null(tg_npy_dataset(x, numpy_file("npy/none.npy"), (tg_load_spec){0}, NULL));
    status = (tg_status){0};
    assert_null(tg_npy_dataset(numpy_file("npy/scalar.npy"), NULL, (tg_load_spec){0}, &status));
    assert_non_null(strstr(status.message, "a single number is no set of examples"));
}

static bool save_archive(const char *path, tg_status *status) {
    tg_array *a = tg_array_new(&TG_SHAPE(3), TG_F32, status);
    bool saved = a && tg_npz_save(path, 1, (const char *[]){"a"}, (const tg_array *[]){a}, status);
    tg_array_free(a);
    return saved;
}

/* Without memory, with a name too long, and on a disk that is full: a message, and no file stays behind. */
static void failed_writes_leave_nothing(void **state) {
    (void)state;
    char path[256], name[400] = "";
    struct rlimit limit, small;
    strcpy(path, temporary_path("failed"));
    assert_survives_no_memory(save_archive, path);
    remove(path);
    tg_array *a = tg_array_new(&TG_SHAPE(1000), TG_F32, NULL);
    memset(name, 'n', sizeof name - 1);
    assert_false(tg_npz_save(path, 1, (const char *[]){name}, (const tg_array *[]){a}, NULL));
    assert_int_not_equal(access(path, F_OK), 0);
    assert_false(tg_npz_save(path, 2, (const char *[]){"a", NULL}, (const tg_array *[]){a, a}, NULL));
    assert_false(tg_npz_save(path, 2, (const char *[]){"a", "b"}, (const tg_array *[]){a, NULL}, NULL));
    assert_int_not_equal(access(path, F_OK), 0);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = limit;
    small.rlim_cur = 1000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    tg_status npy = {0}, npz = {0};
    bool saved = tg_npy_save(path, a, &npy) || access(path, F_OK) == 0 || save_archive("/nowhere/a", NULL) ||
                 tg_npz_save(path, 1, (const char *[]){"a"}, (const tg_array *[]){a}, &npz);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_false(saved);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_non_null(strstr(npy.message, path));
    assert_non_null(strstr(npz.message, path));
    tg_array_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numpy_files_are_read_in_every_type_and_order),
        cmocka_unit_test(archives_give_their_entries_by_name),
        cmocka_unit_test(what_is_saved_comes_back),
        cmocka_unit_test(our_bytes_are_those_of_numpy),
        cmocka_unit_test(damaged_files_are_refused),
        cmocka_unit_test(checksums_are_looked_at),
        cmocka_unit_test(labels_must_fit_their_examples),
        cmocka_unit_test(failed_writes_leave_nothing),
        cmocka_unit_test(headers_that_make_no_sense_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
