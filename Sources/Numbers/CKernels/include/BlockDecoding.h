#pragma once
#include <stddef.h>
#include <stdint.h>

// Decoding of ggml blocks to float32, every type bit for bit as ggml's reference (`ggml-quants.c`, MIT) does it: one
// rounding per operation, in the reference's order. `count` is in elements, a multiple of the type's block length;
// `blocks` may have any alignment.

/// A decoder of one type.
typedef void (*rt_decoder)(const void *blocks, float *out, size_t count);

/// The decoder of a ggml type (`enum ggml_type`) for the instruction set of this machine; null for types without one.
rt_decoder rt_decoder_of(uint32_t ggml_type);

/// The portable decoder of a ggml type, whatever the machine: for tests.
rt_decoder rt_portable_decoder_of(uint32_t ggml_type);
