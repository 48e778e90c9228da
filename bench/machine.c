/* machine.c: what the numbers of a benchmark were measured on, and how busy it was. bench_machine [REVISION
   [LOAD]] prints one JSON object; LOAD is the load average, where that of now would count our own build. */
#include "support/timing.h"
#include "tapegrad.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#if defined(__clang__)
#define COMPILER __VERSION__
#else
#define COMPILER "gcc " __VERSION__
#endif

/* The first line of a file without its newline; false when there is none. */
static bool first_line(const char *path, char *line, int size) {
    FILE *f = fopen(path, "r");
    bool ok = f && fgets(line, size, f);
    if (ok) line[strcspn(line, "\n")] = '\0';
    if (f) fclose(f);
    return ok;
}

/* What stands after `key` and `separator` in the first line of a file that begins with key. */
static void add_field(cJSON *o, const char *name, const char *path, const char *key, char separator) {
    char line[512];
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f)) {
        char *at = strncmp(line, key, strlen(key)) == 0 ? strchr(line, separator) : NULL;
        if (!at) continue;
        at += 1 + strspn(at + 1, " \t\"");
        at[strcspn(at, "\"\n")] = '\0';
        cJSON_AddStringToObject(o, name, at);
        break;
    }
    if (f) fclose(f);
}

static void add_caches(cJSON *o) {
    char text[256] = "", path[128], level[32], kind[32], size[32];
    size_t n = 0;
    for (int i = 0; i < 8 && n < sizeof text - 80; i++) {
        const char *const base = "/sys/devices/system/cpu/cpu0/cache/index%d/%s";
        snprintf(path, sizeof path, base, i, "level");
        if (!first_line(path, level, sizeof level)) break;
        snprintf(path, sizeof path, base, i, "type");
        if (!first_line(path, kind, sizeof kind) || strcmp(kind, "Instruction") == 0) continue;
        snprintf(path, sizeof path, base, i, "size");
        if (first_line(path, size, sizeof size))
            n += (size_t)snprintf(text + n, sizeof text - n, "%sL%s %s", n ? ", " : "", level, size);
    }
    cJSON_AddStringToObject(o, "caches", text);
}

static void add_system(cJSON *o) {
    struct utsname name;
    if (uname(&name) != 0) return;
    cJSON_AddStringToObject(o, "architecture", name.machine);
    cJSON_AddStringToObject(o, "kernel", name.release);
    add_field(o, "os", "/etc/os-release", "PRETTY_NAME", '=');
}

int main(int argc, char **argv) {
    double load[1] = {-1};
    char day[32];
    time_t now = time(NULL);
    if (getloadavg(load, 1) < 1) load[0] = -1;
    if (argc > 2 && *argv[2]) load[0] = strtod(argv[2], NULL);
    strftime(day, sizeof day, "%Y-%m-%d", gmtime(&now));
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "date", day);
    cJSON_AddStringToObject(o, "revision", argc > 1 ? argv[1] : "");
    add_field(o, "cpu", "/proc/cpuinfo", "model name", ':');
    cJSON_AddNumberToObject(o, "cores", (double)sysconf(_SC_NPROCESSORS_ONLN));
    add_caches(o);
    add_system(o);
    cJSON_AddStringToObject(o, "compiler", COMPILER);
    cJSON_AddStringToObject(o, "simd", tg_simd_name());
    cJSON_AddStringToObject(o, "blas", tg_blas_name());
    cJSON_AddStringToObject(o, "blas_kernels", tg_blas_kernels());
    cJSON_AddNumberToObject(o, "load_average", load[0]);
    cJSON_AddBoolToObject(o, "quick", bench_quick());
    char *text = cJSON_Print(o);
    if (text) puts(text);
    free(text);
    cJSON_Delete(o);
    return text == NULL;
}
