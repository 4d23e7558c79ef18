#pragma once
#include <stddef.h>
#include <stdint.h>

/// The most vectors that a `retort_stored_row` takes at once.
#define RETORT_STORED_ROW_VECTORS 4

/// sums[v] = the dot product of one stored row of `columns` numbers with x[v, :], for `count` vectors, 1 to 4, that lie
/// `columns` floats apart. The row is decoded in registers, so that memory is read once and nothing is written.
/// A vector's sum depends neither on `count` nor on the other vectors.
typedef void (*retort_stored_row)(const void *row, const float *x, float *sums, size_t columns, size_t count);

/// The product for rows of a type of BlockTypes.h; null where they cannot be multiplied as they are.
retort_stored_row retort_stored_row_of(uint32_t type);
