#include "numpy_random.h"

#include <math.h>

void tg_numpy_seed(tg_numpy_random *r, uint32_t seed) {
    for (uint32_t i = 0; i < 624; i++) {
        r->state[i] = seed;
        seed = 1812433253u * (seed ^ seed >> 30) + i + 1;
    }
    r->next = 624;
    r->has_normal = false;
}

static void twist(tg_numpy_random *r) {
    uint32_t *s = r->state;
    for (int i = 0; i < 624; i++) {
        uint32_t y = (s[i] & 0x80000000u) | (s[(i + 1) % 624] & 0x7fffffffu);
        s[i] = s[(i + 397) % 624] ^ y >> 1 ^ (y & 1 ? 0x9908b0dfu : 0);
    }
    r->next = 0;
}

static uint32_t next32(tg_numpy_random *r) {
    if (r->next == 624) twist(r);
    uint32_t y = r->state[r->next++];
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680u;
    y ^= y << 15 & 0xefc60000u;
    return y ^ y >> 18;
}

double tg_numpy_random_sample(tg_numpy_random *r) {
    uint32_t high = next32(r) >> 5, low = next32(r) >> 6;
    return (high * 67108864.0 + low) / 9007199254740992.0;
}

double tg_numpy_uniform(tg_numpy_random *r, double low, double high) {
    return low + (high - low) * tg_numpy_random_sample(r);
}

static double standard_normal(tg_numpy_random *r) {
    if (r->has_normal) {
        r->has_normal = false;
        return r->normal;
    }
    double x, y, square;
    do {
        x = 2 * tg_numpy_random_sample(r) - 1;
        y = 2 * tg_numpy_random_sample(r) - 1;
        square = x * x + y * y;
    } while (square >= 1 || square == 0);
    double factor = sqrt(-2 * log(square) / square);
    r->normal = factor * x;
    r->has_normal = true;
    return factor * y;
}

double tg_numpy_normal(tg_numpy_random *r, double mean, double deviation) {
    return mean + deviation * standard_normal(r);
}

/* 0..most: as many bits as `most` has, drawn until they do not exceed it. */
static uint64_t interval(tg_numpy_random *r, uint64_t most) {
    uint64_t mask = most, value;
    if (most == 0) return 0;
    for (int shift = 1; shift < 64; shift *= 2) mask |= mask >> shift;
    do {
        value = most <= UINT32_MAX ? 0 : (uint64_t)next32(r) << 32;
        value = (value | next32(r)) & mask;
    } while (value > most);
    return value;
}

int64_t tg_numpy_randint(tg_numpy_random *r, int64_t low, int64_t high) {
    return (int64_t)((uint64_t)low + interval(r, (uint64_t)high - (uint64_t)low - 1));
}

void tg_numpy_shuffle(tg_numpy_random *r, int64_t n, int64_t *items) {
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t j = (int64_t)interval(r, (uint64_t)i), item = items[j];
        items[j] = items[i];
        items[i] = item;
    }
}

void tg_numpy_permutation(tg_numpy_random *r, int64_t n, int64_t *order) {
    for (int64_t i = 0; i < n; i++) order[i] = i;
    tg_numpy_shuffle(r, n, order);
}
