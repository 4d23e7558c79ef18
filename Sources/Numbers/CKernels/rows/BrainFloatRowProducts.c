#include "BrainFloatRowProducts.h"

#include "dispatch/Kernels.h"
#include "dispatch/Targets.h"

#if defined(__x86_64__)
BEGIN_AVX512_BF16

// An element is a pair of neighbors in k.
#define ELEMENT uint32_t
#define VECTOR __m512bh
#define LOAD(place) (__m512bh)_mm512_loadu_si512(place)
#define LOAD_SOME(mask, place) (__m512bh)_mm512_maskz_loadu_epi32(mask, place)
#define SPREAD(value) (__m512bh)_mm512_set1_epi32((int)(value))
#define ADD_PRODUCT(sum, left, right) _mm512_dpbf16_ps(sum, left, right)
#include "RowProductBody.h"

INLINE __mmask16 first(size_t count) {
    return count >= 16 ? (__mmask16)0xffff : (__mmask16)((1u << count) - 1);
}

static void pair_neighbors(const float *x, size_t rows, size_t columns, size_t x_row, uint32_t *y, size_t y_row) {
    for (size_t row = 0; row < rows; row++, x += x_row, y += y_row) {
        for (size_t i = 0; i < columns; i += 32) {
            size_t rest = columns - i;
            __m512 low = _mm512_maskz_loadu_ps(first(rest), x + i);
            __m512 high = rest > 16 ? _mm512_maskz_loadu_ps(first(rest - 16), x + i + 16) : _mm512_setzero_ps();
            _mm512_mask_storeu_epi32(y + i / 2, first((rest + 1) / 2), (__m512i)_mm512_cvtne2ps_pbh(high, low));
        }
    }
}

static void pair_rows(const float *x, size_t rows, size_t columns, size_t x_row, uint32_t *y, size_t y_row) {
    for (size_t row = 0; row < rows; row += 2, x += 2 * x_row, y += y_row) {
        for (size_t i = 0; i < columns; i += 16) {
            __mmask16 mask = first(columns - i);
            __m512 even = _mm512_maskz_loadu_ps(mask, x + i);
            __m512 odd = row + 1 < rows ? _mm512_maskz_loadu_ps(mask, x + x_row + i) : _mm512_setzero_ps();
            __m512i low = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(even));
            __m512i high = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(odd));
            _mm512_mask_storeu_epi32(y + i, mask, _mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
        }
    }
}
END_TARGET

const struct retort_bf16_row_kernels retort_bf16_rows_avx512bf16 = {product, pair_neighbors, pair_rows};
#endif

int retort_has_bf16_row_product(void) { return retort_chosen_kernels->bf16_rows != 0; }

void retort_bf16_row_product(size_t m, size_t n, size_t steps, const uint32_t *a, size_t a_row, size_t a_step,
                             const uint32_t *b, size_t b_row, float *c, size_t c_row, float scale, int keep) {
    retort_chosen_kernels->bf16_rows->product(m, n, steps, a, a_row, a_step, b, b_row, c, c_row, scale, keep);
}

void retort_bf16_pair_neighbors(const float *x, size_t rows, size_t columns, size_t x_row, uint32_t *y, size_t y_row) {
    retort_chosen_kernels->bf16_rows->pair_neighbors(x, rows, columns, x_row, y, y_row);
}

void retort_bf16_pair_rows(const float *x, size_t rows, size_t columns, size_t x_row, uint32_t *y, size_t y_row) {
    retort_chosen_kernels->bf16_rows->pair_rows(x, rows, columns, x_row, y, y_row);
}
