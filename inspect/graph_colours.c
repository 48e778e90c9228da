/* graph_colours.c: fills and shapes. The hues are light tints of Okabe and Ito's palette, which the
   colour-blind tell apart (Color Universal Design, 2008); shapes and borders say the same once more, for
   print. */
#include "graph_model.h"

static const tg_graph_look looks[TG_NODE_KINDS] = {
    [TG_NODE_INPUT] = {"input", "#cde8f7", "ellipse", "filled", 1},
    [TG_NODE_CONSTANT] = {"constant", "#eeeeee", "ellipse", "filled,dashed", 1},
    [TG_NODE_PARAMETER] = {"parameter", "#ffdf9e", "box", "filled", 2},
    [TG_NODE_ELEMENTWISE] = {"elementwise op", "#d3f0e4", "box", "filled,rounded", 1},
    [TG_NODE_MIXING] = {"op over axes", "#fbf3b0", "box", "filled", 1},
    [TG_NODE_VIEW] = {"view", "#ffffff", "box", "filled,dashed", 1},
    [TG_NODE_RANDOM] = {"random op", "#f3d4e6", "box", "filled,rounded,dashed", 1},
};

tg_graph_look tg_graph_look_of(tg_node_kind kind) {
    return looks[kind];
}
