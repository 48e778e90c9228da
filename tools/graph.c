/* tapegrad graph: the graph of a model as a listing, a picture, or data for programs. */
#include "cli.h"
#include "core/output.h"
#include "network.h"
#include "tapegrad.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct input {
    const char *model, *file, *focus;
    tg_activation activation;
    int batch, format; /* -1: by the ending of file, or the listing */
    uint64_t seed;
    tg_dtype dtype;
    bool backward, evaluation, plan, profile;
    tg_graph_spec spec;
} input;

enum {
    OPT_SVG = 256,
    OPT_PNG,
    OPT_HTML,
    OPT_MERMAID,
    OPT_DETAIL,
    OPT_COLOUR,
    OPT_CIRCUIT,
    OPT_FOLD,
    OPT_FOCUS,
    OPT_ELEMENTS,
    OPT_DIGITS,
    OPT_HOPS,
    OPT_LIMIT,
    OPT_WHERE,
    OPT_TITLE,
    OPT_PLAN,
    OPT_PROFILE,
    OPT_FORWARD,
    OPT_BACKWARD,
    OPT_EVALUATION,
    OPT_DTYPE,
    OPT_SEED,
    OPT_LR,
    OPT_LEGEND
};

static const struct argp_option options[] = {
    {0, 0, 0, 0, "The network", 1},
    {"model", 'm', "NETWORK", 0, TG_NETWORK_HELP, 1},
    {"activation", 'a', "NAME", 0, "After each hidden layer of SIZES (default relu)", 1},
    {"batch", 'b', "N", 0, "Examples in a batch (default 4)", 1},
    {"seed", OPT_SEED, "N", 0, "Of the parameters and the random input (default 1)", 1},
    {"dtype", OPT_DTYPE, "TYPE", 0, "f32 (default) or f64", 1},
    {"evaluation", OPT_EVALUATION, 0, 0, "Ops with two faces (dropout) show the one for evaluation", 1},
    {0, 0, 0, 0, "What is written; without any of these, a listing on standard output", 2},
    {"out", 'o', "FILE", 0, "The format that the name ends with: .txt .dot .svg .png .mmd .json .html", 2},
    {"dot", 'd', 0, 0, "Graphviz' dot text, on standard output", 2},
    {"mermaid", OPT_MERMAID, 0, 0, "Mermaid text, on standard output", 2},
    {"json", 'j', 0, 0, "Everything, as JSON, on standard output", 2},
    {"svg", OPT_SVG, "FILE", 0, "A picture, drawn by Graphviz", 2},
    {"png", OPT_PNG, "FILE", 0, "Likewise, as pixels", 2},
    {"html", OPT_HTML, "FILE", 0, "A page on which one steps forward and backward", 2},
    {0, 0, 0, 0, "What it says", 3},
    {"detail", OPT_DETAIL, "LEVEL", 0,
     "op, shapes (default), values, gradients, costs: each with those before", 3},
    {"forward", OPT_FORWARD, 0, 0, "The forward pass alone", 3},
    {"backward", OPT_BACKWARD, 0, 0, "Run the backward pass first; gradients are shown (--detail gradients)",
     3},
    {"colour", OPT_COLOUR, "BY", 0, "kind (default), gradient, time, memory", 3},
    {"color", 0, 0, OPTION_ALIAS | OPTION_HIDDEN, 0, 3},
    {"circuit", OPT_CIRCUIT, 0, 0, "Gates and wires, values above, gradients below; for small graphs", 3},
    {"elements", OPT_ELEMENTS, "N", 0, "Show tensors of at most N elements in full (default 4)", 3},
    {"digits", OPT_DIGITS, "N", 0, "Significant digits of numbers (default 4)", 3},
    {"where", OPT_WHERE, 0, 0, "Show the source line that recorded each node", 3},
    {"title", OPT_TITLE, "TEXT", 0, "Above the picture", 3},
    {"no-legend", OPT_LEGEND, 0, 0, "Leave out the explanation of colours", 3},
    {"left-to-right", OPT_LR, 0, 0, "Instead of top to bottom", 3},
    {"plan", OPT_PLAN, 0, 0, "Below the listing: what replay executes", 3},
    {"profile", OPT_PROFILE, 0, 0, "Below the listing: the time of each op", 3},
    {0, 0, 0, 0, "Large graphs", 4},
    {"fold", OPT_FOLD, "WHEN", 0,
     "Draw repeated blocks once: auto (default: beyond the limit), always, never", 4},
    {"focus", OPT_FOCUS, "NODE", 0, "Only what is near this node: a name, or a position such as v7", 4},
    {"hops", OPT_HOPS, "N", 0, "How near (default 2)", 4},
    {"limit", OPT_LIMIT, "N", 0, "At most so many nodes (default 56; 0: all)", 4},
    {0}};

