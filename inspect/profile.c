#include "profile.h"
#include "core/arena.h"
#include "core/shadow.h"
#include "probe.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double bytes_of(const tg_node *node) {
    return (double)tg_size(node) * (double)tg_dtype_size(tg_dtype_of(node));
}

static void describe(const tg_node *node, tg_profile_row *row) {
    const tg_op *op = tg_op_of(node);
    row->id = tg_id(node);
    row->op = op ? op->name : "";
    if (!op || op->view) return;
    row->flops = tg_cost_of(node);
    row->bytes_forward = bytes_of(node);
    row->bytes_backward = bytes_of(node) * (op->saves & TG_SAVES_OUTPUT ? 2 : 1);
    for (int k = 0; k < tg_arg_count(node); k++) {
        double bytes = bytes_of(tg_arg(node, k));
        row->bytes_forward += bytes;
        if (op->saves & TG_SAVES_ARG(k < 8 ? k : 7)) row->bytes_backward += bytes;
        if (tg_requires_grad(tg_arg(node, k))) row->bytes_backward += bytes;
    }
    if (!tg_requires_grad(node)) row->flops.backward = row->bytes_backward = 0;
}

static void keep_fastest(double *best, double seconds) {
    if (*best == 0 || seconds < *best) *best = seconds;
}

static bool play(tg_profile *p, tg_tape *tape, tg_node *last) {
    for (int i = 0; i < p->count; i++) {
        tg_node *node = tg_tape_node(tape, i);
        double start = now();
        if (!tg_forward_one(node)) return false;
        if (tg_op_of(node)) keep_fastest(&p->rows[i].forward, now() - start);
    }
    if (!tg_requires_grad(last)) return true;
    tg_zero_grad(tape);
    if (!tg_backward_begin(last, NULL)) return false;
    for (int i = p->count; i-- > 0;) {
        tg_node *node = tg_tape_node(tape, i);
        double start = now();
        if (!tg_backward_one(node)) return false;
        if (tg_grad(node) && tg_op_of(node)) keep_fastest(&p->rows[i].backward, now() - start);
    }
    return true;
}

tg_profile *tg_profile_new(const tg_node *loss, tg_profile_spec spec, tg_status *status) {
    const char *fault = tg_target_fault(loss);
    if (fault) {
        tg_status_fail(status, "profile: %s", fault);
        return NULL;
    }
    tg_tape *shadow = tg_shadow(tg_tape_of(loss), tg_tape_dtype(tg_tape_of(loss)));
    tg_profile *p = tg_alloc(sizeof *p);
    int count = tg_id(loss) + 1;
    if (p) p->rows = tg_alloc((size_t)count * sizeof *p->rows);
    bool ok = p && p->rows && !tg_failed(shadow);
    if (ok) {
        p->count = count;
        p->repetitions = spec.repetitions > 0 ? spec.repetitions : 10;
        for (int i = 0; i < count; i++) describe(tg_tape_node(tg_tape_of(loss), i), &p->rows[i]);
        for (int r = 0; ok && r < p->repetitions; r++) ok = play(p, shadow, tg_tape_node(shadow, count - 1));
    }
    if (!ok) {
        tg_status_fail(status, "profile: %s",
                       shadow && tg_failed(shadow) ? tg_error(shadow) : "out of memory");
        tg_profile_free(p);
        p = NULL;
    }
    tg_tape_free(shadow);
    return p;
}

void tg_profile_free(tg_profile *profile) {
    if (!profile) return;
    tg_release(profile->rows);
    tg_release(profile);
}

void tg_profile_times(const tg_profile *profile, int id, double *forward, double *backward) {
    bool timed = profile && id >= 0 && id < profile->count;
    *forward = timed ? profile->rows[id].forward : 0;
    *backward = timed ? profile->rows[id].backward : 0;
}

/* ---- as text ---- */

typedef struct total {
    tg_profile_row sum; /* of all nodes of one op */
    int calls;
} total;

static int slowest_first(const void *a, const void *b) {
    const total *x = a, *y = b;
    double tx = x->sum.forward + x->sum.backward, ty = y->sum.forward + y->sum.backward;
    return tx < ty ? 1 : tx > ty ? -1 : strcmp(x->sum.op, y->sum.op);
}

