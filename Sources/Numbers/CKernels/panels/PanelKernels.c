#include "PanelKernels.h"

#include "BlockDecoding.h"
#include "dispatch/Kernels.h"
#include "dispatch/Targets.h"

#include <string.h>

#define NAME(x) x##_portable
#define LANES 4
#define WIDE 2
#define ROWS 4
#include "PanelBody.h"

#if defined(__x86_64__)
BEGIN_AVX2
#define TURN_AVX2
#include "PanelTurning.h"
#undef TURN_AVX2
#define TURN avx2_turn
#define NAME(x) x##_avx2
#define LANES 8
#define WIDE 2
#define ROWS 4
#include "PanelBody.h"
END_TARGET

BEGIN_AVX512
#define TURN_AVX512
#include "PanelTurning.h"
#undef TURN_AVX512
#define TURN avx512_turn
#define NAME(x) x##_avx512
#define LANES 16
#define WIDE 4
#define ROWS 6
#include "PanelBody.h"
END_TARGET

// Decoded values must be those of BlockDecoding.c.
#pragma STDC FP_CONTRACT OFF
BEGIN_AVX512_BF16
#define NAME(x) x##_avx512bf16
#define HALF(bits) half_avx2(bits)
#define IS_AVX2 1
#include "blocks/BlockLayouts.h"
#include "PanelBrainFloat.h"
#include "PanelDecoding.h"
END_TARGET

const struct retort_panel_kernels retort_panels_avx512bf16 = {
    2, 6, 0, avx512bf16_rows, avx512bf16_round, avx512_turn, avx512bf16_decoder, avx512bf16_interleave_rows};
#endif

static const struct retort_panel_kernels *kernels_of(int which) {
    const struct retort_kernels *kernels = retort_kernels_of(which & ~RETORT_PANEL_FULL);
    return which & RETORT_PANEL_FULL ? kernels->full_panels : kernels->panels;
}

size_t retort_panel_inputs_per_dword(int which) { return kernels_of(which)->inputs_per_dword; }

size_t retort_panel_steps(int which, size_t inputs) {
    const size_t share = kernels_of(which)->inputs_per_dword;
    return (inputs + share - 1) / share;
}

void retort_panel_round(int which, const float *x, uint32_t *dwords, size_t inputs) {
    kernels_of(which)->round(x, dwords, inputs);
}

enum { CHUNK = 256 };

// At most CHUNK elements of one row, from any type.
static void decode(const struct retort_panel_kernels *kernels, panel_decoder direct, retort_decoder decoder,
                   const void *blocks, uint32_t *dwords, size_t count) {
    if (direct) return direct(blocks, dwords, count);
    if (kernels->is_full) return decoder(blocks, (float *)dwords, count);
    float values[CHUNK] __attribute__((aligned(64)));
    decoder(blocks, values, count);
    kernels->round(values, dwords, count);
}

// Rows are far apart and read a few hundred bytes at a time: too little for the CPU to foresee.
INLINE void prefetch(const char *bytes, size_t count) {
    for (size_t i = 0; i < count; i += 64) __builtin_prefetch(bytes + i);
}
enum { ROWS_AHEAD = 16 };

