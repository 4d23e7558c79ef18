#include "StoredRows.h"

#include "InstructionSet.h"

#include <string.h>

// Rows of the types that are served most, times a few float32 vectors. Decoding a tile to memory and reading it again
// costs more than the product itself when only one token is computed; here a block's numbers go from the stored form
// through registers into the sums. Only for x86 with AVX2, FMA and F16C; elsewhere the caller decodes tiles.
//
// Each kernel keeps two sums a vector, over alternate groups of eight numbers, whatever the number of vectors.

enum { TYPE_F16 = 1, TYPE_Q4_0 = 2, TYPE_Q8_0 = 8, TYPE_Q4_K = 12, TYPE_Q6_K = 14, TYPE_BF16 = 30 };

#if defined(__x86_64__) && defined(__clang__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

static inline float half_at(const uint8_t *p) {
    uint16_t bits;
    memcpy(&bits, p, 2);
    // By way of a general register: inserted into a vector register, each block's scale would wait for the block before.
    uint32_t wide = bits;
    __asm__("" : "+r"(wide));
    return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128((int)wide)));
}

static inline float total(__m256 a, __m256 b) {
    __m256 s = _mm256_add_ps(a, b);
    __m128 q = _mm_add_ps(_mm256_castps256_ps128(s), _mm256_extractf128_ps(s, 1));
    q = _mm_add_ps(q, _mm_movehl_ps(q, q));
    return _mm_cvtss_f32(_mm_add_ss(q, _mm_shuffle_ps(q, q, 1)));
}

/// Adds w (eight numbers) times x[v, offset ..< offset + 8] to the sums of every vector.
#define ACCUMULATE(sum, w, offset)                                                                          \
    for (size_t v = 0; v < N; v++) sum[v] = _mm256_fmadd_ps(w, _mm256_loadu_ps(x + v * columns + (offset)), sum[v])

static inline __attribute__((always_inline)) __m256 bytes_to_floats(__m128i bytes) {
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes));
}

static inline __attribute__((always_inline)) void f16_rows(const uint8_t *row, const float *x, float *sums,
                                                           size_t columns, const size_t N) {
    __m256 even[4], odd[4];
    for (size_t v = 0; v < N; v++) even[v] = odd[v] = _mm256_setzero_ps();
    size_t i = 0;
    for (; i + 16 <= columns; i += 16) {
        const __m256 w0 = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(row + 2 * i)));
        const __m256 w1 = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(row + 2 * i + 16)));
        ACCUMULATE(even, w0, i);
        ACCUMULATE(odd, w1, i + 8);
    }
    for (size_t v = 0; v < N; v++) sums[v] = total(even[v], odd[v]);
    for (; i < columns; i++)
        for (size_t v = 0; v < N; v++) sums[v] += half_at(row + 2 * i) * x[v * columns + i];
}

static inline __attribute__((always_inline)) __m256 bf16_to_floats(const uint8_t *p) {
    const __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)p));
    return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
}

static inline __attribute__((always_inline)) void bf16_rows(const uint8_t *row, const float *x, float *sums,
                                                            size_t columns, const size_t N) {
    __m256 even[4], odd[4];
    for (size_t v = 0; v < N; v++) even[v] = odd[v] = _mm256_setzero_ps();
    size_t i = 0;
    for (; i + 16 <= columns; i += 16) {
        const __m256 w0 = bf16_to_floats(row + 2 * i), w1 = bf16_to_floats(row + 2 * i + 16);
        ACCUMULATE(even, w0, i);
        ACCUMULATE(odd, w1, i + 8);
    }
    for (size_t v = 0; v < N; v++) sums[v] = total(even[v], odd[v]);
    for (; i < columns; i++) {
        uint16_t bits;
        memcpy(&bits, row + 2 * i, 2);
        const uint32_t wide = (uint32_t)bits << 16;
        float w;
        memcpy(&w, &wide, 4);
        for (size_t v = 0; v < N; v++) sums[v] += w * x[v * columns + i];
    }
}