/* The position of arg in a list of names; ends the program when it is not there. */
static int choice(struct argp_state *state, const char *option, const char *arg, const char *const *names) {
    char all[160] = "";
    for (int i = 0; names[i]; i++) {
        if (strcmp(names[i], arg) == 0) return i;
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i ? ", " : "", names[i]);
    }
    argp_error(state, "--%s: '%s' is none of %s", option, arg, all);
    return 0;
}

static void set_file(struct argp_state *state, input *in, int format, const char *file) {
    if (in->format >= 0 || in->file) argp_error(state, "choose one output format");
    in->format = format;
    in->file = file;
}

static error_t parse_network(int key, char *arg, struct argp_state *state) {
    input *in = state->input;
    int activation;
    switch (key) {
    case 'm':
        in->model = arg;
        return 0;
    case 'b':
        in->batch = (int)tg_cli_integer(state, "batch", arg, 1, 1000000);
        return 0;
    case OPT_SEED:
        in->seed = (uint64_t)tg_cli_integer(state, "seed", arg, 0, INT64_MAX);
        return 0;
    case OPT_DTYPE:
        in->dtype = tg_cli_dtype(state, arg);
        return 0;
    case OPT_EVALUATION:
        in->evaluation = true;
        return 0;
    case 'a':
        activation = tg_activation_from_name(arg);
        if (activation < 0) argp_error(state, "--activation: '%s' is none of %s", arg, tg_activation_names());
        in->activation = (tg_activation)activation;
        return 0;
    }
    return tg_cli_other_key(key, arg, state);
}

static error_t parse_output(int key, char *arg, struct argp_state *state) {
    input *in = state->input;
    switch (key) {
    case 'o':
        set_file(state, in, tg_graph_format_find(strrchr(arg, '.') ? arg : "?"), arg);
        if (in->format < 0) argp_error(state, "--out: %s ends like no format; --help lists them", arg);
        return 0;
    case 'd':
        set_file(state, in, TG_GRAPH_DOT, NULL);
        return 0;
    case 'j':
        set_file(state, in, TG_GRAPH_JSON, NULL);
        return 0;
    case OPT_MERMAID:
        set_file(state, in, TG_GRAPH_MERMAID, NULL);
        return 0;
    case OPT_SVG:
        set_file(state, in, TG_GRAPH_SVG, arg);
        return 0;
    case OPT_PNG:
        set_file(state, in, TG_GRAPH_PNG, arg);
        return 0;
    case OPT_HTML:
        set_file(state, in, TG_GRAPH_HTML, arg);
        return 0;
    case ARGP_KEY_ARG: /* --dot FILE */
        if (in->format < 0 || in->file) return tg_cli_other_key(key, arg, state);
        in->file = arg;
        return 0;
    }
    return parse_network(key, arg, state);
}

