/* formula.h: a formula of the command line with its inputs. */
#ifndef TG_TOOLS_FORMULA_H
#define TG_TOOLS_FORMULA_H

#include "cli.h"
#include "tapegrad.h"

/* Records the inputs NAME=VALUE, as the tape's first nodes, and the formula; returns the formula's result. NULL,
   with a message that points at the fault, for text that is none, for a name that is given two values, and for
   one that the formula does not have, which is mostly a typing error. */
tg_node *tg_cli_formula(tg_tape *tape, const char *formula, const char *const *bindings, int count);

#endif
