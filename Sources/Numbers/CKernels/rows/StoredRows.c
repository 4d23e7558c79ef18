#include "StoredRows.h"

#include "BlockTypes.h"
#include "dispatch/Kernels.h"
#include "dispatch/Targets.h"

// Rows of the types that are served most, times a few float32 vectors. Decoding a tile to memory and reading it again
// costs more than the product itself when only one token is computed; here a block's numbers go from the stored form
// through registers into the sums. Only for x86 with AVX2, FMA and F16C; elsewhere the caller decodes tiles.
//
// Each kernel keeps two sums a vector, over alternate groups of eight numbers, whatever the number of vectors.

#if defined(__x86_64__)
BEGIN_AVX2
#define NAME(x) x##_avx2
#define HALF(bits) half_avx2(bits)
#define IS_AVX2 1
#include "blocks/BlockLayouts.h"

/// The sums of N vectors, over even groups of eight numbers and over odd ones.
struct sums {
    __m256 even[RETORT_STORED_ROW_VECTORS], odd[RETORT_STORED_ROW_VECTORS];
};

INLINE void clear(struct sums *sums, size_t N) {
    for (size_t v = 0; v < N; v++) sums->even[v] = sums->odd[v] = _mm256_setzero_ps();
}

/// Adds numbers times x[v, 0 ..< 8] to the sums of every vector.
INLINE void add(__m256 numbers, const float *x, size_t columns, __m256 *sums, size_t N) {
    for (size_t v = 0; v < N; v++) sums[v] = _mm256_fmadd_ps(numbers, _mm256_loadu_ps(x + v * columns), sums[v]);
}

INLINE void store(const struct sums *sums, float *totals, size_t N) {
    for (size_t v = 0; v < N; v++) {
        const __m256 all = _mm256_add_ps(sums->even[v], sums->odd[v]);
        __m128 half = _mm_add_ps(_mm256_castps256_ps128(all), _mm256_extractf128_ps(all, 1));
        half = _mm_add_ps(half, _mm_movehl_ps(half, half));
        totals[v] = _mm_cvtss_f32(_mm_add_ss(half, _mm_shuffle_ps(half, half, 1)));
    }
}

INLINE __m256 numbers_of_f16(const uint8_t *p) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)); }
INLINE float number_of_f16(const uint8_t *p) { return half_avx2(load16(p)); }

INLINE __m256 numbers_of_bf16(const uint8_t *p) {
    const __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)p));
    return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
}
INLINE float number_of_bf16(const uint8_t *p) { return bits_to_float((uint32_t)load16(p) << 16); }

/// Rows of numbers of two bytes.
#define PLAIN_ROW(name)                                                                                    \
    INLINE void name##_row(const uint8_t *row, const float *x, float *totals, size_t columns, size_t N) {  \
        struct sums sums;                                                                                  \
        clear(&sums, N);                                                                                   \
        size_t i = 0;                                                                                      \
        for (; i + 16 <= columns; i += 16) {                                                               \
            add(numbers_of_##name(row + 2 * i), x + i, columns, sums.even, N);                             \
            add(numbers_of_##name(row + 2 * i + 16), x + i + 8, columns, sums.odd, N);                     \
        }                                                                                                  \
        store(&sums, totals, N);                                                                           \
        for (; i < columns; i++)                                                                           \
            for (size_t v = 0; v < N; v++) totals[v] += number_of_##name(row + 2 * i) * x[v * columns + i]; \
    }

/// Rows of blocks.
#define BLOCK_ROW(name)                                                                                    \
    INLINE void name##_row(const uint8_t *row, const float *x, float *totals, size_t columns, size_t N) {  \
        struct sums sums;                                                                                  \
        clear(&sums, N);                                                                                   \
        for (size_t i = 0; i < columns; i += name##_length, row += name##_size) {                          \
            UNROLLED (int g = 0; g < name##_length / 32; g++, x += 32) {                                   \
                struct block_group group;                                                                  \
                NAME(read_##name)(row, g, &group);                                                         \
                UNROLLED (int part = 0; part < 4; part++)                                                  \
                    add((__m256)NAME(numbers)(&group, part, name##_has_minimum), x + 8 * part, columns,    \
                        part % 2 ? sums.odd : sums.even, N);                                               \
            }                                                                                              \
        }                                                                                                  \
        store(&sums, totals, N);                                                                           \
    }

#define BY_COUNT(name)                                                                                     \
    static void name##_count(const void *row, const float *x, float *sums, size_t columns, size_t count) { \
        switch (count) {                                                                                   \
        case 1: return name##_row(row, x, sums, columns, 1);                                               \
        case 2: return name##_row(row, x, sums, columns, 2);                                               \
        case 3: return name##_row(row, x, sums, columns, 3);                                               \
        default: return name##_row(row, x, sums, columns, 4);                                              \
        }                                                                                                  \
    }

PLAIN_ROW(f16)
PLAIN_ROW(bf16)
BLOCK_ROW(q8_0)
BLOCK_ROW(q4_0)
BLOCK_ROW(q4_K)
BLOCK_ROW(q6_K)
BY_COUNT(f16)
BY_COUNT(bf16)
BY_COUNT(q8_0)
BY_COUNT(q4_0)
BY_COUNT(q4_K)
BY_COUNT(q6_K)

static retort_stored_row stored_row(uint32_t type) {
    switch (type) {
    case RETORT_F16: return f16_count;
    case RETORT_BF16: return bf16_count;
    case RETORT_Q8_0: return q8_0_count;
    case RETORT_Q4_0: return q4_0_count;
    case RETORT_Q4_K: return q4_K_count;
    case RETORT_Q6_K: return q6_K_count;
    default: return 0;
    }
}
END_TARGET

const struct retort_stored_rows retort_stored_rows_avx2 = {stored_row};
#endif

retort_stored_row retort_stored_row_of(uint32_t type) {
    const struct retort_stored_rows *rows = retort_chosen_kernels->stored_rows;
    return rows ? rows->of(type) : 0;
}
