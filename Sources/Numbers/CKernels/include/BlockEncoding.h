#pragma once
#include <stddef.h>
#include <stdint.h>

// Encoding of float32 rows into ggml blocks, byte for byte as ggml's reference (`ggml-quants.c`, MIT) does it when it is
// built without fused multiply-add: one rounding per operation, in the reference's order.

/// An encoder of one type: `count` elements of one row, a multiple of the type's block length, all finite.
/// `importance` weighs the row's columns (`count` of them), or is null.
typedef void (*retort_encoder)(const float *row, void *blocks, size_t count, const float *importance);

/// The encoder of a type of BlockTypes.h; null for types without one.
retort_encoder retort_encoder_of(uint32_t type);

/// That of an instruction set of InstructionSet.h that the CPU has: for tests.
retort_encoder retort_encoder_of_set(int set, uint32_t type);

/// The instruction set that the chosen ones are compiled for.
int retort_encoder_set(void);

/// The index of the first element that is infinite or not a number, or `count`.
size_t retort_first_not_finite(const float *values, size_t count);
