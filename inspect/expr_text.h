/* expr_text.h: the words of a formula, and its constants. Private. */
#ifndef TG_INSPECT_EXPR_TEXT_H
#define TG_INSPECT_EXPR_TEXT_H

#include "expr.h"

typedef enum tg_word_kind {
    TG_WORD_END,
    TG_WORD_NUMBER,
    TG_WORD_NAME,
    TG_WORD_SIGN,
    TG_WORD_WRONG
} tg_word_kind;

/* A reader stands on one word of the text. */
typedef struct tg_lexer {
    const char *text, *next; /* the whole; behind the word */
    tg_word_kind kind;
    char sign; /* of TG_WORD_SIGN; the character itself of TG_WORD_WRONG */
    double number;
    char name[64];
    int column;           /* where the word begins, from 1 */
    int depth;            /* of parentheses and signs that are open */
    tg_expr_error *error; /* never NULL */
} tg_lexer;

#define TG_EXPR_DEPTH 100

void tg_lexer_init(tg_lexer *r, const char *text, tg_expr_error *error);
void tg_lexer_next(tg_lexer *r);
bool tg_lexer_is(const tg_lexer *r, char sign);
/* Steps over the sign, or complains that it was expected. */
bool tg_lexer_expect(tg_lexer *r, char sign, const char *where);
/* The first complaint wins. Always false. */
bool tg_lexer_fail(tg_lexer *r, int column, const char *format, ...) TG_PRINTF(3, 4);
/* Complains about the word that stands here. Always false. */
bool tg_lexer_unexpected(tg_lexer *r, const char *wanted);

/* A constant: a number, pi, e, with signs, or nested lists of them. values come from tg_alloc. */
typedef struct tg_literal {
    tg_shape shape;
    double *values;
    int64_t count, capacity;
} tg_literal;
bool tg_literal_read(tg_lexer *r, tg_literal *literal);
void tg_literal_free(tg_literal *literal);

#endif
