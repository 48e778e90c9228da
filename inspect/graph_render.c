/* graph_render.c: choosing a writer, and writing files. */
#include "../core/output.h"
#include "graph_model.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    bool graphviz;
} formats[] = {
#define TG_X(id, name, graphviz) {name, graphviz},
    TG_GRAPH_FORMATS(TG_X)
#undef TG_X
};

int tg_graph_format_find(const char *name) {
    if (!name) return -1;
    const char *dot = strrchr(name, '.');
    for (int i = 0; i < TG_GRAPH_NFORMATS; i++)
        if (strcmp(dot ? dot + 1 : name, formats[i].name) == 0) return i;
    return -1;
}

static void write_text(const tg_graph *graph, tg_graph_format format, tg_text *text) {
    switch (format) {
    case TG_GRAPH_TEXT:
        tg_graph_write_text(graph, text);
        break;
    case TG_GRAPH_MERMAID:
        tg_graph_write_mermaid(graph, text);
        break;
    case TG_GRAPH_JSON:
        tg_graph_write_json(graph, text);
        break;
    case TG_GRAPH_HTML:
        tg_graph_write_page(graph, text);
        break;
    default:
        graph->spec.circuit ? tg_graph_write_circuit(graph, text) : tg_graph_write_dot(graph, text);
        break;
    }
}

char *tg_graph_render(const tg_graph *graph, tg_graph_format format, size_t *size, tg_status *status) {
    if (!graph || (unsigned)format >= TG_GRAPH_NFORMATS) {
        tg_status_fail(status, "graph: %s", graph ? "there is no such format" : "no graph was given");
        return NULL;
    }
    tg_text text = {0};
    write_text(graph, format, &text);
    size_t length = text.size;
    char *written = tg_text_take(&text);
    if (!written) tg_status_fail(status, "graph: out of memory");
    if (written && formats[format].graphviz) {
        char *dot = written;
        written = tg_graph_draw(dot, formats[format].name, &length, status);
        tg_release(dot);
    }
    if (size) *size = written ? length : 0;
    return written;
}

void tg_graph_release(char *rendered) {
    tg_release(rendered);
}

char *tg_graph_dot(const tg_tape *tape, tg_graph_spec spec, tg_status *status) {
    tg_graph *graph = tg_graph_new(tape, spec, status);
    char *dot = graph ? tg_graph_render(graph, TG_GRAPH_DOT, NULL, status) : NULL;
    tg_graph_free(graph);
    return dot;
}

static bool write_file(const char *path, const char *bytes, size_t size, tg_status *status) {
    FILE *file = fopen(path, "wb");
    if (!file) return tg_status_fail(status, "%s: cannot be written: %s", path, strerror(errno));
    bool ok = fwrite(bytes, 1, size, file) == size;
    if (fclose(file) == 0 && ok) return true;
    tg_status_fail(status, "%s: could not be written in full: %s", path, strerror(errno));
    tg_file_discard(path);
    return false;
}

bool tg_graph_save(const tg_tape *tape, const char *path, tg_graph_spec spec, tg_status *status) {
    int format = path && strrchr(path, '.') ? tg_graph_format_find(path) : -1;
    if (format < 0)
        return tg_status_fail(
            status, "%s: no graph format ends like this; use .txt, .dot, .svg, .png, .mmd, .json or .html",
            path ? path : "(no file)");
    if ((format == TG_GRAPH_JSON || format == TG_GRAPH_HTML) && !spec.detail) spec.detail = TG_DETAIL_COSTS;
    tg_graph *graph = tg_graph_new(tape, spec, status);
    size_t size;
    char *bytes = graph ? tg_graph_render(graph, (tg_graph_format)format, &size, status) : NULL;
    bool ok = bytes && write_file(path, bytes, size, status);
    tg_graph_release(bytes);
    tg_graph_free(graph);
    return ok;
}
