// ggml blocks straight to bfloat16 with AVX-512 BF16, for the types that models come in; all others go through
// float32. Each value is first what BlockDecoding.c makes of it, then rounded: the bits are those of the long way.
// The including file has set the target and switched contraction off.

static inline __attribute__((always_inline)) float avx512bf16_half(const uint8_t *p) {
    uint16_t bits;
    memcpy(&bits, p, 2);
    // By way of a general register: inserted into a vector register, each block's scale would wait for the block before.
    uint32_t wide = bits;
    __asm__("" : "+r"(wide));
    return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128((int)wide)));
}

static void avx512bf16_decode_f32(const void *blocks, uint32_t *dwords, size_t count) {
    avx512bf16_round(blocks, dwords, count);
}

static void avx512bf16_decode_f16(const void *blocks, uint32_t *dwords, size_t count) {
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

static void avx512bf16_decode_bf16(const void *blocks, uint32_t *dwords, size_t count) {
    if (count % 2) dwords[count / 2] = 0;
    memcpy(dwords, blocks, 2 * count);
}

static void avx512bf16_decode_q8_0(const void *blocks, uint32_t *dwords, size_t count) {
    const uint8_t *p = blocks;
    for (size_t i = 0; i < count; i += 32, p += 34, dwords += 16) {
        const __m512 d = _mm512_set1_ps(avx512bf16_half(p));
        const __m512i low = _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(p + 2)));
        const __m512i high = _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(p + 18)));
        _mm512_storeu_si512(
            dwords,
            avx512bf16_pairs(_mm512_mul_ps(_mm512_cvtepi32_ps(low), d), _mm512_mul_ps(_mm512_cvtepi32_ps(high), d)));
    }
}

// Four- and five-bit types: a block has few distinct values, so they are computed once and looked up.

static inline __attribute__((always_inline)) __m512 avx512bf16_count_from(int first) {
    const __m512i lane = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    return _mm512_cvtepi32_ps(_mm512_add_epi32(lane, _mm512_set1_epi32(first)));
}

// 16 bytes of two indices each: the low halves first.
static inline __attribute__((always_inline)) __m512i avx512bf16_nibbles(const uint8_t *q) {
    const __m128i packed = _mm_loadu_si128((const __m128i *)q), mask = _mm_set1_epi8(15);
    const __m256i both = _mm256_set_m128i(_mm_and_si128(_mm_srli_epi16(packed, 4), mask), _mm_and_si128(packed, mask));
    return _mm512_cvtepu8_epi16(both);
}

static void avx512bf16_decode_q4_0(const void *blocks, uint32_t *dwords, size_t count) {
    const uint8_t *p = blocks;
    const __m512 values = avx512bf16_count_from(-8);
    for (size_t i = 0; i < count; i += 32, p += 18, dwords += 16) {
        const __m512 scaled = _mm512_mul_ps(values, _mm512_set1_ps(avx512bf16_half(p)));
        _mm512_storeu_si512(
            dwords, _mm512_permutexvar_epi16(avx512bf16_nibbles(p + 2), avx512bf16_pairs(scaled, scaled)));
    }
}

// d * i - m for i from `first` on.
static inline __attribute__((always_inline)) __m512 avx512bf16_values(int first, float d, float m) {
    return _mm512_sub_ps(_mm512_mul_ps(_mm512_set1_ps(d), avx512bf16_count_from(first)), _mm512_set1_ps(m));
}

static inline __attribute__((always_inline)) void avx512bf16_scales_of_k4(int j, const uint8_t *q, float d, float m,
                                                                          float *scale, float *minimum) {
    int s, n;
    if (j < 4) {
        s = q[j] & 63;
        n = q[j + 4] & 63;
    } else {
        s = (q[j + 4] & 15) | (q[j - 4] >> 6) << 4;
        n = (q[j + 4] >> 4) | (q[j] >> 6) << 4;
    }
    *scale = d * (float)s;
    *minimum = m * (float)n;
}

