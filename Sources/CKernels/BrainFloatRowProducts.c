#include "BrainFloatRowProducts.h"

#include "InstructionSet.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,fma"))), apply_to = function)

// Products are added up in stretches of steps, so that a stretch of b stays in the first-level cache.
enum { STRETCH = 128 };

static inline __attribute__((always_inline)) void tile(int rows, int vectors, size_t k, const uint32_t *a, size_t a_row,
                                                       size_t a_step, const uint32_t *b, size_t b_row, float *c,
                                                       size_t c_row, float scale, int keep, __mmask16 last) {
    __m512 sums[rows][vectors];
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) sums[i][v] = _mm512_setzero_ps();
    for (size_t p = 0; p < k; p++) {
        __m512bh right[vectors];
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++)
            right[v] = (__m512bh)(v == vectors - 1 ? _mm512_maskz_loadu_epi32(last, b + p * b_row + 16 * v)
                                                   : _mm512_loadu_si512(b + p * b_row + 16 * v));
#pragma clang loop unroll(full)
        for (int i = 0; i < rows; i++) {
            __m512bh left = (__m512bh)_mm512_set1_epi32((int)a[i * a_row + p * a_step]);
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++) sums[i][v] = _mm512_dpbf16_ps(sums[i][v], left, right[v]);
        }
    }
    __m512 factor = _mm512_set1_ps(scale);
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) {
            float *place = c + i * c_row + 16 * v;
            __mmask16 mask = v == vectors - 1 ? last : (__mmask16)0xffff;
            __m512 sum = _mm512_mul_ps(sums[i][v], factor);
            if (keep) sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(mask, place));
            _mm512_mask_storeu_ps(place, mask, sum);
        }
}

#define STRIP(name, vectors, most)                                                                                     \
    static void name(size_t m, size_t k, const uint32_t *a, size_t a_row, size_t a_step, const uint32_t *b,           \
                     size_t b_row, float *c, size_t c_row, float scale, int keep, __mmask16 last) {                   \
        size_t i = 0;                                                                                                  \
        for (; i + most <= m; i += most)                                                                               \
            tile(most, vectors, k, a + i * a_row, a_row, a_step, b, b_row, c + i * c_row, c_row, scale, keep, last);   \
        for (; i + 4 <= m; i += 4)                                                                                     \
            tile(4, vectors, k, a + i * a_row, a_row, a_step, b, b_row, c + i * c_row, c_row, scale, keep, last);      \
        for (; i < m; i++)                                                                                             \
            tile(1, vectors, k, a + i * a_row, a_row, a_step, b, b_row, c + i * c_row, c_row, scale, keep, last);      \
    }
STRIP(strip_1, 1, 16)
STRIP(strip_2, 2, 12)
STRIP(strip_3, 3, 8)
STRIP(strip_4, 4, 6)

static void product(size_t m, size_t n, size_t k, const uint32_t *a, size_t a_row, size_t a_step, const uint32_t *b,
                    size_t b_row, float *c, size_t c_row, float scale, int keep) {
    for (size_t j = 0; j < n;) {
        size_t vectors = (n - j + 15) / 16;
        // Four registers at a time; what is left over goes 3 + 2 rather than 4 + 1.
        size_t width = vectors == 5 ? 3 : vectors > 4 ? 4 : vectors;
        size_t columns = n - j < 16 * width ? n - j : 16 * width;
        __mmask16 last = (__mmask16)((1u << (columns - 16 * (width - 1))) - 1);
        for (size_t p = 0; p < k; p += STRETCH) {
            size_t length = k - p < STRETCH ? k - p : STRETCH;
            const uint32_t *left = a + p * a_step, *right = b + p * b_row + j;
            int keeps = keep || p > 0;
            switch (width) {
            case 1: strip_1(m, length, left, a_row, a_step, right, b_row, c + j, c_row, scale, keeps, last); break;
            case 2: strip_2(m, length, left, a_row, a_step, right, b_row, c + j, c_row, scale, keeps, last); break;
            case 3: strip_3(m, length, left, a_row, a_step, right, b_row, c + j, c_row, scale, keeps, last); break;
            default: strip_4(m, length, left, a_row, a_step, right, b_row, c + j, c_row, scale, keeps, last);
            }
        }
        j += 16 * width;
    }
}

static inline __attribute__((always_inline)) __mmask16 first(size_t count) {
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
#pragma clang attribute pop
#endif

int retort_has_bf16_row_product(void) { return retort_instruction_set() >= RETORT_AVX512_BF16; }

void retort_bf16_row_product(size_t m, size_t n, size_t steps, const uint32_t *a, size_t a_row, size_t a_step,
                             const uint32_t *b, size_t b_row, float *c, size_t c_row, float scale, int keep) {
#if defined(__x86_64__)
    product(m, n, steps, a, a_row, a_step, b, b_row, c, c_row, scale, keep);
#endif
}

void retort_bf16_pair_neighbors(const float *x, size_t rows, size_t columns, size_t x_row, uint32_t *y, size_t y_row) {
#if defined(__x86_64__)
    pair_neighbors(x, rows, columns, x_row, y, y_row);
#endif
}

void retort_bf16_pair_rows(const float *x, size_t rows, size_t columns, size_t x_row, uint32_t *y, size_t y_row) {
#if defined(__x86_64__)
    pair_rows(x, rows, columns, x_row, y, y_row);
#endif
}
