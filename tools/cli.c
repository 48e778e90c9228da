#include "cli.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* At the exit, and not behind the subcommands: argp ends the program itself after --help. */
static void close_output(void) {
    errno = 0;
    bool failed = ferror(stdout) != 0;
    if (fflush(stdout) == 0 && !failed) return;
    if (errno)
        tg_cli_fail("standard output cannot be written: %s", strerror(errno));
    else
        tg_cli_fail("standard output cannot be written");
    _exit(TG_EXIT_USAGE);
}

void tg_cli_watch_output(void) {
    atexit(close_output);
}

void tg_cli_parse(const struct argp *argp, int argc, char **argv, void *input) {
    argp_err_exit_status = TG_EXIT_USAGE;
    argp_parse(argp, argc, argv, 0, 0, input);
}

error_t tg_cli_other_key(int key, char *arg, struct argp_state *state) {
    if (key == ARGP_KEY_ARG) argp_error(state, "unexpected argument '%s'", arg);
    return ARGP_ERR_UNKNOWN;
}

double tg_cli_number(struct argp_state *state, const char *option, const char *arg, double low, double high) {
    char *end;
    double value = strtod(arg, &end);
    if (end == arg || *end)
        argp_error(state, "--%s: '%s' is not a number", option, arg);
    else if (!isfinite(value))
        argp_error(state, "--%s: %s is not a finite number", option, arg);
    else if (value < low || value > high)
        argp_error(state, "--%s: %s lies outside %g to %g", option, arg, low, high);
    return value;
}

long long tg_cli_integer(struct argp_state *state, const char *option, const char *arg, long long low,
                         long long high) {
    char *end;
    errno = 0;
    long long value = strtoll(arg, &end, 10);
    if (end == arg || *end)
        argp_error(state, "--%s: '%s' is not a whole number", option, arg);
    else if (errno || value < low || value > high)
        argp_error(state, "--%s: %s lies outside %lld to %lld", option, arg, low, high);
    return value;
}

tg_dtype tg_cli_dtype(struct argp_state *state, const char *arg) {
    if (strcmp(arg, tg_dtype_name(TG_F64)) == 0) return TG_F64;
    if (strcmp(arg, tg_dtype_name(TG_F32)) != 0)
        argp_error(state, "--dtype: '%s' is neither f32 nor f64", arg);
    return TG_F32;
}

int tg_cli_fail(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("tapegrad: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return TG_EXIT_USAGE;
}

/* Characters, not bytes, so that the caret stands right below text that is not ASCII. */
static int characters(const char *text, int bytes) {
    int n = 0;
    for (int i = 0; i < bytes && text[i]; i++) n += ((unsigned char)text[i] & 0xc0) != 0x80;
    return n;
}

int tg_cli_point_at(const char *text, int column, const char *message) {
    fprintf(stderr, "tapegrad: %s\n  ", message);
    for (const char *c = text; *c; c++) fputc(*c == '\n' || *c == '\t' ? ' ' : *c, stderr);
    fprintf(stderr, "\n  %*s\n", characters(text, column - 1) + 1, "^");
    return TG_EXIT_USAGE;
}

int tg_cli_print_json(cJSON *object) {
    char *text = cJSON_Print(object);
    int status = text ? TG_EXIT_OK : tg_cli_fail("out of memory");
    if (text) puts(text);
    cJSON_free(text);
    cJSON_Delete(object);
    return status;
}

double tg_cli_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double tg_cli_peak_rss(void) {
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? 1024.0 * (double)usage.ru_maxrss : 0;
}
