#pragma once
#include <stddef.h>

// Float32 products of which every element is one sum in a fixed order: it depends neither on how many rows or columns are
// computed with it, nor on where the sum is cut. Attention over keys and values that lie in pieces, and updates of low
// rank, are computed with them, so that an answer is the same to the last bit whatever of its prompt was known before.

/// c[i][j] = scale * dot(a[i], b[j]) over k elements, for m rows of a and n rows of b; rows lie `*_row` floats apart.
void retort_ordered_dots(size_t m, size_t n, size_t k, const float *a, size_t a_row, const float *b, size_t b_row,
                         float *c, size_t c_row, float scale);

/// c[i][j] = (keep ? c[i][j] : 0) + a[i][0] b[0][j] + a[i][1] b[1][j] + ... in this order, for m rows of a with k elements
/// and k rows of b with n.
void retort_ordered_sums(size_t m, size_t n, size_t k, const float *a, size_t a_row, const float *b, size_t b_row,
                         float *c, size_t c_row, int keep);
