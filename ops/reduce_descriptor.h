/* reduce_descriptor.h: what every op over axes says alike: attrs and sample cases. Before it is included,
   case_options is the op's options struct, which has members axes and keepdims. */
#ifndef TG_OPS_REDUCE_DESCRIPTOR_H
#define TG_OPS_REDUCE_DESCRIPTOR_H

#include "core/op.h"

#define REDUCE_OPTIONS(name, ...) static const case_options name = {__VA_ARGS__}
REDUCE_OPTIONS(over_first, .axes = {1, {0}});
REDUCE_OPTIONS(over_last, .axes = {1, {-1}});
REDUCE_OPTIONS(over_middle, .axes = {1, {1}});
REDUCE_OPTIONS(over_middle_kept, .axes = {1, {1}}, .keepdims = true);
REDUCE_OPTIONS(over_outer, .axes = {2, {-1, 0}});
REDUCE_OPTIONS(over_outer_kept, .axes = {2, {0, 2}}, .keepdims = true);
REDUCE_OPTIONS(over_two, .axes = {2, {1, 3}});
REDUCE_OPTIONS(over_all_kept, .keepdims = true);

#define REDUCE_ATTRS                                                                                         \
    {"axis", TG_ATTR_AXES, offsetof(case_options, axes), 0, "the axes to reduce; none given: all of them"},  \
    {                                                                                                        \
        "keepdims", TG_ATTR_BOOL, offsetof(case_options, keepdims), 0, "keep the reduced axes with size 1"   \
    }

#define REDUCE_CASES                                                                                         \
    {"all of a matrix", {{2, {3, 4}}}}, {"scalar", {{0}}}, {"one element", {{1, {1}}}},                      \
        {"first axis", {{2, {3, 4}}}, .options = &over_first},                                               \
        {"last axis", {{2, {3, 4}}}, .options = &over_last},                                                 \
        {"last axis of a vector", {{1, {5}}}, .options = &over_last},                                        \
        {"middle axis", {{3, {2, 3, 4}}}, .options = &over_middle},                                          \
        {"middle axis, kept", {{3, {2, 3, 4}}}, .options = &over_middle_kept},                               \
        {"outer axes", {{3, {2, 3, 4}}}, .options = &over_outer},                                            \
        {"outer axes, kept", {{3, {2, 3, 4}}}, .options = &over_outer_kept},                                 \
        {"every other axis", {{4, {2, 3, 2, 3}}}, .options = &over_two},                                     \
        {"all, kept", {{3, {2, 1, 3}}}, .options = &over_all_kept},                                          \
        {"axis of size 1", {{3, {2, 1, 3}}}, .options = &over_middle},                                       \
        {"more than a block", {{2, {70, 30}}}, .options = &over_first}, {                                    \
        "no results", {{2, {3, 0}}}, .options = &over_first                                                  \
    }

/* For ops that are defined over no elements. */
#define REDUCE_EMPTY_CASES                                                                                   \
    {"over nothing", {{2, {3, 0}}}, .options = &over_last}, {                                                \
        "all of nothing", {                                                                                  \
            {                                                                                                \
                1, {                                                                                         \
                    0                                                                                        \
                }                                                                                            \
            }                                                                                                \
        }                                                                                                    \
    }

#endif
