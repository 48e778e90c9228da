/* safetensors: round trips, strict and partial loading, hostile files, failing writes. */
#include "support/command.h"
#include "support/test.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[1024], path[1100];

static int setup(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "%s", test_new_folder());
    snprintf(path, sizeof path, "%s/model.safetensors", folder);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    char name[1200];
    const char *ends[] = {"", ".tmp", ".previous"};
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
    return rmdir(folder);
}

/* A file of this header and `data` bytes 0, 1, 2 ... */
static void write_raw(const char *header, size_t data) {
    FILE *out = fopen(path, "wb");
    size_t n = strlen(header);
    for (int i = 0; i < 8; i++) fputc((int)(n >> 8 * i & 255), out);
    fputs(header, out);
    for (size_t i = 0; i < data; i++) fputc((int)(i & 255), out);
    fclose(out);
}

static tg_mlp *new_net(tg_dtype dtype, uint64_t seed) {
    return tg_mlp_new(
        (tg_mlp_spec){.sizes = {5, 4, 3}, .depth = 2, .activation = TG_RELU, .seed = seed, .dtype = dtype});
}

static void assert_equal_nets(const tg_mlp *a, const tg_mlp *b) {
    for (int k = 0; k < 4; k++) {
        tg_param *p = tg_params_get(tg_mlp_params(a), k), *q = tg_params_get(tg_mlp_params(b), k);
        for (int64_t i = 0; i < p->size; i++)
            assert_true((float)tg_param_at(p, i) == (float)tg_param_at(q, i));
    }
}

static void models_survive_the_round_trip(void **state) {
    (void)state;
    for (int saved = TG_F32; saved <= TG_F64; saved++)
        for (int loaded = TG_F32; loaded <= TG_F64; loaded++) {
            tg_status status = {0};
            tg_mlp *a = new_net((tg_dtype)saved, 1), *b = new_net((tg_dtype)loaded, 2);
            assert_true(tg_params_save(tg_mlp_params(a), path, &status));
            assert_true(tg_params_load(tg_mlp_params(b), path, (tg_load_params_spec){0}, &status));
            assert_equal_nets(a, b);
            tg_mlp_free(a);
            tg_mlp_free(b);
        }
}

/* What the format's own documentation gives, byte for byte. */
static void a_file_written_elsewhere_is_read(void **state) {
    (void)state;
    write_raw("{\"__metadata__\":{\"format\":\"pt\"},\"w\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_"
              "offsets\":[4,28]},"
              "\"half\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[0,4]},"
              "\"none\":{\"dtype\":\"I64\",\"shape\":[0,7],\"data_offsets\":[28,28]}}   ",
              28);
    tg_status status = {0};
    tg_safetensors *file = tg_safetensors_read(path, &status);
    if (!file) fail_msg("%s", status.message);
    assert_int_equal(tg_safetensors_count(file), 3);
    const tg_tensor *w = tg_safetensors_find(file, "w"), *half = tg_safetensors_find(file, "half");
    assert_int_equal(w->dtype, TG_F32);
    assert_int_equal(w->shape.dim[1], 3);
    assert_int_equal(((const unsigned char *)w->data)[0], 4);
    assert_int_equal(w->bytes, 24);
    assert_string_equal(half->stored, "BF16");
    assert_string_equal(tg_safetensors_text(file, "format"), "pt");
    assert_null(tg_safetensors_text(file, "nothing"));
    assert_null(tg_safetensors_get(file, 3));
    tg_safetensors_free(file);
}

static void matrices_of_pytorch_are_transposed(void **state) {
    (void)state;
    const float stored[6] = {1, 2, 3, 4, 5, 6}; /* (out 2, in 3) */
    tg_tensor tensor = {.name = "net.w", .dtype = TG_F32, .shape = TG_SHAPE(2, 3), .data = stored};
    assert_true(tg_safetensors_write(path, (tg_safetensors_spec){.tensors = &tensor, .count = 1}, NULL));
    tg_params *params = tg_params_new(TG_F64, 0);
    tg_param *w = tg_params_add(params, "w", &TG_SHAPE(3, 2), NULL);
    assert_true(
        tg_params_load(params, path, (tg_load_params_spec){.transpose = true, .prefix = "net."}, NULL));
    const double wanted[6] = {1, 4, 2, 5, 3, 6};
    assert_memory_equal(w->value, wanted, sizeof wanted);
    tg_params_free(params);
}

