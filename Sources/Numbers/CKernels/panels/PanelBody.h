// The products of PanelKernels.h with one float32 to a dword, compiled once per instruction set: the including file
// defines NAME(x), LANES (floats in a register), WIDE (registers of outputs at a time) and ROWS (rows of x at a
// time, such that all sums stay in registers), and has set the target.

typedef float NAME(panel_vector) __attribute__((ext_vector_type(LANES)));
typedef float NAME(panel_loose) __attribute__((ext_vector_type(LANES), aligned(4)));

// `rows` (1 to ROWS, known when inlined) rows of x times WIDE registers of the panel.
INLINE void NAME(panel_block)(
    const float *x, size_t x_stride, const size_t rows, const float *panel, size_t steps, float *y, size_t y_stride,
    int accumulate) {
    NAME(panel_vector) sums[ROWS][WIDE];
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < WIDE; c++) sums[r][c] = (NAME(panel_vector))0.0f;
    for (size_t p = 0; p < steps; p++, panel += RETORT_PANEL_WIDTH) {
        NAME(panel_vector) right[WIDE];
        for (size_t c = 0; c < WIDE; c++) right[c] = *(const NAME(panel_loose) *)(panel + c * LANES);
        for (size_t r = 0; r < rows; r++) {
            NAME(panel_vector) left = (NAME(panel_vector))x[r * x_stride + p];
            for (size_t c = 0; c < WIDE; c++) sums[r][c] += left * right[c];
        }
    }
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < WIDE; c++) {
            NAME(panel_loose) *target = (NAME(panel_loose) *)(y + r * y_stride + c * LANES);
            *target = accumulate ? *target + sums[r][c] : sums[r][c];
        }
    }
}

static void NAME(panel_rows)(const uint32_t *left, size_t x_stride, size_t rows, const uint32_t *right, size_t steps,
                          float *y, size_t y_stride, size_t columns, int accumulate) {
    const float *x = (const float *)left;
    float part[ROWS * WIDE * LANES];
    for (size_t first = 0; first < columns; first += WIDE * LANES) {
        const float *panel = (const float *)right + first;
        const size_t width = columns - first < WIDE * LANES ? columns - first : WIDE * LANES;
        float *target = y + first;
        size_t stride = y_stride;
        int adds = accumulate;
        if (width < WIDE * LANES) {
            target = part;
            stride = WIDE * LANES;
            adds = 0;
        }
        switch (rows) {
#if ROWS == 6
        case 6: NAME(panel_block)(x, x_stride, 6, panel, steps, target, stride, adds); break;
        case 5: NAME(panel_block)(x, x_stride, 5, panel, steps, target, stride, adds); break;
#endif
        case 4: NAME(panel_block)(x, x_stride, 4, panel, steps, target, stride, adds); break;
        case 3: NAME(panel_block)(x, x_stride, 3, panel, steps, target, stride, adds); break;
        case 2: NAME(panel_block)(x, x_stride, 2, panel, steps, target, stride, adds); break;
        default: NAME(panel_block)(x, x_stride, 1, panel, steps, target, stride, adds); break;
        }
        if (target != part) continue;
        for (size_t r = 0; r < rows; r++) {
            for (size_t c = 0; c < width; c++) {
                float *place = y + r * y_stride + first + c;
                *place = accumulate ? *place + part[r * WIDE * LANES + c] : part[r * WIDE * LANES + c];
            }
        }
    }
}

// float32 rounded to bfloat16 and left as float32.
static void NAME(panel_round)(const float *x, uint32_t *dwords, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        __builtin_memcpy(&bits, x + i, 4);
        const uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1)) & 0xffff0000u;
        const uint32_t quiet = (bits & 0xffff0000u) | 0x400000u;
        dwords[i] = (bits & 0x7fffffffu) > 0x7f800000u ? quiet : rounded;
    }
}

#ifndef TURN
// rows[16][stride] of dwords to panel[steps][64], 16 of its columns.
static void NAME(panel_turn)(const uint32_t *rows, size_t stride, size_t steps, uint32_t *panel) {
    for (size_t block = 0; block < steps; block += 16) {
        const size_t end = block + 16 < steps ? block + 16 : steps;
        for (size_t c = 0; c < 16; c++)
            for (size_t p = block; p < end; p++) panel[p * RETORT_PANEL_WIDTH + c] = rows[c * stride + p];
    }
}
#define TURN NAME(panel_turn)
#endif

// The same values to the last bit.
static void NAME(panel_copy)(const float *x, uint32_t *dwords, size_t count) {
    __builtin_memcpy(dwords, x, count * sizeof *x);
}

const struct retort_panel_kernels NAME(retort_panels) = {1, ROWS, 0, NAME(panel_rows), NAME(panel_round), TURN, 0, 0};
const struct retort_panel_kernels NAME(retort_full_panels) = {1, ROWS, 1, NAME(panel_rows), NAME(panel_copy), TURN, 0, 0};
#undef TURN
#undef NAME
#undef LANES
#undef WIDE
#undef ROWS
