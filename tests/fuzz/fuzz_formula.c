#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

/* The text as a formula of x and w, as an input of it, as a sweep, and as the sizes of a network. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1), name[64];
    if (!text) return 0;
    memcpy(text, data, size);
    text[size] = 0;
    tg_expr_error error;
    tg_tape *tape = tg_tape_new_spec((tg_tape_spec){.dtype = TG_F64, .threads = 1});
    tg_expr_input(tape, "x=[1,2,-3]", &error);
    tg_expr_input(tape, "w=[[1,2,3],[0.5,-1,0]]", &error);
    tg_node *y = tg_expr(tape, text, &error);
    if (y && tg_size(y) > 0) tg_backward(tg_size(y) == 1 ? y : tg_sum(y));
    tg_tape_free(tape);
    tape = tg_tape_new(TG_F32);
    tg_expr_input(tape, text, &error);
    tg_tape_free(tape);
    double from, to;
    int steps;
    tg_mlp_spec spec = {0};
    bool read = tg_expr_sweep(text, name, sizeof name, &from, &to, &steps, &error);
    read = tg_mlp_parse(text, &spec, NULL) || read;
    free(text);
    return 0;
}
