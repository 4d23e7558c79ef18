#include "BlockEncoding.h"

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

static const int8_t values_iq4[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

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

static inline float float_of_half(uint16_t half) {
    const uint32_t sign = (uint32_t)(half & 0x8000) << 16, magnitude = (uint32_t)(half & 0x7FFF) << 13;
    float value, scale;
    uint32_t bits = (uint32_t)(127 + 112) << 23;
    memcpy(&scale, &bits, 4);
    memcpy(&value, &magnitude, 4);
    value *= scale;
    memcpy(&bits, &value, 4);
    if ((half & 0x7C00) == 0x7C00) bits = 0x7F800000u | magnitude;
    bits |= sign;
    memcpy(&value, &bits, 4);
    return value;
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
#include "ScaleSearchBody.h"
#include "BlockEncodingBody.h"
#include "SuperblockEncodingBody.h"
#undef NAME

#if defined(__x86_64__) && defined(__clang__)
#define RT_HAS_AVX2_BODY 1
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define NAME(x) x##_avx2
#include "ScaleSearchBody.h"
#include "BlockEncodingBody.h"
#include "SuperblockEncodingBody.h"
#undef NAME
#pragma clang attribute pop
#endif

rt_encoder rt_portable_encoder_of(uint32_t ggml_type) { return encoder_portable(ggml_type); }

rt_encoder rt_encoder_of(uint32_t ggml_type) {
#ifdef RT_HAS_AVX2_BODY
    if (__builtin_cpu_supports("avx2")) return encoder_avx2(ggml_type);
#endif
    return encoder_portable(ggml_type);
}

size_t rt_first_not_finite(const float *values, size_t count) {
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
