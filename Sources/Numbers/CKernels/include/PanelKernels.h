#pragma once
#include <stddef.h>
#include <stdint.h>

// Products of operands rounded to bfloat16, or left in float32, summed in float32 over panels of 64 outputs.
//
// The left side is rows x[count][steps] of dwords. The right side is a panel: for every step the dwords of 64 outputs
// one after the other. With AVX-512 BF16 a dword is a pair of neighbouring inputs, and two products and their sum are
// one instruction. Elsewhere a dword is one input, a float32 whose value has been rounded to bfloat16, so that a
// panel is read with no work to widen it. Sums run over the steps in order, whatever the number of rows.
// `Documentation/Decisions/0005-products-in-bfloat16.md` has the reasons and the figures.

enum { RETORT_PANEL_WIDTH = 64 };

/// Added to an instruction set of InstructionSet.h: operands stay float32. `which` below is such a sum, of a set that the
/// CPU has.
enum { RETORT_PANEL_FULL = 16 };

/// Weights as they lie in a file.
struct retort_panel_source {
    /// Of BlockTypes.h.
    uint32_t type;
    const void *blocks;
    /// From one row to the next.
    size_t row_bytes;
    /// Of 256 elements of a row.
    size_t chunk_bytes;
};

/// How many inputs share a dword: 2 or 1.
size_t retort_panel_inputs_per_dword(int which);
/// How many dwords a row of `inputs` takes.
size_t retort_panel_steps(int which, size_t inputs);

/// Rounds a row of x to nearest even, into its dwords, or copies it. NaN stays NaN.
void retort_panel_round(int which, const float *x, uint32_t *dwords, size_t inputs);

/// Packs `rows` (at most 64) rows of weights as outputs, the sum running over `inputs` elements from the source's
/// first: panel[steps][64]. Outputs that are not there are zero.
void retort_panel_pack_rows(int which, struct retort_panel_source source, size_t rows, size_t inputs, uint32_t *panel);

/// Packs `columns` (at most 256) columns of weights as outputs, the sum running over `rows` rows:
/// panels[(columns + 63) / 64][steps][64].
void retort_panel_pack_columns(int which, struct retort_panel_source source, size_t rows, size_t columns,
                              uint32_t *panels);

/// y[r, 0 ..< columns] (+)= x[r] times the panel, for r in 0 ..< count; `columns` is at most 64. Rows of x are
/// `x_stride` dwords apart, rows of y `y_stride` floats.
void retort_panel_multiply(int which, const uint32_t *x, size_t x_stride, size_t count, const uint32_t *panel,
                          size_t steps, float *y, size_t y_stride, size_t columns, int accumulate);
