// ggml blocks straight to bfloat16 with AVX-512 BF16. Each value is first what BlockDecoding.c makes of it, then rounded:
// the bits are those of the long way. The including file has set the target, included BlockLayouts.h and switched
// contraction off.

static void decode_f32(const void *blocks, uint32_t *dwords, size_t count) { avx512bf16_round(blocks, dwords, count); }

static void decode_f16(const void *blocks, uint32_t *dwords, size_t count) {
    const uint16_t *p = blocks;
    size_t i = 0;
    for (; i + 32 <= count; i += 32) {
        const __m512 low = _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(p + i)));
        const __m512 high = _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(p + i + 16)));
        _mm512_storeu_si512(dwords + i / 2, avx512bf16_pairs(low, high));
    }
    if (i == count) return;
    const __mmask32 mask = (__mmask32)((1u << (count - i)) - 1);
    const __m512i rest = _mm512_maskz_loadu_epi16(mask, p + i);
    const __m512 low = _mm512_cvtph_ps(_mm512_castsi512_si256(rest));
    const __m512 high = _mm512_cvtph_ps(_mm512_extracti64x4_epi64(rest, 1));
    _mm512_mask_storeu_epi32(dwords + i / 2, (__mmask16)((1u << ((count - i + 1) / 2)) - 1), avx512bf16_pairs(low, high));
}

static void decode_bf16(const void *blocks, uint32_t *dwords, size_t count) {
    if (count % 2) dwords[count / 2] = 0;
    memcpy(dwords, blocks, 2 * count);
}

/// scale * level - minimum, or without the minimum.
INLINE __m512 scaled(__m512i levels, float scale, float minimum, int has_minimum) {
    const __m512 product = _mm512_mul_ps(_mm512_set1_ps(scale), _mm512_cvtepi32_ps(levels));
    return has_minimum ? _mm512_sub_ps(product, _mm512_set1_ps(minimum)) : product;
}

/// A group's numbers, one by one.
INLINE __m512i pairs_of(const struct block_group *group, int has_minimum) {
    const __m256i levels = (__m256i)group->levels;
    const __m512i low = _mm512_cvtepi8_epi32(_mm256_castsi256_si128(levels));
    const __m512i high = _mm512_cvtepi8_epi32(_mm256_extracti128_si256(levels, 1));
    return avx512bf16_pairs(scaled(low, group->scales[0], group->minima[0], has_minimum),
                            scaled(high, group->scales[1], group->minima[1], has_minimum));
}

INLINE __m512i count_from(int first) {
    const __m512i lane = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    return _mm512_add_epi32(lane, _mm512_set1_epi32(first));
}

/// The numbers of a group that has one scale and at most 16 or 32 levels, from the lowest on: what they stand for is
/// computed once and looked up.
INLINE __m512i pairs_by_table(const struct block_group *group, int has_minimum, int lowest, int levels) {
    const float scale = group->scales[0], minimum = group->minima[0];
    const __m512 first = scaled(count_from(lowest), scale, minimum, has_minimum);
    const __m512i table =
        levels > 16 ? avx512bf16_pairs(first, scaled(count_from(lowest + 16), scale, minimum, has_minimum))
                    : _mm512_castsi256_si512((__m256i)_mm512_cvtneps_pbh(first));
    const __m256i index = (__m256i)(group->levels - (int8_t)lowest);
    return _mm512_permutexvar_epi16(_mm512_cvtepu8_epi16(index), table);
}

#define DECODER(name, pairs)                                                                               \
    static void decode_##name(const void *blocks, uint32_t *dwords, size_t count) {                        \
        const uint8_t *p = blocks;                                                                         \
        for (size_t i = 0; i < count; i += name##_length, p += name##_size) {                              \
            UNROLLED (int g = 0; g < name##_length / 32; g++, dwords += 16) {                              \
                struct block_group group;                                                                  \
                NAME(read_##name)(p, g, &group);                                                           \
                _mm512_storeu_si512(dwords, pairs);                                                        \
            }                                                                                              \
        }                                                                                                  \
    }
DECODER(q4_0, pairs_by_table(&group, 0, -8, 16))
DECODER(q8_0, pairs_of(&group, 0))
DECODER(q4_K, pairs_by_table(&group, 1, 0, 16))
DECODER(q5_K, pairs_by_table(&group, 1, 0, 32))
DECODER(q6_K, pairs_of(&group, 0))
#undef DECODER

/// For the types that models come in; all others go through float32.
static panel_decoder avx512bf16_decoder(uint32_t type) {
    switch (type) {
    case RETORT_F32: return decode_f32;
    case RETORT_F16: return decode_f16;
    case RETORT_BF16: return decode_bf16;
    case RETORT_Q4_0: return decode_q4_0;
    case RETORT_Q8_0: return decode_q8_0;
    case RETORT_Q4_K: return decode_q4_K;
    case RETORT_Q5_K: return decode_q5_K;
    case RETORT_Q6_K: return decode_q6_K;
    default: return 0;
    }
}
