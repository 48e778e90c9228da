/* graph_colours.c: fills and shapes. By kind the hues are light tints of Okabe and Ito's palette, which the
   colour-blind tell apart (Color Universal Design, 2008); shapes and borders say the same once more, for
   print. Amounts are a ramp of one hue that only darkens, and stays light enough for black text. */
#include "graph_model.h"

#include <math.h>

static const tg_graph_look looks[TG_NODE_KINDS] = {
    [TG_NODE_INPUT] = {"input (oval)", "#cde8f7", "ellipse", "filled", 1},
    [TG_NODE_CONSTANT] = {"constant (dashed oval)", "#eeeeee", "ellipse", "filled,dashed", 1},
    [TG_NODE_PARAMETER] = {"parameter (thick border)", "#ffdf9e", "box", "filled", 2},
    [TG_NODE_ELEMENTWISE] = {"elementwise op (round corners)", "#d3f0e4", "box", "filled,rounded", 1},
    [TG_NODE_MIXING] = {"op over axes (square corners)", "#fbf3b0", "box", "filled", 1},
    [TG_NODE_VIEW] = {"view (dashed)", "#ffffff", "box", "filled,dashed", 1},
    [TG_NODE_RANDOM] = {"random op (dashed, round corners)", "#f3d4e6", "box", "filled,rounded,dashed", 1},
};

tg_graph_look tg_graph_look_of(tg_node_kind kind) {
    return looks[kind];
}

static const char *const ramp[] = {"#fff8ec", "#fee6c2", "#fcd096", "#f6b565", "#ea9636", "#d77a12"};
#define STEPS  ((int)(sizeof ramp / sizeof *ramp))
#define BROKEN "#f48fd0" /* where there is a NaN or an infinity */

static bool is_broken(const tg_graph_node *node) {
    return node->grad.nan || node->grad.inf;
}

/* What is coloured; 0 or less where there is nothing to colour. */
static double amount(const tg_graph *graph, const tg_graph_node *node) {
    switch (graph->spec.colour) {
    case TG_COLOUR_GRADIENT:
        return node->grad.known ? fmax(fabs(node->grad.min), fabs(node->grad.max)) : 0;
    case TG_COLOUR_TIME:
        return node->time_forward + node->time_backward;
    case TG_COLOUR_MEMORY:
        return (double)node->bytes;
    default:
        return 0;
    }
}

tg_graph_scale tg_graph_scale_of(const tg_graph *graph) {
    tg_graph_scale s = {.logarithmic = graph->spec.colour == TG_COLOUR_GRADIENT};
    double low = INFINITY;
    for (int i = 0; i < graph->nodes_count; i++) {
        double x = amount(graph, &graph->nodes[i]);
        if (graph->nodes[i].shown != i || !(x > 0) || isinf(x)) continue;
        s.high = fmax(s.high, x);
        low = fmin(low, x);
    }
    /* At least one decade, so that equal gradients look equal; at most twelve. */
    s.low = s.logarithmic ? fmin(fmax(low, s.high * 1e-12), s.high / 10) : 0;
    return s;
}

/* The lower end of a step of the ramp. */
static double threshold(const tg_graph_scale *s, int step) {
    double share = (double)step / STEPS;
    return s->logarithmic ? s->low * pow(s->high / s->low, share) : s->high * share;
}

const char *tg_graph_fill(const tg_graph *graph, const tg_graph_scale *scale, const tg_graph_node *node) {
    if (graph->spec.colour == TG_COLOUR_KIND) return looks[node->kind].fill;
    if (graph->spec.colour == TG_COLOUR_GRADIENT && is_broken(node)) return BROKEN;
    double x = amount(graph, node);
    if (!(x > 0)) return "#ffffff";
    int step = STEPS - 1;
    while (step > 0 && x < threshold(scale, step)) step--;
    return ramp[step];
}

void tg_graph_scale_rows(const tg_graph *graph, const tg_graph_scale *scale, tg_text *text,
                         void (*row)(tg_text *text, const char *fill, const char *sample, const char *what)) {
    static const char *const what[] = {"", "|gradient|, largest element", "time, forward and backward",
                                       "bytes of the value"};
    if (graph->spec.colour == TG_COLOUR_KIND || !(scale->high > 0)) return;
    for (int step = STEPS; step-- > 0;) {
        tg_text label = {0};
        tg_text_put(&label, step ? "from " : "less");
        if (step && graph->spec.colour == TG_COLOUR_GRADIENT)
            tg_text_number(&label, threshold(scale, step), 2);
        else if (step && graph->spec.colour == TG_COLOUR_TIME) {
            tg_text_number(&label, 1e6 * threshold(scale, step), 3);
            tg_text_put(&label, " \xc2\xb5s");
        } else if (step)
            tg_text_count(&label, threshold(scale, step), "B");
        if (step == STEPS - 1) tg_text_add(&label, ": %s", what[graph->spec.colour]);
        row(text, ramp[step], "", label.data ? label.data : "");
        text->failed |= label.failed;
        tg_text_free(&label);
    }
    if (graph->spec.colour == TG_COLOUR_GRADIENT) row(text, BROKEN, "", "NaN or infinite");
    row(text, "#ffffff", "", graph->spec.colour == TG_COLOUR_GRADIENT ? "zero or none" : "none");
}
