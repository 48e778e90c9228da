/* page.h: the graph as one HTML file on which one steps through forward and backward. Private. */
#ifndef TG_INSPECT_PAGE_H
#define TG_INSPECT_PAGE_H

#include "graph_model.h"

/* A point of the drawing, in pixels at the size it was made for. */
typedef struct tg_page_point {
    int x, y;
} tg_page_point;

/* Where everything stands: ops to the right of what they are computed from. Whole numbers throughout, so that
   every machine comes to the same picture. */
typedef struct tg_page_layout {
    int width, height;
    tg_page_point *node; /* by node id: the middle of its gate; for shown nodes only */
    int *first_via;      /* by edge, and one more: where its points begin in via */
    tg_page_point *via;  /* the points that an edge passes on its way through columns of other nodes */
    tg_arena arena;
} tg_page_layout;

/* False without memory; free in any case. */
bool tg_page_lay_out(tg_page_layout *layout, const tg_graph *graph);
/* By how much a gate of many arguments is taller than others, above and below. */
int tg_page_gate_juts(const tg_graph *graph, int node);
void tg_page_layout_free(tg_page_layout *layout);

/* The tape as JSON, for the page's script. */
void tg_page_write_data(const tg_graph *graph, const tg_page_layout *layout, tg_text *text);

/* The page's template: style and script in it, @TITLE@ and @DATA@ to be filled in. Made by
   cmake/page.cmake from inspect/page/, and compressed by gzip. */
extern const unsigned char tg_page_template[];
extern const size_t tg_page_template_packed, tg_page_template_size; /* bytes here, and unpacked */

#endif
