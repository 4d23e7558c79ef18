// The decoders, compiled once per instruction set: the including file defines NAME(x) and HALF(bits).
// Loops have constant lengths and no branches, so that the compiler turns them into vector code.

static void NAME(decode_f32)(const void *restrict blocks, float *restrict out, size_t count) {
    memcpy(out, blocks, count * sizeof(float));
}

static void NAME(decode_f16)(const void *restrict blocks, float *restrict out, size_t count) {
    const uint8_t *p = blocks;
    size_t i = 0;
#ifdef RT_HAS_AVX2_BODY
    for (; i + 8 <= count; i += 8)
        _mm256_storeu_ps(out + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(p + 2 * i))));
#endif
    for (; i < count; i++) out[i] = HALF(load16(p + 2 * i));
}

static void NAME(decode_bf16)(const void *restrict blocks, float *restrict out, size_t count) {
    const uint8_t *p = blocks;
    for (size_t i = 0; i < count; i++) out[i] = bits_to_float((uint32_t)load16(p + 2 * i) << 16);
}

static void NAME(decode_q4_0)(const void *restrict blocks, float *restrict out, size_t count) {
    const uint8_t *p = blocks;
    for (size_t i = 0; i < count; i += 32, p += 18, out += 32) {
        const float d = HALF(load16(p));
        const uint8_t *q = p + 2;
        for (int j = 0; j < 16; j++) out[j] = (float)((int)(q[j] & 15) - 8) * d;
        for (int j = 0; j < 16; j++) out[j + 16] = (float)((int)(q[j] >> 4) - 8) * d;
    }
}

static void NAME(decode_q4_1)(const void *restrict blocks, float *restrict out, size_t count) {
    const uint8_t *p = blocks;
    for (size_t i = 0; i < count; i += 32, p += 20, out += 32) {
        const float d = HALF(load16(p)), m = HALF(load16(p + 2));
        const uint8_t *q = p + 4;
        for (int j = 0; j < 16; j++) out[j] = (float)(int)(q[j] & 15) * d + m;
        for (int j = 0; j < 16; j++) out[j + 16] = (float)(int)(q[j] >> 4) * d + m;
    }
}

static void NAME(decode_q5_0)(const void *restrict blocks, float *restrict out, size_t count) {
    const uint8_t *p = blocks;
    for (size_t i = 0; i < count; i += 32, p += 22, out += 32) {
        const float d = HALF(load16(p));
        const uint32_t high = load32(p + 2);
        const uint8_t *q = p + 6;
        for (int j = 0; j < 16; j++) out[j] = (float)((int)((q[j] & 15) | ((high >> j) & 1) << 4) - 16) * d;
        for (int j = 0; j < 16; j++) out[j + 16] = (float)((int)((q[j] >> 4) | ((high >> (j + 16)) & 1) << 4) - 16) * d;
    }
}

static void NAME(decode_q5_1)(const void *restrict blocks, float *restrict out, size_t count) {
    const uint8_t *p = blocks;
    for (size_t i = 0; i < count; i += 32, p += 24, out += 32) {
        const float d = HALF(load16(p)), m = HALF(load16(p + 2));
        const uint32_t high = load32(p + 4);
        const uint8_t *q = p + 8;
        for (int j = 0; j < 16; j++) out[j] = (float)(int)((q[j] & 15) | ((high >> j) & 1) << 4) * d + m;
        for (int j = 0; j < 16; j++) out[j + 16] = (float)(int)((q[j] >> 4) | ((high >> (j + 16)) & 1) << 4) * d + m;
    }
}

static void NAME(decode_q8_0)(const void *restrict blocks, float *restrict out, size_t count) {
    const uint8_t *p = blocks;
    for (size_t i = 0; i < count; i += 32, p += 34, out += 32) {
        const float d = HALF(load16(p));
        const int8_t *q = (const int8_t *)p + 2;
        for (int j = 0; j < 32; j++) out[j] = (float)q[j] * d;
    }
}

