/* threads.h: running independent parts of a job on several processors. Private. */
#ifndef TG_CORE_THREADS_H
#define TG_CORE_THREADS_H

#include "tensor.h"

/* Calls part(context, i) once for each i in 0..parts-1, on up to `threads` threads, the caller's among them;
   returns when all are done. Which thread takes which part is left to chance, so parts must not depend on
   each other. The others are started at the first need and kept; between jobs they sleep. A call from within
   a part, or while another thread's job runs, is done by the caller alone. */
void tg_parallel(int threads, int64_t parts, void (*part)(void *context, int64_t i), void *context);

/* Working memory of the calling thread: TG_THREAD_BUFFER bytes aligned to TG_ALIGN, undefined contents, for
   the use of one function at a time; NULL without memory. It is kept until the thread ends, longer than any
   tape, and so is not taken from the allocator that the user may set and take away. */
#define TG_THREAD_BUFFER (448 << 10)
void *tg_thread_buffer(void);

/* For threads.c: memory for a thread to be started, NULL when there is none; and giving it to the thread that
 * calls. */
void *tg_thread_buffer_new(void);
void tg_thread_buffer_take(void *buffer);

#endif
