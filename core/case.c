/* case.c: sample cases of ops, for the gradient checks. */
#include "internal.h"

const tg_case tg_unary_cases[] = {
    {"matrix", {{2, {3, 4}}}}, {"scalar", {{0}}}, {"size 1", {{2, {1, 1}}}}, {"empty", {{2, {0, 3}}}}, {0},
};

const tg_case tg_binary_cases[] = {
    {"equal shapes", {{2, {2, 3}}, {2, {2, 3}}}},
    {"row", {{2, {2, 3}}, {1, {3}}}},
    {"row left", {{1, {3}}, {2, {2, 3}}}},
    {"column", {{2, {2, 3}}, {2, {2, 1}}}},
    {"column and row", {{2, {2, 1}}, {2, {1, 3}}}},
    {"outer and inner axis", {{3, {2, 1, 3}}, {3, {1, 4, 1}}}},
    {"scalar left", {{0}, {2, {2, 3}}}},
    {"scalar right", {{2, {2, 3}}, {0}}},
    {"scalars", {{0}, {0}}},
    {"size 1", {{2, {1, 1}}, {1, {1}}}},
    {"empty", {{2, {0, 3}}, {1, {3}}}},
    {"one node twice", {{2, {2, 3}}, {2, {2, 3}}}, .same = true},
    {0},
};

static int count(const tg_case *list) {
    int n = 0;
    while (list && list[n].label) n++;
    return n;
}

const tg_case *tg_case_of(const tg_op *op, int n) {
    const int shared = count(op->shared_cases);
    if (n < shared) return &op->shared_cases[n];
    return n - shared < count(op->cases) ? &op->cases[n - shared] : NULL;
}

tg_shape tg_case_shape_of(const tg_case *sample, int k) {
    const tg_case_shape *x = &sample->x[k < 4 ? k : 3];
    tg_shape shape = {.rank = x->rank};
    for (int i = 0; i < x->rank; i++) shape.dim[i] = x->dim[i];
    return shape;
}
