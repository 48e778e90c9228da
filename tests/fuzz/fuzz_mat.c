#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *path = fuzz_file(data, size);
    if (path) tg_dataset_free(tg_svhn_load(path, (tg_load_spec){0}, NULL));
    return 0;
}
