#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *path = fuzz_file(data, size);
    if (!path) return 0;
    tg_array_free(tg_npy_load(path, TG_AS_STORED, NULL));
    tg_dataset_free(tg_npy_dataset(path, NULL, (tg_load_spec){.dtype = TG_F64}, NULL));
    return 0;
}
