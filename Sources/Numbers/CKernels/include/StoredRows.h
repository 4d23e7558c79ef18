#pragma once
#include <stddef.h>
#include <stdint.h>

/// The most vectors that `retort_multiply_stored_row` takes at once.
#define RETORT_STORED_ROW_VECTORS 4

/// Whether rows of this ggml type can be multiplied as they are on this machine.
int retort_can_multiply_stored_rows(uint32_t type);

/// sums[v] = the dot product of one stored row of `columns` numbers with x[v, :], for `count` vectors, 1 to 4, that lie
/// `columns` floats apart. The row is decoded in registers, so that memory is read once and nothing is written.
/// A vector's sum depends neither on `count` nor on the other vectors.
void retort_multiply_stored_row(uint32_t type, const void *row, const float *x, float *sums, size_t columns,
                                size_t count);
