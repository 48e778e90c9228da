/* equation.c: what a node computes forward and backward, as equations between nodes. The formulas come from
   the op's descriptor; here the nodes' names, v0, v1 ..., are put for those of the arguments. */
#include "graph_model.h"

#include <ctype.h>
#include <string.h>

static bool is_name(const char *word, size_t n, const char *name) {
    return name && strlen(name) == n && memcmp(word, name, n) == 0;
}

static bool starts_word(const char *at, const char *begin) {
    return (isalpha((unsigned char)*at) || *at == '_') &&
           (at == begin || !(isalnum((unsigned char)at[-1]) || at[-1] == '_'));
}

static size_t word_length(const char *at) {
    size_t n = 0;
    while (isalnum((unsigned char)at[n]) || at[n] == '_') n++;
    return n;
}

const char *tg_argument_name(const tg_node *node, int k) {
    static const char letters[][2] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    const tg_op *op = tg_op_of(node);
    if (k < TG_MAX_ARGS && op->args[k]) return op->args[k];
    return tg_arg_count(node) == 1 ? "x" : k < 8 ? letters[k] : "";
}

bool tg_order_matters(const tg_node *node) {
    const char *infix = tg_arg_count(node) < 2 ? "+" : tg_op_of(node)->infix;
    return !infix || !strpbrk(infix, "+*");
}

void tg_text_order(tg_text *text, const tg_node *node) {
    const int n = tg_order_matters(node) ? tg_arg_count(node) : 0;
    for (int k = 0; k < n && k < 6; k++) tg_text_add(text, k ? ", v%d" : " (v%d", tg_id(tg_arg(node, k)));
    if (n) tg_text_put(text, n > 6 ? ", ...)" : ")");
}

/* Which argument a word names; -1 for none. */
static int argument(const tg_node *node, const char *word, size_t n) {
    for (int k = 0; k < tg_arg_count(node); k++)
        if (is_name(word, n, tg_argument_name(node, k))) return k;
    return -1;
}

/* The value of the option that a word names. */
static bool put_option(tg_text *text, const tg_node *node, const char *word, size_t n) {
    const tg_op *op = tg_op_of(node);
    for (const tg_attr *attr = op->attrs; attr && attr->name; attr++) {
        bool function = word[n] == '('; /* min(...) is no option called min */
        if (!is_name(word, n, attr->name) || attr->type != TG_ATTR_DOUBLE || function) continue;
        double value;
        memcpy(&value, (const char *)tg_options_of(node) + attr->offset, sizeof value);
        tg_text_number(text, value == 0 ? attr->zero_means : value, 6);
        return true;
    }
    return false;
}

static void put_formula(tg_text *text, const tg_node *node, const char *formula) {
    for (const char *at = formula; *at;) {
        size_t n = starts_word(at, formula) ? word_length(at) : 0;
        int k = n ? argument(node, at, n) : -1;
        if (k >= 0)
            tg_text_add(text, "v%d", tg_id(tg_arg(node, k)));
        else if (is_name(at, n, "y"))
            tg_text_add(text, "v%d", tg_id(node));
        else if (is_name(at, n, "dy"))
            tg_text_add(text, "dv%d", tg_id(node));
        else if (is_name(at, n, "n") && tg_size(node))
            tg_text_add(text, "%lld",
                        (long long)(tg_size(tg_arg(node, tg_arg_count(node) - 1)) / tg_size(node)));
        else if (!n || !put_option(text, node, at, n))
            tg_text_put_n(text, at, n ? n : 1);
        at += n ? n : 1;
    }
}

/* Whether the infix form shows the options itself: "factor * x". */
static bool says_options(const tg_op *op) {
    for (const tg_attr *attr = op->attrs; attr && attr->name; attr++)
        for (const char *at = op->infix; *at; at++)
            if (starts_word(at, op->infix) && is_name(at, word_length(at), attr->name)) return true;
    return false;
}

