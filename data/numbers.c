#include "numbers.h"

#include <math.h>
#include <string.h>

#define CHUNK 2048 /* numbers at a time */

static bool host_is_big_endian(void) {
    const uint16_t one = 1;
    unsigned char first;
    memcpy(&first, &one, 1);
    return first == 0;
}

static void swap_bytes(unsigned char *raw, int64_t n, int bytes) {
    for (unsigned char *p = raw; n-- > 0; p += bytes)
        for (int i = 0; i < bytes / 2; i++) {
            unsigned char low = p[i];
            p[i] = p[bytes - 1 - i];
            p[bytes - 1 - i] = low;
        }
}

/* IEEE 754 binary16: sign, 5 bits of exponent, 10 of fraction. */
static double from_half(uint16_t half) {
    int exponent = half >> 10 & 31, fraction = half & 1023;
    double x = exponent == 31  ? (fraction ? NAN : INFINITY)
               : exponent == 0 ? ldexp(fraction, -24)
                               : ldexp(fraction + 1024, exponent - 25);
    return half >> 15 ? -x : x;
}

/* One raw piece, seen as each of the types that it may hold. */
typedef union raw_numbers {
    unsigned char byte[CHUNK * 8];
    uint8_t u1[CHUNK];
    int8_t i1[CHUNK];
    uint16_t u2[CHUNK];
    int16_t i2[CHUNK];
    uint32_t u4[CHUNK];
    int32_t i4[CHUNK];
    uint64_t u8[CHUNK];
    int64_t i8[CHUNK];
    float f4[CHUNK];
    double f8[CHUNK];
} raw_numbers;

#define WIDEN(member)                                                                                        \
    for (int64_t i = 0; i < n; i++) to[i] = (double)raw->member[i];                                          \
    break

static void decode(const raw_numbers *raw, tg_stored stored, int64_t n, double *to) {
    switch (stored.kind << 4 | stored.bytes) {
    case 'u' << 4 | 1:
        WIDEN(u1);
    case 'u' << 4 | 2:
        WIDEN(u2);
    case 'u' << 4 | 4:
        WIDEN(u4);
    case 'u' << 4 | 8:
        WIDEN(u8);
    case 'i' << 4 | 1:
        WIDEN(i1);
    case 'i' << 4 | 2:
        WIDEN(i2);
    case 'i' << 4 | 4:
        WIDEN(i4);
    case 'i' << 4 | 8:
        WIDEN(i8);
    case 'f' << 4 | 4:
        WIDEN(f4);
    case 'f' << 4 | 8:
        WIDEN(f8);
    default:
        for (int64_t i = 0; i < n; i++) to[i] = from_half(raw->u2[i]);
    }
}

/* Where the next number of a Fortran-ordered array goes: at[] counts with axis 0 fastest. */
static int64_t row_major(const tg_shape *shape, int64_t *at) {
    int64_t place = 0;
    for (int i = 0; i < shape->rank; i++) place = place * shape->dim[i] + at[i];
    for (int i = 0; i < shape->rank && ++at[i] == shape->dim[i]; i++) at[i] = 0;
    return place;
}

static bool store(tg_reader *in, tg_dtype dtype, void *to, int64_t place, double x) {
    switch (dtype) {
    case TG_F32:
        ((float *)to)[place] = (float)x;
        return true;
    case TG_F64:
        ((double *)to)[place] = x;
        return true;
    default:
        if (!(x >= INT32_MIN && x <= INT32_MAX && x == floor(x)))
            return tg_reader_fail(in, "%g is not an integer that 32 bits hold", x);
        ((int32_t *)to)[place] = (int32_t)x;
        return true;
    }
}

bool tg_read_numbers(tg_reader *in, tg_stored stored, int64_t n, const tg_shape *fortran, tg_dtype dtype,
                     void *to) {
    raw_numbers raw;
    double numbers[CHUNK];
    int64_t at[TG_MAX_RANK] = {0};
    for (int64_t done = 0; done < n;) {
        int64_t piece = n - done < CHUNK ? n - done : CHUNK;
        if (!tg_reader_bytes(in, raw.byte, piece * stored.bytes, "the numbers")) return false;
        if (stored.big_endian != host_is_big_endian()) swap_bytes(raw.byte, piece, stored.bytes);
        decode(&raw, stored, piece, numbers);
        for (int64_t i = 0; i < piece; i++)
            if (!store(in, dtype, to, fortran ? row_major(fortran, at) : done + i, numbers[i])) return false;
        done += piece;
    }
    return true;
}

#define MOST_CLASSES 1000000 /* more is a column that holds no classes */

bool tg_check_labels(tg_dataset *set, int classes, const char *path, tg_status *status) {
    int most = classes ? classes : MOST_CLASSES, highest = 0;
    for (int64_t i = 0; i < set->count; i++) {
        if (set->labels[i] < 0 || set->labels[i] >= most)
            return tg_status_fail(status, "%s: label %d of example %lld is not in 0..%d", path,
                                  (int)set->labels[i], (long long)i, most - 1);
        if (set->labels[i] > highest) highest = set->labels[i];
    }
    set->classes = classes ? classes : highest + 1;
    return true;
}
