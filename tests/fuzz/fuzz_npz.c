#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *path = fuzz_file(data, size);
    if (!path) return 0;
    tg_array_free(tg_npz_load(path, NULL, TG_AS_STORED, NULL));
    tg_dataset_free(tg_npz_dataset(path, "x", "y", (tg_load_spec){0}, NULL));
    return 0;
}
