#include "anomaly.h"
#include "core/shadow.h"
#include "probe.h"
#include "text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct search {
    tg_anomaly_spec spec;
    tg_anomaly_report *report;
    tg_text text; /* the message */
} search;

static bool offends(const search *s, double x) {
    return isnan(x) || (isinf(x) && !s->spec.nan_only);
}

/* The first offending element, -1 for none. */
static int64_t find(const search *s, const tg_node *node, double (*at)(const tg_node *, int64_t)) {
    for (int64_t i = 0; i < tg_size(node); i++)
        if (offends(s, at(node, i))) return i;
    return -1;
}

/* ---- the message ---- */

static void put_name(tg_text *text, const tg_node *node) {
    tg_text_add(text, "v%d", tg_id(node));
    if (!*tg_name_of(node)) return;
    tg_text clean = {0};
    tg_text_clean(&clean, tg_name_of(node));
    tg_text_put(text, " (");
    if (clean.data) tg_text_escape(text, clean.data, TG_ESCAPE_LINE);
    tg_text_put(text, ")");
    text->failed |= clean.failed;
    tg_text_free(&clean);
}

/* "element 3, (1,0) of (2,3)". */
static void put_element(tg_text *text, const tg_shape *shape, int64_t element) {
    int64_t index[TG_MAX_RANK], rest = element;
    if (!shape->rank) return;
    for (int i = shape->rank; i-- > 0;) {
        index[i] = rest % shape->dim[i];
        rest /= shape->dim[i];
    }
    tg_text_add(text, " at element %lld", (long long)element);
    char dims[TG_SHAPE_TEXT];
    for (int i = 0; shape->rank > 1 && i < shape->rank; i++)
        tg_text_add(text, "%s%lld", i ? "," : ", (", (long long)index[i]);
    tg_text_add(text, "%s of %s", shape->rank > 1 ? ")" : "", tg_shape_text(shape, dims, sizeof dims));
}

/* The element of an input that belongs to an element of the value, if one does; else its range. */
static void put_input(tg_text *text, const tg_node *node, const tg_node *input, int64_t element,
                      double (*at)(const tg_node *, int64_t)) {
    bool same = tg_op_of(node)->elementwise && tg_size(input) == tg_size(node);
    if (same || tg_size(input) == 1) {
        tg_text_number(text, at(input, tg_size(input) == 1 ? 0 : element), 6);
        return;
    }
    double low = INFINITY, high = -INFINITY;
    for (int64_t i = 0; i < tg_size(input); i++) {
        low = fmin(low, at(input, i));
        high = fmax(high, at(input, i));
    }
    tg_text_number(text, low, 6);
    tg_text_put(text, " to ");
    tg_text_number(text, high, 6);
}

static void put_inputs(tg_text *text, const tg_node *node, int64_t element, bool backward) {
    tg_text_put(text, "; its inputs:");
    if (backward) {
        tg_text_add(text, " dv%d = ", tg_id(node));
        put_input(text, node, node, element, tg_grad_at);
    }
    for (int k = 0; k < tg_arg_count(node) && k < 4; k++) {
        tg_text_put(text, k || backward ? ", " : " ");
        put_name(text, tg_arg(node, k));
        tg_text_put(text, " = ");
        put_input(text, node, tg_arg(node, k), element, tg_value_at);
    }
}

static void finish(search *s, const tg_node *node) {
    tg_where where = tg_where_of(node);
    if (where.file) tg_text_add(&s->text, " (%s:%d)", where.file, where.line);
    snprintf(s->report->message, sizeof s->report->message, "%s",
             s->text.data ? s->text.data : "out of memory");
}

static bool report(search *s, const tg_node *node, int arg, int64_t element) {
    const tg_node *where = arg < 0 ? node : tg_arg(node, arg);
    double value = arg < 0 ? tg_value_at(node, element) : tg_grad_at(where, element);
    const tg_op *op = tg_op_of(node);
    *s->report = (tg_anomaly_report){.found = true,
                                     .backward = arg >= 0,
                                     .node = tg_id(node),
                                     .op = op ? op->name : NULL,
                                     .arg = arg,
                                     .element = element,
                                     .value = value,
                                     .where = tg_where_of(node)};
    if (!op)
        tg_text_put(&s->text, "the leaf ");
    else
        tg_text_add(&s->text, arg < 0 ? "%s: the value " : "backward of %s: the gradient of ", op->name);
    put_name(&s->text, where);
    tg_text_put(&s->text, arg >= 0 || op ? " is " : " holds ");
    tg_text_number(&s->text, value, 6);
    put_element(&s->text, tg_shape_of(where), element);
    if (op) put_inputs(&s->text, node, element, arg >= 0);
    finish(s, node);
    return true;
}

/* ---- the search ---- */

static bool search_forward(search *s, const tg_node *loss) {
    for (int i = 0; i <= tg_id(loss); i++) {
        const tg_node *node = tg_tape_node(tg_tape_of(loss), i);
        int64_t element = tg_value(node) && tg_dtype_of(node) != TG_I32 ? find(s, node, tg_value_at) : -1;
        if (element >= 0) return report(s, node, -1, element);
    }
    return false;
}

static bool search_backward(search *s, tg_node *loss) {
    if (!tg_backward_begin(loss, NULL)) return false;
    for (int i = tg_id(loss); i >= 0; i--) {
        tg_node *node = tg_tape_node(tg_tape_of(loss), i);
        if (!tg_op_of(node) || !tg_grad(node)) continue;
        if (!tg_backward_one(node)) return false;
        for (int k = 0; k < tg_arg_count(node); k++) {
            const tg_node *arg = tg_arg(node, k);
            int64_t element = tg_grad(arg) ? find(s, arg, tg_grad_at) : -1;
            if (element >= 0) return report(s, node, k, element);
        }
    }
    return false;
}

bool tg_anomaly(const tg_node *loss, tg_anomaly_spec spec, tg_anomaly_report *found) {
    tg_anomaly_report unwanted;
    search s = {.spec = spec, .report = found ? found : &unwanted};
    *s.report = (tg_anomaly_report){.arg = -1};
    const char *fault = tg_target_fault(loss);
    if (fault) {
        snprintf(s.report->message, sizeof s.report->message, "anomaly: %s", fault);
        return false;
    }
    bool any = search_forward(&s, loss);
    if (!any && !spec.forward_only && tg_requires_grad(loss)) {
        tg_tape *shadow = tg_shadow(tg_tape_of(loss), tg_tape_dtype(tg_tape_of(loss)));
        any = search_backward(&s, tg_tape_node(shadow, tg_id(loss)));
        if (tg_failed(shadow))
            snprintf(s.report->message, sizeof s.report->message, "anomaly: %s", tg_error(shadow));
        tg_tape_free(shadow);
    }
    tg_text_free(&s.text);
    return any;
}
