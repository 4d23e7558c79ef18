// What AVX-512 BF16 adds to PanelBody.h: two bfloat16 to a dword, and the instruction that multiplies them.
// The including file has set the target.

// Six rows by 64 outputs: 24 sums in registers; four loads and six broadcasts feed 24 instructions of 32 products.
INLINE void avx512bf16_block(
    const uint32_t *x, size_t x_stride, const size_t rows, const uint32_t *panel, size_t steps, float *y,
    size_t y_stride, size_t columns, int accumulate) {
    __m512 sums[6][4];
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < 4; c++) sums[r][c] = _mm512_setzero_ps();
    for (size_t p = 0; p < steps; p++, panel += RETORT_PANEL_WIDTH) {
        __m512bh right[4];
        for (size_t c = 0; c < 4; c++) right[c] = (__m512bh)_mm512_loadu_si512(panel + 16 * c);
        for (size_t r = 0; r < rows; r++) {
            const __m512bh left = (__m512bh)_mm512_set1_epi32((int)x[r * x_stride + p]);
            for (size_t c = 0; c < 4; c++) sums[r][c] = _mm512_dpbf16_ps(sums[r][c], left, right[c]);
        }
    }
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < 4; c++) {
            if (columns <= 16 * c) break;
            const size_t width = columns - 16 * c < 16 ? columns - 16 * c : 16;
            const __mmask16 mask = (__mmask16)((1u << width) - 1);
            float *target = y + r * y_stride + 16 * c;
            __m512 sum = sums[r][c];
            if (accumulate) sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(mask, target));
            _mm512_mask_storeu_ps(target, mask, sum);
        }
    }
}

static void avx512bf16_rows(const uint32_t *x, size_t x_stride, size_t rows, const uint32_t *panel, size_t steps,
                            float *y, size_t y_stride, size_t columns, int accumulate) {
    switch (rows) {
    case 6: avx512bf16_block(x, x_stride, 6, panel, steps, y, y_stride, columns, accumulate); break;
    case 5: avx512bf16_block(x, x_stride, 5, panel, steps, y, y_stride, columns, accumulate); break;
    case 4: avx512bf16_block(x, x_stride, 4, panel, steps, y, y_stride, columns, accumulate); break;
    case 3: avx512bf16_block(x, x_stride, 3, panel, steps, y, y_stride, columns, accumulate); break;
    case 2: avx512bf16_block(x, x_stride, 2, panel, steps, y, y_stride, columns, accumulate); break;
    default: avx512bf16_block(x, x_stride, 1, panel, steps, y, y_stride, columns, accumulate); break;
    }
}

INLINE __m512i avx512bf16_pairs(__m512 low, __m512 high) {
    return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}

static void avx512bf16_round(const float *x, uint32_t *dwords, size_t count) {
    size_t i = 0;
    for (; i + 32 <= count; i += 32)
        _mm512_storeu_si512(dwords + i / 2, avx512bf16_pairs(_mm512_loadu_ps(x + i), _mm512_loadu_ps(x + i + 16)));
    if (i == count) return;
    const size_t rest = count - i;
    const __mmask16 low = rest >= 16 ? 0xffff : (__mmask16)((1u << rest) - 1);
    const __mmask16 high = rest > 16 ? (__mmask16)((1u << (rest - 16)) - 1) : 0;
    const __mmask16 pairs = (__mmask16)((1u << ((rest + 1) / 2)) - 1);
    _mm512_mask_storeu_epi32(
        dwords + i / 2, pairs,
        avx512bf16_pairs(_mm512_maskz_loadu_ps(low, x + i), _mm512_maskz_loadu_ps(high, x + i + 16)));
}

INLINE void avx512_interleave(const uint16_t *even, const uint16_t *odd,
                                                                    uint32_t *panel) {
    for (size_t c = 0; c < RETORT_PANEL_WIDTH; c += 16) {
        const __m512i low = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(even + c)));
        const __m512i high = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(odd + c)));
        _mm512_storeu_si512(panel + c, _mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
    }
}

static void avx512bf16_interleave_rows(const uint16_t *even, const uint16_t *odd, size_t panels, size_t panel_size,
                                       uint32_t *panel) {
    for (size_t i = 0; i < panels; i++)
        avx512_interleave(even + i * RETORT_PANEL_WIDTH, odd + i * RETORT_PANEL_WIDTH, panel + i * panel_size);
}
