#include "test.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void assert_tape_ok(const tg_tape *tape) {
    if (tg_failed(tape)) fail_msg("%s", tg_error(tape));
}

void assert_close(double a, double b, double tolerance) {
    double scale = fmax(1, fmax(fabs(a), fabs(b)));
    if (!(fabs(a - b) <= tolerance * scale)) fail_msg("%.17g and %.17g differ by %g", a, b, fabs(a - b));
}

static void write_golden(const char *text, const char *path) {
    FILE *file = fopen(path, "wb");
    if (!file || fputs(text, file) < 0) fail_msg("%s cannot be written", path);
    fclose(file);
}

void assert_golden(const char *text, const char *path) {
    char full[4096], *expected = NULL;
    const char *source = getenv("TG_SOURCE");
    assert_non_null(text);
    snprintf(full, sizeof full, "%s/tests/%s", source ? source : ".", path);
    if (getenv("TG_UPDATE_GOLDEN")) write_golden(text, full);
    FILE *file = fopen(full, "rb");
    if (!file) fail_msg("%s cannot be read", full);
    size_t size = strlen(text), n = 0;
    expected = calloc(size + 2, 1);
    if (expected) n = fread(expected, 1, size + 1, file);
    fclose(file);
    bool same = expected && n == size && memcmp(expected, text, size) == 0;
    free(expected);
    if (!same) fail_msg("differs from %s:\n%s", full, text);
}

int test_rounds(int n) {
    return getenv("TG_FEW_ROUNDS") ? n / 20 : n;
}

const char *test_data_folder(void) {
    static char folder[4096];
    struct stat info;
    const char *chosen = getenv("TAPEGRAD_DATA"), *source = getenv("TG_SOURCE");
    if (chosen) return chosen;
    snprintf(folder, sizeof folder, "%s/../shared/data", source ? source : ".");
    return stat(folder, &info) == 0 && S_ISDIR(info.st_mode) ? folder : NULL;
}

/* Of the sources that the package `locales` has. */
static const char *make_locale(void) {
    char folder[] = "/tmp/tapegrad-locale-XXXXXX";
    char command[256];
    if (!mkdtemp(folder)) return NULL;
    snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 >/dev/null 2>&1", folder);
    const int status = system(command);
    setenv("LOCPATH", folder, 1);
    const char *made = status == 0 ? setlocale(LC_ALL, "de_DE.UTF-8") : NULL;
    unsetenv("LOCPATH");
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0) fprintf(stderr, "could not remove %s\n", folder);
    return made;
}

void test_decimal_comma(void) {
    if (setlocale(LC_ALL, "de_DE.UTF-8") || make_locale()) return;
    print_message("skipped: no locale with a decimal comma is installed (apt-get install locales)\n");
    skip();
}