// 16 × (scale, minimum) of 4 bits; 256 × 2 bits, four to a byte with a stride of 32; scale; minimum.
static void NAME(decode_q2_K)(const void *restrict blocks, float *restrict out, size_t count) {
    const uint8_t *p = blocks;
    for (size_t i = 0; i < count; i += 256, p += 84) {
        const float d = HALF(load16(p + 80)), m = HALF(load16(p + 82));
        const uint8_t *scale = p;
        for (const uint8_t *q = p + 16; q < p + 80; q += 32) {
            for (int shift = 0; shift < 8; shift += 2) {
                for (int half = 0; half < 32; half += 16, scale++, out += 16) {
                    const float dl = d * (float)(*scale & 15), ml = m * (float)(*scale >> 4);
                    for (int l = 0; l < 16; l++) out[l] = dl * (float)(int)((q[half + l] >> shift) & 3) - ml;
                }
            }
        }
    }
}

// 256 inverted high bits; 256 × 2 bits; 16 × 6-bit scale in 12 bytes; scale.
static void NAME(decode_q3_K)(const void *restrict blocks, float *restrict out, size_t count) {
    const uint8_t *p = blocks;
    for (size_t i = 0; i < count; i += 256, p += 110) {
        const float d = HALF(load16(p + 108));
        const uint8_t *packed = p + 96;
        float scales[16];
        for (int j = 0; j < 16; j++) {
            const int low = (packed[j & 7] >> (j < 8 ? 0 : 4)) & 15;
            const int high = (packed[8 + (j & 3)] >> (2 * (j >> 2))) & 3;
            scales[j] = d * (float)((low | high << 4) - 32);
        }
        const uint8_t *mask = p;
        int bit = 0, is = 0;
        for (const uint8_t *q = p + 32; q < p + 96; q += 32) {
            for (int shift = 0; shift < 8; shift += 2, bit++) {
                for (int half = 0; half < 32; half += 16, is++, out += 16) {
                    const float dl = scales[is];
                    for (int l = 0; l < 16; l++) {
                        const int value = (int)((q[half + l] >> shift) & 3) + (int)((mask[half + l] >> bit) & 1) * 4 - 4;
                        out[l] = dl * (float)value;
                    }
                }
            }
        }
    }
}

#ifndef RT_SCALES_OF_K4
#define RT_SCALES_OF_K4
/// The j-th of eight (scale, minimum) pairs of 6 bits, packed in 12 bytes.
static inline void scale_of_k4(int j, const uint8_t *q, int *scale, int *minimum) {
    if (j < 4) {
        *scale = q[j] & 63;
        *minimum = q[j + 4] & 63;
    } else {
        *scale = (q[j + 4] & 15) | (q[j - 4] >> 6) << 4;
        *minimum = (q[j + 4] >> 4) | (q[j] >> 6) << 4;
    }
}
#endif

static void NAME(decode_q4_K)(const void *restrict blocks, float *restrict out, size_t count) {
    const uint8_t *p = blocks;
    for (size_t i = 0; i < count; i += 256, p += 144) {
        const float d = HALF(load16(p)), m = HALF(load16(p + 2));
        const uint8_t *q = p + 16;
        for (int j = 0; j < 8; j += 2, q += 32, out += 64) {
            int scale, minimum;
            scale_of_k4(j, p + 4, &scale, &minimum);
            const float d1 = d * (float)scale, m1 = m * (float)minimum;
            scale_of_k4(j + 1, p + 4, &scale, &minimum);
            const float d2 = d * (float)scale, m2 = m * (float)minimum;
            for (int l = 0; l < 32; l++) out[l] = d1 * (float)(int)(q[l] & 15) - m1;
            for (int l = 0; l < 32; l++) out[l + 32] = d2 * (float)(int)(q[l] >> 4) - m2;
        }
    }
}