static void strict_loading_names_everything_that_does_not_fit(void **state) {
    (void)state;
    write_raw("{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]},"
              "\"b\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[12,20]},"
              "\"c\":{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[20,24]},"
              "\"z\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[24,28]}}",
              28);
    tg_params *params = tg_params_new(TG_F32, 0);
    tg_param *a = tg_params_add(params, "a", &TG_SHAPE(3), NULL);
    tg_params_add(params, "b", &TG_SHAPE(2, 1), NULL);
    tg_params_add(params, "c", &TG_SHAPE(1), NULL);
    tg_params_add(params, "d", &TG_SHAPE(1), NULL);
    tg_status status = {0};
    assert_false(tg_params_load(params, path, (tg_load_params_spec){0}, &status));
    const char *clauses[] = {"b is F32 (1,2) and should be (2,1)", "c is I32 (1) and should be (1)",
                             "d is missing", "z is extra"};
    for (int i = 0; i < 4; i++)
        if (!strstr(status.message, clauses[i])) fail_msg("\"%s\" lacks \"%s\"", status.message, clauses[i]);
    assert_true(tg_param_at(a, 0) == 0);
    char report[300];
    assert_true(tg_params_load(
        params, path, (tg_load_params_spec){.partial = true, .report = report, .report_size = 300}, NULL));
    assert_non_null(strstr(report, "d is missing"));
    assert_true(tg_param_at(a, 0) != 0);
    tg_params_free(params);
}

static void reports_that_find_no_room_are_counted(void **state) {
    (void)state;
    tg_params *params = tg_params_new(TG_F32, 0), *none = tg_params_new(TG_F32, 0);
    for (int i = 0; i < 60; i++) {
        char name[40];
        snprintf(name, sizeof name, "a.rather.long.name.of.layer.%d", i);
        tg_params_add(params, name, &TG_SHAPE(1), NULL);
    }
    assert_true(tg_params_save(none, path, NULL));
    tg_status status = {0};
    assert_false(tg_params_load(params, path, (tg_load_params_spec){0}, &status));
    assert_non_null(strstr(status.message, "layer.0 is missing"));
    assert_non_null(strstr(status.message, "more"));
    tg_params_free(params);
    tg_params_free(none);
}

static void faulty_files_are_refused_with_a_reason(void **state) {
    (void)state;
    const struct {
        const char *header;
        size_t data;
        const char *reason;
    } rows[] = {
        {"[]", 0, "not a JSON object"},
        {"{\"a\":", 0, "not a JSON object"},
        {"{\"a\":7}", 0, "no dtype"},
        {"{\"a\":{\"dtype\":\"F99\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "no dtype"},
        {"{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, "no shape"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, "no shape"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}}", 4, "no shape"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]}}", 4, "no shape"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1e15,1e15],\"data_offsets\":[0,4]}}", 4,
         "do not have the size"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "do not have the size"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4, "do not have the size"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 4, "do not have the size"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", 4, "do not have the size"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 9, "belong to no tensor"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "leave a gap"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F32\",\"shape\":"
         "[1],"
         "\"data_offsets\":[0,4]}}",
         4, "overlap"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"a\":{\"dtype\":\"F32\",\"shape\":"
         "[1],"
         "\"data_offsets\":[4,8]}}",
         8, "two tensors are called a"},
        {"{\"__metadata__\":[]}", 0, "__metadata__"},
        {"{\"__metadata__\":{\"tapegrad.crc32\":\"12345678\"}}", 0, "is damaged"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        tg_status status = {0};
        write_raw(rows[i].header, rows[i].data);
        assert_null(tg_safetensors_read(path, &status));
        if (!strstr(status.message, rows[i].reason) || !strstr(status.message, path))
            fail_msg("row %zu: \"%s\" lacks \"%s\"", i, status.message, rows[i].reason);
    }
}

static void huge_headers_are_refused_before_memory_is_asked_for(void **state) {
    (void)state;
    char *header = malloc(2000001);
    memset(header, ',', 2000000);
    header[2000000] = 0;
    tg_status status = {0};
    write_raw(header, 0);
    assert_null(tg_safetensors_read(path, &status));
    assert_non_null(strstr(status.message, "too many"));
    free(header);
    status = (tg_status){0};
    FILE *out = fopen(path, "wb");
    fwrite("\xff\xff\xff\xff\xff\xff\xff\x7f{}", 1, 10, out);
    fclose(out);
    assert_null(tg_safetensors_read(path, &status));
    assert_non_null(strstr(status.message, "header's length"));
    status = (tg_status){0};
    assert_null(tg_safetensors_read(folder, &status));
    assert_non_null(strstr(status.message, "not a regular file"));
    assert_null(tg_safetensors_read("/nowhere/at/all", NULL));
    assert_null(tg_safetensors_read(NULL, NULL));
}

/* Every file cut short, and every file with one byte changed, is refused: by its lengths or by its checksum.
 */
