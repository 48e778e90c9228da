#include "test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

void assert_tape_ok(const tg_tape *tape) {
    if (tg_failed(tape)) fail_msg("%s", tg_error(tape));
}

void assert_close(double a, double b, double tolerance) {
    double scale = fmax(1, fmax(fabs(a), fabs(b)));
    if (!(fabs(a - b) <= tolerance * scale)) fail_msg("%.17g and %.17g differ by %g", a, b, fabs(a - b));
}

const char *test_data_folder(void) {
    static char folder[4096];
    struct stat info;
    const char *chosen = getenv("TAPEGRAD_DATA"), *source = getenv("TG_SOURCE");
    if (chosen) return chosen;
    snprintf(folder, sizeof folder, "%s/../shared/data", source ? source : ".");
    return stat(folder, &info) == 0 && S_ISDIR(info.st_mode) ? folder : NULL;
}
