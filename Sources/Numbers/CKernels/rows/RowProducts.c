#include "RowProducts.h"

#include "dispatch/Kernels.h"
#include "dispatch/Targets.h"

#if defined(__x86_64__)
BEGIN_AVX512
#define ELEMENT float
#define VECTOR __m512
#define LOAD(place) _mm512_loadu_ps(place)
#define LOAD_SOME(mask, place) _mm512_maskz_loadu_ps(mask, place)
#define SPREAD(value) _mm512_set1_ps(value)
#define ADD_PRODUCT(sum, left, right) _mm512_fmadd_ps(left, right, sum)
#include "RowProductBody.h"
END_TARGET

const struct retort_row_kernels retort_rows_avx512 = {product};
#endif

int retort_has_row_product(void) { return retort_chosen_kernels->rows != 0; }

void retort_row_product(size_t m, size_t n, size_t k, const float *a, size_t a_row, size_t a_column, const float *b,
                        size_t b_row, float *c, size_t c_row, float scale, int keep) {
    retort_chosen_kernels->rows->product(m, n, k, a, a_row, a_column, b, b_row, c, c_row, scale, keep);
}

void retort_transpose(const float *x, size_t rows, size_t columns, size_t x_row, float *y, size_t y_row) {
    // Squares of 16 by 16: both sides stay within a few cache lines.
    for (size_t top = 0; top < rows; top += 16)
        for (size_t left = 0; left < columns; left += 16) {
            size_t height = rows - top < 16 ? rows - top : 16, width = columns - left < 16 ? columns - left : 16;
            if (height == 16 && width == 16) {
                for (size_t j = 0; j < 16; j++)
                    for (size_t i = 0; i < 16; i++) y[(left + j) * y_row + top + i] = x[(top + i) * x_row + left + j];
            } else {
                for (size_t j = 0; j < width; j++)
                    for (size_t i = 0; i < height; i++)
                        y[(left + j) * y_row + top + i] = x[(top + i) * x_row + left + j];
            }
        }
}
