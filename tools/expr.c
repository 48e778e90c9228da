/* tapegrad expr: a formula's value, gradient, second derivatives, listing and pictures. */
#include "formula.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BINDINGS 64

typedef struct settings {
    const char *formula, *bindings[MAX_BINDINGS];
    int count, digits, elements;
    const char *svg, *html, *sweep;
    bool dot, circuit, json, hessian, derivatives, check;
} settings;

enum { KEY_HTML = 256, KEY_CHECK, KEY_DIGITS, KEY_ELEMENTS };

static const struct argp_option options[] = {
    {"json", 'j', 0, 0, "One JSON object on standard output: value, gradients by name", 1},
    {"hessian", 'H', 0, 0, "The matrix of second derivatives too (the result must be a scalar)", 1},
    {"derivatives", 'D', 0, 0, "The first three derivatives, of a scalar formula of one scalar input", 1},
    {"check", KEY_CHECK, 0, 0, "Check the gradient against finite differences; exit status 1 if it is wrong",
     1},
    {"sweep", 's', "X=FROM:TO:N", 0,
     "Lines of X, value and derivative for N values of the scalar X, as CSV; with --svg a plot of them in "
     "FILE "
     "(.svg or .png), its numbers and its gnuplot script beside it",
     1},
    {"dot", 'd', 0, 0, "The graph with values and gradients as dot text", 2},
    {"svg", 'S', "FILE", 0, "The same drawn into FILE (.svg, .png, .dot, .mmd, .json, .txt)", 2},
    {"html", KEY_HTML, "FILE", 0,
     "A page on which one steps forward and backward, edits the inputs, and is quizzed", 2},
    {"digits", KEY_DIGITS, "N", 0, "Significant digits in the listing and in pictures (default 4)", 2},
    {"elements", KEY_ELEMENTS, "N", 0, "There, tensors of at most N elements are shown in full (default 4)",
     2},
    {"circuit", 'c', 0, 0, "Draw gates and wires, values above, gradients below; for scalars", 2},
    {0}};

static error_t parse(int key, char *arg, struct argp_state *state) {
    settings *s = state->input;
    switch (key) {
    case 'j':
        s->json = true;
        return 0;
    case 'H':
        s->hessian = true;
        return 0;
    case 'D':
        s->derivatives = true;
        return 0;
    case KEY_CHECK:
        s->check = true;
        return 0;
    case 'd':
        s->dot = true;
        return 0;
    case 'c':
        s->circuit = true;
        return 0;
    case 'S':
        s->svg = arg;
        return 0;
    case KEY_HTML:
        if (tg_graph_format_find(arg) != TG_GRAPH_HTML)
            argp_error(state, "--html: %s does not end with .html", arg);
        s->html = arg;
        return 0;
    case KEY_DIGITS:
        s->digits = (int)tg_cli_integer(state, "digits", arg, 1, 17);
        return 0;
    case KEY_ELEMENTS:
        s->elements = (int)tg_cli_integer(state, "elements", arg, 1, 1000);
        return 0;
    case 's':
        s->sweep = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (!s->formula)
            s->formula = arg;
        else if (s->count < MAX_BINDINGS)
            s->bindings[s->count++] = arg;
        else
            argp_error(state, "more than %d inputs", MAX_BINDINGS);
        return 0;
    case ARGP_KEY_END:
        if (!s->formula) argp_error(state, "no formula is given");
        if (s->circuit && !s->svg && !s->dot)
            argp_error(state, "--circuit draws; say where to, by --svg FILE");
        return 0;
    default:
        return tg_cli_other_key(key, arg, state);
    }
}

/* ---- numbers ---- */

/* JSON knows no NaN and no infinity; `plain` text does. */
static cJSON *number_json(double x, bool plain) {
    if (!plain || isfinite(x)) return cJSON_CreateNumber(x);
    return cJSON_CreateRaw(isnan(x) ? "nan" : x < 0 ? "-inf" : "inf");
}

