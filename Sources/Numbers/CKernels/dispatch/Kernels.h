#pragma once
#include "BlockDecoding.h"
#include "BlockEncoding.h"
#include "InstructionSet.h"
#include "StoredRows.h"

#include <stddef.h>
#include <stdint.h>

// The kernels of an instruction set, in groups: each folder defines its groups, `Kernels.c` puts them together. The
// headers in `include` say what the functions do.

struct retort_elementwise_kernels {
    /// The instruction set that they are compiled for.
    int set;
    void (*rms_norm)(const float *, const float *, float *, float *, size_t, size_t, float);
    void (*rms_norm_backward)(const float *, const float *, const float *, const float *, float *, size_t, size_t, int);
    void (*rms_norm_weight_gradient)(const float *, const float *, const float *, float *, size_t, size_t);
    void (*rope)(float *, size_t, size_t, size_t, size_t, size_t, const int32_t *, const float *, const float *, int,
                 float);
    float (*softmax)(float *, size_t);
    float (*log_sum_exp)(const float *, size_t);
    void (*soft_cap)(float *, size_t, float);
    void (*gated)(const float *, const float *, float *, size_t, int);
    void (*gated_backward)(const float *, const float *, const float *, float *, float *, size_t, int);
    void (*axpy)(float, const float *, float *, size_t);
    void (*scale)(float, const float *, float *, size_t);
    float (*dot)(const float *, const float *, size_t);
    void (*softmax_gradient)(float *, float *, size_t, float, float, float);
    void (*adamw)(float *, float *, float *, const float *, size_t, float, float, float, float, float, float, float,
                  float);
    double (*sum_of_squares)(const float *, size_t);
    void (*exp_weighted)(const float *, float *, size_t, float, float);
    float (*maximum)(const float *, size_t);
};

struct retort_ordered_kernels {
    void (*dots)(size_t, size_t, size_t, const float *, size_t, const float *, size_t, float *, size_t, float);
    void (*sums)(size_t, size_t, size_t, const float *, size_t, const float *, size_t, float *, size_t, int);
};

struct retort_row_kernels {
    void (*product)(size_t, size_t, size_t, const float *, size_t, size_t, const float *, size_t, float *, size_t, float,
                    int);
};

struct retort_bf16_row_kernels {
    void (*product)(size_t, size_t, size_t, const uint32_t *, size_t, size_t, const uint32_t *, size_t, float *, size_t,
                    float, int);
    void (*pair_neighbors)(const float *, size_t, size_t, size_t, uint32_t *, size_t);
    void (*pair_rows)(const float *, size_t, size_t, size_t, uint32_t *, size_t);
};

struct retort_decoders {
    retort_decoder (*of)(uint32_t type);
};

struct retort_encoders {
    /// The instruction set that they are compiled for.
    int set;
    retort_encoder (*of)(uint32_t type);
};

struct retort_stored_rows {
    retort_stored_row (*of)(uint32_t type);
};

/// `count` elements of one row (a multiple of the type's block length) to dwords, the last pair filled up with zero.
typedef void (*panel_decoder)(const void *blocks, uint32_t *dwords, size_t count);

struct retort_panel_kernels {
    size_t inputs_per_dword;
    size_t rows_at_a_time;
    /// Whether operands stay what they are instead of being rounded.
    int is_full;
    /// At most `rows_at_a_time` rows of x times a panel.
    void (*rows)(const uint32_t *, size_t, size_t, const uint32_t *, size_t, float *, size_t, size_t, int);
    void (*round)(const float *, uint32_t *, size_t);
    /// 16 rows of dwords to 16 columns of a panel.
    void (*turn)(const uint32_t *, size_t, size_t, uint32_t *);
    /// Null, or null for a type: blocks become floats first.
    panel_decoder (*decoder_of)(uint32_t type);
    /// Two rows of numbers to as many panels of pairs; null where a dword is one input.
    void (*interleave)(const uint16_t *, const uint16_t *, size_t, size_t, uint32_t *);
};

/// Groups are null where an instruction set has none: callers ask, and go another way.
struct retort_kernels {
    const struct retort_elementwise_kernels *elementwise;
    const struct retort_ordered_kernels *ordered;
    const struct retort_row_kernels *rows;
    const struct retort_bf16_row_kernels *bf16_rows;
    const struct retort_stored_rows *stored_rows;
    const struct retort_decoders *decoders;
    const struct retort_encoders *encoders;
    /// Of operands rounded to bfloat16, and of whole ones.
    const struct retort_panel_kernels *panels, *full_panels;
    double (*multiply_add)(size_t rounds);
};

/// Those of the chosen instruction set.
extern const struct retort_kernels *retort_chosen_kernels;

/// Those of an instruction set that the CPU has.
const struct retort_kernels *retort_kernels_of(int set);

// What the folders define.
extern const struct retort_elementwise_kernels retort_elementwise_portable, retort_elementwise_avx2,
    retort_elementwise_avx512;
extern const struct retort_ordered_kernels retort_ordered_portable, retort_ordered_avx2, retort_ordered_avx512;
extern const struct retort_row_kernels retort_rows_avx512;
extern const struct retort_bf16_row_kernels retort_bf16_rows_avx512bf16;
extern const struct retort_stored_rows retort_stored_rows_avx2;
extern const struct retort_decoders retort_decoders_portable, retort_decoders_avx2;
extern const struct retort_encoders retort_encoders_portable, retort_encoders_avx2;
extern const struct retort_panel_kernels retort_panels_portable, retort_panels_avx2, retort_panels_avx512,
    retort_panels_avx512bf16;
extern const struct retort_panel_kernels retort_full_panels_portable, retort_full_panels_avx2, retort_full_panels_avx512;
double retort_multiply_add_portable(size_t), retort_multiply_add_avx2(size_t), retort_multiply_add_avx512(size_t),
    retort_multiply_add_avx512bf16(size_t);
