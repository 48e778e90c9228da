/* Backward by panels of rows: less memory, the same bits. */
#include "core/blas.h"
#include "core/plan.h"
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#define ROWS   4900 /* four panels and a piece */
#define INPUTS 24
#define HIDDEN 256
#define LABELS 6

typedef struct network {
    tg_tape *tape;
    tg_node *leaves[5]; /* x, w1, b1, w2, b2 */
    tg_node *loss;
} network;

static tg_node *activation(tg_node *h, int kind) {
    if (kind == 0) return tg_sigmoid(h);
    if (kind == 1) return tg_dropout(tg_gelu(h), (tg_dropout_options){.keep = 0.7});
    return tg_tanh(tg_scale(h, 0.5));
}

static network record(tg_tape_spec spec, int kind) {
    static const int64_t shapes[5][2] = {
        {ROWS, INPUTS}, {INPUTS, HIDDEN}, {1, HIDDEN}, {HIDDEN, LABELS}, {1, LABELS}};
    network n = {.tape = tg_tape_new_spec(spec)};
    for (int i = 0; i < 5; i++) {
        n.leaves[i] = tg_input(n.tape, NULL, spec.dtype, 2, shapes[i]);
        tg_require_grad(n.leaves[i], true);
        double *values = calloc((size_t)tg_size(n.leaves[i]), sizeof *values);
        tg_rng rng = {7, (uint64_t)i, 0};
        for (int64_t j = 0; j < tg_size(n.leaves[i]); j++) values[j] = 0.3 * tg_rng_normal(&rng);
        tg_set_f64(n.leaves[i], values);
        free(values);
    }
    tg_node *h = activation(tg_add(tg_matmul(n.leaves[0], n.leaves[1]), n.leaves[2]), kind);
    n.loss = tg_mean(tg_square(tg_add(tg_matmul(h, n.leaves[3]), n.leaves[4])));
    assert_tape_ok(n.tape);
    return n;
}

/* Two passes: the second adds to the gradients of the first. */
static void play(network *n) {
    for (int pass = 0; pass < 2; pass++) {
        tg_replay(n->tape);
        tg_backward(n->loss);
    }
    assert_tape_ok(n->tape);
}

static bool has_panels(const tg_tape *tape) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    tg_plan_print(tape, out);
    fclose(out);
    const bool found = strstr(text, "rows at a time") != NULL;
    free(text);
    return found;
}

static void compare(tg_dtype dtype, int threads, int kind) {
    network plain = record((tg_tape_spec){.dtype = dtype, .threads = 1, .seed = 3, .no_plan = true}, kind);
    network planned = record((tg_tape_spec){.dtype = dtype, .threads = threads, .seed = 3}, kind);
    play(&plain);
    play(&planned);
    for (int i = 0; i < 5; i++) {
        const size_t bytes = (size_t)tg_size(plain.leaves[i]) * tg_dtype_size(dtype);
        if (memcmp(tg_grad(plain.leaves[i]), tg_grad(planned.leaves[i]), bytes) != 0)
            fail_msg("%s, %d threads, activation %d: the gradient of leaf %d differs", tg_dtype_name(dtype),
                     threads, kind, i);
    }
    /* Without tiles of our own, the library's order of sums is unknown, and there are no panels. */
    if (strcmp(tg_simd_name(), "v1") != 0) {
        assert_true(has_panels(planned.tape));
        const tg_plan_summary s = tg_plan_summarize(planned.tape);
        assert_true(s.gradient_bytes < s.gradient_bytes_apart / 4);
    }
    tg_tape_free(plain.tape);
    tg_tape_free(planned.tape);
}

static void panels_give_the_same_bits(void **state) {
    (void)state;
    if (test_rounds(20) < 20) {
        print_message("few rounds: one kind of network in f32 with one thread\n");
        compare(TG_F32, 1, 1);
        return;
    }
    for (int kind = 0; kind < 3; kind++)
        for (int threads = 1; threads <= 2; threads++) {
            compare(TG_F32, threads, kind);
            compare(TG_F64, threads, kind);
        }
}

/* What somebody else reads is not cut into panels. */
static void a_gradient_that_is_kept_is_whole(void **state) {
    (void)state;
    if (test_rounds(20) < 20) {
        print_message("skipped: few rounds, and this one takes long under valgrind\n");
        skip();
    }
    network plain = record((tg_tape_spec){.dtype = TG_F32, .no_plan = true}, 0);
    network planned = record((tg_tape_spec){.dtype = TG_F32}, 0);
    tg_node *kept = NULL, *reference = NULL;
    for (int i = 0; i < tg_tape_size(plain.tape); i++) {
        tg_node *node = tg_tape_node(plain.tape, i);
        if (!tg_op_of(node) || strcmp(tg_op_of(node)->name, "sigmoid") != 0) continue;
        reference = node;
        kept = tg_tape_node(planned.tape, i);
    }
    tg_retain_grad(kept);
    tg_retain_grad(reference);
    play(&plain);
    play(&planned);
    assert_false(has_panels(planned.tape));
    assert_memory_equal(tg_grad(kept), tg_grad(reference), sizeof(float) * ROWS * HIDDEN);
    tg_tape_free(plain.tape);
    tg_tape_free(planned.tape);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(panels_give_the_same_bits),
        cmocka_unit_test(a_gradient_that_is_kept_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
