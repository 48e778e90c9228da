#include "ops_pages.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

const char *tg_attr_type_name(tg_attr_type type) {
    static const char *const names[] = {"double", "int", "bool", "axes", "dims", "seed"};
    return (unsigned)type < sizeof names / sizeof *names ? names[type] : "?";
}

static FILE *page_open(const char *folder, const char *name, char *path, size_t size, tg_status *status) {
    FILE *out = NULL;
    if ((mkdir(folder, 0777) == 0 || errno == EEXIST) &&
        snprintf(path, size, "%s/%s.md", folder, name) < (int)size)
        out = fopen(path, "w");
    if (!out) tg_status_fail(status, "%s/%s.md cannot be written: %s", folder, name, strerror(errno));
    return out;
}

static bool page_close(FILE *out, const char *path, tg_status *status) {
    bool ok = !ferror(out);
    if (fclose(out) == 0 && ok) return true;
    return tg_status_fail(status, "%s could not be written completely", path);
}

/* The TG_PUBLIC block of the op's file. */
static void declaration(FILE *out, const char *sources, const char *name) {
    char path[4096], line[512];
    snprintf(path, sizeof path, "%s/%s.c", sources, name);
    FILE *file = fopen(path, "r");
    if (!file) return;
    bool inside = false;
    fputs("\n## In C\n\n```c declaration\n", out);
    while (fgets(line, sizeof line, file)) {
        if (inside && strncmp(line, "#endif", 6) == 0) break;
        if (inside) fputs(line, out);
        if (strcmp(line, "#ifdef TG_PUBLIC\n") == 0) inside = true;
    }
    fputs("```\n", out);
    fclose(file);
}

static void options(FILE *out, const tg_op *op) {
    if (!op->attrs || !op->attrs->name) return;
    fputs("\n## Options\n\n| name | type | meaning | when 0 |\n|---|---|---|---|\n", out);
    for (const tg_attr *attr = op->attrs; attr->name; attr++) {
        fprintf(out, "| `%s` | %s | %s | ", attr->name, tg_attr_type_name(attr->type),
                attr->help ? attr->help : "");
        if (attr->zero_means != 0)
            fprintf(out, "%g |\n", attr->zero_means);
        else
            fputs("0 |\n", out);
    }
}

static void facts(FILE *out, const tg_op *op) {
    if (op->arity == TG_VARIADIC)
        fputs("* Arguments: any number\n", out);
    else
        fprintf(out, "* Arguments: %d\n", op->arity);
    if (op->elementwise && op->arity != 1)
        fputs("* Elementwise; arguments broadcast as in NumPy\n", out);
    else if (op->elementwise)
        fputs("* Elementwise\n", out);
    if (op->int_args) fputs("* Takes i32 arguments (indices or labels)\n", out);
    if (op->view) fputs("* The value shares the argument's memory\n", out);
    if (op->random) fputs("* Draws random numbers from the tape's seed\n", out);
    if (op->kinks) fprintf(out, "* Not differentiable at %s\n", op->kinks);
    if (op->source) fprintf(out, "* Source: %s\n", op->source);
}

bool tg_op_page(const tg_op *op, const char *folder, const char *sources, tg_status *status) {
    char path[4096];
    FILE *out = page_open(folder, op->name, path, sizeof path, status);
    if (!out) return false;
    fprintf(out, "# %s\n\n%s.\n\n", op->name, op->brief ? op->brief : op->name);
    if (op->math) fprintf(out, "    y = %s\n", op->math);
    for (int k = 0; k < TG_MAX_ARGS && op->derivative[k]; k++)
        fprintf(out, "    derivative %d: %s\n", k + 1, op->derivative[k]);
    fputc('\n', out);
    facts(out, op);
    options(out, op);
    if (sources) declaration(out, sources, op->name);
    const tg_case *c;
    for (int n = 0; (c = tg_case_of(op, n)); n++)
        fprintf(out, "%s* %s\n", n ? "" : "\n## Cases that the gradient check runs\n\n", c->label);
    return page_close(out, path, status);
}

bool tg_op_index(const char *folder, tg_status *status) {
    char path[4096];
    FILE *out = page_open(folder, "README", path, sizeof path, status);
    if (!out) return false;
    fputs("# The ops\n\nWritten from the op descriptors by `./dev docs`; do not edit.\n\n"
          "| op | what it computes | formula |\n|---|---|---|\n",
          out);
    for (int i = 0; i < tg_op_count(); i++) {
        const tg_op *op = tg_op_get(i);
        fprintf(out, "| [%s](%s.md) | %s | `%s` |\n", op->name, op->name, op->brief ? op->brief : "",
                op->math ? op->math : "");
    }
    return page_close(out, path, status);
}