static void avx512bf16_decode_q4_K(const void *blocks, uint32_t *dwords, size_t count) {
    const uint8_t *p = blocks;
    const __m256i mask = _mm256_set1_epi8(15);
    // The table's first half is for the low four bits, its second for the high ones.
    const __m512i second = _mm512_set1_epi16(16);
    for (size_t i = 0; i < count; i += 256, p += 144) {
        const float d = avx512bf16_half(p), m = avx512bf16_half(p + 2);
        const uint8_t *q = p + 16;
        for (int j = 0; j < 8; j += 2, q += 32, dwords += 32) {
            float d1, m1, d2, m2;
            avx512bf16_scales_of_k4(j, p + 4, d, m, &d1, &m1);
            avx512bf16_scales_of_k4(j + 1, p + 4, d, m, &d2, &m2);
            const __m512i table = avx512bf16_pairs(avx512bf16_values(0, d1, m1), avx512bf16_values(0, d2, m2));
            const __m256i packed = _mm256_loadu_si256((const __m256i *)q);
            const __m512i low = _mm512_cvtepu8_epi16(_mm256_and_si256(packed, mask));
            const __m512i high = _mm512_cvtepu8_epi16(_mm256_and_si256(_mm256_srli_epi16(packed, 4), mask));
            _mm512_storeu_si512(dwords, _mm512_permutexvar_epi16(low, table));
            _mm512_storeu_si512(dwords + 16, _mm512_permutexvar_epi16(_mm512_or_si512(high, second), table));
        }
    }
}

static void avx512bf16_decode_q5_K(const void *blocks, uint32_t *dwords, size_t count) {
    const uint8_t *p = blocks;
    const __m256i mask = _mm256_set1_epi8(15), top = _mm256_set1_epi8(16), one = _mm256_set1_epi8(1);
    for (size_t i = 0; i < count; i += 256, p += 176) {
        const float d = avx512bf16_half(p), m = avx512bf16_half(p + 2);
        const __m256i bits = _mm256_loadu_si256((const __m256i *)(p + 16));
        const uint8_t *q = p + 48;
        for (int j = 0; j < 8; j++, dwords += 16) {
            float d1, m1;
            avx512bf16_scales_of_k4(j, p + 4, d, m, &d1, &m1);
            const __m512i table = avx512bf16_pairs(avx512bf16_values(0, d1, m1), avx512bf16_values(16, d1, m1));
            __m256i packed = _mm256_loadu_si256((const __m256i *)(q + 32 * (j / 2)));
            if (j % 2) packed = _mm256_srli_epi16(packed, 4);
            const __m256i bit = _mm256_and_si256(_mm256_srl_epi16(bits, _mm_cvtsi32_si128(j)), one);
            const __m256i high = _mm256_and_si256(_mm256_cmpeq_epi8(bit, one), top);
            const __m512i index = _mm512_cvtepu8_epi16(_mm256_or_si256(_mm256_and_si256(packed, mask), high));
            _mm512_storeu_si512(dwords, _mm512_permutexvar_epi16(index, table));
        }
    }
}

static void avx512bf16_decode_q6_K(const void *blocks, uint32_t *dwords, size_t count) {
    const uint8_t *p = blocks;
    const __m256i mask = _mm256_set1_epi8(15), pair = _mm256_set1_epi8(3), offset = _mm256_set1_epi8(32);
    for (size_t i = 0; i < count; i += 256, p += 210) {
        const float d = avx512bf16_half(p + 208);
        const int8_t *scales = (const int8_t *)p + 192;
        for (int n = 0; n < 2; n++, scales += 8) {
            const __m256i bits = _mm256_loadu_si256((const __m256i *)(p + 128 + 32 * n));
            for (int quarter = 0; quarter < 4; quarter++, dwords += 16) {
                __m256i low = _mm256_loadu_si256((const __m256i *)(p + 64 * n + 32 * (quarter & 1)));
                if (quarter >= 2) low = _mm256_srli_epi16(low, 4);
                const __m256i two = _mm256_and_si256(_mm256_srl_epi16(bits, _mm_cvtsi32_si128(2 * quarter)), pair);
                const __m256i value = _mm256_sub_epi8(
                    _mm256_or_si256(_mm256_and_si256(low, mask), _mm256_slli_epi16(two, 4)), offset);
                const __m512 first = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm256_castsi256_si128(value)));
                const __m512 last = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm256_extracti128_si256(value, 1)));
                const __m512 d1 = _mm512_set1_ps(d * (float)scales[2 * quarter]);
                const __m512 d2 = _mm512_set1_ps(d * (float)scales[2 * quarter + 1]);
                _mm512_storeu_si512(dwords, avx512bf16_pairs(_mm512_mul_ps(d1, first), _mm512_mul_ps(d2, last)));
            }
        }
    }
}

static retort_panel_decoder avx512bf16_decoder_of(uint32_t ggml_type) {
    switch (ggml_type) {
    case 0: return avx512bf16_decode_f32;
    case 1: return avx512bf16_decode_f16;
    case 2: return avx512bf16_decode_q4_0;
    case 8: return avx512bf16_decode_q8_0;
    case 12: return avx512bf16_decode_q4_K;
    case 13: return avx512bf16_decode_q5_K;
    case 14: return avx512bf16_decode_q6_K;
    case 30: return avx512bf16_decode_bf16;
    default: return 0;
    }
}
