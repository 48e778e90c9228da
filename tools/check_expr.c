/* check_expr.c: `tapegrad check --expr FORMULA NAME=VALUE...`. */
#include "check.h"
#include "formula.h"

int check_expr(const check_input *in) {
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *y = tg_cli_formula(tape, in->expr, (const char *const *)in->names, in->count);
    int status = y ? check_node(in, in->expr, y) : TG_EXIT_USAGE;
    tg_tape_free(tape);
    return status;
}
