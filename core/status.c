#include "status.h"

#include <stdarg.h>
#include <stdio.h>

bool tg_status_fail(tg_status *status, const char *format, ...) {
    if (!status || status->failed) return false;
    va_list va;
    va_start(va, format);
    vsnprintf(status->message, sizeof status->message, format, va);
    va_end(va);
    status->failed = true;
    return false;
}