static cJSON *nested(const tg_shape *shape, int axis, double (*at)(const tg_node *, int64_t),
                     const tg_node *node, int64_t *next, bool plain) {
    if (axis == shape->rank) return number_json(at(node, (*next)++), plain);
    cJSON *list = cJSON_CreateArray();
    for (int64_t i = 0; i < shape->dim[axis]; i++)
        cJSON_AddItemToArray(list, nested(shape, axis + 1, at, node, next, plain));
    return list;
}

/* A number, or nested lists of them. */
static cJSON *tensor_json(const tg_node *node, double (*at)(const tg_node *, int64_t), bool plain) {
    int64_t next = 0;
    return nested(tg_shape_of(node), 0, at, node, &next, plain);
}

static void print_tensor(const tg_node *node, double (*at)(const tg_node *, int64_t)) {
    cJSON *json = tensor_json(node, at, true);
    char *text = cJSON_PrintUnformatted(json);
    puts(text ? text : "");
    free(text);
    cJSON_Delete(json);
}

static double grad_or_zero(const tg_node *node, int64_t i) {
    return tg_grad(node) ? tg_grad_at(node, i) : 0;
}

/* ---- second derivatives ---- */

typedef struct hessian {
    int inputs;
    int64_t n;
    double *h; /* n x n, over the elements of all inputs in their order */
} hessian;

/* Row by row: the derivative of the gradient along each element (forward over reverse). */
static bool fill_hessian(hessian *h, tg_tape *dual, int result) {
    int64_t row = 0;
    for (int a = 0; a < h->inputs; a++) {
        tg_node *x = tg_tape_node(dual, a);
        for (int64_t i = 0; i < tg_size(x); i++, row++) {
            tg_set_tangent(x, i, 1);
            tg_zero_grad(dual);
            if (!tg_replay(dual) || !tg_backward(tg_tape_node(dual, result))) return false;
            double *to = h->h + row * h->n;
            for (int b = 0; b < h->inputs; b++) {
                const tg_node *y = tg_tape_node(dual, b);
                for (int64_t j = 0; j < tg_size(y); j++) *to++ = tg_grad(y) ? tg_grad_tangent_at(y, j) : 0;
            }
            tg_set_tangent(x, i, 0);
        }
    }
    return true;
}

static bool make_hessian(hessian *h, const tg_tape *tape, const tg_node *y, int inputs) {
    *h = (hessian){.inputs = inputs};
    for (int i = 0; i < inputs; i++) h->n += tg_size(tg_tape_node(tape, i));
    tg_tape *dual = tg_shadow(tape, TG_DUAL);
    h->h = calloc((size_t)(h->n * h->n) + 1, sizeof *h->h);
    bool ok = dual && h->h && fill_hessian(h, dual, tg_id(y));
    if (!ok) tg_cli_fail("%s", dual && h->h ? tg_error(dual) : "out of memory");
    tg_tape_free(dual);
    return ok;
}

static cJSON *hessian_json(const hessian *h) {
    cJSON *rows = cJSON_CreateArray();
    for (int64_t i = 0; i < h->n; i++)
        cJSON_AddItemToArray(rows, cJSON_CreateDoubleArray(h->h + i * h->n, (int)h->n));
    return rows;
}

/* ---- higher derivatives of one scalar ---- */

static bool second_derivative(tg_tape *dual, int result, double x, double *second) {
    tg_node *leaf = tg_tape_node(dual, 0);
    tg_set_f64(leaf, &x);
    tg_set_tangent(leaf, 0, 1);
    tg_zero_grad(dual);
    if (!tg_replay(dual) || !tg_backward(tg_tape_node(dual, result))) return false;
    *second = tg_grad(leaf) ? tg_grad_tangent_at(leaf, 0) : 0;
    return true;
}

/* The second derivative is exact; the third is its central difference of eighth order (Fornberg, Mathematics
   of Computation 51, 1988), whose error at this step is about that of rounding. */
