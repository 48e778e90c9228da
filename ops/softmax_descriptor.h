/* softmax_descriptor.h: what softmax and log_softmax say alike: attrs and sample cases. Their options begin
   with the axis, a tg_axes. */
#ifndef TG_OPS_SOFTMAX_DESCRIPTOR_H
#define TG_OPS_SOFTMAX_DESCRIPTOR_H

#include "core/op.h"

static const tg_axes along_first = {1, {0}}, along_middle = {1, {1}}, along_last = {1, {-1}};

static const tg_attr attrs[] = {
    {"axis", TG_ATTR_AXES, 0, 0, "the axis along which it runs; none given: the last"},
    {0},
};
static const tg_case cases[] = {
    {"rows", {{2, {3, 4}}}},
    {"columns", {{2, {3, 4}}}, .options = &along_first},
    {"middle axis", {{3, {2, 3, 4}}}, .options = &along_middle},
    {"last of three axes", {{3, {2, 3, 4}}}, .options = &along_last},
    {"first of three axes", {{3, {2, 3, 2}}}, .options = &along_first},
    {"four axes", {{4, {2, 2, 3, 2}}}, .options = &along_middle},
    {"vector", {{1, {5}}}},
    {"scalar", {{0}}},
    {"axis of size 1", {{3, {2, 1, 3}}}, .options = &along_middle},
    {"far apart", {{2, {3, 4}}}, .range = {{-15, 15}}},
    {"long rows", {{2, {2, 1100}}}, .range = {{-4, 4}}},
    {"several rows", {{2, {21, 18}}}},
    {"many rows", {{2, {500, 3}}}},
    {"empty rows", {{2, {3, 0}}}},
    {"no rows", {{2, {0, 3}}}},
    {0},
};

#endif
