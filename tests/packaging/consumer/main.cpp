// An outside program in C++, which has no compound literals for arrays. Exit status 0 when all is as in C.
#include <tapegrad.h>

#include <cstdio>
#include <vector>

int main() {
    tg_mlp_spec spec{};
    spec.depth = 2;
    spec.activation = TG_TANH;
    const int64_t sizes[] = {2, 8, 1}, rows[] = {4, 2};
    for (int i = 0; i < 3; i++) spec.sizes[i] = sizes[i];
    tg_mlp *net = tg_mlp_new(spec);
    tg_tape *tape = tg_tape_new(TG_F32);
    tg_node *x = tg_input(tape, "x", TG_F32, 2, rows);
    const std::vector<double> values{0, 0, 0, 1, 1, 0, 1, 1};
    tg_set_f64(x, values.data());
    tg_slice_options first{};
    first.end = TG_SHAPE(1);
    tg_reduce_options last{};
    last.axes = TG_AXES(-1);
    tg_node *y = tg_slice(tg_mlp_apply(net, x), first);
    tg_node *loss = tg_mean(tg_sum_with(tg_reshape(tg_square(y), TG_SHAPE(1, -1)), last));
    tg_check_report *report = tg_check(loss, tg_check_options{});
    const bool right = tg_backward(loss) && tg_check_ok(report);
    tg_check_free(report);
    const bool refused = !tg_matmul(x, x);
    std::printf("%s\n", tg_error(tape));
    tg_tape_free(tape);
    tg_mlp_free(net);
    return right && refused ? 0 : 1;
}