static bool derivatives_of(const tg_tape *tape, const tg_node *y, double d[3]) {
    static const double weight[] = {4.0 / 5, -1.0 / 5, 4.0 / 105, -1.0 / 280};
    const double x = tg_item(tg_tape_node(tape, 0)), step = 0.01 * fmax(1, fabs(x));
    tg_tape *dual = tg_shadow(tape, TG_DUAL);
    bool ok = dual && second_derivative(dual, tg_id(y), x, &d[1]);
    d[0] = grad_or_zero(tg_tape_node(tape, 0), 0);
    d[2] = 0;
    for (int i = 0; i < 4 && ok; i++) {
        double above = 0, below = 0, h = (i + 1) * step;
        ok = second_derivative(dual, tg_id(y), x + h, &above) &&
             second_derivative(dual, tg_id(y), x - h, &below);
        d[2] += weight[i] * (above - below) / step;
    }
    if (!ok) tg_cli_fail("%s", dual ? tg_error(dual) : "out of memory");
    tg_tape_free(dual);
    return ok;
}

/* What was asked for besides value and gradient; empty members were not. */
typedef struct extras {
    hessian hessian;
    double derivatives[3];
    tg_check_report *check;
} extras;

/* ---- what is printed ---- */

static int print_json(const settings *s, const tg_tape *tape, const tg_node *y, const extras *x) {
    const hessian *h = x->hessian.h ? &x->hessian : NULL;
    cJSON *o = cJSON_CreateObject(), *gradients, *order;
    cJSON_AddStringToObject(o, "formula", s->formula);
    cJSON_AddItemToObject(o, "value", tensor_json(y, tg_value_at, false));
    gradients = cJSON_AddObjectToObject(o, "gradients");
    for (int i = 0; i < s->count; i++)
        cJSON_AddItemToObject(gradients, tg_name_of(tg_tape_node(tape, i)),
                              tensor_json(tg_tape_node(tape, i), grad_or_zero, false));
    if (h) {
        cJSON_AddItemToObject(o, "hessian", hessian_json(h));
        order = cJSON_AddArrayToObject(o, "hessian_order");
        for (int i = 0; i < s->count; i++)
            cJSON_AddItemToArray(order, cJSON_CreateString(tg_name_of(tg_tape_node(tape, i))));
    }
    if (s->derivatives) cJSON_AddItemToObject(o, "derivatives", cJSON_CreateDoubleArray(x->derivatives, 3));
    if (x->check) {
        char *report = tg_check_json(x->check);
        cJSON_AddItemToObject(o, "check", cJSON_Parse(report ? report : "null"));
        free(report);
    }
    return tg_cli_print_json(o);
}

static tg_graph_spec graph_spec(const settings *s) {
    return (tg_graph_spec){
        .detail = TG_DETAIL_GRADIENTS, .circuit = s->circuit, .digits = s->digits, .elements = s->elements};
}

static int print_text(const settings *s, const tg_tape *tape, const tg_node *y, const extras *x) {
    const hessian *h = x->hessian.h ? &x->hessian : NULL;
    printf("value      ");
    print_tensor(y, tg_value_at);
    for (int i = 0; i < s->count; i++) {
        printf("d/d%-8s", tg_name_of(tg_tape_node(tape, i)));
        print_tensor(tg_tape_node(tape, i), grad_or_zero);
    }
    for (int64_t i = 0; h && i < h->n; i++) {
        printf("%s", i ? "           " : "hessian    ");
        for (int64_t j = 0; j < h->n; j++) printf("%s%.10g", j ? "  " : "", h->h[i * h->n + j]);
        putchar('\n');
    }
    for (int i = 0; s->derivatives && i < 3; i++) printf("f%-10.*s%.15g\n", i + 1, "'''", x->derivatives[i]);
    tg_status status = {0};
    tg_graph_spec spec = graph_spec(s);
    spec.limit = -1;
    tg_graph *graph = tg_graph_new(tape, spec, &status);
    char *listing = tg_graph_render(graph, TG_GRAPH_TEXT, NULL, &status);
    if (listing) printf("\n%s", listing);
    if (x->check) {
        putchar('\n');
        tg_check_print(x->check, stdout);
    }
    tg_graph_release(listing);
    tg_graph_free(graph);
    return listing ? TG_EXIT_OK : tg_cli_fail("%s", status.message);
}