void retort_panel_pack_rows(int which, struct retort_panel_source source, size_t rows, size_t inputs, uint32_t *panel) {
    const struct retort_panel_kernels *kernels = kernels_of(which);
    const panel_decoder direct = kernels->decoder_of ? kernels->decoder_of(source.type) : 0;
    const retort_decoder decoder = retort_decoder_of(source.type);
    // 16 rows at a time, which stay in the first-level cache until they are turned.
    uint32_t decoded[16 * CHUNK] __attribute__((aligned(64)));
    for (size_t first = 0; first < inputs; first += CHUNK) {
        const size_t part = inputs - first < CHUNK ? inputs - first : CHUNK;
        const size_t steps = (part + kernels->inputs_per_dword - 1) / kernels->inputs_per_dword;
        for (size_t r = 0; r < ROWS_AHEAD && r < rows; r++)
            prefetch((const char *)source.blocks + r * source.row_bytes + first / CHUNK * source.chunk_bytes,
                     source.chunk_bytes);
        uint32_t *target = panel + first / kernels->inputs_per_dword * RETORT_PANEL_WIDTH;
        for (size_t group = 0; group < RETORT_PANEL_WIDTH; group += 16, target += 16) {
            for (size_t r = 0; r < 16; r++) {
                uint32_t *row = decoded + r * CHUNK;
                if (group + r >= rows) {
                    memset(row, 0, steps * sizeof *row);
                    continue;
                }
                const char *blocks =
                    (const char *)source.blocks + (group + r) * source.row_bytes + first / CHUNK * source.chunk_bytes;
                if (group + r + ROWS_AHEAD < rows) prefetch(blocks + ROWS_AHEAD * source.row_bytes, source.chunk_bytes);
                decode(kernels, direct, decoder, blocks, row, part);
            }
            kernels->turn(decoded, CHUNK, steps, target);
        }
    }
}

void retort_panel_pack_columns(int which, struct retort_panel_source source, size_t rows, size_t columns,
                              uint32_t *panels) {
    const struct retort_panel_kernels *kernels = kernels_of(which);
    const panel_decoder direct = kernels->decoder_of ? kernels->decoder_of(source.type) : 0;
    const retort_decoder decoder = retort_decoder_of(source.type);
    const size_t count = (columns + RETORT_PANEL_WIDTH - 1) / RETORT_PANEL_WIDTH;
    const size_t size = retort_panel_steps(which, rows) * RETORT_PANEL_WIDTH;
    // Columns beyond the last stay zero.
    uint32_t even[CHUNK] __attribute__((aligned(64))) = {0}, odd[CHUNK] __attribute__((aligned(64))) = {0};
    const char *blocks = source.blocks;
    const size_t part_bytes = source.chunk_bytes * columns / CHUNK;
    if (kernels->inputs_per_dword == 1) {
        for (size_t r = 0; r < rows; r++, blocks += source.row_bytes) {
            if (r + ROWS_AHEAD < rows) prefetch(blocks + ROWS_AHEAD * source.row_bytes, part_bytes);
            decode(kernels, direct, decoder, blocks, even, columns);
            for (size_t i = 0; i < count; i++)
                memcpy(panels + i * size + r * RETORT_PANEL_WIDTH, even + i * RETORT_PANEL_WIDTH,
                       RETORT_PANEL_WIDTH * sizeof *panels);
        }
        return;
    }
    for (size_t r = 0; r < rows; r += 2, blocks += 2 * source.row_bytes) {
        if (r + ROWS_AHEAD + 1 < rows) {
            prefetch(blocks + ROWS_AHEAD * source.row_bytes, part_bytes);
            prefetch(blocks + (ROWS_AHEAD + 1) * source.row_bytes, part_bytes);
        }
        decode(kernels, direct, decoder, blocks, even, columns);
        if (r + 1 < rows) {
            decode(kernels, direct, decoder, blocks + source.row_bytes, odd, columns);
        } else {
            memset(odd, 0, sizeof odd);
        }
        kernels->interleave((const uint16_t *)even, (const uint16_t *)odd, count, size,
                            panels + r / 2 * RETORT_PANEL_WIDTH);
    }
}

void retort_panel_multiply(int which, const uint32_t *x, size_t x_stride, size_t count, const uint32_t *panel,
                          size_t steps, float *y, size_t y_stride, size_t columns, int accumulate) {
    const struct retort_panel_kernels *kernels = kernels_of(which);
    const size_t most = kernels->rows_at_a_time;
    for (size_t first = 0; first < count; first += most) {
        const size_t rows = count - first < most ? count - first : most;
        kernels->rows(x + first * x_stride, x_stride, rows, panel, steps, y + first * y_stride, y_stride, columns,
                      accumulate);
    }
}
