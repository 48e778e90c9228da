/* swish.h: two ops of this program: swish, and a first attempt at it whose backward is wrong. */
#ifndef SWISH_H
#define SWISH_H

#include "tapegrad.h"

extern const tg_op tg_op_swish, tg_op_swish_attempt;
tg_node *tg_swish_at(tg_where where, tg_node *x);
tg_node *tg_swish_attempt_at(tg_where where, tg_node *x);
#define tg_swish(...)         tg_swish_at(TG_HERE, __VA_ARGS__)
#define tg_swish_attempt(...) tg_swish_attempt_at(TG_HERE, __VA_ARGS__)

#endif
