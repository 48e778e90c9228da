/* edge.c: what one node would send backward along each of its edges. */
#include "internal.h"

#include <string.h>

/* The node with stand-ins for its arguments, whose gradients are the caller's buffers: that separates the
   contributions even when one node is given twice, and leaves the tape as it is. */
static bool send(const tg_node *node, const void *dy, void *const *into, tg_node *stand_ins, tg_node **args) {
    tg_node copy = *node;
    copy.args = args;
    copy.grad = (void *)(uintptr_t)dy;
    copy.has_grad = copy.requires_grad = true;
    for (int k = 0; k < node->nargs; k++) {
        args[k] = &stand_ins[k];
        stand_ins[k] = *node->args[k];
        stand_ins[k].param = NULL;
        stand_ins[k].grad = into[k];
        stand_ins[k].has_grad = stand_ins[k].requires_grad = into[k] && node->args[k]->dtype != TG_I32;
        if (into[k]) memset(into[k], 0, tg_padded(node->args[k]->size, tg_dtype_size(node->args[k]->dtype)));
    }
    return tg_exec_backward(&copy);
}

bool tg_send_backward(const tg_node *node, const void *dy, void *const *into) {
    if (!node || !node->op || !dy || !tg_value(node)) return false;
    for (int k = 0; k < node->nargs; k++)
        if (!tg_value(node->args[k])) return false;
    if (!node->op->view && !node->kernel->backward) return false;
    size_t n = (size_t)node->nargs;
    tg_node *stand_ins = tg_alloc(n * (sizeof *stand_ins + sizeof(tg_node *)));
    if (!stand_ins) return false;
    bool ok = send(node, dy, into, stand_ins, (tg_node **)(stand_ins + n));
    tg_release(stand_ins);
    return ok;
}
