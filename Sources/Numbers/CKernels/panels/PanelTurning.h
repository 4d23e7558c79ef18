// Rows of dwords to columns of a panel, in squares that fit into registers. The including file has set the target and
// defines TURN_AVX512 or TURN_AVX2.

#if defined(TURN_AVX512)
// 16 rows of 16 dwords become 16 steps of 16 outputs.
INLINE void avx512_turn_square(const uint32_t *rows, size_t stride,
                                                                     uint32_t *panel) {
    __m512i a[16], b[16];
    for (int i = 0; i < 16; i++) a[i] = _mm512_loadu_si512(rows + i * stride);
    for (int i = 0; i < 16; i += 2) {
        b[i] = _mm512_unpacklo_epi32(a[i], a[i + 1]);
        b[i + 1] = _mm512_unpackhi_epi32(a[i], a[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
        a[i] = _mm512_unpacklo_epi64(b[i], b[i + 2]);
        a[i + 1] = _mm512_unpackhi_epi64(b[i], b[i + 2]);
        a[i + 2] = _mm512_unpacklo_epi64(b[i + 1], b[i + 3]);
        a[i + 3] = _mm512_unpackhi_epi64(b[i + 1], b[i + 3]);
    }
    // a[4g + k] holds, in quarter q, step 4q + k of rows 4g to 4g + 3.
    for (int k = 0; k < 4; k++) {
        const __m512i p = _mm512_shuffle_i32x4(a[k], a[4 + k], 0x88), q = _mm512_shuffle_i32x4(a[8 + k], a[12 + k], 0x88);
        const __m512i r = _mm512_shuffle_i32x4(a[k], a[4 + k], 0xdd), s = _mm512_shuffle_i32x4(a[8 + k], a[12 + k], 0xdd);
        _mm512_storeu_si512(panel + k * RETORT_PANEL_WIDTH, _mm512_shuffle_i32x4(p, q, 0x88));
        _mm512_storeu_si512(panel + (4 + k) * RETORT_PANEL_WIDTH, _mm512_shuffle_i32x4(r, s, 0x88));
        _mm512_storeu_si512(panel + (8 + k) * RETORT_PANEL_WIDTH, _mm512_shuffle_i32x4(p, q, 0xdd));
        _mm512_storeu_si512(panel + (12 + k) * RETORT_PANEL_WIDTH, _mm512_shuffle_i32x4(r, s, 0xdd));
    }
}

static void avx512_turn(const uint32_t *rows, size_t stride, size_t steps, uint32_t *panel) {
    size_t p = 0;
    for (; p + 16 <= steps; p += 16) avx512_turn_square(rows + p, stride, panel + p * RETORT_PANEL_WIDTH);
    for (; p < steps; p++)
        for (size_t c = 0; c < 16; c++) panel[p * RETORT_PANEL_WIDTH + c] = rows[c * stride + p];
}
#elif defined(TURN_AVX2)
// 8 rows of 8 dwords become 8 steps of 8 outputs.
INLINE void avx2_turn_square(const uint32_t *rows, size_t stride,
                                                                   uint32_t *panel) {
    __m256 a[8], b[8];
    for (int i = 0; i < 8; i++) a[i] = _mm256_loadu_ps((const float *)(rows + i * stride));
    for (int i = 0; i < 8; i += 2) {
        b[i] = _mm256_unpacklo_ps(a[i], a[i + 1]);
        b[i + 1] = _mm256_unpackhi_ps(a[i], a[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        a[i] = _mm256_shuffle_ps(b[i], b[i + 2], 0x44);
        a[i + 1] = _mm256_shuffle_ps(b[i], b[i + 2], 0xee);
        a[i + 2] = _mm256_shuffle_ps(b[i + 1], b[i + 3], 0x44);
        a[i + 3] = _mm256_shuffle_ps(b[i + 1], b[i + 3], 0xee);
    }
    // a[4g + k] holds, in half h, step 4h + k of rows 4g to 4g + 3.
    for (int k = 0; k < 4; k++) {
        _mm256_storeu_ps((float *)(panel + k * RETORT_PANEL_WIDTH), _mm256_permute2f128_ps(a[k], a[4 + k], 0x20));
        _mm256_storeu_ps((float *)(panel + (4 + k) * RETORT_PANEL_WIDTH), _mm256_permute2f128_ps(a[k], a[4 + k], 0x31));
    }
}

static void avx2_turn(const uint32_t *rows, size_t stride, size_t steps, uint32_t *panel) {
    size_t p = 0;
    for (; p + 8 <= steps; p += 8) {
        avx2_turn_square(rows + p, stride, panel + p * RETORT_PANEL_WIDTH);
        avx2_turn_square(rows + 8 * stride + p, stride, panel + p * RETORT_PANEL_WIDTH + 8);
    }
    for (; p < steps; p++)
        for (size_t c = 0; c < 16; c++) panel[p * RETORT_PANEL_WIDTH + c] = rows[c * stride + p];
}
#endif
