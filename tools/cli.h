/* cli.h: what the subcommands share. */
#ifndef TG_TOOLS_CLI_H
#define TG_TOOLS_CLI_H

#include "command.h"

#include "core/tensor.h"

#include <argp.h>
#include <cjson/cJSON.h>
#include <stdbool.h>

/* From now on, however the program ends: when its output could not be written, it says so on standard error and
   ends with TG_EXIT_USAGE. */
void tg_cli_watch_output(void);

/* argp_parse with our exit status for bad usage; positional arguments are refused unless the parser takes
   them. */
void tg_cli_parse(const struct argp *argp, int argc, char **argv, void *input);
/* What a parser returns for keys it does not know: an unexpected argument is an error that names it. */
error_t tg_cli_other_key(int key, char *arg, struct argp_state *state);

/* The number that an option was given; ends the program with a message that names the option when it is none,
   not finite, or outside low..high. */
double tg_cli_number(struct argp_state *state, const char *option, const char *arg, double low, double high);
long long tg_cli_integer(struct argp_state *state, const char *option, const char *arg, long long low,
                         long long high);
/* "f32" or "f64". */
tg_dtype tg_cli_dtype(struct argp_state *state, const char *arg);

/* Prints "tapegrad: message" on standard error and returns TG_EXIT_USAGE. */
int tg_cli_fail(const char *format, ...) TG_PRINTF(1, 2);

/* The same with the text in question and a caret below its column (from 1). */
int tg_cli_point_at(const char *text, int column, const char *message);

/* Prints the object on standard output and frees it. Returns TG_EXIT_OK, or TG_EXIT_USAGE, with a message,
   without memory. */
int tg_cli_print_json(cJSON *object);

/* Seconds on a clock that only goes forward. */
double tg_cli_seconds(void);
/* The most memory that this process has had resident, in bytes. */
double tg_cli_peak_rss(void);

#endif
