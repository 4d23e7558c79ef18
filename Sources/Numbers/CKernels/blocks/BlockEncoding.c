#include "BlockEncoding.h"

#include "BlockTypes.h"
#include "blocks/BlockTables.h"
#include "blocks/HalfPrecision.h"
#include "dispatch/Kernels.h"
#include "dispatch/Targets.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <string.h>

// The fixtures were made without fused multiply-add: an expression must round after every operation.
#pragma STDC FP_CONTRACT OFF
// The functions that pass vectors are static: no other translation unit sees their calling convention.
#pragma clang diagnostic ignored "-Wpsabi"

// Eight blocks side by side, one per lane. Each lane does one operation after the other in the reference's order, so
// that the result does not depend on the vector's width.
enum { LANES = 8 };
typedef float lanes_f __attribute__((ext_vector_type(8)));
typedef int32_t lanes_i __attribute__((ext_vector_type(8)));
typedef uint32_t lanes_u __attribute__((ext_vector_type(8)));
typedef uint16_t halves_8 __attribute__((ext_vector_type(8)));
typedef uint8_t bytes_8 __attribute__((ext_vector_type(8)));

/// A block (or group) whose largest magnitude is below this is all zero.
static const float group_maximum_epsilon = 1e-15f;

static inline void store16(uint8_t *p, uint16_t value) { memcpy(p, &value, 2); }

/// Single precision to half, rounding to nearest, ties to even.
static inline uint16_t half_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    const uint32_t sign = bits >> 16 & 0x8000, magnitude = bits & 0x7FFFFFFF;
    if (magnitude > 0x7F800000) return (uint16_t)(sign | 0x7E00);
    if (magnitude >= 0x477FF000) return (uint16_t)(sign | 0x7C00);
    if (magnitude >= 0x38800000) {
        const uint32_t rebiased = magnitude - 0x38000000;
        return (uint16_t)(sign | (rebiased + 0xFFF + (rebiased >> 13 & 1)) >> 13);
    }
    // Subnormal: adding a half makes the addition itself round at the right bit.
    float tiny;
    memcpy(&tiny, &magnitude, 4);
    tiny += 0.5f;
    memcpy(&bits, &tiny, 4);
    return (uint16_t)(sign | (bits - 0x3F000000));
}

static inline uint16_t brain_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    if ((bits & 0x7FFFFFFF) > 0x7F800000) return (uint16_t)(bits >> 16 | 64);
    return (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

/// Toward zero; what does not fit gives the smallest integer, as the x86 instruction does.
static inline int truncate(float value) { return value > -2147483648.0f && value < 2147483648.0f ? (int)value : INT_MIN; }

/// To nearest, halves away from zero.
static inline int round_away(float value) {
    const float magnitude = fabsf(value);
    int whole = truncate(magnitude);
    whole += magnitude - (float)whole >= 0.5f;
    return value < 0 ? -whole : whole;
}

/// To nearest, ties to even, for magnitudes below 2^22: adds 1.5 × 2^23 and reads the mantissa.
static inline int nearest(float value) {
    value += 12582912.0f;
    int32_t bits;
    memcpy(&bits, &value, 4);
    return (bits & 0x007FFFFF) - 0x00400000;
}

static inline int clamp(int value, int low, int high) { return value < low ? low : value > high ? high : value; }

#define NAME(x) x##_portable
#define SET RETORT_PORTABLE
#include "blocks/ScaleSearchBody.h"
#include "blocks/BlockEncodingBody.h"
#include "blocks/SuperblockEncodingBody.h"
#undef NAME
#undef SET

#if defined(__x86_64__)
BEGIN_AVX2
#define NAME(x) x##_avx2
#define SET RETORT_AVX2
#include "blocks/ScaleSearchBody.h"
#include "blocks/BlockEncodingBody.h"
#include "blocks/SuperblockEncodingBody.h"
END_TARGET
#endif

retort_encoder retort_encoder_of(uint32_t type) { return retort_chosen_kernels->encoders->of(type); }
retort_encoder retort_encoder_of_set(int set, uint32_t type) { return retort_kernels_of(set)->encoders->of(type); }

size_t retort_first_not_finite(const float *values, size_t count) {
    size_t i = 0;
    // Whole blocks first, without an exit inside, so that the compiler makes vector code of it.
    for (; i + 256 <= count; i += 256) {
        uint32_t found = 0;
        for (size_t j = i; j < i + 256; j++) {
            uint32_t bits;
            memcpy(&bits, values + j, 4);
            found |= (bits & 0x7F800000) == 0x7F800000;
        }
        if (found) break;
    }
    while (i < count && isfinite(values[i])) i++;
    return i;
}