static int print_dot(const settings *s, const tg_tape *tape) {
    tg_status status = {0};
    char *dot = tg_graph_dot(tape, graph_spec(s), &status);
    if (!dot) return tg_cli_fail("%s", status.message);
    fputs(dot, stdout);
    tg_graph_release(dot);
    return TG_EXIT_OK;
}

/* ---- sweep ---- */

/* x, value and derivative at each step. */
typedef struct sweep {
    char name[64];
    double from, to;
    int steps;
    double *x, *value, *derivative;
} sweep;

static bool fill_sweep(sweep *w, tg_tape *tape, tg_node *x, tg_node *y) {
    w->x = calloc(3 * (size_t)w->steps, sizeof *w->x);
    if (!w->x) return false;
    w->value = w->x + w->steps;
    w->derivative = w->value + w->steps;
    for (int i = 0; i < w->steps; i++) {
        w->x[i] = w->from + (w->to - w->from) * i / (w->steps - 1);
        tg_set_f64(x, &w->x[i]);
        tg_zero_grad(tape);
        if (!tg_replay(tape) || !tg_backward_from(y, NULL)) return false;
        w->value[i] = tg_value_at(y, 0);
        w->derivative[i] = grad_or_zero(x, 0);
    }
    return true;
}

static int plot_sweep(const sweep *w, const settings *s) {
    tg_status status = {0};
    bool drawn = false;
    tg_series series[] = {{.title = "value", .x = w->x, .y = w->value, .n = w->steps},
                          {.title = "derivative", .x = w->x, .y = w->derivative, .n = w->steps, .dash = 1}};
    tg_panel panel = {.title = s->formula, .x_label = w->name, .series = series, .count = 2};
    if (!tg_figure_save((tg_figure){.panels = &panel, .count = 1, .width = 640}, s->svg, &drawn, &status))
        return tg_cli_fail("%s", status.message);
    if (!drawn)
        fprintf(stderr,
                "tapegrad: gnuplot is not here (Debian, Ubuntu: sudo apt-get install gnuplot-nox); the "
                "numbers and a script for it are beside %s\n",
                s->svg);
    return TG_EXIT_OK;
}

/* printf shows the sign of a NaN, which depends on the processor and the compiler. */
static double plain_nan(double v) {
    return isnan(v) ? NAN : v;
}

static void print_sweep(const sweep *w) {
    printf("%s,value,derivative\n", w->name);
    for (int i = 0; i < w->steps; i++)
        printf("%.17g,%.17g,%.17g\n", w->x[i], plain_nan(w->value[i]), plain_nan(w->derivative[i]));
}

static int run_sweep(const settings *s, tg_tape *tape, tg_node *y) {
    sweep w = {0};
    tg_expr_error error;
    int exit_status = TG_EXIT_OK;
    if (!tg_expr_sweep(s->sweep, w.name, sizeof w.name, &w.from, &w.to, &w.steps, &error))
        return tg_cli_point_at(s->sweep, error.column, error.message);
    tg_node *x = tg_find(tape, w.name);
    if (!x || tg_op_of(x))
        return tg_cli_fail("--sweep: the formula has no input '%s'; give it a value too: %s=0", w.name,
                           w.name);
    if (tg_size(x) != 1 || tg_size(y) != 1)
        return tg_cli_fail("--sweep: %s and the result must be scalars", w.name);
    if (!fill_sweep(&w, tape, x, y)) {
        exit_status = tg_cli_fail("%s", w.x ? tg_error(tape) : "out of memory");
    } else {
        print_sweep(&w);
        if (s->svg) exit_status = plot_sweep(&w, s);
    }
    free(w.x);
    return exit_status;
}

/* ---- */

