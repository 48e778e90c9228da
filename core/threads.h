/* threads.h: running independent parts of a job on several processors. Private. */
#ifndef TG_CORE_THREADS_H
#define TG_CORE_THREADS_H

#include "tensor.h"

/* Calls part(context, i) for i in 0..parts-1, on up to `threads` threads; returns when all are done. */
void tg_parallel(int threads, int64_t parts, void (*part)(void *context, int64_t i), void *context);

#endif