// Q8_0: half scale, 32 signed bytes.
static inline __attribute__((always_inline)) void q8_0_rows(const uint8_t *row, const float *x, float *sums,
                                                            size_t columns, const size_t N) {
    __m256 even[4], odd[4];
    for (size_t v = 0; v < N; v++) even[v] = odd[v] = _mm256_setzero_ps();
    for (size_t i = 0; i < columns; i += 32, row += 34) {
        const __m256 scale = _mm256_set1_ps(half_at(row));
        for (size_t part = 0; part < 32; part += 16) {
            const __m128i bytes = _mm_loadu_si128((const __m128i *)(row + 2 + part));
            const __m256 w0 = _mm256_mul_ps(scale, bytes_to_floats(bytes));
            const __m256 w1 = _mm256_mul_ps(scale, bytes_to_floats(_mm_srli_si128(bytes, 8)));
            ACCUMULATE(even, w0, i + part);
            ACCUMULATE(odd, w1, i + part + 8);
        }
    }
    for (size_t v = 0; v < N; v++) sums[v] = total(even[v], odd[v]);
}

// Q4_0: half scale, 16 bytes; low nibbles are the first 16 numbers, high nibbles the others, each less 8.
static inline __attribute__((always_inline)) void q4_0_rows(const uint8_t *row, const float *x, float *sums,
                                                            size_t columns, const size_t N) {
    const __m128i mask = _mm_set1_epi8(15), eight = _mm_set1_epi8(8);
    __m256 even[4], odd[4];
    for (size_t v = 0; v < N; v++) even[v] = odd[v] = _mm256_setzero_ps();
    for (size_t i = 0; i < columns; i += 32, row += 18) {
        const __m256 scale = _mm256_set1_ps(half_at(row));
        const __m128i packed = _mm_loadu_si128((const __m128i *)(row + 2));
        const __m128i low = _mm_sub_epi8(_mm_and_si128(packed, mask), eight);
        const __m128i high = _mm_sub_epi8(_mm_and_si128(_mm_srli_epi16(packed, 4), mask), eight);
        const __m256 w0 = _mm256_mul_ps(scale, bytes_to_floats(low));
        const __m256 w1 = _mm256_mul_ps(scale, bytes_to_floats(_mm_srli_si128(low, 8)));
        const __m256 w2 = _mm256_mul_ps(scale, bytes_to_floats(high));
        const __m256 w3 = _mm256_mul_ps(scale, bytes_to_floats(_mm_srli_si128(high, 8)));
        ACCUMULATE(even, w0, i);
        ACCUMULATE(odd, w1, i + 8);
        ACCUMULATE(even, w2, i + 16);
        ACCUMULATE(odd, w3, i + 24);
    }
    for (size_t v = 0; v < N; v++) sums[v] = total(even[v], odd[v]);
}

// Q4_K: half scale and minimum, 12 bytes of eight 6-bit scales and minima, 128 bytes: of each 32 bytes the low nibbles
// are one group of 32 numbers and the high nibbles the next.
static inline __attribute__((always_inline)) void q4_K_rows(const uint8_t *row, const float *x, float *sums,
                                                            size_t columns, const size_t N) {
    const __m128i mask = _mm_set1_epi8(15);
    __m256 even[4], odd[4];
    for (size_t v = 0; v < N; v++) even[v] = odd[v] = _mm256_setzero_ps();
    for (size_t i = 0; i < columns; i += 256, row += 144) {
        const float scale = half_at(row), minimum = half_at(row + 2);
        const uint8_t *codes = row + 4, *packed = row + 16;
        for (size_t group = 0; group < 8; group++) {
            const uint8_t s = group < 4 ? codes[group] & 63 : (codes[group + 4] & 15) | ((codes[group - 4] >> 6) << 4);
            const uint8_t m =
                group < 4 ? codes[group + 4] & 63 : (codes[group + 4] >> 4) | ((codes[group] >> 6) << 4);
            const __m256 d = _mm256_set1_ps(scale * s), offset = _mm256_set1_ps(-minimum * m);
            const uint8_t *bytes = packed + group / 2 * 32;
            for (size_t part = 0; part < 32; part += 16) {
                __m128i q = _mm_loadu_si128((const __m128i *)(bytes + part));
                q = _mm_and_si128(group % 2 ? _mm_srli_epi16(q, 4) : q, mask);
                const __m256 w0 = _mm256_fmadd_ps(d, bytes_to_floats(q), offset);
                const __m256 w1 = _mm256_fmadd_ps(d, bytes_to_floats(_mm_srli_si128(q, 8)), offset);
                ACCUMULATE(even, w0, i + group * 32 + part);
                ACCUMULATE(odd, w1, i + group * 32 + part + 8);
            }
        }
    }
    for (size_t v = 0; v < N; v++) sums[v] = total(even[v], odd[v]);
}

