/* thread_buffer.c: working memory that belongs to a thread. */
#include "arena.h"
#include "threads.h"

#include <pthread.h>
#include <stdlib.h>

static _Thread_local void *own;
static pthread_key_t key; /* frees it when the thread ends */
static bool have_key;

static void make_key(void) {
    have_key = pthread_key_create(&key, free) == 0;
}

void *tg_thread_buffer_new(void) {
    return aligned_alloc(TG_ALIGN, TG_THREAD_BUFFER);
}

void tg_thread_buffer_take(void *buffer) {
    own = buffer;
}

void *tg_thread_buffer(void) {
    static pthread_once_t first = PTHREAD_ONCE_INIT;
    if (own) return own;
    pthread_once(&first, make_key);
    void *buffer = have_key ? tg_thread_buffer_new() : NULL;
    if (buffer && pthread_setspecific(key, buffer) == 0)
        own = buffer;
    else
        free(buffer);
    return own;
}
