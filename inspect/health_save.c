/* health_save.c: the health panel as CSV and as a gnuplot script. */
#include "core/arena.h"
#include "health.h"
#include "text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void put_name(tg_text *text, const char *name) {
    tg_text_put(text, "\"");
    for (; *name; name++) tg_text_put_n(text, *name == '"' ? "'" : name, 1);
    tg_text_put(text, "\"");
}

static void put_numbers(tg_text *text, const double *values, int n) {
    for (int i = 0; i < n; i++) {
        tg_text_put(text, ",");
        if (!isnan(values[i])) tg_text_number(text, values[i], 8);
    }
}

static void write_rows(const tg_health *health, tg_text *text) {
    tg_text_put(text,
                "epoch,name,kind,mean,deviation,grad_mean,grad_deviation,dead,saturated,update_ratio\n");
    for (int i = 0; i < tg_health_count(health); i++) {
        const tg_health_row *r = tg_health_row_at(health, i);
        tg_text_add(text, "%d,", r->epoch);
        put_name(text, r->name);
        tg_text_put(text, r->is_parameter ? ",parameter" : ",activation");
        put_numbers(text,
                    (double[]){r->mean, r->deviation, r->grad_mean, r->grad_deviation, r->dead, r->saturated,
                               r->update},
                    7);
        tg_text_put(text, "\n");
    }
}

static void write_histogram(const tg_health_row *r, const char *of, double low, double high,
                            const int64_t *count, tg_text *text) {
    int64_t all = 0;
    for (int b = 0; b < TG_HEALTH_BINS; b++) all += count[b];
    double width = (high - low) / TG_HEALTH_BINS;
    for (int b = 0; all && b < TG_HEALTH_BINS; b++) {
        tg_text_add(text, "%d,", r->epoch);
        put_name(text, r->name);
        tg_text_add(text, ",%s", of);
        put_numbers(text, (double[]){low + (b + 0.5) * width, (double)count[b] / (double)all}, 2);
        tg_text_put(text, "\n");
    }
}

static void write_histograms(const tg_health *health, tg_text *text) {
    tg_text_put(text, "epoch,name,of,centre,share\n");
    for (int i = 0; i < tg_health_count(health); i++) {
        const tg_health_row *r = tg_health_row_at(health, i);
        write_histogram(r, "values", r->low, r->high, r->count, text);
        write_histogram(r, "gradients", r->grad_low, r->grad_high, r->grad_count, text);
    }
}

/* ---- the picture ---- */

/* Whether row i is the first of its name. */
static bool is_first(const tg_health *health, int i) {
    for (int k = 0; k < i; k++)
        if (strcmp(tg_health_row_at(health, k)->name, tg_health_row_at(health, i)->name) == 0) return false;
    return true;
}

/* One curve per activation or parameter, over the epochs. */
static void plot_curves(const tg_health *health, bool parameters, int column, const char *title, bool log,
                        tg_text *text) {
    bool any = false;
    for (int i = 0; i < tg_health_count(health); i++) {
        const tg_health_row *r = tg_health_row_at(health, i);
        if (r->is_parameter != parameters || !is_first(health, i)) continue;
        if (!any) {
            tg_text_add(text, "%s logscale y\nset title '%s'\nset xlabel 'epoch'\nplot ",
                        log ? "set" : "unset", title);
            if (!log) tg_text_put(text, "[][0:1] ");
        }
        tg_text_put(text, any ? ", \\\n  " : "");
        tg_text_put(text, "table using ((strcol(2) eq ");
        tg_text_quote(text, r->name);
        tg_text_add(text, ") ? $1 : NaN):%d with linespoints linewidth 2 title ", column);
        tg_text_quote(text, r->name);
        any = true;
    }
    tg_text_put(text, any ? "\n" : "set multiplot next\n");
}

