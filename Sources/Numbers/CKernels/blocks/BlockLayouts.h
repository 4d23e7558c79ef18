// How ggml's blocks hold their numbers: each type once, for whoever decodes them to memory, to panels or in registers.
//
// A block is read in groups of 32 numbers, of which number i is
//     scale[i / 16] * level[i]   or   scale[i / 16] * level[i] - minimum[i / 16].
// Compiled once per instruction set: the including file defines NAME(x), HALF(bits) and IS_AVX2, and has set the target.
// All is inlined where the number of the group is a constant, so that nothing here branches at run time.

#ifndef BLOCK_TYPES
#include "BlockTypes.h"
#include "blocks/BlockTables.h"
#include "blocks/HalfPrecision.h"

// The functions that pass vectors are inlined: no other translation unit sees their calling convention.
#pragma clang diagnostic ignored "-Wpsabi"

typedef uint8_t bytes_16 __attribute__((ext_vector_type(16)));
typedef uint8_t bytes_32 __attribute__((ext_vector_type(32)));
typedef int8_t levels_16 __attribute__((ext_vector_type(16)));
typedef int8_t levels_32 __attribute__((ext_vector_type(32)));
typedef float numbers_8 __attribute__((ext_vector_type(8)));
typedef float loose_numbers_8 __attribute__((ext_vector_type(8), aligned(4)));

struct block_group {
    levels_32 levels;
    float scales[2], minima[2];
};

/// Type, name, numbers of a block, bytes of a block, whether minima count.
#define BLOCK_TYPES(X)                   \
    X(RETORT_Q4_0, q4_0, 32, 18, 0)      \
    X(RETORT_Q4_1, q4_1, 32, 20, 1)      \
    X(RETORT_Q5_0, q5_0, 32, 22, 0)      \
    X(RETORT_Q5_1, q5_1, 32, 24, 1)      \
    X(RETORT_Q8_0, q8_0, 32, 34, 0)      \
    X(RETORT_Q2_K, q2_K, 256, 84, 1)     \
    X(RETORT_Q3_K, q3_K, 256, 110, 0)    \
    X(RETORT_Q4_K, q4_K, 256, 144, 1)    \
    X(RETORT_Q5_K, q5_K, 256, 176, 1)    \
    X(RETORT_Q6_K, q6_K, 256, 210, 0)    \
    X(RETORT_IQ4_NL, iq4_nl, 32, 18, 0)  \
    X(RETORT_IQ4_XS, iq4_xs, 256, 136, 0) \
    X(RETORT_TQ1_0, tq1_0, 256, 54, 0)   \
    X(RETORT_TQ2_0, tq2_0, 256, 66, 0)   \
    X(RETORT_MXFP4, mxfp4, 32, 17, 0)

