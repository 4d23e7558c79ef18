#pragma once
#include <stdint.h>
#include <string.h>

#include "dispatch/Targets.h"

INLINE uint16_t load16(const uint8_t *p) {
    uint16_t value;
    memcpy(&value, p, 2);
    return value;
}

INLINE float bits_to_float(uint32_t bits) {
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

/// Half precision to single, exact, without hardware: rebias by a multiplication, which also handles subnormals.
INLINE float half_portable(uint16_t half) {
    const uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    const uint32_t magnitude = (uint32_t)(half & 0x7FFF) << 13;
    // 2^112 moves the exponent's bias from 15 to 127.
    float value = bits_to_float(magnitude) * bits_to_float((uint32_t)(127 + 112) << 23);
    uint32_t bits;
    memcpy(&bits, &value, 4);
    if ((half & 0x7C00) == 0x7C00) bits = 0x7F800000u | magnitude;
    return bits_to_float(bits | sign);
}

#if defined(__x86_64__)
BEGIN_AVX2
/// The same with the CPU's instruction.
INLINE float half_avx2(uint16_t half) {
    // By way of a general register: inserted into a vector register, each block's scale would wait for the block before.
    uint32_t wide = half;
    __asm__("" : "+r"(wide));
    return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128((int)wide)));
}
END_TARGET
#endif
