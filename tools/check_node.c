/* check_node.c: one node under the gradient check, and the h-sweep that is asked for with --steps. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void progress(void *context, int64_t done, int64_t total) {
    (void)context;
    fprintf(stderr, "\r\033[K%lld of %lld elements", (long long)done, (long long)total);
    fflush(stderr);
}

static void draw(const char *prefix) {
    char script[4096];
    snprintf(script, sizeof script, "%s.gp", prefix);
    const tg_gnuplot_end end = tg_gnuplot(".", script);
    if (end == TG_GNUPLOT_ABSENT)
        fprintf(stderr, "gnuplot is not here; %s draws the picture\n", script);
    else if (end == TG_GNUPLOT_FAILED)
        fprintf(stderr, "gnuplot failed on %s\n", script);
}

static int sweep_steps(const check_input *in, tg_node *node) {
    tg_status problem = {0};
    tg_taylor taylor;
    if (!tg_taylor_test(node, in->options, &taylor, &problem) ||
        !tg_taylor_write(&taylor, in->steps, &problem))
        return tg_cli_fail("%s", problem.message);
    FILE *out = in->json ? stderr : stdout;
    if (!in->json) fputc('\n', out);
    tg_taylor_print(&taylor, out);
    draw(in->steps);
    return check_status(taylor.verdict);
}

static int report(const check_input *in, const char *name, const tg_check_report *r) {
    check_case c = {.verdict = r->verdict, .seconds = r->seconds};
    snprintf(c.name, sizeof c.name, "%s", name);
    snprintf(c.message, sizeof c.message, "%s", r->message);
    if (in->json) {
        char *text = tg_check_json(r);
        if (text) puts(text);
        free(text);
    } else {
        tg_check_print(r, stdout);
    }
    if (in->junit && !check_write_junit(in->junit, in->model ? "model" : "expr", &c, 1)) return TG_EXIT_USAGE;
    return check_status(r->verdict);
}

int check_node(const check_input *in, const char *name, tg_node *node) {
    tg_check_options options = in->options;
    if (!in->json && isatty(STDERR_FILENO)) options.progress = progress;
    tg_check_report *r = tg_check(node, options);
    if (options.progress) fprintf(stderr, "\r\033[K");
    int status = r ? report(in, name, r) : tg_cli_fail("out of memory");
    bool compared = r && r->checked;
    tg_check_free(r);
    if (in->steps && compared) {
        int second = sweep_steps(in, node);
        if (status == TG_EXIT_OK) status = second;
    }
    return status;
}