/// `q4_K_length`, `q4_K_size` and `q4_K_has_minimum`, and so on.
#define CONSTANTS(type, name, length, size, has_minimum) \
    enum { name##_length = length, name##_size = size, name##_has_minimum = has_minimum };
BLOCK_TYPES(CONSTANTS)
#undef CONSTANTS

INLINE void load_32(const uint8_t *p, bytes_32 *bytes) { memcpy(bytes, p, sizeof *bytes); }
#endif

INLINE void NAME(set_scales)(struct block_group *group, float scale, float minimum) {
    group->scales[0] = group->scales[1] = scale;
    group->minima[0] = group->minima[1] = minimum;
}

/// One half of a group, then the other.
INLINE levels_32 NAME(join)(levels_16 first, levels_16 second) {
    return __builtin_shufflevector(first, second, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
                                   21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31);
}

/// Two four-bit numbers to a byte, each less some number: the low ones first, then the high ones.
INLINE levels_32 NAME(nibbles)(const uint8_t *p, int8_t less) {
    bytes_16 packed;
    memcpy(&packed, p, sizeof packed);
    return NAME(join)((levels_16)(packed & 15) - less, (levels_16)(packed >> 4) - less);
}

/// 16 where a bit of four bytes is set, else 0.
INLINE levels_32 NAME(fifth_bits)(const uint8_t *p) {
    bytes_16 high = (bytes_16)0;
    memcpy(&high, p, 4);
    const bytes_32 spread = __builtin_shufflevector(high, high, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2,
                                                    2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
    const bytes_32 bit = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128,
                          1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    return (levels_32)((spread & bit) != 0) & 16;
}

/// The low or the high four bits of 32 bytes.
INLINE bytes_32 NAME(halves)(const uint8_t *p, int is_high) {
    bytes_32 packed;
    load_32(p, &packed);
    return is_high ? packed >> 4 : packed & 15;
}

/// Some bits of 32 bytes.
INLINE bytes_32 NAME(bits)(const uint8_t *p, int shift, uint8_t mask) {
    bytes_32 packed;
    load_32(p, &packed);
    return packed >> (uint8_t)shift & mask;
}

/// Two indices to a byte of a table of 16, the low ones first, then the high ones.
INLINE levels_32 NAME(look_up)(const int8_t *table, const uint8_t *p) {
    levels_16 low, high;
#if IS_AVX2
    const __m128i entries = _mm_loadu_si128((const __m128i *)table), packed = _mm_loadu_si128((const __m128i *)p);
    const __m128i mask = _mm_set1_epi8(15);
    low = (levels_16)_mm_shuffle_epi8(entries, _mm_and_si128(packed, mask));
    high = (levels_16)_mm_shuffle_epi8(entries, _mm_and_si128(_mm_srli_epi16(packed, 4), mask));
#else
    int8_t found[32];
    for (int i = 0; i < 16; i++) {
        found[i] = table[p[i] & 15];
        found[i + 16] = table[p[i] >> 4];
    }
    memcpy(&low, found, sizeof low);
    memcpy(&high, found + 16, sizeof high);
#endif
    return NAME(join)(low, high);
}

// Half scale; 16 bytes of nibbles, each less 8.
INLINE void NAME(read_q4_0)(const uint8_t *p, int g, struct block_group *group) {
    (void)g;
    group->levels = NAME(nibbles)(p + 2, 8);
    NAME(set_scales)(group, HALF(load16(p)), 0);
}

// Half scale; half minimum, which is added; 16 bytes of nibbles.
INLINE void NAME(read_q4_1)(const uint8_t *p, int g, struct block_group *group) {
    (void)g;
    group->levels = NAME(nibbles)(p + 4, 0);
    NAME(set_scales)(group, HALF(load16(p)), -HALF(load16(p + 2)));
}

// Half scale; 32 fifth bits; 16 bytes of nibbles; each number less 16.
INLINE void NAME(read_q5_0)(const uint8_t *p, int g, struct block_group *group) {
    (void)g;
    group->levels = (NAME(nibbles)(p + 6, 0) | NAME(fifth_bits)(p + 2)) - 16;
    NAME(set_scales)(group, HALF(load16(p)), 0);
}

// Half scale; half minimum, which is added; 32 fifth bits; 16 bytes of nibbles.
INLINE void NAME(read_q5_1)(const uint8_t *p, int g, struct block_group *group) {
    (void)g;
    group->levels = NAME(nibbles)(p + 8, 0) | NAME(fifth_bits)(p + 4);
    NAME(set_scales)(group, HALF(load16(p)), -HALF(load16(p + 2)));
}

// Half scale; 32 signed bytes.
INLINE void NAME(read_q8_0)(const uint8_t *p, int g, struct block_group *group) {
    (void)g;
    memcpy(&group->levels, p + 2, sizeof group->levels);
    NAME(set_scales)(group, HALF(load16(p)), 0);
}

// 16 bytes, each a scale and a minimum of four bits; of each half of 128 numbers 32 bytes, of which group g has bits
// 2 g and 2 g + 1; half scale; half minimum.
INLINE void NAME(read_q2_K)(const uint8_t *p, int g, struct block_group *group) {
    const float d = HALF(load16(p + 80)), m = HALF(load16(p + 82));
    group->levels = (levels_32)NAME(bits)(p + 16 + g / 4 * 32, g % 4 * 2, 3);
    for (int half = 0; half < 2; half++) {
        group->scales[half] = d * (float)(p[2 * g + half] & 15);
        group->minima[half] = m * (float)(p[2 * g + half] >> 4);
    }
}

// 32 bytes of third bits, bit g for group g, inverted; 64 bytes as in Q2_K; 16 scales of six bits, less 32; half scale.
INLINE void NAME(read_q3_K)(const uint8_t *p, int g, struct block_group *group) {
    const float d = HALF(load16(p + 108));
    const uint8_t *packed = p + 96;
    group->levels = (levels_32)(NAME(bits)(p + 32 + g / 4 * 32, g % 4 * 2, 3) | NAME(bits)(p, g, 1) << 2) - 4;
    for (int half = 0; half < 2; half++) {
        const int j = 2 * g + half;
        const int low = packed[j & 7] >> (j < 8 ? 0 : 4) & 15, high = packed[8 + (j & 3)] >> 2 * (j >> 2) & 3;
        group->scales[half] = d * (float)((low | high << 4) - 32);
        group->minima[half] = 0;
    }
}

// Eight scales and eight minima of six bits in 12 bytes, which Q4_K and Q5_K have behind a half scale and a half minimum.
INLINE void NAME(set_scales_of_k)(const uint8_t *p, int g, struct block_group *group) {
    const uint8_t *q = p + 4;
    const int scale = g < 4 ? q[g] & 63 : (q[g + 4] & 15) | q[g - 4] >> 6 << 4;
    const int minimum = g < 4 ? q[g + 4] & 63 : q[g + 4] >> 4 | q[g] >> 6 << 4;
    NAME(set_scales)(group, HALF(load16(p)) * (float)scale, HALF(load16(p + 2)) * (float)minimum);
}

// The scales; of each 64 numbers 32 bytes, the low nibbles first.
INLINE void NAME(read_q4_K)(const uint8_t *p, int g, struct block_group *group) {
    group->levels = (levels_32)NAME(halves)(p + 16 + g / 2 * 32, g % 2);
    NAME(set_scales_of_k)(p, g, group);
}

// The scales; 32 bytes of fifth bits, bit g for group g; the nibbles as in Q4_K.
INLINE void NAME(read_q5_K)(const uint8_t *p, int g, struct block_group *group) {
    group->levels = (levels_32)(NAME(halves)(p + 48 + g / 2 * 32, g % 2) | NAME(bits)(p + 16, g, 1) << 4);
    NAME(set_scales_of_k)(p, g, group);
}

// Of each half of 128 numbers: 64 bytes of nibbles, those of groups 0 and 1 low, those of 2 and 3 high, in the first 128
// bytes, and 32 bytes of upper bits, bits 2 g and 2 g + 1 for group g, in the next 64; 16 signed scales; half scale; each
// number less 32.
INLINE void NAME(read_q6_K)(const uint8_t *p, int g, struct block_group *group) {
    const float d = HALF(load16(p + 208));
    const bytes_32 low = NAME(halves)(p + g / 4 * 64 + g % 2 * 32, g % 4 / 2);
    group->levels = (levels_32)(low | NAME(bits)(p + 128 + g / 4 * 32, g % 4 * 2, 3) << 4) - 32;
    for (int half = 0; half < 2; half++) {
        group->scales[half] = d * (float)(int8_t)p[192 + 2 * g + half];
        group->minima[half] = 0;
    }
}

// Half scale; 16 bytes of indices of four bits.
INLINE void NAME(read_iq4_nl)(const uint8_t *p, int g, struct block_group *group) {
    (void)g;
    group->levels = NAME(look_up)(values_iq4, p + 2);
    NAME(set_scales)(group, HALF(load16(p)), 0);
}

// Half scale; eight scales of six bits, less 32: the upper two bits in two bytes, the lower four in four; a group's 16
// bytes of indices.
INLINE void NAME(read_iq4_xs)(const uint8_t *p, int g, struct block_group *group) {
    const int low = p[4 + g / 2] >> g % 2 * 4 & 15, high = load16(p + 2) >> 2 * g & 3;
    group->levels = NAME(look_up)(values_iq4, p + 8 + 16 * g);
    NAME(set_scales)(group, HALF(load16(p)) * (float)((low | high << 4) - 32), 0);
}

// The scale's exponent; 16 bytes of indices of values that are twice what they stand for.
INLINE void NAME(read_mxfp4)(const uint8_t *p, int g, struct block_group *group) {
    (void)g;
    group->levels = NAME(look_up)(values_mxfp4, p + 1);
    // Half of 2^(e-127); the two smallest are subnormal.
    NAME(set_scales)(group, bits_to_float(p[0] < 2 ? 0x00200000u << p[0] : (uint32_t)(p[0] - 1) << 23), 0);
}

// 32 bytes of five digits to base three, 16 of five and 4 of four, first all first digits, then all second ones; half
// scale; each digit less 1. A byte is a fraction of 256: times a power of three without what overflows, its next digit
// comes off the top.
INLINE void NAME(read_tq1_0)(const uint8_t *p, int g, struct block_group *group) {
    const uint8_t powers[5] = {1, 3, 9, 27, 81};
    uint8_t bytes[32], factors[32];
    UNROLLED (int i = 0; i < 32; i++) {
        const int at = 32 * g + i;
        bytes[i] = at < 160 ? p[i] : at < 240 ? p[32 + i % 16] : p[48 + i % 4];
        factors[i] = powers[at < 160 ? g : at < 240 ? (at - 160) / 16 : (at - 240) / 4];
    }
    bytes_32 rest, factor;
    load_32(bytes, &rest);
    load_32(factors, &factor);
    rest *= factor;
    // 3 · rest / 256 is 1 from 86 on and 2 from 171 on; a comparison that holds is -1.
    group->levels = (levels_32)(-(rest > 85) - (rest > 170) - 1);
    NAME(set_scales)(group, HALF(load16(p + 52)), 0);
}

// 64 bytes as in Q2_K; half scale; each number less 1.
INLINE void NAME(read_tq2_0)(const uint8_t *p, int g, struct block_group *group) {
    group->levels = (levels_32)NAME(bits)(p + g / 4 * 32, g % 4 * 2, 3) - 1;
    NAME(set_scales)(group, HALF(load16(p + 64)), 0);
}

/// Numbers 8 part ..< 8 part + 8 of a group, with one rounding or two as the including file contracts.
INLINE numbers_8 NAME(numbers)(const struct block_group *group, int part, int has_minimum) {
    const levels_32 all = group->levels;
#define PART(i) __builtin_shufflevector(all, all, i, i + 1, i + 2, i + 3, i + 4, i + 5, i + 6, i + 7)
    const numbers_8 levels = __builtin_convertvector(
        part == 0 ? PART(0) : part == 1 ? PART(8) : part == 2 ? PART(16) : PART(24), numbers_8);
#undef PART
    const float scale = group->scales[part / 2], minimum = group->minima[part / 2];
    return has_minimum ? scale * levels - minimum : scale * levels;
}
