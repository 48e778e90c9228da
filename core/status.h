/* status.h: what went wrong, for calls that have no tape to write it into (files, parameters, models). */
#ifndef TG_CORE_STATUS_H
#define TG_CORE_STATUS_H

#include "tensor.h"

/* Give the address of one, zeroed, or NULL when the message is not wanted. A call that fails returns false
   or NULL and writes its message here, unless one stands here already: the first error wins. */
typedef struct tg_status {
    bool failed;
    char message[512];
} tg_status;

/* Writes the message. Always returns false. */
TG_API bool tg_status_fail(tg_status *status, const char *format, ...) TG_PRINTF(2, 3);

#endif
