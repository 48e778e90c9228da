#include "activation.h"

#include <string.h>

static const char *const names[] = {
#define TG_X(id, name) name,
    TG_ACTIVATIONS(TG_X)
#undef TG_X
};

const char *tg_activation_name(tg_activation activation) {
    return (unsigned)activation < TG_NACTIVATIONS ? names[activation] : "?";
}

int tg_activation_from_name(const char *name) {
    for (int i = 0; name && i < TG_NACTIVATIONS; i++)
        if (strcmp(names[i], name) == 0) return i;
    return -1;
}

const char *tg_activation_names(void) {
#define TG_X(id, name) ", " name
    static const char list[] = TG_ACTIVATIONS(TG_X);
#undef TG_X
    return list + 2;
}

tg_node *tg_activate_with_at(tg_where where, tg_node *x, tg_activation activation, const void *options) {
    if (!x || activation == TG_NONE) return x;
    const tg_op *op = tg_op_find(tg_activation_name(activation));
    if (op) return tg_apply_at(where, op, options, 1, &x);
    tg_fail(tg_tape_of(x), where, "activation: there is no number %d; the names are %s", (int)activation,
            tg_activation_names());
    return NULL;
}

tg_node *tg_activate_at(tg_where where, tg_node *x, tg_activation activation) {
    return tg_activate_with_at(where, x, activation, NULL);
}

tg_init_kind tg_init_for(tg_activation activation) {
    switch (activation) {
    case TG_RELU:
    case TG_LEAKY_RELU:
    case TG_ELU:
    case TG_GELU:
    case TG_SOFTPLUS:
        return TG_INIT_KAIMING_NORMAL;
    case TG_SELU:
        return TG_INIT_LECUN_NORMAL;
    default:
        return TG_INIT_XAVIER_UNIFORM;
    }
}