static void put_call(tg_text *text, const tg_node *node) {
    char options[256];
    tg_options_text(tg_op_of(node), tg_options_of(node), options, sizeof options);
    const tg_op *op = tg_op_of(node);
    if (op->infix && (!*options || says_options(op))) {
        put_formula(text, node, op->infix);
        return;
    }
    int n = tg_arg_count(node);
    tg_text_add(text, "%s(", op->name);
    for (int k = 0; k < n; k++) {
        if (n > 8 && k == 4) {
            tg_text_add(text, ", ... %d more ...", n - 6);
            k = n - 2;
        }
        tg_text_add(text, "%sv%d", k ? ", " : "", tg_id(tg_arg(node, k)));
    }
    tg_text_add(text, "%s%s)", *options ? ", " : "", options);
}

static void put_name(tg_text *text, const char *name) {
    tg_text clean = {0};
    tg_text_clean(&clean, name);
    if (clean.size) tg_text_escape(text, clean.data, TG_ESCAPE_LINE);
    text->failed |= clean.failed;
    tg_text_free(&clean);
}

void tg_text_equation(tg_text *text, const tg_node *node) {
    tg_text_add(text, "v%d = ", tg_id(node));
    if (tg_op_of(node)) {
        put_call(text, node);
    } else if (*tg_name_of(node)) {
        put_name(text, tg_name_of(node));
    } else if (tg_is_constant(node) && tg_size(node) == 1) {
        tg_text_number(text, tg_item(node), 6);
    } else {
        tg_text_put(text, tg_is_constant(node) ? "constant" : "input");
    }
}

/* Whether a factor needs parentheses: it is a sum, begins with a sign, or is said in words. */
static bool is_loose(const char *factor) {
    int depth = 0;
    if (*factor == '-') return true;
    for (const char *at = factor; *at; at++) {
        if (*at == '(') depth++;
        if (*at == ')') depth--;
        if (depth == 0 && (strncmp(at, " + ", 3) == 0 || strncmp(at, " - ", 3) == 0 || *at == ','))
            return true;
    }
    return false;
}

static bool mentions_dy(const char *formula) {
    for (const char *at = formula; *at; at++)
        if (starts_word(at, formula) && is_name(at, word_length(at), "dy")) return true;
    return false;
}

static void put_contribution(tg_text *text, const tg_node *node, const char *formula) {
    if (mentions_dy(formula)) {
        put_formula(text, node, formula);
    } else if (strcmp(formula, "1") == 0 || strcmp(formula, "-1") == 0) {
        tg_text_add(text, "%sdv%d", *formula == '-' ? "-" : "", tg_id(node));
    } else {
        tg_text_add(text, is_loose(formula) ? "dv%d * (" : "dv%d * ", tg_id(node));
        put_formula(text, node, formula);
        if (is_loose(formula)) tg_text_put(text, ")");
    }
}

void tg_text_adjoint(tg_text *text, const tg_node *node, int k) {
    const tg_op *op = tg_op_of(node);
    const tg_node *arg = tg_arg(node, k);
    if (!op || !tg_requires_grad(arg)) return;
    const char *formula = op->derivative_with ? op->derivative_with(tg_options_of(node), k) : NULL;
    if (!formula && (k < TG_MAX_ARGS || op->arity == TG_VARIADIC))
        formula = op->derivative[op->arity == TG_VARIADIC ? 0 : k];
    if (!formula && op->view) formula = "dy";
    tg_text_add(text, "dv%d += ", tg_id(arg));
    bool sums = op->elementwise && !tg_shape_equal(tg_shape_of(arg), tg_shape_of(node));
    if (sums) tg_text_put(text, "sum_to(");
    if (formula)
        put_contribution(text, node, formula);
    else
        tg_text_add(text, "backward of %s(dv%d)", op->name, tg_id(node));
    if (!sums) return;
    char shape[TG_SHAPE_TEXT];
    tg_text_add(text, ", %s)", tg_shape_text(tg_shape_of(arg), shape, sizeof shape));
}
