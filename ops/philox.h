/* philox.h: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC'11) for many blocks at once. The words are those of
   tg_rng_block; here a 64-bit lane of a vector holds one 32-bit word of one block, since the product of two
   words has 64 bits: what stands in a lane's upper half is ignored. Private to ops/. */
#ifndef TG_OPS_PHILOX_H
#define TG_OPS_PHILOX_H

#include <stdint.h>

#if defined(__AVX512F__)
#define PHILOX_BYTES 64
#elif defined(__AVX2__)
#define PHILOX_BYTES 32
#else
#define PHILOX_BYTES 16
#endif
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define PHILOX_LANES  (PHILOX_BYTES / 8)
#define PHILOX_SIDE   4 /* vectors side by side, so that none waits for its product */
#define PHILOX_BLOCKS (PHILOX_LANES * PHILOX_SIDE)
#define PHILOX_WORDS  (4 * PHILOX_BLOCKS)

typedef uint64_t philox_vec __attribute__((vector_size(PHILOX_BYTES)));
typedef uint64_t philox_memory __attribute__((vector_size(PHILOX_BYTES), aligned(4), may_alias));

/* The 64-bit products of the lanes' lower halves. */
static inline philox_vec philox_product(philox_vec a, uint32_t factor) {
    philox_vec b = (philox_vec){0} + factor;
#if defined(__AVX512F__)
    return (philox_vec)_mm512_mul_epu32((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
    return (philox_vec)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#elif defined(__x86_64__)
    return (philox_vec)_mm_mul_epu32((__m128i)a, (__m128i)b);
#else
    return (a & 0xffffffffu) * b;
#endif
}

/* a0 b0 a1 b1 ...: `upper` says of which halves. */
static inline philox_vec philox_interleave(philox_vec a, philox_vec b, const int upper) {
#if PHILOX_LANES == 8
    return upper ? __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
                 : __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
#elif PHILOX_LANES == 4
    return upper ? __builtin_shufflevector(a, b, 2, 6, 3, 7) : __builtin_shufflevector(a, b, 0, 4, 1, 5);
#else
    return upper ? __builtin_shufflevector(a, b, 1, 3) : __builtin_shufflevector(a, b, 0, 2);
#endif
}

/* word[4 * b + k] = word k of block first + b, for b < PHILOX_BLOCKS. */
static inline void philox_words(uint64_t seed, uint64_t stream, uint64_t first, uint32_t *word) {
    static const uint64_t count[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    philox_vec c[PHILOX_SIDE][4];
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
#pragma GCC unroll 4
    for (int s = 0; s < PHILOX_SIDE; s++) {
        c[s][0] = *(const philox_memory *)count + (first + (uint64_t)s * PHILOX_LANES);
        c[s][1] = c[s][0] >> 32;
        c[s][2] = (philox_vec){0} + (uint32_t)stream;
        c[s][3] = (philox_vec){0} + (stream >> 32);
    }
    for (int round = 0; round < 10; round++, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
#pragma GCC unroll 4
        for (int s = 0; s < PHILOX_SIDE; s++) {
            philox_vec even = philox_product(c[s][0], 0xD2511F53u),
                       odd = philox_product(c[s][2], 0xCD9E8D57u);
            c[s][0] = odd >> 32 ^ c[s][1] ^ k0;
            c[s][1] = odd;
            c[s][2] = even >> 32 ^ c[s][3] ^ k1;
            c[s][3] = even;
        }
    }
#pragma GCC unroll 4
    for (int s = 0; s < PHILOX_SIDE; s++) {
        philox_vec front = (c[s][0] & 0xffffffffu) | c[s][1] << 32,
                   back = (c[s][2] & 0xffffffffu) | c[s][3] << 32;
        uint32_t *to = word + 4 * s * PHILOX_LANES; /* little-endian: a block's words 0 and 1, then 2 and 3 */
        *(philox_memory *)to = philox_interleave(front, back, 0);
        *(philox_memory *)(to + 2 * PHILOX_LANES) = philox_interleave(front, back, 1);
    }
}

#endif
