/* page.c: the HTML page: its template with the title and the tape's data filled in. */
#include "page.h"

#include <string.h>
#include <zlib.h>

/* The template's text, to be released; NULL without memory. */
static char *unpack(void) {
    char *text = tg_alloc(tg_page_template_size + 1);
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)tg_page_template,
                       .avail_in = (uInt)tg_page_template_packed,
                       .next_out = (Bytef *)text,
                       .avail_out = (uInt)tg_page_template_size};
    if (!text || inflateInit2(&stream, MAX_WBITS + 16) != Z_OK) { /* 16: gzip's header */
        tg_release(text);
        return NULL;
    }
    bool whole = inflate(&stream, Z_FINISH) == Z_STREAM_END;
    inflateEnd(&stream);
    text[tg_page_template_size] = '\0';
    if (whole) return text;
    tg_release(text);
    return NULL;
}

/* Writes the template from *at up to the mark, and moves *at behind it. */
static void put_until(tg_text *text, const char **at, const char *mark) {
    const char *end = strstr(*at, mark);
    if (!end) return;
    tg_text_put_n(text, *at, (size_t)(end - *at));
    *at = end + strlen(mark);
}

void tg_graph_write_page(const tg_graph *graph, tg_text *text) {
    char *page = unpack();
    const char *at = page;
    tg_page_layout layout = {0};
    if (!page) {
        text->failed = true;
        return;
    }
    if (!tg_page_lay_out(&layout, graph)) text->failed = true;
    put_until(text, &at, "@TITLE@");
    tg_text_escape(text, *graph->title ? graph->title : "tapegrad", TG_ESCAPE_MARKUP);
    put_until(text, &at, "@DATA@");
    if (!text->failed) tg_page_write_data(graph, &layout, text);
    tg_text_put(text, at);
    tg_page_layout_free(&layout);
    tg_release(page);
}