/* The histograms of the last look, one curve each. */
static void plot_histograms(const tg_health *health, bool parameters, const char *of, const char *title,
                            tg_text *text) {
    int last = tg_health_count(health) ? tg_health_row_at(health, tg_health_count(health) - 1)->epoch : 0;
    bool any = false;
    for (int i = 0; i < tg_health_count(health); i++) {
        const tg_health_row *r = tg_health_row_at(health, i);
        if (r->is_parameter != parameters || r->epoch != last) continue;
        if (!any)
            tg_text_add(text, "set logscale y\nset title '%s, epoch %d'\nset xlabel ''\nplot ", title, last);
        tg_text_put(text, any ? ", \\\n  " : "");
        tg_text_put(text, "bins using ((strcol(2) eq ");
        tg_text_quote(text, r->name);
        tg_text_add(text,
                    " && strcol(3) eq '%s' && $1 == %d) ? $4 : NaN):($5 > 0 ? $5 : NaN) with steps linewidth "
                    "2 title ",
                    of, last);
        tg_text_quote(text, r->name);
        any = true;
    }
    tg_text_put(text, any ? "\n" : "set multiplot next\n");
}

static void write_script(const tg_health *health, const char *path, tg_text *text) {
    tg_text_put(text, "# gnuplot draws this: how the layers were doing.\nset datafile separator ','\nset "
                      "datafile missing NaN\n"
                      "set terminal svg size 1300,900 font 'Helvetica,13' background 'white'\nset output ");
    const char *slash = strrchr(path, '/'); /* the files stand beside the script */
    if (slash) path = slash + 1;
    const char *ends[] = {".svg", ".csv", "_histograms.csv"}, *before[] = {"", "\ntable = ", "\nbins = "};
    for (int i = 0; i < 3; i++) {
        tg_text_put(text, before[i]);
        tg_text_quote_file(text, path, ends[i]);
    }
    tg_text_put(text, "\nset grid\nset key outside right top noenhanced\nset colorsequence podo\nset "
                      "multiplot layout 3,2\n");
    tg_text_put(text, "set datafile missing NaN\n"); /* of other rows: a curve goes on over them */
    plot_curves(health, false, 8, "share of dead units", false, text);
    plot_curves(health, false, 9, "share of saturated elements", false, text);
    plot_curves(health, true, 10, "update / weight (norms)", true, text);
    plot_curves(health, true, 7, "deviation of gradients", true, text);
    tg_text_put(text, "set datafile missing\n");
    plot_histograms(health, false, "values", "activations", text);
    plot_histograms(health, false, "gradients", "gradients of activations", text);
    tg_text_put(text, "unset multiplot\n");
}

static bool save(const char *path, const char *end, tg_text *text, tg_status *status) {
    tg_text name = {0};
    tg_text_add(&name, "%s%s", path, end);
    bool ok = !text->failed && !name.failed;
    if (!ok) tg_status_fail(status, "health: out of memory");
    FILE *file = ok ? fopen(name.data, "wb") : NULL;
    if (ok && !file) ok = tg_status_fail(status, "%s: cannot be written: %s", name.data, strerror(errno));
    if (file && fwrite(text->data, 1, text->size, file) != text->size)
        ok = tg_status_fail(status, "%s: could not be written in full", name.data);
    if (file && fclose(file) != 0) ok = tg_status_fail(status, "%s: could not be written in full", name.data);
    tg_text_free(&name);
    tg_text_free(text);
    return ok;
}

bool tg_health_save(const tg_health *health, const char *path, tg_status *status) {
    tg_text rows = {0}, histograms = {0}, script = {0};
    if (!health || !path) return tg_status_fail(status, "health: no %s was given", health ? "path" : "panel");
    write_rows(health, &rows);
    write_histograms(health, &histograms);
    write_script(health, path, &script);
    bool ok = save(path, ".csv", &rows, status);
    ok = save(path, "_histograms.csv", &histograms, status) && ok;
    return save(path, ".gp", &script, status) && ok;
}
