#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *path = fuzz_file(data, size);
    if (!path) return 0;
    tg_dataset_free(tg_csv_load(path, (tg_csv_spec){0}, NULL));
    tg_dataset_free(tg_csv_load(path, (tg_csv_spec){.separator = ';', .label = "-1", .dtype = TG_F64}, NULL));
    return 0;
}