static error_t parse(int key, char *arg, struct argp_state *state) {
    static const char *const details[] = {"op", "shapes", "values", "gradients", "costs", NULL};
    static const char *const colours[] = {"kind", "gradient", "time", "memory", NULL};
    static const char *const folds[] = {"auto", "always", "never", NULL};
    input *in = state->input;
    tg_graph_spec *spec = &in->spec;
    switch (key) {
    case OPT_DETAIL:
        spec->detail = (tg_detail)(1 + choice(state, "detail", arg, details));
        return 0;
    case OPT_COLOUR:
        spec->colour = (tg_colour)choice(state, "colour", arg, colours);
        return 0;
    case OPT_FOLD:
        spec->fold = (tg_fold)choice(state, "fold", arg, folds);
        return 0;
    case OPT_CIRCUIT:
        spec->circuit = true;
        return 0;
    case OPT_FOCUS:
        in->focus = arg;
        return 0;
    case OPT_ELEMENTS:
        spec->elements = (int)tg_cli_integer(state, "elements", arg, 1, 1000);
        return 0;
    case OPT_DIGITS:
        spec->digits = (int)tg_cli_integer(state, "digits", arg, 1, 17);
        return 0;
    case OPT_HOPS:
        spec->hops = (int)tg_cli_integer(state, "hops", arg, 1, 1000000);
        return 0;
    case OPT_LIMIT:
        spec->limit = (int)tg_cli_integer(state, "limit", arg, 0, 1000000);
        if (!spec->limit) spec->limit = -1;
        return 0;
    case OPT_WHERE:
        spec->where = true;
        return 0;
    case OPT_TITLE:
        spec->title = arg;
        return 0;
    case OPT_LEGEND:
        spec->no_legend = true;
        return 0;
    case OPT_LR:
        spec->left_to_right = true;
        return 0;
    case OPT_FORWARD:
        spec->forward_only = true;
        return 0;
    case OPT_BACKWARD:
        in->backward = true;
        return 0;
    case OPT_PLAN:
        in->plan = true;
        return 0;
    case OPT_PROFILE:
        in->profile = true;
        return 0;
    }
    return parse_output(key, arg, state);
}

/* ---- the tape ---- */

/* Random examples: the graph is about the network, not about data. */
static void fill(tg_node *x, tg_rng *rng) {
    double *values = malloc((size_t)tg_size(x) * sizeof *values);
    for (int64_t i = 0; values && i < tg_size(x); i++) values[i] = tg_rng_uniform(rng);
    if (values) tg_set_f64(x, values);
    free(values);
}

static void fill_labels(tg_node *label, int64_t classes, tg_rng *rng) {
    int32_t *labels = tg_value(label);
    for (int64_t i = 0; i < tg_size(label); i++) labels[i] = (int32_t)tg_rng_below(rng, (uint64_t)classes);
}

static tg_node *record(const input *in, const tg_network *net, tg_tape *tape) {
    int64_t batch = in->batch, dims[TG_MAX_RANK] = {batch};
    memcpy(dims + 1, net->input.dim, (size_t)net->input.rank * sizeof *dims);
    tg_node *x = tg_input(tape, "x", in->dtype, 1 + net->input.rank, dims);
    tg_rng rng = {.seed = in->seed};
    /* The cross-entropy of a single class is 0, and so would be all gradients. */
    const bool classifies = net->classes > 1;
    tg_node *goal = classifies ? tg_input(tape, "label", TG_I32, 1, &batch)
                               : tg_input(tape, "target", in->dtype, 2, (int64_t[]){batch, 1});
    if (tg_failed(tape)) return NULL;
    fill(x, &rng);
    classifies ? fill_labels(goal, net->classes, &rng) : fill(goal, &rng);
    tg_node *y = tg_name(tg_network_apply(net, x), classifies ? "logits" : "y");
    return tg_name(classifies ? tg_cross_entropy(y, goal) : tg_mse(y, goal), "loss");
}

static const tg_node *find_focus(const tg_tape *tape, const char *name) {
    char *end;
    long id = *name == 'v' ? strtol(name + 1, &end, 10) : -1;
    if (id >= 0 && end > name + 1 && !*end) return tg_tape_node(tape, (int)id);
    return tg_find(tape, name);
}

/* ---- writing ---- */

static int put(const input *in, const char *text, size_t size) {
    FILE *out = in->file ? fopen(in->file, "wb") : stdout;
    if (!out) return tg_cli_fail("%s cannot be written: %s", in->file, strerror(errno));
    bool ok = fwrite(text, 1, size, out) == size;
    if (!in->file || (fclose(out) == 0 && ok)) return TG_EXIT_OK;
    tg_file_discard(in->file);
    return tg_cli_fail("%s could not be written in full: %s", in->file, strerror(errno));
}

