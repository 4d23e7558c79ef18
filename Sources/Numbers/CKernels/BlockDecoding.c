#include "BlockDecoding.h"

#include "InstructionSet.h"

#include <string.h>

// The fixtures were made without fused multiply-add: an expression must round after every operation.
#pragma STDC FP_CONTRACT OFF

static inline float bits_to_float(uint32_t bits) {
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

static inline uint16_t load16(const uint8_t *p) {
    uint16_t value;
    memcpy(&value, p, 2);
    return value;
}

static inline uint32_t load32(const uint8_t *p) {
    uint32_t value;
    memcpy(&value, p, 4);
    return value;
}

/// Half precision to single, exact, without hardware: rebias by a multiplication, which also handles subnormals.
static inline float portable_half(uint16_t half) {
    const uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    const uint32_t magnitude = (uint32_t)(half & 0x7FFF) << 13;
    // 2^112 moves the exponent's bias from 15 to 127.
    float value = bits_to_float(magnitude) * bits_to_float((uint32_t)(127 + 112) << 23);
    uint32_t bits;
    memcpy(&bits, &value, 4);
    if ((half & 0x7C00) == 0x7C00) bits = 0x7F800000u | magnitude;
    return bits_to_float(bits | sign);
}

static const int8_t values_iq4[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
// e2m1 values times two; the scale is halved in return.
static const int8_t values_mxfp4[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

#define NAME(x) x##_portable
#define HALF(bits) portable_half(bits)
#include "BlockDecodingBody.h"
#undef NAME
#undef HALF

#if defined(__x86_64__) && defined(__clang__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,f16c"))), apply_to = function)
static inline float hardware_half(uint16_t half) {
    // By way of a general register: inserted into a vector register, each block's scale would wait for the block before.
    uint32_t wide = half;
    __asm__("" : "+r"(wide));
    return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128((int)wide)));
}
#define NAME(x) x##_avx2
#define HALF(bits) hardware_half(bits)
#define RT_HAS_AVX2_BODY 1
#include "BlockDecodingBody.h"
#undef NAME
#undef HALF
#pragma clang attribute pop
#endif

rt_decoder rt_portable_decoder_of(uint32_t ggml_type) { return choose_portable(ggml_type); }

rt_decoder rt_decoder_of(uint32_t ggml_type) {
#ifdef RT_HAS_AVX2_BODY
    if (retort_instruction_set() >= RETORT_AVX2) return choose_avx2(ggml_type);
#endif
    return choose_portable(ggml_type);
}
