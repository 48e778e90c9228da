/* report.c: merges what the programs of a run measured, and writes the page about it.
   bench_report FOLDER [--json FILE] [--page FILE.md]: FOLDER has NAME.json of each program and, where there is
   gnuplot, curves.svg and curves.csv, which are copied into the folder `benchmarks` beside the page. */
#include "report/page.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const parts[] = {"machine", "step-1",   "pytorch-1", "step-2",  "pytorch-2", "record",
                                    "ops",     "products", "memory",    "latency", "where",     "start"};
#define PARTS  (sizeof parts / sizeof *parts)
#define LENGTH 4096 /* of a path */

static bool fail(const char *path) {
    fprintf(stderr, "bench_report: %s: %s\n", path, strerror(errno));
    return false;
}

/* The whole file as a string, to be freed; NULL where there is none. */
static char *read_file(const char *path, long *size) {
    FILE *f = fopen(path, "rb");
    if (!f) return NULL;
    fseek(f, 0, SEEK_END);
    *size = ftell(f);
    rewind(f);
    char *text = *size >= 0 ? calloc(1, (size_t)*size + 1) : NULL;
    if (text && fread(text, 1, (size_t)*size, f) != (size_t)*size) {
        free(text);
        text = NULL;
    }
    fclose(f);
    return text;
}

static bool write_file(const char *path, const char *text, long size) {
    FILE *f = fopen(path, "wb");
    bool ok = f && fwrite(text, 1, (size_t)size, f) == (size_t)size;
    if (f && fclose(f) != 0) ok = false;
    return ok || fail(path);
}

/* What is absent is left out; what is no JSON as well, but that is said. */
static cJSON *merge(const char *folder) {
    cJSON *all = cJSON_CreateObject();
    for (size_t i = 0; i < PARTS; i++) {
        char path[LENGTH];
        long size;
        snprintf(path, sizeof path, "%s/%s.json", folder, parts[i]);
        char *text = read_file(path, &size);
        cJSON *part = text ? cJSON_Parse(text) : NULL;
        if (part)
            cJSON_AddItemToObject(all, parts[i], part);
        else if (text)
            fprintf(stderr, "bench_report: %s is not JSON near byte %td; it is left out\n", path,
                    cJSON_GetErrorPtr() ? cJSON_GetErrorPtr() - text : (ptrdiff_t)0);
        free(text);
    }
    return all;
}

static bool write_json(const cJSON *all, const char *path) {
    char *text = cJSON_Print(all);
    bool ok = text && write_file(path, text, (long)strlen(text));
    free(text);
    return ok;
}

/* Copies FOLDER/curves.* into the folder `benchmarks` beside the page; false when there are none. */
static bool copy_curves(const char *folder, const char *page_path) {
    static const char *const names[] = {"curves.csv", "curves.svg"};
    const char *slash = strrchr(page_path, '/');
    int stem = slash ? (int)(slash - page_path) + 1 : 0;
    bool ok = true;
    for (int i = 0; i < 2 && ok; i++) {
        char from[LENGTH], to[LENGTH];
        long size;
        snprintf(from, sizeof from, "%s/%s", folder, names[i]);
        char *text = read_file(from, &size);
        snprintf(to, sizeof to, "%.*sbenchmarks", stem, page_path);
        if (text) mkdir(to, 0777);
        snprintf(to, sizeof to, "%.*sbenchmarks/%s", stem, page_path, names[i]);
        ok = text && write_file(to, text, size);
        free(text);
    }
    return ok;
}

static void introduction(page *p) {
    const cJSON *machine = cJSON_GetObjectItemCaseSensitive(p->all, "machine");
    double load = page_number(machine, "load_average");
    fputs("# Benchmarks\n"
          "Written by `./dev bench`, which measures everything on this page in one run; not to be "
          "edited. Ratios within the run count, not times: machines differ. Medians of at least five "
          "repetitions, in which ours take turns with their references, and their spread; PyTorch's "
          "training steps follow ours in a process of their own. What was tried to get here, and what it "
          "gave: [speed.md](speed.md).\n",
          p->out);
    if (page_is_quick(p))
        fputs("\n"
              "**A quick run**: every measurement had a tenth of its time. That shows whether the "
              "programs work; the numbers are no results.\n",
              p->out);
    if (load > 1)
        fprintf(p->out,
                "\n"
                "**The machine was busy**: its load average was %.1f at the start. Others' work disturbed "
                "the measurements; the numbers are no results.\n",
                load);
}

static bool write_page(const cJSON *all, const char *folder, const char *path) {
    page p = {.all = all, .has_picture = copy_curves(folder, path), .out = fopen(path, "w")};
    if (!p.out) return fail(path);
    introduction(&p);
    page_goals(&p);
    page_tables(&p);
    bool ok = !ferror(p.out);
    return (fclose(p.out) == 0 && ok) || fail(path);
}

int main(int argc, char **argv) {
    const char *folder = argc > 1 ? argv[1] : NULL, *json = NULL, *path = NULL;
    for (int i = 2; i < argc; i += 2) {
        const char **option = strcmp(argv[i], "--json") == 0   ? &json
                              : strcmp(argv[i], "--page") == 0 ? &path
                                                               : NULL;
        if (!option || i + 1 == argc) folder = NULL;
        if (option && i + 1 < argc) *option = argv[i + 1];
    }
    if (!folder) return fprintf(stderr, "usage: bench_report FOLDER [--json FILE] [--page FILE.md]\n"), 2;
    cJSON *all = merge(folder);
    bool ok = (!json || write_json(all, json)) && (!path || write_page(all, folder, path));
    cJSON_Delete(all);
    return ok ? 0 : 1;
}