static int write_graph(input *in, const tg_tape *tape) {
    tg_status status = {0};
    int format = in->format < 0 ? TG_GRAPH_TEXT : in->format;
    if ((format == TG_GRAPH_JSON || format == TG_GRAPH_HTML) && !in->spec.detail)
        in->spec.detail = TG_DETAIL_COSTS;
    tg_graph *graph = tg_graph_new(tape, in->spec, &status);
    size_t size = 0;
    char *text = graph ? tg_graph_render(graph, (tg_graph_format)format, &size, &status) : NULL;
    int exit_status = text ? put(in, text, size) : tg_cli_fail("%s", status.message);
    tg_graph_release(text);
    tg_graph_free(graph);
    return exit_status;
}

static int run_on(input *in, tg_tape *tape, tg_node *loss) {
    tg_status status = {0};
    tg_profile *profile = NULL;
    tg_graph_spec *spec = &in->spec;
    if (in->focus && !(spec->focus = find_focus(tape, in->focus)))
        return tg_cli_fail("--focus: there is no node '%s'; names and positions are in the listing",
                           in->focus);
    if (in->profile || spec->colour == TG_COLOUR_TIME) {
        profile = tg_profile_new(loss, (tg_profile_spec){0}, &status);
        if (!profile) return tg_cli_fail("%s", status.message);
        spec->profile = profile;
    }
    bool wanted = in->backward || spec->detail >= TG_DETAIL_GRADIENTS || spec->circuit ||
                  spec->colour == TG_COLOUR_GRADIENT || in->format == TG_GRAPH_JSON ||
                  in->format == TG_GRAPH_HTML;
    if (wanted && !spec->forward_only) tg_backward(loss);
    if (in->format == TG_GRAPH_HTML && !spec->title) spec->title = in->model;
    if (in->backward && spec->detail < TG_DETAIL_GRADIENTS) spec->detail = TG_DETAIL_GRADIENTS;
    int exit_status = tg_failed(tape) ? tg_cli_fail("%s", tg_error(tape)) : write_graph(in, tape);
    if (in->profile && exit_status == TG_EXIT_OK) {
        char *table = tg_profile_text(profile, TG_PROFILE_TABLE, &status);
        printf("\n%s", table ? table : status.message);
        tg_profile_release(table);
    }
    if (in->plan && exit_status == TG_EXIT_OK && tg_replay(tape) && tg_backward(loss)) {
        putchar('\n');
        tg_plan_print(tape, stdout);
    }
    tg_profile_free(profile);
    return exit_status;
}

static int run(int argc, char **argv) {
    static const struct argp argp = {
        options,
        parse,
        "",
        "Shows the graph of a network: what it computes forward and backward, with random input.\v"
        "Examples:\n"
        "  tapegrad graph --model 784-64-10 --batch 4             a listing in two columns\n"
        "  tapegrad graph --model 784-64-10 --svg net.svg         a picture\n"
        "  tapegrad graph --model 2-3-2 --backward -o net.png     with values and gradients\n"
        "  tapegrad graph --model 784-64-10 --colour time --svg time.svg\n"
        "  tapegrad graph --model '3x32x32: flatten, linear 64, relu, dropout 0.8, linear 10' -o net.html\n"
        "  tapegrad graph --plan --profile                        what replay runs, and how long each op "
        "takes",
        0,
        0,
        0};
    input in = {.model = "784-64-10", .activation = TG_RELU, .batch = 4, .format = -1, .seed = 1};
    tg_status status = {0};
    tg_cli_parse(&argp, argc, argv, &in);
    if ((in.plan || in.profile) && in.format >= 0 && !in.file)
        return tg_cli_fail(
            "--plan and --profile go with the listing or with a FILE, not with %s on standard output",
            in.format == TG_GRAPH_JSON ? "JSON" : "a graph");
    tg_network net;
    if (!tg_network_open(&net, in.model, in.activation, in.seed, in.dtype, &status)) {
        tg_network_close(&net);
        return tg_cli_fail("%s", status.message);
    }
    tg_tape *tape = tg_tape_new_spec((tg_tape_spec){.dtype = in.dtype, .evaluation = in.evaluation});
    tg_node *loss = tape ? record(&in, &net, tape) : NULL;
    int exit_status = loss ? run_on(&in, tape, loss) : tg_cli_fail("%s", tg_error(tape));
    tg_tape_free(tape);
    tg_network_close(&net);
    return exit_status;
}

const tg_command tg_command_graph = {"graph", "a network's graph: listing, picture, JSON, profile, plan",
                                     run};
