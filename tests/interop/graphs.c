/* graphs.c: prints computations with their values and gradients in f64, one JSON object per line, for another
   framework to repeat: every op over its sample cases, then random deep compositions of ops over random
   shapes.

   Usage: interop_graphs CASES-PER-OP COMPOSITIONS SEED
   {"label", "nodes": [{"op", "args", "options"} or {"shape", "data", "int"}], "cotangent", "value",
   "gradients"} The last node is the result. */
#include "inspect/sweep.h"
#include "tapegrad.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- printing ---- */

static void print_number(double x) {
    if (isfinite(x))
        printf("%.17g", x);
    else
        printf("\"%s\"", isnan(x) ? "nan" : x > 0 ? "inf" : "-inf");
}

static void print_shape(const tg_shape *shape) {
    for (int i = 0; i < shape->rank; i++) printf("%s%lld", i ? "," : "[", (long long)shape->dim[i]);
    printf(shape->rank ? "]" : "[]");
}

static void print_axes(const tg_axes *axes) {
    for (int i = 0; i < axes->count; i++) printf("%s%d", i ? "," : "[", axes->axis[i]);
    printf(axes->count ? "]" : "[]");
}

static void print_attr(const tg_attr *attr, const void *at) {
    printf("\"%s\":", attr->name);
    switch (attr->type) {
    case TG_ATTR_DOUBLE:
        print_number(*(const double *)at != 0 ? *(const double *)at : attr->zero_means);
        break;
    case TG_ATTR_INT:
        printf("%d", *(const int *)at);
        break;
    case TG_ATTR_BOOL:
        printf(*(const bool *)at ? "true" : "false");
        break;
    case TG_ATTR_AXES:
        print_axes(at);
        break;
    case TG_ATTR_DIMS:
        print_shape(at);
        break;
    case TG_ATTR_SEED:
        printf("%llu", (unsigned long long)*(const uint64_t *)at);
        break;
    }
}

static void print_values(const tg_node *node, double (*at)(const tg_node *, int64_t)) {
    printf("[");
    for (int64_t i = 0; i < tg_size(node); i++) {
        if (i) printf(",");
        print_number(at(node, i));
    }
    printf("]");
}

static void print_node(const tg_node *node) {
    const tg_op *op = tg_op_of(node);
    printf("{\"shape\":");
    print_shape(tg_shape_of(node));
    if (!op) {
        printf(",\"int\":%d,\"data\":", tg_dtype_of(node) == TG_I32);
        print_values(node, tg_value_at);
    } else {
        printf(",\"op\":\"%s\",\"args\":[", op->name);
        for (int k = 0; k < tg_arg_count(node); k++) printf("%s%d", k ? "," : "", tg_id(tg_arg(node, k)));
        printf("],\"options\":{");
        for (const tg_attr *attr = op->attrs; attr && attr->name; attr++) {
            if (attr != op->attrs) printf(",");
            print_attr(attr, (const char *)tg_options_of(node) + attr->offset);
        }
        printf("}");
        if (op->random) { /* which elements were kept cannot be repeated elsewhere */
            printf(",\"values\":");
            print_values(node, tg_value_at);
        }
    }
    printf("}");
}

static void print_graph(tg_tape *tape, const char *label, tg_rng *rng) {
    tg_node *y = tg_tape_node(tape, tg_tape_size(tape) - 1);
    double *cotangent = calloc((size_t)tg_size(y) + 16, sizeof *cotangent);
    if (!cotangent) exit(1);
    for (int64_t i = 0; i < tg_size(y); i++) cotangent[i] = tg_rng_normal(rng);
    if (!tg_backward_from(y, cotangent)) {
        fprintf(stderr, "%s: %s\n", label, tg_error(tape));
        exit(1);
    }
    printf("{\"label\":\"%s\",\"nodes\":[", label);
    for (int i = 0; i < tg_tape_size(tape); i++) {
        if (i) printf(",");
        print_node(tg_tape_node(tape, i));
    }
    printf("],\"cotangent\":[");
    for (int64_t i = 0; i < tg_size(y); i++) printf("%s%.17g", i ? "," : "", cotangent[i]);
    printf("],\"value\":");
    print_values(y, tg_value_at);
    printf(",\"gradients\":{");
    for (int i = 0, n = 0; i < tg_tape_size(tape); i++) {
        tg_node *leaf = tg_tape_node(tape, i);
        if (tg_op_of(leaf) || !tg_requires_grad(leaf) || !tg_grad(leaf)) continue;
        printf("%s\"%d\":", n++ ? "," : "", i);
        print_values(leaf, tg_grad_at);
    }
    printf("}}\n");
    free(cotangent);
}

