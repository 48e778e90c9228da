#include "rng.h"

#include <Random123/philox.h>
#include <math.h>

void tg_rng_block(uint64_t seed, uint64_t stream, uint64_t block, uint32_t out[4]) {
    philox4x32_key_t key = {{(uint32_t)seed, (uint32_t)(seed >> 32)}};
    philox4x32_ctr_t counter = {
        {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)stream, (uint32_t)(stream >> 32)}};
    philox4x32_ctr_t random = philox4x32(counter, key);
    for (int i = 0; i < 4; i++) out[i] = random.v[i];
}

static uint64_t next64(tg_rng *rng) {
    uint32_t word[4];
    uint64_t half = rng->position & 1;
    tg_rng_block(rng->seed, rng->stream, rng->position++ >> 1, word);
    return (uint64_t)word[2 * half] << 32 | word[2 * half + 1];
}

double tg_rng_uniform(tg_rng *rng) {
    return (double)(next64(rng) >> 11) * 0x1p-53;
}

/* Box and Muller, Annals of Mathematical Statistics 29, 1958. */
double tg_rng_normal(tg_rng *rng) {
    double radius = sqrt(-2 * log(1 - tg_rng_uniform(rng)));
    return radius * cos(6.28318530717958647692 * tg_rng_uniform(rng));
}

uint64_t tg_rng_below(tg_rng *rng, uint64_t n) {
    if (n == 0) return 0;
    uint64_t surplus = (UINT64_MAX % n + 1) % n; /* values that would favour the small results */
    for (;;) {
        uint64_t x = next64(rng);
        if (x <= UINT64_MAX - surplus) return x % n;
    }
}

void tg_rng_permutation(tg_rng *rng, int64_t n, int64_t *order) {
    for (int64_t i = 0; i < n; i++) {
        int64_t j = (int64_t)tg_rng_below(rng, (uint64_t)i + 1);
        order[i] = order[j];
        order[j] = i;
    }
}
