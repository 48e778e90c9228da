/* gradcheck: the full element-wise gradient check of a perceptron, timed; bench/gradcheck_torch.py does the
   same with torch.autograd.gradcheck. Usage: bench_gradcheck [SIZES [BATCH]], by default 784-32-10 and 4. */
#include "tapegrad.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double seconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static tg_node *record(tg_tape *tape, const tg_mlp *net, int64_t batch) {
    tg_node *x = tg_input(tape, "x", TG_F64, 2, (int64_t[]){batch, tg_mlp_size(net, 0)});
    tg_node *label = tg_input(tape, "label", TG_I32, 1, &batch);
    tg_rng rng = {.seed = 1};
    for (int64_t i = 0; x && i < tg_size(x); i++) ((double *)tg_value(x))[i] = tg_rng_normal(&rng);
    for (int64_t i = 0; label && i < batch; i++) ((int32_t *)tg_value(label))[i] = (int32_t)(i % 10);
    return tg_cross_entropy(tg_mlp_apply(net, x), label);
}

int main(int argc, char **argv) {
    tg_status status = {0};
    tg_mlp_spec spec = {.activation = TG_TANH, .seed = 1, .dtype = TG_F64, .status = &status};
    int64_t batch = argc > 2 ? atoll(argv[2]) : 4;
    tg_mlp *net = tg_mlp_parse(argc > 1 ? argv[1] : "784-32-10", &spec, &status) ? tg_mlp_new(spec) : NULL;
    if (!net || batch < 1) {
        fprintf(stderr, "bench_gradcheck: %s\n", net ? "the batch must be at least 1" : status.message);
        return 2;
    }
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *loss = record(tape, net, batch);
    double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    tg_check_report *r = tg_check(loss, (tg_check_options){.budget = INT64_MAX / 4});
    wall = seconds(CLOCK_MONOTONIC) - wall;
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    printf("tapegrad: %s, %lld elements, %.3f s, of the processor %.3f s, %.2f us per element\n",
           r ? tg_verdict_name(r->verdict) : tg_error(tape), r ? (long long)r->checked : 0LL, wall, cpu,
           r && r->checked ? 1e6 * cpu / (double)r->checked : 0);
    int failed = !tg_check_ok(r);
    tg_check_free(r);
    tg_tape_free(tape);
    tg_mlp_free(net);
    return failed;
}