/* ---- every op, its cases ---- */

static void print_cases(int repeats, uint64_t seed) {
    for (int i = 0; i < tg_op_count(); i++) {
        const tg_op *op = tg_op_get(i);
        tg_sweep_case c;
        if (!op->view && !tg_kernel_of(op, TG_F64)->backward) continue;
        for (int n = 0; tg_sweep_get(op, n, &c); n++) {
            if (c.grid) continue; /* on kinks frameworks may choose differently */
            for (int r = 0; r < repeats; r++) {
                char label[256];
                tg_tape *tape = tg_tape_new(TG_F64);
                tg_rng rng = {.seed = seed + (uint64_t)r, .stream = 5};
                snprintf(label, sizeof label, "%s: %s", op->name, c.label);
                if (!tg_sweep_record(&c, tape, seed + (uint64_t)r)) exit(1);
                print_graph(tape, label, &rng);
                tg_tape_free(tape);
            }
        }
    }
}

/* ---- random compositions ---- */

static tg_node *fresh(tg_tape *tape, const tg_shape *shape, tg_rng *rng) {
    tg_node *leaf = tg_input(tape, NULL, TG_F64, shape->rank, shape->dim);
    for (int64_t i = 0; leaf && i < tg_size(leaf); i++) ((double *)tg_value(leaf))[i] = tg_rng_normal(rng);
    tg_require_grad(leaf, true);
    return leaf;
}

static int pick(tg_rng *rng, int n) {
    return (int)tg_rng_below(rng, (uint64_t)n);
}

/* A shape that broadcasts with the given one: some sizes become 1, some leading axes go. */
static tg_shape partner(const tg_shape *shape, tg_rng *rng) {
    tg_shape out = {0};
    int skip = shape->rank ? pick(rng, shape->rank + 1) : 0;
    for (int i = skip; i < shape->rank; i++) out.dim[out.rank++] = pick(rng, 3) ? shape->dim[i] : 1;
    return out;
}

static tg_node *unary(tg_node *h, tg_rng *rng) {
    switch (pick(rng, 18)) {
    case 0:
        return tg_sigmoid(h);
    case 1:
        return tg_tanh(h);
    case 2:
        return tg_relu(h);
    case 3:
        return tg_leaky_relu_with(h, (tg_leaky_relu_options){.slope = 0.2});
    case 4:
        return tg_elu_with(h, (tg_elu_options){.alpha = 1.3});
    case 5:
        return tg_selu_with(h, (tg_selu_options){0});
    case 6:
        return tg_softplus(h);
    case 7:
        return tg_gelu_with(h, (tg_gelu_options){.approximate = pick(rng, 2)});
    case 8:
        return tg_sin(h);
    case 9:
        return tg_cos(h);
    case 10:
        return tg_neg(h);
    case 11:
        return tg_abs(h);
    case 12:
        return tg_scale(h, -0.7);
    case 13:
        return tg_clamp(h, (tg_clamp_options){.min = -1.5, .max = 0.8});
    case 14:
        return tg_exp(tg_tanh(h));
    case 15:
        return tg_log(tg_softplus(h));
    case 16:
        return tg_sqrt(tg_exp(tg_sin(h)));
    default:
        return tg_tanh(tg_square(h));
    }
}

static tg_node *binary(tg_node *h, tg_node *other, tg_rng *rng) {
    tg_node *a = pick(rng, 2) ? h : other, *b = a == h ? other : h;
    switch (pick(rng, 7)) {
    case 0:
        return tg_add(a, b);
    case 1:
        return tg_sub(a, b);
    case 2:
        return tg_mul(a, tg_tanh(b));
    case 3:
        return tg_div(a, tg_exp(tg_tanh(b)));
    case 4:
        return tg_maximum(a, b);
    case 5:
        return tg_minimum(a, b);
    default:
        return tg_pow(tg_exp(tg_tanh(a)), tg_sin(b));
    }
}

