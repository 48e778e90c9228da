/* tapegrad info: what this build is and what it runs on. */
#include "cli.h"
#include "tapegrad.h"

#include <stdio.h>

static error_t parse(int key, char *arg, struct argp_state *state) {
    if (key != 'j') return tg_cli_other_key(key, arg, state);
    *(bool *)state->input = true;
    return 0;
}

static int print_json(void) {
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "version", tg_version());
    cJSON_AddStringToObject(o, "blas", tg_blas_name());
    cJSON_AddStringToObject(o, "blas_kernels", tg_blas_kernels());
    cJSON_AddNumberToObject(o, "threads", tg_threads());
    cJSON_AddStringToObject(o, "simd", tg_simd_name());
    cJSON_AddNumberToObject(o, "ops", tg_op_count());
    return tg_cli_print_json(o);
}

static int run(int argc, char **argv) {
    static const struct argp_option options[] = {{"json", 'j', 0, 0, "One JSON object on standard output", 0},
                                                 {0}};
    static const struct argp argp = {options, parse, "", "Says what this build is and what it runs on.",
                                     0,       0,     0};
    bool json = false;
    tg_cli_parse(&argp, argc, argv, &json);
    if (json) return print_json();
    printf("tapegrad  %s, %d ops\n", tg_version(), tg_op_count());
    printf("BLAS      %s, kernels: %s\n", tg_blas_name(), tg_blas_kernels());
    printf("threads   %d\n", tg_threads());
    printf("SIMD      %s\n", tg_simd_name());
    return TG_EXIT_OK;
}

const tg_command tg_command_info = {"info", "version, BLAS and its kernels, threads, SIMD level", run};
