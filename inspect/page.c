/* page.c: the HTML page: its template with the title and the tape's data filled in. */
#include "page.h"

#include <string.h>

/* Writes the template from *at up to the mark, and moves *at behind it. */
static void put_until(tg_text *text, const char **at, const char *mark) {
    const char *end = strstr(*at, mark);
    if (!end) return;
    tg_text_put_n(text, *at, (size_t)(end - *at));
    *at = end + strlen(mark);
}

void tg_graph_write_page(const tg_graph *graph, tg_text *text) {
    const char *at = (const char *)tg_page_template;
    tg_page_layout layout = {0};
    if (!tg_page_lay_out(&layout, graph)) text->failed = true;
    put_until(text, &at, "@TITLE@");
    tg_text_escape(text, *graph->title ? graph->title : "tapegrad", TG_ESCAPE_MARKUP);
    put_until(text, &at, "@DATA@");
    if (!text->failed) tg_page_write_data(graph, &layout, text);
    tg_text_put(text, at);
    tg_page_layout_free(&layout);
}
