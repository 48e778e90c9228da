/* loss_cases.h: sample cases of the losses of two equal shapes. */
#ifndef TG_OPS_LOSS_CASES_H
#define TG_OPS_LOSS_CASES_H

#include "core/op.h"

static const tg_loss_options sum = {TG_REDUCTION_SUM}, none = {TG_REDUCTION_NONE};
static const tg_case cases[] = {
    {"mean", {{2, {3, 4}}, {2, {3, 4}}}},
    {"sum", {{2, {3, 4}}, {2, {3, 4}}}, .options = &sum},
    {"each", {{2, {3, 4}}, {2, {3, 4}}}, .options = &none},
    {"scalars", {{0}, {0}}},
    {"one element", {{2, {1, 1}}, {2, {1, 1}}}},
    {"three axes", {{3, {2, 3, 2}}, {3, {2, 3, 2}}}},
    {"more than a block", {{2, {40, 60}}, {2, {40, 60}}}},
    {"sum of nothing", {{2, {0, 3}}, {2, {0, 3}}}, .options = &sum},
    {"none of nothing", {{1, {0}}, {1, {0}}}, .options = &none},
    {"x with x", {{2, {2, 3}}, {2, {2, 3}}}, .options = &none, .same = true},
    {0},
};

#endif
