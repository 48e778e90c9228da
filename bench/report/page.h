/* page.h: what the parts of bench_report share: the numbers of a run, and cells of Markdown tables. */
#ifndef TG_BENCH_REPORT_PAGE_H
#define TG_BENCH_REPORT_PAGE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct page {
    FILE *out;
    const cJSON *all; /* by the name of the program's file: "step-1", "ops" ... */
    bool has_picture; /* of the scaling curves, beside the page */
} page;

/* Whether every measurement had a tenth of its time, so that nothing is to be concluded from it. */
bool page_is_quick(const page *p);
/* The number at a path such as "replay/median_us"; NAN where there is none. */
double page_number(const cJSON *object, const char *path);
/* The text of a member; "" where there is none. */
const char *page_text(const cJSON *object, const char *name);
/* The row of a table whose model and batch, or whose op, are these; NULL where there is none. */
const cJSON *page_network(const cJSON *table, const char *model, double batch);
const cJSON *page_op(const cJSON *table, const char *op);

/* One cell with its separator: microseconds with three digits, any number by a format; "-" for NAN. */
void page_us(page *p, double us);
void page_cell(page *p, const char *format, double value);
/* A cell "least to most". */
void page_spread(page *p, double min, double max);

/* Bytes of what training a network needs: parameters, gradients, optimiser state, batch and the activations
   that backward reads (hidden layers and logits), in f32. */
double page_bytes_needed(const char *model, const char *optimizer, double batch);

/* The parts of the page. */
void page_tables(page *p);
void page_goals(page *p);

#endif