static void add_row(total *t, const tg_profile_row *row) {
    t->calls++;
    t->sum.op = row->op;
    t->sum.forward += row->forward;
    t->sum.backward += row->backward;
    t->sum.flops.forward += row->flops.forward;
    t->sum.flops.backward += row->flops.backward;
    t->sum.bytes_forward += row->bytes_forward;
    t->sum.bytes_backward += row->bytes_backward;
}

/* The rows of one op added up; returns how many ops there are. */
static int add_up(const tg_profile *p, total *totals) {
    int n = 0;
    for (int i = 0; i < p->count; i++) {
        if (!*p->rows[i].op) continue;
        int k = 0;
        while (k < n && strcmp(totals[k].sum.op, p->rows[i].op) != 0) k++;
        if (k == n) n++;
        add_row(&totals[k], &p->rows[i]);
    }
    qsort(totals, (size_t)n, sizeof *totals, slowest_first);
    return n;
}

static void cell(tg_text *text, int column, double value, int digits) {
    char number[TG_NUMBER_TEXT];
    tg_number_text(value, digits, number);
    tg_text_pad(text, column - (int)strlen(number));
    tg_text_put(text, number);
}

static void table_row(tg_text *text, const total *t, double all) {
    double time = t->sum.forward + t->sum.backward;
    tg_text_put(text, t->sum.op);
    cell(text, 28, t->calls, 9);
    cell(text, 40, 1e6 * t->sum.forward, 4);
    cell(text, 52, 1e6 * t->sum.backward, 4);
    cell(text, 60, all > 0 ? 100 * time / all : 0, 3);
    cell(text, 70, time > 0 ? 1e-9 * (t->sum.flops.forward + t->sum.flops.backward) / time : 0, 3);
    cell(text, 80, time > 0 ? 1e-9 * (t->sum.bytes_forward + t->sum.bytes_backward) / time : 0, 3);
    tg_text_put(text, "\n");
}

static void write_table(const tg_profile *p, tg_text *text) {
    total *totals = tg_alloc((size_t)(p->count + 1) * sizeof *totals), all = {.sum.op = "all"};
    if (!totals) {
        text->failed = true;
        return;
    }
    int n = add_up(p, totals);
    for (int k = 0; k < n; k++) {
        int calls = all.calls + totals[k].calls;
        add_row(&all, &totals[k].sum);
        all.calls = calls;
    }
    all.sum.op = "all";
    double time = all.sum.forward + all.sum.backward;
    tg_text_put(text, "op                     nodes  forward us  backward us  share  GFLOP/s      GB/s\n");
    for (int k = 0; k < n; k++) table_row(text, &totals[k], time);
    table_row(text, &all, time);
    tg_release(totals);
}

static void write_csv(const tg_profile *p, tg_text *text) {
    tg_text_put(
        text,
        "id,op,seconds_forward,seconds_backward,flops_forward,flops_backward,bytes_forward,bytes_backward\n");
    for (int i = 0; i < p->count; i++) {
        const tg_profile_row *row = &p->rows[i];
        const double values[] = {row->forward,        row->backward,      row->flops.forward,
                                 row->flops.backward, row->bytes_forward, row->bytes_backward};
        if (!*row->op) continue;
        tg_text_add(text, "%d,%s", row->id, row->op);
        for (int k = 0; k < 6; k++) {
            tg_text_put(text, ",");
            tg_text_number(text, values[k], 6);
        }
        tg_text_put(text, "\n");
    }
}

char *tg_profile_text(const tg_profile *profile, tg_profile_format format, tg_status *status) {
    tg_text text = {0};
    if (!profile) {
        tg_status_fail(status, "profile: none was given");
        return NULL;
    }
    if (format == TG_PROFILE_CSV)
        write_csv(profile, &text);
    else
        write_table(profile, &text);
    char *taken = tg_text_take(&text);
    if (!taken) tg_status_fail(status, "profile: out of memory");
    return taken;
}

void tg_profile_release(char *text) {
    tg_release(text);
}