static tg_node *along_an_axis(tg_node *h, tg_rng *rng) {
    int rank = tg_shape_of(h)->rank;
    if (!rank) return tg_tanh(h);
    tg_axes axis = TG_AXES(pick(rng, rank));
    bool keep = rank < 3 || pick(rng, 2);
    switch (pick(rng, 8)) {
    case 0:
        return tg_softmax_with(h, (tg_softmax_options){.axis = axis});
    case 1:
        return tg_log_softmax_with(h, (tg_log_softmax_options){.axis = axis});
    case 2:
        return tg_sub(h, tg_mean_with(h, (tg_reduce_options){.axes = axis, .keepdims = true}));
    case 3:
        return tg_sum_with(h, (tg_reduce_options){.axes = axis, .keepdims = keep});
    case 4:
        return tg_max_with(h, (tg_reduce_options){.axes = axis, .keepdims = keep});
    case 5:
        return tg_logsumexp_with(h, (tg_reduce_options){.axes = axis, .keepdims = keep});
    case 6:
        return tg_variance_with(h, (tg_variance_options){.axes = axis, .keepdims = keep, .population = true});
    default:
        return tg_norm_with(h, (tg_norm_options){.axes = axis, .keepdims = keep});
    }
}

static tg_node *rearrange(tg_tape *tape, tg_node *h, tg_rng *rng) {
    const tg_shape *shape = tg_shape_of(h);
    if (!shape->rank) return tg_sin(h);
    switch (pick(rng, 4)) {
    case 0:
        return tg_transpose(h);
    case 1:
        return tg_reshape(h, (tg_shape){2, {shape->dim[0], -1}});
    case 2:
        return tg_slice(h, (tg_slice_options){.begin = {1, {0}}, .step = {1, {-1}}, .end = {0}});
    default: {
        tg_node *parts[] = {h, fresh(tape, shape, rng)};
        return tg_concat(2, parts, (tg_concat_options){.axis = pick(rng, shape->rank)});
    }
    }
}

static tg_node *product(tg_tape *tape, tg_node *h, tg_rng *rng) {
    const tg_shape *shape = tg_shape_of(h);
    if (shape->rank < 2) return tg_tanh(h);
    bool transposed = pick(rng, 2);
    int64_t inner = shape->dim[shape->rank - 1], outer = 1 + pick(rng, 4);
    tg_shape w = transposed ? (tg_shape){2, {outer, inner}} : (tg_shape){2, {inner, outer}};
    return tg_tanh(tg_matmul_with(h, fresh(tape, &w, rng), (tg_matmul_options){.transpose_b = transposed}));
}

static void print_compositions(int count, uint64_t seed) {
    for (int n = 0; n < count; n++) {
        tg_rng rng = {.seed = seed, .stream = 1000 + (uint64_t)n};
        tg_tape *tape = tg_tape_new(TG_F64);
        tg_shape shape = {.rank = 1 + pick(&rng, 3)};
        for (int i = 0; i < shape.rank; i++) shape.dim[i] = 1 + pick(&rng, 4);
        tg_node *h = fresh(tape, &shape, &rng);
        for (int depth = 5 + pick(&rng, 20); depth > 0 && h; depth--) {
            const tg_shape now = *tg_shape_of(h), other = partner(&now, &rng);
            switch (tg_size(h) > 200 ? 3 : pick(&rng, 6)) {
            case 0:
            case 1:
                h = unary(h, &rng);
                break;
            case 2:
                h = binary(h, pick(&rng, 4) ? fresh(tape, &other, &rng) : h, &rng);
                break;
            case 3:
                h = along_an_axis(h, &rng);
                break;
            case 4:
                h = rearrange(tape, h, &rng);
                break;
            default:
                h = product(tape, h, &rng);
            }
        }
        if (tg_failed(tape)) {
            fprintf(stderr, "composition %d: %s\n", n, tg_error(tape));
            exit(1);
        }
        char label[64];
        snprintf(label, sizeof label, "composition %d", n);
        print_graph(tape, label, &rng);
        tg_tape_free(tape);
    }
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: interop_graphs CASES-PER-OP COMPOSITIONS SEED\n");
        return 2;
    }
    uint64_t seed = strtoull(argv[3], NULL, 10);
    print_cases(atoi(argv[1]), seed);
    print_compositions(atoi(argv[2]), seed);
    return 0;
}
