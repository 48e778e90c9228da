#include "taylor.h"

#include "../core/arena.h"
#include "../core/output.h"
#include "../core/rng.h"
#include "../core/shadow.h"
#include "derivatives.h"
#include "probe.h"
#include "text.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the numbers ---- */

static double quotient(const tg_sample *up, const tg_sample *down) {
    return (up->f - down->f) / (up->t - down->t);
}

static double relative(double value, double slope) {
    return fabs(value - slope) / fmax(fabs(slope), DBL_MIN);
}

static void fill_row(const tg_line *line, double h, double slope, tg_taylor_row *row) {
    tg_sample s[7]; /* at -3h .. 3h */
    row->h = h;
    for (int k = -3; k <= 3; k++) {
        s[k + 3] = tg_line_sample(line, k * h, true);
        row->crossed |= s[k + 3].crossed;
    }
    row->change = fabs(s[4].f);
    row->remainder = fabs(s[4].f - h * slope);
    row->forward = relative(s[4].f / h, slope);
    row->central = relative(quotient(&s[4], &s[2]), slope);
    row->six = relative(
        1.5 * quotient(&s[4], &s[2]) - 0.6 * quotient(&s[5], &s[1]) + 0.1 * quotient(&s[6], &s[0]), slope);
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median rate of the rows whose remainder is far above rounding, on either end of the step. */
static void judge(tg_taylor *t, double magnitude) {
    double rates[TG_TAYLOR_STEPS], floor = 1e4 * DBL_EPSILON * magnitude;
    int n = 0, smooth = 0;
    bool linear = true;
    for (int i = 0; i < t->nrows; i++) {
        tg_taylor_row *row = &t->rows[i];
        row->rate = NAN;
        smooth += !row->crossed && isfinite(row->remainder);
        linear &= row->crossed || !(row->remainder > floor);
        if (i == 0 || !(row->remainder > 0) || !(t->rows[i - 1].remainder > 0)) continue;
        row->rate = log(t->rows[i - 1].remainder / row->remainder) / log(t->rows[i - 1].h / row->h);
        /* Large steps see higher powers, small ones rounding. */
        if (row->h <= 0.01 && row->remainder > floor && !row->crossed && !t->rows[i - 1].crossed)
            rates[n++] = row->rate;
    }
    qsort(rates, (size_t)n, sizeof *rates, by_size);
    t->rate = n ? rates[n / 2] : NAN;
    t->verdict = n > 0     ? (t->rate > 1.7 ? TG_VERDICT_PASS : TG_VERDICT_FAIL)
                 : !smooth ? TG_VERDICT_INCONCLUSIVE
                 : linear  ? TG_VERDICT_PASS
                           : TG_VERDICT_INCONCLUSIVE;
}

static bool leaves_of(const tg_node *node, const tg_check_options *o, tg_node **leaves, int *n) {
    *n = 0;
    for (int i = 0; i < o->nwrt; i++) leaves[(*n)++] = o->wrt[i];
    for (int i = 0; !o->nwrt && i <= tg_id(node); i++) {
        tg_node *leaf = tg_tape_node(tg_tape_of(node), i);
        if (!tg_op_of(leaf) && tg_requires_grad(leaf)) leaves[(*n)++] = leaf;
    }
    return *n > 0;
}

/* A random direction as long as x (or of length 1 when x is 0), and the base point. */
static void choose_direction(tg_node *const *leaves, int n, uint64_t seed, double *base, double *v,
                             int64_t size) {
    tg_rng rng = {.seed = seed, .stream = 0x7A1};
    double length_x = 0, length_v = 0;
    int64_t at = 0;
    for (int j = 0; j < n; j++)
        for (int64_t i = 0; i < tg_size(leaves[j]); i++, at++) {
            base[at] = tg_value_at(leaves[j], i);
            v[at] = tg_rng_normal(&rng);
            length_x += base[at] * base[at];
            length_v += v[at] * v[at];
        }
    double scale = sqrt(length_x > 0 ? length_x / length_v : 1 / length_v);
    for (int64_t i = 0; i < size; i++) v[i] *= scale;
}

static bool run(tg_probe *probe, tg_node **leaves, int n, double *memory, int64_t size, uint64_t seed,
                tg_taylor *out) {
    double *base = memory, *v = memory + size;
    choose_direction(leaves, n, seed, base, v, size);
    tg_probe_aim(probe, leaves, n);
    if (!tg_probe_backward(probe)) return false;
    int64_t at = 0;
    for (int j = 0; j < n; j++)
        for (int64_t i = 0; i < tg_size(leaves[j]); i++, at++)
            out->slope += v[at] * (tg_grad(leaves[j]) ? tg_grad_at(leaves[j], i) : 0);
    tg_line line = {.probe = probe, .nodes = leaves, .nnodes = n, .base = base, .direction = v, .scale = 1};
    double h = 1;
    for (out->nrows = 0; out->nrows < TG_TAYLOR_STEPS; out->nrows++, h /= 10)
        fill_row(&line, h, out->slope, &out->rows[out->nrows]);
    judge(out, fmax(probe->magnitude, fabs(out->slope)));
    return true;
}

bool tg_taylor_test(tg_node *node, tg_check_options options, tg_taylor *out, tg_status *status) {
    *out = (tg_taylor){.verdict = TG_VERDICT_VACUOUS, .rate = NAN};
    int64_t size = tg_wrt_size(node, options.nwrt, options.wrt, status);
    if (size < 0) return false;
    const char *name = tg_name_of(node);
    snprintf(out->target, sizeof out->target, "%s",
             *name            ? name
             : tg_op_of(node) ? tg_op_of(node)->name
                              : "leaf");
    if (size == 0) return true;
    tg_probe probe = {0};
    tg_node **leaves = tg_alloc((size_t)(tg_id(node) + 1 + options.nwrt) * sizeof *leaves);
    double *memory = tg_alloc((size_t)(2 * size) * sizeof *memory);
    int n = 0;
    bool ok = leaves && memory && leaves_of(node, &options, leaves, &n);
    tg_tape *shadow =
        ok ? tg_shadow_with(tg_tape_of(node),
                            (tg_shadow_spec){.dtype = TG_F64, .threads = 1, .wanted = leaves, .nwanted = n})
           : NULL;
    ok = shadow && !tg_failed(shadow);
    for (int j = 0; ok && j < n; j++) leaves[j] = tg_tape_node(shadow, tg_id(leaves[j]));
    ok = ok && tg_probe_open(&probe, shadow, tg_tape_node(shadow, tg_id(node)), options.seed) &&
         run(&probe, leaves, n, memory, size, options.seed, out);
    if (!ok)
        tg_status_fail(status, "taylor: %s",
                       shadow && tg_failed(shadow) ? tg_error(shadow) : "out of memory");
    if (probe.tape)
        tg_probe_close(&probe);
    else
        tg_tape_free(shadow);
    tg_release(leaves);
    tg_release(memory);
    return ok;
}

/* ---- as text ---- */

void tg_taylor_print(const tg_taylor *t, FILE *out) {
    fprintf(out, "Taylor remainder of %s along a random direction: %s", t->target,
            tg_verdict_name(t->verdict));
    if (isfinite(t->rate)) fprintf(out, ", falls as h^%.2f (right: h^2, wrong: h^1)", t->rate);
    fprintf(out, "\n\n  %7s %10s %10s %6s   %10s %10s %10s\n", "h", "change", "remainder", "rate", "forward",
            "central", "six points");
    for (int i = 0; i < t->nrows; i++) {
        const tg_taylor_row *r = &t->rows[i];
        fprintf(out, "  %7.0e %10.2e %10.2e ", r->h, r->change, r->remainder);
        if (isfinite(r->rate))
            fprintf(out, "%6.2f", r->rate);
        else
            fprintf(out, "%6s", "");
        fprintf(out, "   %10.2e %10.2e %10.2e%s\n", r->forward, r->central, r->six,
                r->crossed ? "  crosses a kink" : "");
    }
    fprintf(out,
            "\n  The last three columns are relative errors of difference quotients: truncation at the top,\n"
            "  rounding at the bottom, and a best step between them.\n");
}

static bool write_csv(const tg_taylor *t, FILE *out) {
    fprintf(out, "h,change,remainder,rate,forward,central,six_points,crossed\n");
    for (int i = 0; i < t->nrows; i++) {
        const tg_taylor_row *r = &t->rows[i];
        fprintf(out, "%.17g,%.17g,%.17g,%.17g,%.17g,%.17g,%.17g,%d\n", r->h, r->change, r->remainder, r->rate,
                r->forward, r->central, r->six, r->crossed);
    }
    return !ferror(out);
}

static bool write_script(const char *prefix, FILE *out) {
    tg_text text = {0};
    tg_text_put(&text,
                "set terminal svg size 900,420 font 'sans-serif,12' background '#ffffff'\nset output ");
    tg_text_quote_file(&text, prefix, ".svg");
    tg_text_put(&text,
                "\nset datafile separator ','\nset logscale xy\nset format '10^{%T}'\nset xlabel 'step h'\n"
                "set grid\nset key top left\nset multiplot layout 1,2\nset title 'Taylor remainder'\nplot ");
    tg_text_quote_file(&text, prefix, ".csv");
    tg_text_put(&text, " using 1:2 skip 1 with linespoints pt 6 title '|f(x+hv)-f(x)|', \\\n"
                       "     '' using 1:3 skip 1 with linespoints pt 7 title '|f(x+hv)-f(x)-h g.v|'\n"
                       "set title 'Relative error of difference quotients'\nset key top center\nplot ");
    tg_text_quote_file(&text, prefix, ".csv");
    tg_text_put(&text,
                " using 1:5 skip 1 with linespoints pt 6 title 'forward', \\\n"
                "     '' using 1:6 skip 1 with linespoints pt 7 title 'central', \\\n"
                "     '' using 1:7 skip 1 with linespoints pt 4 title 'six points'\nunset multiplot\n");
    const bool ok = !text.failed && fwrite(text.data, 1, text.size, out) == text.size;
    if (text.failed) errno = ENOMEM;
    tg_text_free(&text);
    return ok;
}

static FILE *open_file(const char *prefix, const char *ending, char *path, size_t size, tg_status *status) {
    FILE *out = NULL;
    errno = ENAMETOOLONG;
    if ((size_t)snprintf(path, size, "%s%s", prefix, ending) < size) out = fopen(path, "w");
    if (!out) tg_status_fail(status, "%s%s: %s", prefix, ending, strerror(errno));
    return out;
}

bool tg_taylor_write(const tg_taylor *t, const char *prefix, tg_status *status) {
    char path[4096];
    FILE *csv = open_file(prefix, ".csv", path, sizeof path, status);
    if (!csv) return false;
    const locale_t before = tg_plain_begin();
    bool ok = write_csv(t, csv);
    tg_plain_end(before);
    ok = fclose(csv) == 0 && ok;
    FILE *script = ok ? open_file(prefix, ".gp", path, sizeof path, status) : NULL;
    if (script) {
        ok = write_script(prefix, script);
        ok = fclose(script) == 0 && ok;
    }
    return ok ? script != NULL : tg_status_fail(status, "%s: cannot be written: %s", path, strerror(errno));
}
