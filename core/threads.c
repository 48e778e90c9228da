#include "threads.h"
#include "tape.h"

#include <stdlib.h>
#include <unistd.h>

static int chosen;

void tg_set_threads(int n) {
    chosen = n > 0 ? n : 0;
}

int tg_threads(void) {
    if (chosen > 0) return chosen;
    const char *wish = getenv("TAPEGRAD_THREADS");
    int n = wish ? atoi(wish) : 0;
    if (n <= 0) n = (int)sysconf(_SC_NPROCESSORS_ONLN);
    chosen = n > 0 ? n : 1;
    return chosen;
}

void tg_parallel(int threads, int64_t parts, void (*part)(void *context, int64_t i), void *context) {
    if (threads > parts) threads = (int)parts;
#ifdef _OPENMP
    if (threads > 1) {
#pragma omp parallel for num_threads(threads) schedule(static)
        for (int64_t i = 0; i < parts; i++) part(context, i);
        return;
    }
#endif
    for (int64_t i = 0; i < parts; i++) part(context, i);
}
