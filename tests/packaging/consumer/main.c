/* An outside program: d(x*x)/dx at 3, in f64, through an installed tapegrad. Exit status 0 when it is 6. */
#include <stdio.h>
#include <tapegrad.h>

int main(void) {
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = tg_input(tape, "x", TG_F64, 2, (int64_t[]){1, 1});
    tg_require_grad(x, true);
    tg_set_f64(x, (double[]){3});
    tg_node *y = tg_matmul(x, x);
    tg_backward_from(y, NULL);
    if (tg_failed(tape)) fprintf(stderr, "%s\n", tg_error(tape));
    double slope = tg_grad_at(x, 0);
    tg_tape_free(tape);
    printf("tapegrad %s: d(x*x)/dx at 3 is %g\n", tg_version(), slope);
    return slope == 6 ? 0 : 1;
}
