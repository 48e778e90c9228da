#include "formula.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static bool in_word(char c) {
    return isalnum((unsigned char)c) || c == '_' || c == '.';
}

/* Whether the name stands in the formula as a word of its own. */
static bool mentions(const char *formula, const char *name) {
    for (const char *at = formula; *at;) {
        size_t n = 0;
        while (in_word(at[n])) n++;
        if (n == strlen(name) && strncmp(at, name, n) == 0) return true;
        at += n ? n : 1;
    }
    return false;
}

static bool record_input(tg_tape *tape, const char *binding) {
    tg_expr_error error = {0};
    const tg_node *node = tg_expr_input(tape, binding, &error);
    if (!node) {
        tg_cli_point_at(binding, error.column, error.message);
        return false;
    }
    for (int i = 0; i < tg_id(node); i++) {
        if (strcmp(tg_name_of(tg_tape_node(tape, i)), tg_name_of(node)) != 0) continue;
        snprintf(error.message, sizeof error.message, "%s has a value already", tg_name_of(node));
        tg_cli_point_at(binding, (int)strspn(binding, " ") + 1, error.message);
        return false;
    }
    return true;
}

static bool uses_input(const char *formula, const tg_node *input, const char *binding) {
    char message[128];
    if (mentions(formula, tg_name_of(input))) return true;
    snprintf(message, sizeof message, "the formula has no %s", tg_name_of(input));
    tg_cli_point_at(binding, (int)strspn(binding, " ") + 1, message);
    return false;
}

tg_node *tg_cli_formula(tg_tape *tape, const char *formula, const char *const *bindings, int count) {
    tg_expr_error error = {0};
    for (int i = 0; i < count; i++)
        if (!record_input(tape, bindings[i])) return NULL;
    tg_node *y = tg_expr(tape, formula, &error);
    if (!y) tg_cli_point_at(formula, error.column, error.message);
    for (int i = 0; y && i < count; i++)
        if (!uses_input(formula, tg_tape_node(tape, i), bindings[i])) return NULL;
    return y;
}
