#include "cpu.h"
#include "blas.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define NAME(level, unused) &#level[1],
static const char *const names[] = {TG_LEVELS(NAME, )};
#define LEVELS ((int)(sizeof names / sizeof *names))

/* The x86-64 microarchitecture levels of the System V ABI: v3 is AVX2 with FMA, v4 is AVX-512. */
static bool supported(const char *level) {
#if defined(__x86_64__)
    if (strcmp(level, "v4") == 0)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512cd");
    if (strcmp(level, "v3") == 0)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
               __builtin_cpu_supports("bmi2");
#endif
    return strcmp(level, "v1") == 0;
}

static int choose(void) {
    const char *wish = getenv("TAPEGRAD_SIMD");
    int best = 0;
    for (int i = 0; i < LEVELS; i++) {
        if (supported(names[i])) best = i;
        if (wish && strcmp(names[i], wish) == 0) break;
    }
    return best;
}

int tg_simd_level(void) {
    static atomic_int known; /* the level + 1: the same, whoever computes it first */
    int level = atomic_load_explicit(&known, memory_order_relaxed) - 1;
    if (level >= 0) return level;
    level = choose();
    atomic_store_explicit(&known, level + 1, memory_order_relaxed);
    return level;
}

bool tg_simd_runs(int level) {
    return level >= 0 && level < LEVELS && supported(names[level]);
}

const char *tg_simd_name(void) {
    return names[tg_simd_level()];
}
