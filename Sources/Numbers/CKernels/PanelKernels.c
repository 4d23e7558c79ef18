#include "PanelKernels.h"

#include "BlockDecoding.h"
#include "InstructionSet.h"

#include <string.h>

// Decoded values must be those of BlockDecoding.c.
#pragma STDC FP_CONTRACT OFF

struct panel_kernels {
    size_t inputs_per_dword;
    size_t rows_at_a_time;
    // Whether operands stay what they are instead of being rounded.
    int is_full;
    // At most that many rows of x times a panel.
    void (*rows)(const uint32_t *, size_t, size_t, const uint32_t *, size_t, float *, size_t, size_t, int);
    void (*round)(const float *, uint32_t *, size_t);
    // 16 rows of dwords to 16 columns of a panel.
    void (*turn)(const uint32_t *, size_t, size_t, uint32_t *);
};

// The sums are meant to use fused multiply-add where there is one.
#pragma STDC FP_CONTRACT ON

#define NAME(x) portable_##x
#define LANES 4
#define WIDE 2
#define ROWS 4
#include "PanelBody.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define TURN_AVX2
#include "PanelTurning.h"
#undef TURN_AVX2
#define TURN avx2_turn
#define NAME(x) avx2_##x
#define LANES 8
#define WIDE 2
#define ROWS 4
#include "PanelBody.h"
#pragma clang attribute pop

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma,f16c"))), apply_to = function)
#define TURN_AVX512
#include "PanelTurning.h"
#undef TURN_AVX512
#define TURN avx512_turn
#define NAME(x) avx512_##x
#define LANES 16
#define WIDE 4
#define ROWS 6
#include "PanelBody.h"
#pragma clang attribute pop

#pragma STDC FP_CONTRACT OFF
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,fma,f16c"))), apply_to = function)
#include "PanelBrainFloat.h"
#include "PanelDecoding.h"
#pragma clang attribute pop

static const struct panel_kernels avx512bf16_panel_table = {2, 6, 0, avx512bf16_rows, avx512bf16_round, avx512_turn};
#endif

static const struct panel_kernels *kernels_of(int kernels) {
    const int set = kernels & ~RETORT_PANEL_FULL;
    const int is_full = kernels != set;
#if defined(__x86_64__)
    if (set == RETORT_AVX2) return is_full ? &avx2_panel_full_table : &avx2_panel_table;
    if (set == RETORT_AVX512_BF16 && !is_full) return &avx512bf16_panel_table;
    if (set >= RETORT_AVX512) return is_full ? &avx512_panel_full_table : &avx512_panel_table;
#endif
    return is_full ? &portable_panel_full_table : &portable_panel_table;
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
static void decode(const struct panel_kernels *kernels, retort_panel_decoder direct, rt_decoder decoder,
                   const void *blocks, uint32_t *dwords, size_t count) {
    if (direct) return direct(blocks, dwords, count);
    if (kernels->is_full) return decoder(blocks, (float *)dwords, count);
    float values[CHUNK] __attribute__((aligned(64)));
    decoder(blocks, values, count);
    kernels->round(values, dwords, count);
}

// Rows are far apart and read a few hundred bytes at a time: too little for the CPU to foresee.
static inline void prefetch(const char *bytes, size_t count) {
    for (size_t i = 0; i < count; i += 64) __builtin_prefetch(bytes + i);
}
enum { ROWS_AHEAD = 16 };

static retort_panel_decoder direct_decoder(int which, uint32_t ggml_type) {
#if defined(__x86_64__)
    if (which == RETORT_AVX512_BF16) return avx512bf16_decoder_of(ggml_type);
#endif
    return 0;
}

void retort_panel_pack_rows(int which, struct retort_panel_source source, size_t rows, size_t inputs, uint32_t *panel) {
    const struct panel_kernels *kernels = kernels_of(which);
    const retort_panel_decoder direct = direct_decoder(which, source.ggml_type);
    const rt_decoder decoder = rt_decoder_of(source.ggml_type);
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
    const struct panel_kernels *kernels = kernels_of(which);
    const retort_panel_decoder direct = direct_decoder(which, source.ggml_type);
    const rt_decoder decoder = rt_decoder_of(source.ggml_type);
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
#if defined(__x86_64__)
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
        avx512bf16_interleave_rows((const uint16_t *)even, (const uint16_t *)odd, count, size,
                                   panels + r / 2 * RETORT_PANEL_WIDTH);
    }
#endif
}

void retort_panel_multiply(int which, const uint32_t *x, size_t x_stride, size_t count, const uint32_t *panel,
                          size_t steps, float *y, size_t y_stride, size_t columns, int accumulate) {
    const struct panel_kernels *kernels = kernels_of(which);
    const size_t most = kernels->rows_at_a_time;
    for (size_t first = 0; first < count; first += most) {
        const size_t rows = count - first < most ? count - first : most;
        kernels->rows(x + first * x_stride, x_stride, rows, panel, steps, y + first * y_stride, y_stride, columns,
                      accumulate);
    }
}