static int show(const settings *s, tg_tape *tape, tg_node *y) {
    tg_status status = {0};
    if (s->sweep) return run_sweep(s, tape, y);
    if (s->hessian && tg_size(y) != 1) return tg_cli_fail("--hessian: the result is no scalar; sum() it");
    if (s->derivatives && (tg_size(y) != 1 || s->count != 1 || tg_size(tg_tape_node(tape, 0)) != 1))
        return tg_cli_fail("--derivatives: one scalar input and a scalar result are needed");
    if (tg_requires_grad(y)) tg_backward_from(y, NULL);
    if (tg_failed(tape)) return tg_cli_fail("%s", tg_error(tape));
    tg_graph_spec spec = graph_spec(s);
    spec.title = s->formula;
    if (s->svg && !tg_graph_save(tape, s->svg, spec, &status)) return tg_cli_fail("%s", status.message);
    if (s->html && !tg_graph_save(tape, s->html, spec, &status)) return tg_cli_fail("%s", status.message);
    extras x = {0};
    bool ok = !tg_requires_grad(y) || ((!s->hessian || make_hessian(&x.hessian, tape, y, s->count)) &&
                                       (!s->derivatives || derivatives_of(tape, y, x.derivatives)));
    if (s->check) x.check = tg_check(y, (tg_check_options){0});
    int exit_status = !ok       ? TG_EXIT_FAILED
                      : s->json ? print_json(s, tape, y, &x)
                      : s->dot  ? print_dot(s, tape)
                                : print_text(s, tape, y, &x);
    if (s->check && exit_status == TG_EXIT_OK && !tg_check_ok(x.check)) exit_status = TG_EXIT_FAILED;
    tg_check_free(x.check);
    free(x.hessian.h);
    return exit_status;
}

/* A formula may begin with a minus: what is no option gets a space before it, so that argp leaves it alone.
 */
static char *shield(char *arg) {
    if (arg[0] != '-' || !arg[1] || arg[1] == '-' ||
        (strchr("jHDdcsSh?V", arg[1]) && !strpbrk(arg, "^*/+@(;")))
        return arg;
    char *spaced = malloc(strlen(arg) + 2);
    return spaced ? strcat(strcpy(spaced, " "), arg) : arg;
}

/* Whether the word after this one is its argument; long options may be cut short. */
static bool takes_argument(const char *word) {
    static const char *const option[] = {"--sweep", "--svg", "--html"};
    if (strcmp(word, "-s") == 0 || strcmp(word, "-S") == 0) return true;
    for (size_t i = 0; i < sizeof option / sizeof *option; i++)
        if (strlen(word) > 2 && strncmp(word, option[i], strlen(word)) == 0) return true;
    return false;
}

static int run(int argc, char **argv) {
    static const struct argp argp = {
        options,
        parse,
        "FORMULA [NAME=VALUE...]",
        "Evaluates a formula and differentiates it.\v"
        "Values are numbers or lists: x=2  x=[1,2,3]  W=[[1,2],[3,4]]. Statements are separated by ';', NAME "
        "= ... "
        "names an intermediate value, the last statement is the result. + - * / work element by element, @ "
        "is the "
        "matrix product, ^ the power; every op of `tapegrad ops` is a function, its options by name. The "
        "gradient of a "
        "result that is no scalar is that of the sum of its elements.\n\n"
        "Examples:\n"
        "  tapegrad expr 'log(x1) + x1*x2 - sin(x2)' x1=2 x2=5\n"
        "  tapegrad expr 'h = tanh(W@x + b); sum(h^2)' W=[[1,2],[3,4]] x=[0.1,0.2] b=[0,1]\n"
        "  tapegrad expr --hessian '100*(y-x^2)^2 + (1-x)^2' x=-1.2 y=1\n"
        "  tapegrad expr --sweep x=-3:3:50 'tanh(x)' x=0",
        0,
        0,
        0};
    settings s = {0};
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--") == 0)
            break;
        else if (i == 1 || !takes_argument(argv[i - 1]))
            argv[i] = shield(argv[i]);
    tg_cli_parse(&argp, argc, argv, &s);
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *y = tg_cli_formula(tape, s.formula, s.bindings, s.count);
    int exit_status = y ? show(&s, tape, y) : TG_EXIT_USAGE;
    tg_tape_free(tape);
    return exit_status;
}

const tg_command tg_command_expr = {"expr", "evaluate and differentiate a formula", run};
