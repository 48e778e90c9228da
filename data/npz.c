/* npz.c: archives of .npy entries. */
#include "core/output.h"
#include "npy_format.h"
#include "zip.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

tg_array *tg_npz_load(const char *path, const char *name, tg_dtype dtype, tg_status *status) {
    tg_reader in = {0};
    tg_array *array = tg_zip_open(&in, path, name, ".npy", status) ? tg_npy_read(&in, dtype) : NULL;
    tg_reader_close(&in);
    return array;
}

tg_dataset *tg_npz_dataset(const char *path, const char *x, const char *labels, tg_load_spec spec,
                           tg_status *status) {
    tg_array *examples = tg_npz_load(path, x, spec.dtype == TG_F64 ? TG_F64 : TG_F32, status),
             *classes = NULL;
    if (examples && labels) classes = tg_npz_load(path, labels, TG_I32, status);
    if (examples && (classes || !labels)) return tg_dataset_adopt(examples, classes, path, spec, status);
    tg_array_free(examples);
    return NULL;
}

bool tg_npz_save(const char *path, int n, const char *const *names, const tg_array *const *arrays,
                 tg_status *status) {
    tg_zip_writer zip;
    char header[TG_NPY_HEADER], entry[256];
    if (!path) return tg_status_fail(status, "npz: no file name was given");
    if (!tg_zip_create(&zip, path)) return tg_status_fail(status, "%s: %s", path, strerror(errno));
    bool added = true;
    for (int i = 0; i < n && added; i++) {
        errno = names[i] && arrays[i] ? 0 : EINVAL;
        if (!(added = errno == 0)) break;
        tg_bytes head = {header, tg_npy_header(arrays[i], header)};
        int length = snprintf(entry, sizeof entry, "%s.npy", names[i]);
        added = length > 0 && (size_t)length < sizeof entry &&
                tg_zip_add(&zip, entry, head, (tg_bytes){arrays[i]->data, tg_array_bytes(arrays[i])});
    }
    if (tg_zip_finish(&zip) && added) return true;
    tg_status_fail(status, "%s: %s", path, errno ? strerror(errno) : "a name is too long");
    tg_file_discard(path);
    return false;
}
