#pragma once
#include <stddef.h>
#include <stdint.h>

// Decoding of ggml blocks to float32, every type bit for bit as ggml's reference (`ggml-quants.c`, MIT) does it: one
// rounding per operation, in the reference's order. `count` is in elements, a multiple of the type's block length;
// `blocks` may have any alignment.

/// A decoder of one type.
typedef void (*retort_decoder)(const void *blocks, float *out, size_t count);

/// The decoder of a type of BlockTypes.h; null for types without one.
retort_decoder retort_decoder_of(uint32_t type);

/// That of an instruction set of InstructionSet.h that the CPU has: for tests.
retort_decoder retort_decoder_of_set(int set, uint32_t type);
