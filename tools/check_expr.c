/* check_expr.c: `tapegrad check --expr FORMULA NAME=VALUE...`. */
#include "check.h"

int check_expr(const check_input *in) {
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_expr_error error = {0};
    int status = -1;
    for (int i = 0; i < in->count && status < 0; i++)
        if (!tg_expr_input(tape, in->names[i], &error))
            status = tg_cli_point_at(in->names[i], error.column, error.message);
    tg_node *y = status < 0 ? tg_expr(tape, in->expr, &error) : NULL;
    if (y)
        status = check_node(in, in->expr, y);
    else if (status < 0)
        status = tg_cli_point_at(in->expr, error.column, error.message);
    tg_tape_free(tape);
    return status;
}
