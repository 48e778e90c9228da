/* expr.h: formulas as text, recorded on a tape. For lessons without a compiler, and for checks.

       h = tanh(W@x + b); sum(h^2)

   Statements are separated by ";", the last one is the result; NAME = ... names an intermediate value.
   +, -, * and / work element by element with broadcasting, @ is the matrix product (a vector is a row on its
   left and a column on its right, as in NumPy), ^ is power: it binds tighter than unary minus and to the
   right. Every op of the registry is a function: softmax(x, axis=0), its options by name; pi and e are known.
   Numbers, and lists of numbers [[1,2],[3,4]], are constants. Arguments of an op that are labels or indices
   are written as lists of whole numbers. */
#ifndef TG_INSPECT_EXPR_H
#define TG_INSPECT_EXPR_H

#include "core/op.h"

typedef struct tg_expr_error {
    int column; /* of the fault in the text, from 1; 0 while there is none */
    char message[640];
} tg_expr_error;

/* Records the formula and returns the node of its result. Names are those of inputs that are on the tape
   already (tg_input, tg_expr_input). NULL, with the column and a message in *error (which may be NULL), when
   the text is no formula, a name is unknown, or an op refuses its arguments; the tape then carries the error
   too. Errors of recorded nodes have the place "formula:COLUMN". */
TG_API tg_node *tg_expr(tg_tape *tape, const char *text, tg_expr_error *error);
/* Records an input that requires its gradient from "x=2", "x=[1,2,3]" or "W=[[1,2],[3,4]]". */
TG_API tg_node *tg_expr_input(tg_tape *tape, const char *binding, tg_expr_error *error);
/* Splits "x=0:4:100" into the input's name and the sweep's ends and number of steps (at least 2). The name,
   at most size bytes, is copied. */
TG_API bool tg_expr_sweep(const char *text, char *name, size_t size, double *from, double *to, int *steps,
                          tg_expr_error *error);

#endif
