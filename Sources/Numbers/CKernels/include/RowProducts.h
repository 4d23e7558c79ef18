#pragma once
#include <stddef.h>

// Float32 products whose right side has its rows side by side in memory: the small and the narrow ones of attention and
// of low-rank updates, for which a general BLAS packs more than it multiplies. AVX-512 only: where the CPU has none, or
// `RETORT_KERNELS` forbids it, the caller takes its BLAS.

/// Whether `retort_row_product` may be called.
int retort_has_row_product(void);

/// c[i, j] = scale * sum over p of a[i * a_row + p * a_column] * b[p * b_row + j] + (keep ? c[i, j] : 0),
/// for i < m, j < n, p < k; rows of c are `c_row` floats apart. On the calling thread.
/// Sums run in the order of p, in stretches of 128 that are added up in their order: a number depends on its row of a
/// and its column of b alone.
void retort_row_product(size_t m, size_t n, size_t k, const float *a, size_t a_row, size_t a_column, const float *b,
                        size_t b_row, float *c, size_t c_row, float scale, int keep);

/// y[j, i] = x[i, j] for i < rows, j < columns, with rows of x and y `x_row` and `y_row` floats apart.
void retort_transpose(const float *x, size_t rows, size_t columns, size_t x_row, float *y, size_t y_row);
