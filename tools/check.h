/* check.h: what the parts of `tapegrad check` share. Private to tools/. */
#ifndef TG_TOOLS_CHECK_H
#define TG_TOOLS_CHECK_H

#include "cli.h"
#include "tapegrad.h"

typedef struct check_input {
    bool json, mutate;
    const char *expr;  /* a formula; NULL for none; names are then its inputs */
    const char *steps; /* prefix of the files of the h-sweep; NULL for none */
    const char *junit; /* file to write; NULL for none */
    const char *model; /* "784-64-10"; NULL for ops */
    const char *loss;  /* NULL: cross_entropy */
    tg_activation activation;
    tg_dtype dtype;
    int64_t batch;
    tg_check_options options;
    char **names; /* which ops; all when there are none */
    int count;
} check_input;

/* Exit status of a verdict: 0 pass, 1 fail, 3 nothing was compared reliably. */
int check_status(tg_verdict verdict);
/* check_ops.c: the registry sweep, and its self-test. */
int check_ops(const check_input *in);
int check_mutants(const check_input *in);
/* check_model.c */
int check_model(const check_input *in);
/* check_expr.c */
int check_expr(const check_input *in);
/* check_node.c: checks a node of any tape, and reports in the way that was asked for. */
int check_node(const check_input *in, const char *name, tg_node *node);

/* One test case of a JUnit file. */
typedef struct check_case {
    char name[128];
    tg_verdict verdict;
    char message[1024];
    double seconds;
} check_case;
/* check_junit.c: writes the file; false, with a message on standard error, when it cannot. */
bool check_write_junit(const char *path, const char *suite, const check_case *cases, int count);

#endif
