#pragma once
#include <stddef.h>
#include <stdint.h>

// Encoding of float32 rows into ggml blocks, byte for byte as ggml's reference (`ggml-quants.c`, MIT) does it when it is
// built without fused multiply-add: one rounding per operation, in the reference's order.

/// An encoder of one type: `count` elements of one row, a multiple of the type's block length, all finite.
/// `importance` weighs the row's columns (`count` of them), or is null.
typedef void (*rt_encoder)(const float *row, void *blocks, size_t count, const float *importance);

/// The encoder of a ggml type (`enum ggml_type`) for the instruction set of this machine; null for types without one.
rt_encoder rt_encoder_of(uint32_t ggml_type);

/// The portable encoder of a ggml type, whatever the machine: for tests.
rt_encoder rt_portable_encoder_of(uint32_t ggml_type);

/// The index of the first element that is infinite or not a number, or `count`.
size_t rt_first_not_finite(const float *values, size_t count);
