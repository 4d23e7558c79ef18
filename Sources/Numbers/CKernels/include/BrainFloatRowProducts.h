#pragma once
#include <stddef.h>
#include <stdint.h>

// `retort_row_product` over operands rounded to bfloat16, two to a dword along the sum, summed in float32: one
// instruction multiplies 32. For CPUs with AVX-512 BF16 where `RETORT_KERNELS` does not forbid it.

/// Whether the functions below may be called.
int retort_has_bf16_row_product(void);

/// c[i, j] = scale * sum over p of a[i * a_row + p * a_step] · b[p * b_row + j] + (keep ? c[i, j] : 0), for i < m,
/// j < n, p < steps, where · multiplies the two pairs of a dword and adds. Strides of a and b count dwords.
void retort_bf16_row_product(size_t m, size_t n, size_t steps, const uint32_t *a, size_t a_row, size_t a_step,
                             const uint32_t *b, size_t b_row, float *c, size_t c_row, float scale, int keep);

/// Pairs of neighbors in every row: y[r, i] = (x[r, 2i], x[r, 2i + 1]), the last filled up with zero.
void retort_bf16_pair_neighbors(const float *x, size_t rows, size_t columns, size_t x_row, uint32_t *y, size_t y_row);

/// Pairs of neighboring rows: y[r, i] = (x[2r, i], x[2r + 1, i]), the last filled up with zeros.
void retort_bf16_pair_rows(const float *x, size_t rows, size_t columns, size_t x_row, uint32_t *y, size_t y_row);