static void damage_is_noticed(void **state) {
    (void)state;
    tg_mlp *net = new_net(TG_F32, 1);
    assert_true(tg_params_save(tg_mlp_params(net), path, NULL));
    unsigned char bytes[4096];
    FILE *in = fopen(path, "rb");
    size_t size = fread(bytes, 1, sizeof bytes, in);
    fclose(in);
    size_t mark = (size_t)((unsigned char *)strstr((char *)bytes + 8, "\"tapegrad.crc32\":\"") - bytes);
    for (size_t i = 0; i < 2 * size; i++) {
        size_t at = i / 2;
        if (i % 2 && at >= mark && at < mark + 18) continue;
        if (i % 2) bytes[at] ^= (unsigned char)(1u << at % 8);
        FILE *out = fopen(path, "wb");
        fwrite(bytes, 1, i % 2 ? size : at, out);
        fclose(out);
        tg_status status = {0};
        bool ok = tg_params_load(tg_mlp_params(net), path, (tg_load_params_spec){0}, &status);
        if (ok) fail_msg("%s at byte %zu went unnoticed", i % 2 ? "a flipped bit" : "a cut", at);
        assert_true(status.failed);
        if (i % 2) bytes[at] ^= (unsigned char)(1u << at % 8);
    }
    tg_mlp_free(net);
}

static void failed_writes_leave_the_old_file(void **state) {
    (void)state;
    char target[64];
    tg_mlp *net = new_net(TG_F32, 1), *other = new_net(TG_F32, 2), *back = new_net(TG_F32, 3);
    assert_true(tg_params_save(tg_mlp_params(net), path, NULL));
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    signal(SIGXFSZ, SIG_IGN);
    for (rlim_t limit = 0; limit < 400; limit += 57) {
        small.rlim_cur = limit;
        setrlimit(RLIMIT_FSIZE, &small);
        tg_status status = {0};
        bool ok = tg_params_save(tg_mlp_params(other), path, &status);
        setrlimit(RLIMIT_FSIZE, &before);
        assert_false(ok);
        assert_non_null(strstr(status.message, "cannot be written"));
        assert_true(tg_params_load(tg_mlp_params(back), path, (tg_load_params_spec){0}, NULL));
        assert_equal_nets(net, back);
    }
    tg_status status = {0};
    assert_false(tg_params_save(tg_mlp_params(net), "/nowhere/at/all", &status));
    assert_non_null(strstr(status.message, "/nowhere/at/all.tmp: cannot be written"));
    status = (tg_status){0};
    assert_true(unlink(path) == 0 && symlink("/dev/null", path) == 0);
    assert_false(tg_params_save(tg_mlp_params(net), path, &status));
    assert_non_null(strstr(status.message, "model.safetensors: is not a regular file"));
    assert_int_equal(readlink(path, target, sizeof target), (int)strlen("/dev/null"));
    tg_mlp_free(net);
    tg_mlp_free(other);
    tg_mlp_free(back);
}

static void names_that_need_escapes_come_back(void **state) {
    (void)state;
    const double x = 3;
    const char *name = "a \"quoted\" \\ name\n<b> \xc3\xa9";
    tg_tensor tensors[] = {{.name = name, .dtype = TG_F64, .data = &x},
                           {.name = "empty", .shape = TG_SHAPE(0, 3)}};
    tg_text text = {"key", "\"tapegrad.crc32\":\"tricky\""};
    tg_safetensors_spec spec = {tensors, 2, &text, 1, .keep_previous = true};
    tg_status status = {0};
    assert_true(tg_safetensors_write(path, spec, &status) && tg_safetensors_write(path, spec, &status));
    tg_safetensors *file = tg_safetensors_read(path, &status);
    if (!file) fail_msg("%s", status.message);
    assert_memory_equal(tg_safetensors_find(file, name)->data, &x, 8);
    assert_string_equal(tg_safetensors_text(file, "key"), text.value);
    tg_safetensors_free(file);
    text.key = "tapegrad.crc32";
    assert_false(tg_safetensors_write(path, spec, NULL));
    tensors[1].name = name;
    spec.metadata_count = 0;
    assert_false(tg_safetensors_write(path, spec, &status));
    assert_non_null(strstr(status.message, "two tensors"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(models_survive_the_round_trip),
        TEST(a_file_written_elsewhere_is_read),
        TEST(matrices_of_pytorch_are_transposed),
        TEST(strict_loading_names_everything_that_does_not_fit),
        TEST(reports_that_find_no_room_are_counted),
        TEST(faulty_files_are_refused_with_a_reason),
        TEST(huge_headers_are_refused_before_memory_is_asked_for),
        TEST(damage_is_noticed),
        TEST(failed_writes_leave_the_old_file),
        TEST(names_that_need_escapes_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