static void NAME(decode_q5_K)(const void *restrict blocks, float *restrict out, size_t count) {
    const uint8_t *p = blocks;
    for (size_t i = 0; i < count; i += 256, p += 176) {
        const float d = HALF(load16(p)), m = HALF(load16(p + 2));
        const uint8_t *high = p + 16, *q = p + 48;
        for (int j = 0; j < 8; j += 2, q += 32, out += 64) {
            int scale, minimum;
            scale_of_k4(j, p + 4, &scale, &minimum);
            const float d1 = d * (float)scale, m1 = m * (float)minimum;
            scale_of_k4(j + 1, p + 4, &scale, &minimum);
            const float d2 = d * (float)scale, m2 = m * (float)minimum;
            for (int l = 0; l < 32; l++) {
                out[l] = d1 * (float)(int)((q[l] & 15) | ((high[l] >> j) & 1) << 4) - m1;
            }
            for (int l = 0; l < 32; l++) {
                out[l + 32] = d2 * (float)(int)((q[l] >> 4) | ((high[l] >> (j + 1)) & 1) << 4) - m2;
            }
        }
    }
}

// 256 × 4 low bits; 256 × 2 high bits; 16 × 8-bit scale; scale.
static void NAME(decode_q6_K)(const void *restrict blocks, float *restrict out, size_t count) {
    const uint8_t *p = blocks;
    for (size_t i = 0; i < count; i += 256, p += 210) {
        const float d = HALF(load16(p + 208));
        const int8_t *scales = (const int8_t *)p + 192;
        const uint8_t *low = p, *high = p + 128;
        for (int n = 0; n < 2; n++, low += 64, high += 32, scales += 8) {
            for (int quarter = 0; quarter < 4; quarter++) {
                const uint8_t *ql = low + 32 * (quarter & 1);
                const int nibble = 4 * (quarter >> 1), pair = 2 * quarter;
                for (int half = 0; half < 32; half += 16, out += 16) {
                    const float dl = d * (float)scales[2 * quarter + half / 16];
                    for (int l = 0; l < 16; l++) {
                        const int value = ((ql[half + l] >> nibble) & 15) | ((high[half + l] >> pair) & 3) << 4;
                        out[l] = dl * (float)(value - 32);
                    }
                }
            }
        }
    }
}

/// 16 bytes of two 4-bit indices each, looked up and scaled: the low halves first, then the high ones.
static inline void NAME(decode_indices)(const uint8_t *restrict q, const int8_t *restrict values, float d, float *restrict out) {
#ifdef RT_HAS_AVX2_BODY
    const __m128i table = _mm_loadu_si128((const __m128i *)values), mask = _mm_set1_epi8(15);
    const __m128i packed = _mm_loadu_si128((const __m128i *)q);
    const __m128i low = _mm_shuffle_epi8(table, _mm_and_si128(packed, mask));
    const __m128i high = _mm_shuffle_epi8(table, _mm_and_si128(_mm_srli_epi16(packed, 4), mask));
    const __m256 scale = _mm256_set1_ps(d);
    _mm256_storeu_ps(out, _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(low)), scale));
    _mm256_storeu_ps(out + 8, _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_srli_si128(low, 8))), scale));
    _mm256_storeu_ps(out + 16, _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(high)), scale));
    _mm256_storeu_ps(out + 24, _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_srli_si128(high, 8))), scale));
#else
    for (int j = 0; j < 16; j++) out[j] = d * (float)values[q[j] & 15];
    for (int j = 0; j < 16; j++) out[j + 16] = d * (float)values[q[j] >> 4];
#endif
}

static void NAME(decode_iq4_nl)(const void *restrict blocks, float *restrict out, size_t count) {
    const uint8_t *p = blocks;
    for (size_t i = 0; i < count; i += 32, p += 18, out += 32) {
        NAME(decode_indices)(p + 2, values_iq4, HALF(load16(p)), out);
    }
}

