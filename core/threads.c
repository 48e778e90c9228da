/* threads.c: a few workers that wait for jobs. A job is a row of parts that its threads take one after the
   other, so that a worker which wakes late, on a busy machine, is not waited for: the caller has taken its
   parts. */
#include "threads.h"
#include "tape.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define MOST_WORKERS 255
/* How often a worker looks for the next job before it sleeps, and the caller for the last part's end: for about
   a tenth of a millisecond. Waking up takes longer than what lies between two products of a training step. */
#define LOOKS 4000

typedef struct job {
    void (*part)(void *context, int64_t i);
    void *context;
    int64_t parts;
    _Atomic int64_t next;
} job;

static pthread_mutex_t owner = PTHREAD_MUTEX_INITIALIZER; /* whose job runs */

/* Under `lock`; the atomic ones are also looked at without it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER, idle = PTHREAD_COND_INITIALIZER;
static job *current; /* NULL: none, or all its parts are taken */
static int seats;    /* workers that may still join it */
static int workers, asleep;
static void *buffers[MOST_WORKERS]; /* what each worker was given */
static atomic_int running;          /* workers that have joined it */
static atomic_uint jobs;            /* counts jobs */

static _Thread_local bool in_part;

static void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
}

static void take_parts(job *j) {
    in_part = true;
    for (int64_t i; (i = atomic_fetch_add_explicit(&j->next, 1, memory_order_relaxed)) < j->parts;)
        j->part(j->context, i);
    in_part = false;
}

static void *work(void *buffer) {
    unsigned seen = 0;
    tg_thread_buffer_take(buffer);
    for (;;) {
        for (int i = 0; i < LOOKS && atomic_load_explicit(&jobs, memory_order_relaxed) == seen; i++) relax();
        pthread_mutex_lock(&lock);
        asleep++;
        while (atomic_load(&jobs) == seen) pthread_cond_wait(&wake, &lock);
        asleep--;
        seen = atomic_load(&jobs);
        job *j = seats > 0 ? current : NULL;
        if (j) {
            seats--;
            atomic_fetch_add(&running, 1);
            pthread_mutex_unlock(&lock);
            take_parts(j);
            pthread_mutex_lock(&lock);
            if (atomic_fetch_sub(&running, 1) == 1) pthread_cond_signal(&idle);
        }
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

/* A forked process has none of the threads. */
static void after_fork(void) {
    pthread_mutex_init(&owner, NULL);
    pthread_mutex_init(&lock, NULL);
    pthread_cond_init(&wake, NULL);
    pthread_cond_init(&idle, NULL);
    for (int i = 0; i < workers; i++) free(buffers[i]);
    current = NULL;
    workers = asleep = 0;
    atomic_store(&running, 0);
}

static void once(void) {
    pthread_atfork(NULL, NULL, after_fork);
}

/* As many workers as can be had; signals are left to the user's threads. */
static void have_workers(int wanted) {
    static pthread_once_t first = PTHREAD_ONCE_INIT;
    if (workers >= wanted) return;
    pthread_once(&first, once);
    sigset_t all, before;
    pthread_attr_t detached;
    sigfillset(&all);
    if (pthread_attr_init(&detached) != 0) return;
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (pthread_t thread; workers < wanted; workers++) {
        buffers[workers] = tg_thread_buffer_new(); /* now, so that later jobs need no memory */
        if (pthread_create(&thread, &detached, work, buffers[workers]) == 0) continue;
        free(buffers[workers]);
        break;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&detached);
}

static void open_job(job *j, int helpers) {
    pthread_mutex_lock(&lock);
    have_workers(helpers < MOST_WORKERS ? helpers : MOST_WORKERS);
    current = j;
    seats = helpers;
    atomic_fetch_add(&jobs, 1);
    if (asleep) pthread_cond_broadcast(&wake);
    pthread_mutex_unlock(&lock);
}

static void close_job(void) {
    for (int i = 0; i < LOOKS && atomic_load_explicit(&running, memory_order_relaxed); i++) relax();
    pthread_mutex_lock(&lock);
    current = NULL;
    seats = 0;
    while (atomic_load(&running)) pthread_cond_wait(&idle, &lock);
    pthread_mutex_unlock(&lock);
}

void tg_parallel(int threads, int64_t parts, void (*part)(void *context, int64_t i), void *context) {
    if (threads > parts) threads = (int)parts;
    if (threads < 2 || in_part || pthread_mutex_trylock(&owner) != 0) {
        for (int64_t i = 0; i < parts; i++) part(context, i);
        return;
    }
    job j = {part, context, parts, 0};
    open_job(&j, threads - 1);
    take_parts(&j);
    close_job();
    pthread_mutex_unlock(&owner);
}

/* ---- how many ---- */

static atomic_int chosen;

void tg_set_threads(int n) {
    atomic_store(&chosen, n > 0 ? n : 0);
}

int tg_threads(void) {
    int n = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (n > 0) return n;
    const char *wish = getenv("TAPEGRAD_THREADS");
    n = wish ? atoi(wish) : 0;
    if (n <= 0) n = (int)sysconf(_SC_NPROCESSORS_ONLN);
    n = n > 0 ? n : 1;
    atomic_store(&chosen, n);
    return n;
}