// Q6_K: 128 bytes of low nibbles, 64 bytes of high bit pairs, 16 signed scales, half scale. Of each half of 128 numbers,
// group g of 32 takes nibbles (g / 2) of bytes 32 (g % 2) ..., and bits 2 g of the pairs' bytes; less 32.
static inline __attribute__((always_inline)) void q6_K_rows(const uint8_t *row, const float *x, float *sums,
                                                            size_t columns, const size_t N) {
    const __m128i nibble = _mm_set1_epi8(15), pair = _mm_set1_epi8(3), middle = _mm_set1_epi8(32);
    __m256 even[4], odd[4];
    for (size_t v = 0; v < N; v++) even[v] = odd[v] = _mm256_setzero_ps();
    for (size_t i = 0; i < columns; i += 256, row += 210) {
        const float scale = half_at(row + 208);
        const int8_t *scales = (const int8_t *)(row + 192);
        for (size_t half = 0; half < 2; half++) {
            for (size_t group = 0; group < 4; group++) {
                for (size_t part = 0; part < 32; part += 16) {
                    __m128i low = _mm_loadu_si128((const __m128i *)(row + half * 64 + group % 2 * 32 + part));
                    __m128i high = _mm_loadu_si128((const __m128i *)(row + 128 + half * 32 + part));
                    low = _mm_and_si128(group >= 2 ? _mm_srli_epi16(low, 4) : low, nibble);
                    high = _mm_and_si128(_mm_srli_epi16(high, (int)(2 * group)), pair);
                    const __m128i q = _mm_sub_epi8(_mm_or_si128(low, _mm_slli_epi16(high, 4)), middle);
                    const __m256 d = _mm256_set1_ps(scale * scales[half * 8 + group * 2 + part / 16]);
                    const size_t at = i + half * 128 + group * 32 + part;
                    const __m256 w0 = _mm256_mul_ps(d, bytes_to_floats(q));
                    const __m256 w1 = _mm256_mul_ps(d, bytes_to_floats(_mm_srli_si128(q, 8)));
                    ACCUMULATE(even, w0, at);
                    ACCUMULATE(odd, w1, at + 8);
                }
            }
        }
    }
    for (size_t v = 0; v < N; v++) sums[v] = total(even[v], odd[v]);
}

#define BY_COUNT(name)                                                                                      \
    static void name##_count(const uint8_t *row, const float *x, float *sums, size_t columns, size_t count) {  \
        switch (count) {                                                                                       \
        case 1: return name(row, x, sums, columns, 1);                                                         \
        case 2: return name(row, x, sums, columns, 2);                                                         \
        case 3: return name(row, x, sums, columns, 3);                                                         \
        default: return name(row, x, sums, columns, 4);                                                        \
        }                                                                                                      \
    }
BY_COUNT(f16_rows)
BY_COUNT(bf16_rows)
BY_COUNT(q8_0_rows)
BY_COUNT(q4_0_rows)
BY_COUNT(q4_K_rows)
BY_COUNT(q6_K_rows)

#pragma clang attribute pop

int retort_can_multiply_stored_rows(uint32_t type) {
    switch (type) {
    case TYPE_F16: case TYPE_BF16: case TYPE_Q8_0: case TYPE_Q4_0: case TYPE_Q4_K: case TYPE_Q6_K: break;
    default: return 0;
    }
    return retort_instruction_set() >= RETORT_AVX2;
}

void retort_multiply_stored_row(uint32_t type, const void *row, const float *x, float *sums, size_t columns,
                                size_t count) {
    switch (type) {
    case TYPE_F16: return f16_rows_count(row, x, sums, columns, count);
    case TYPE_BF16: return bf16_rows_count(row, x, sums, columns, count);
    case TYPE_Q8_0: return q8_0_rows_count(row, x, sums, columns, count);
    case TYPE_Q4_0: return q4_0_rows_count(row, x, sums, columns, count);
    case TYPE_Q4_K: return q4_K_rows_count(row, x, sums, columns, count);
    case TYPE_Q6_K: return q6_K_rows_count(row, x, sums, columns, count);
    }
}

#else

int retort_can_multiply_stored_rows(uint32_t type) {
    (void)type;
    return 0;
}

void retort_multiply_stored_row(uint32_t type, const void *row, const float *x, float *sums, size_t columns,
                                size_t count) {
    (void)type, (void)row, (void)x, (void)columns;
    memset(sums, 0, count * sizeof *sums);
}

#endif
