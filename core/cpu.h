/* cpu.h: what the processor can do. Private. */
#ifndef TG_CORE_CPU_H
#define TG_CORE_CPU_H

#include <stdbool.h>

/* The SIMD level whose kernels are run: an index into the levels that were built (TG_LEVELS). The
   environment variable TAPEGRAD_SIMD (v1, v3, v4) lowers it. */
int tg_simd_level(void);
/* Whether a level was built and this processor runs it. */
bool tg_simd_runs(int level);

#endif