// Scale; 8 × 2 high bits and 8 × 4 low bits of scale; 256 × 4-bit index.
static void NAME(decode_iq4_xs)(const void *restrict blocks, float *restrict out, size_t count) {
    const uint8_t *p = blocks;
    for (size_t i = 0; i < count; i += 256, p += 136) {
        const float d = HALF(load16(p));
        const uint16_t high = load16(p + 2);
        for (int j = 0; j < 8; j++, out += 32) {
            const int scale = ((p[4 + j / 2] >> (4 * (j & 1))) & 15) | ((high >> (2 * j)) & 3) << 4;
            NAME(decode_indices)(p + 8 + 16 * j, values_iq4, d * (float)(scale - 32), out);
        }
    }
}

static void NAME(decode_mxfp4)(const void *restrict blocks, float *restrict out, size_t count) {
    const uint8_t *p = blocks;
    for (size_t i = 0; i < count; i += 32, p += 17, out += 32) {
        // Half of 2^(e-127); the two smallest are subnormal.
        const float d = bits_to_float(p[0] < 2 ? 0x00200000u << p[0] : (uint32_t)(p[0] - 1) << 23);
        NAME(decode_indices)(p + 1, values_mxfp4, d, out);
    }
}

#ifndef RT_POWERS_OF_3
#define RT_POWERS_OF_3
static const uint8_t powers_of_3[5] = {1, 3, 9, 27, 81};
#endif

/// `digits` base-3 digits of each of `length` bytes; a byte holds a fraction of 256, its digits come off the top.
static inline float *NAME(decode_trits)(const uint8_t *restrict q, int length, int digits, float d, float *restrict out) {
    for (int n = 0; n < digits; n++, out += length) {
        for (int j = 0; j < length; j++) {
            const uint8_t rest = (uint8_t)(q[j] * powers_of_3[n]);
            out[j] = (float)((rest * 3 >> 8) - 1) * d;
        }
    }
    return out;
}

// 32 + 16 bytes of five digits, 4 bytes of four; scale.
static void NAME(decode_tq1_0)(const void *restrict blocks, float *restrict out, size_t count) {
    const uint8_t *p = blocks;
    for (size_t i = 0; i < count; i += 256, p += 54) {
        const float d = HALF(load16(p + 52));
        out = NAME(decode_trits)(p, 32, 5, d, out);
        out = NAME(decode_trits)(p + 32, 16, 5, d, out);
        out = NAME(decode_trits)(p + 48, 4, 4, d, out);
    }
}

static void NAME(decode_tq2_0)(const void *restrict blocks, float *restrict out, size_t count) {
    const uint8_t *p = blocks;
    for (size_t i = 0; i < count; i += 256, p += 66) {
        const float d = HALF(load16(p + 64));
        for (const uint8_t *q = p; q < p + 64; q += 32) {
            for (int shift = 0; shift < 8; shift += 2, out += 32) {
                for (int j = 0; j < 32; j++) out[j] = (float)((int)((q[j] >> shift) & 3) - 1) * d;
            }
        }
    }
}

static rt_decoder NAME(choose)(uint32_t ggml_type) {
    switch (ggml_type) {
    case 0: return NAME(decode_f32);
    case 1: return NAME(decode_f16);
    case 2: return NAME(decode_q4_0);
    case 3: return NAME(decode_q4_1);
    case 6: return NAME(decode_q5_0);
    case 7: return NAME(decode_q5_1);
    case 8: return NAME(decode_q8_0);
    case 10: return NAME(decode_q2_K);
    case 11: return NAME(decode_q3_K);
    case 12: return NAME(decode_q4_K);
    case 13: return NAME(decode_q5_K);
    case 14: return NAME(decode_q6_K);
    case 20: return NAME(decode_iq4_nl);
    case 23: return NAME(decode_iq4_xs);
    case 30: return NAME(decode_bf16);
    case 34: return NAME(decode_tq1_0);
    case 35: return NAME(decode_tq2_0);
    case 39: return NAME(decode_mxfp4);
    default: return 0;
    }
}
