// Encoders of plain types and of 32-element blocks, compiled once per instruction set.

static void NAME(encode_f32)(const float *x, void *blocks, size_t count, const float *importance) {
    (void)importance;
    memcpy(blocks, x, count * sizeof(float));
}

static void NAME(encode_f16)(const float *x, void *blocks, size_t count, const float *importance) {
    (void)importance;
    for (size_t i = 0; i < count; i++) store16((uint8_t *)blocks + 2 * i, half_of(x[i]));
}

static void NAME(encode_bf16)(const float *x, void *blocks, size_t count, const float *importance) {
    (void)importance;
    uint8_t *p = blocks;
    size_t i = 0;
    for (; i + 8 <= count; i += 8, p += 16) {
        lanes_u bits;
        memcpy(&bits, x + i, sizeof bits);
        const lanes_u rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16, quiet = bits >> 16 | 64;
        const halves_8 halves = __builtin_convertvector((bits & 0x7FFFFFFF) > 0x7F800000 ? quiet : rounded, halves_8);
        memcpy(p, &halves, sizeof halves);
    }
    for (; i < count; i++, p += 2) store16(p, brain_of(x[i]));
}

static inline lanes_f NAME(load)(const float *x) {
    lanes_f values;
    memcpy(&values, x, sizeof values);
    return values;
}

/// The signed element of the largest magnitude; of equal ones the first.
static inline float NAME(extreme32)(const float *x) {
    lanes_f most = NAME(load)(x), least = most;
    for (int j = 8; j < 32; j += 8) {
        const lanes_f values = NAME(load)(x + j);
        most = values > most ? values : most;
        least = values < least ? values : least;
    }
    float high = most[0], low = least[0];
    for (int lane = 1; lane < 8; lane++) {
        high = most[lane] > high ? most[lane] : high;
        low = least[lane] < low ? least[lane] : low;
    }
    if (high != -low) return high > -low ? high : low;
    for (int j = 0; j < 32; j++) {
        if (high > 0 && fabsf(x[j]) == high) return x[j];
    }
    return 0;
}

static inline void NAME(range32)(const float *x, float *low, float *high) {
    lanes_f least = NAME(load)(x), most = least;
    for (int j = 8; j < 32; j += 8) {
        const lanes_f values = NAME(load)(x + j);
        least = values < least ? values : least;
        most = values > most ? values : most;
    }
    float bottom = least[0], top = most[0];
    for (int lane = 1; lane < 8; lane++) {
        bottom = least[lane] < bottom ? least[lane] : bottom;
        top = most[lane] > top ? most[lane] : top;
    }
    if (bottom == 0 || top == 0) {
        // Of zeros of both signs the first counts.
        bottom = FLT_MAX;
        top = -FLT_MAX;
        for (int j = 0; j < 32; j++) {
            bottom = x[j] < bottom ? x[j] : bottom;
            top = x[j] > top ? x[j] : top;
        }
    }
    *low = bottom;
    *high = top;
}

/// (x - low) · inverse + offset for 32 elements, cut to whole numbers of at most `top`.
static inline void NAME(levels32)(
    const float *x, float low, float inverse, float offset, int top, lanes_i *levels) {
    for (int j = 0; j < 4; j++) {
        const lanes_f scaled = (NAME(load)(x + 8 * j) - low) * inverse + offset;
        if (isfinite(inverse)) {
            // All results are small: every lane can be cut without a look at its range.
            const lanes_i whole = __builtin_convertvector(scaled, lanes_i);
            levels[j] = whole < top ? whole : top;
            continue;
        }
        for (int lane = 0; lane < 8; lane++) {
            const int value = (int8_t)truncate(scaled[lane]);
            levels[j][lane] = value < top ? value : top;
        }
    }
}

/// The low four bits of 32 levels, element j beside element j + 16.
static inline void NAME(pack4_lanes)(const lanes_i *levels, uint8_t *out) {
    for (int j = 0; j < 2; j++) {
        const lanes_i both = (levels[j] & 15) | (levels[j + 2] & 15) << 4;
        const bytes_8 bytes = __builtin_convertvector(both, bytes_8);
        memcpy(out + 8 * j, &bytes, sizeof bytes);
    }
}

/// The fifth bits of 32 levels.
static inline void NAME(pack_fifth_lanes)(const lanes_i *levels, uint8_t *out) {
    const lanes_i place = {0, 1, 2, 3, 4, 5, 6, 7};
    for (int j = 0; j < 4; j++) out[j] = (uint8_t)__builtin_reduce_or((levels[j] >> 4 & 1) << place);
}

/// The low four bits of 32 levels, element j beside element j + 16.
static inline void NAME(pack4)(const uint8_t *levels, uint8_t *out) {
    for (int j = 0; j < 16; j++) out[j] = (uint8_t)((levels[j] & 15) | (levels[j + 16] & 15) << 4);
}

/// The fifth bits of 32 levels.
static inline void NAME(pack_fifth)(const uint8_t *levels, uint8_t *out) {
    uint32_t high = 0;
    for (int j = 0; j < 32; j++) high |= (uint32_t)(levels[j] >> 4 & 1) << j;
    memcpy(out, &high, 4);
}

/// The mean square of a row, summed in order.
static inline float NAME(mean_square)(const float *x, size_t count, float factor) {
    float sum = 0;
    for (size_t j = 0; j < count; j++) sum += x[j] * x[j];
    return factor * sum / (float)count;
}

/// The weights of up to eight blocks under an importance: importance · √(σ² + x²).
static inline void NAME(weigh)(
    const float *importance, const lanes_f *x, int length, int blocks, float sigma2, lanes_f *weights) {
    NAME(transpose)(importance, length, blocks, weights);
    for (int i = 0; i < length; i++) weights[i] *= __builtin_elementwise_sqrt(sigma2 + x[i] * x[i]);
}

/// Q4_0 (`half` 8) and Q5_0 (`half` 16): one scale.
static inline void NAME(encode_symmetric)(
    const float *x, uint8_t *p, size_t count, const float *importance, int half) {
    const int header = half == 8 ? 2 : 6;
    if (!importance) {
        for (size_t i = 0; i < count; i += 32, p += header + 16) {
            const float d = NAME(extreme32)(x + i) / (float)-half, inverse = d != 0 ? 1.0f / d : 0.0f;
            lanes_i levels[4];
            NAME(levels32)(x + i, 0, inverse, (float)half + 0.5f, 2 * half - 1, levels);
            store16(p, half_of(d));
            if (half == 16) NAME(pack_fifth_lanes)(levels, p + 2);
            NAME(pack4_lanes)(levels, p + header);
        }
        return;
    }
    const float sigma2 = NAME(mean_square)(x, count, 1);
    for (size_t i = 0; i < count; i += 256) {
        const int blocks = count - i < 256 ? (int)(count - i) / 32 : LANES;
        float scales[LANES];
        uint8_t levels[LANES * 32];
        lanes_f xs[32], weights[32];
        lanes_i found[32];
        NAME(transpose)(x + i, 32, blocks, xs);
        NAME(weigh)(importance + i, xs, 32, blocks, sigma2, weights);
        const lanes_f scale = NAME(search_symmetric)(32, half, xs, weights, found);
        NAME(untranspose)(found, 32, blocks, levels);
        memcpy(scales, &scale, sizeof scales);
        for (int lane = 0; lane < blocks; lane++, p += header + 16) {
            store16(p, half_of(scales[lane]));
            if (half == 16) NAME(pack_fifth)(levels + 32 * lane, p + 2);
            NAME(pack4)(levels + 32 * lane, p + header);
        }
    }
}

/// Q4_1 (`top` 15) and Q5_1 (`top` 31): scale and minimum.
static inline void NAME(encode_affine)(const float *x, uint8_t *p, size_t count, const float *importance, int top) {
    const int header = top == 15 ? 4 : 8;
    if (!importance) {
        for (size_t i = 0; i < count; i += 32, p += header + 16) {
            float low, high;
            NAME(range32)(x + i, &low, &high);
            const float d = (high - low) / (float)top, inverse = d != 0 ? 1.0f / d : 0.0f;
            lanes_i levels[4];
            // Only the four-bit form has a bound: five bits are cut off where they are packed.
            NAME(levels32)(x + i, low, inverse, 0.5f, top == 15 ? 15 : 127, levels);
            store16(p, half_of(d));
            store16(p + 2, half_of(low));
            if (top == 31) NAME(pack_fifth_lanes)(levels, p + 4);
            NAME(pack4_lanes)(levels, p + header);
        }
        return;
    }
    const float sigma2 = NAME(mean_square)(x, count, 1);
    for (size_t i = 0; i < count; i += 256) {
        const int blocks = count - i < 256 ? (int)(count - i) / 32 : LANES;
        float scales[LANES], minima[LANES];
        uint8_t levels[LANES * 32];
        lanes_f xs[32], weights[32], minimum;
        lanes_i found[32];
        NAME(transpose)(x + i, 32, blocks, xs);
        NAME(weigh)(importance + i, xs, 32, blocks, sigma2, weights);
        const lanes_f scale = NAME(search_affine)(32, top, xs, weights, -0.9f, 0.05f, 36, 0, found, &minimum);
        minimum = -minimum;
        NAME(untranspose)(found, 32, blocks, levels);
        memcpy(scales, &scale, sizeof scales);
        memcpy(minima, &minimum, sizeof minima);
        for (int lane = 0; lane < blocks; lane++, p += header + 16) {
            store16(p, half_of(scales[lane]));
            store16(p + 2, half_of(minima[lane]));
            if (top == 31) NAME(pack_fifth)(levels + 32 * lane, p + 4);
            NAME(pack4)(levels + 32 * lane, p + header);
        }
    }
}

static void NAME(encode_q4_0)(const float *x, void *blocks, size_t count, const float *importance) {
    NAME(encode_symmetric)(x, blocks, count, importance, 8);
}

static void NAME(encode_q4_1)(const float *x, void *blocks, size_t count, const float *importance) {
    NAME(encode_affine)(x, blocks, count, importance, 15);
}

static void NAME(encode_q5_0)(const float *x, void *blocks, size_t count, const float *importance) {
    NAME(encode_symmetric)(x, blocks, count, importance, 16);
}

static void NAME(encode_q5_1)(const float *x, void *blocks, size_t count, const float *importance) {
    NAME(encode_affine)(x, blocks, count, importance, 31);
}

static void NAME(encode_q8_0)(const float *x, void *blocks, size_t count, const float *importance) {
    (void)importance;
    uint8_t *p = blocks;
    for (size_t i = 0; i < count; i += 32, p += 34) {
        float largest = 0;
        for (int j = 0; j < 32; j++) largest = largest < fabsf(x[i + (size_t)j]) ? fabsf(x[i + (size_t)j]) : largest;
        const float d = largest / 127, inverse = d != 0 ? 1.0f / d : 0.0f;
        store16(p, half_of(d));
        for (int j = 0; j < 32; j++) p[2 + j] = (uint8_t)(int8_t)round_away(x[i + (size_t)j] * inverse);
    }
}

/// The scales of up to eight IQ4 blocks; `sigma2` counts only with an importance.
static inline lanes_f NAME(scales_iq4)(
    const float *x, int blocks, const float *importance, const float *sigma2, lanes_f *xs) {
    lanes_f weights[32];
    NAME(transpose)(x, 32, blocks, xs);
    if (importance) {
        lanes_f spread;
        memcpy(&spread, sigma2, sizeof spread);
        NAME(transpose)(importance, 32, blocks, weights);
        for (int i = 0; i < 32; i++) weights[i] *= __builtin_elementwise_sqrt(spread + xs[i] * xs[i]);
    } else {
        for (int i = 0; i < 32; i++) weights[i] = xs[i] * xs[i];
    }
    return NAME(search_iq4)(xs, weights);
}

static void NAME(encode_iq4_nl)(const float *x, void *blocks, size_t count, const float *importance) {
    uint8_t *p = blocks;
    for (size_t i = 0; i < count; i += 256) {
        const int lanes = count - i < 256 ? (int)(count - i) / 32 : LANES;
        float spread[LANES] = {0}, scales[LANES];
        uint8_t levels[256];
        lanes_f xs[32];
        lanes_i found[32];
        for (int lane = 0; lane < lanes; lane++) {
            // The reference multiplies by 2/32 here, where the superblocks divide: the same, both being powers of two.
            spread[lane] = NAME(mean_square)(x + i + 32 * lane, 32, 2);
        }
        const lanes_f scale = NAME(scales_iq4)(x + i, lanes, importance ? importance + i : 0, spread, xs);
        const lanes_f inverse = scale != 0 ? 1.0f / scale : (lanes_f)0;
        for (int j = 0; j < 32; j++) (void)NAME(nearest_iq4)(inverse * xs[j], &found[j]);
        NAME(untranspose)(found, 32, lanes, levels);
        memcpy(scales, &scale, sizeof scales);
        for (int lane = 0; lane < lanes; lane++, p += 18) {
            store16(p, half_of(scales[lane]));
            NAME(pack4)(levels + 32 * lane, p + 2);
        }
    }
}

static void NAME(encode_iq4_xs)(const float *x, void *blocks, size_t count, const float *importance) {
    uint8_t *p = blocks;
    for (size_t i = 0; i < count; i += 256, p += 136) {
        lanes_f xs[32];
        lanes_i found[32];
        float spread[LANES], scales[LANES], inverses[LANES];
        uint8_t levels[256];
        const float sigma2 = NAME(mean_square)(x + i, 256, 2);
        for (int lane = 0; lane < LANES; lane++) spread[lane] = sigma2;
        const lanes_f all = NAME(scales_iq4)(x + i, LANES, importance ? importance + i : 0, spread, xs);
        memcpy(scales, &all, sizeof scales);
        float largest = 0, extreme = 0;
        for (int lane = 0; lane < LANES; lane++) {
            if (fabsf(scales[lane]) > largest) {
                largest = fabsf(scales[lane]);
                extreme = scales[lane];
            }
        }
        const float d = -extreme / 32, inverse = d != 0 ? 1 / d : 0;
        store16(p, half_of(d));
        uint16_t high = 0;
        memset(p + 4, 0, 4);
        for (int lane = 0; lane < LANES; lane++) {
            const int level = clamp(nearest(inverse * scales[lane]), -32, 31);
            const float dl = d * (float)level;
            inverses[lane] = dl != 0 ? 1 / dl : 0;
            p[4 + lane / 2] |= (uint8_t)(((level + 32) & 15) << (4 * (lane & 1)));
            high |= (uint16_t)((level + 32) >> 4 << (2 * lane));
        }
        store16(p + 2, high);
        lanes_f scale;
        memcpy(&scale, inverses, sizeof scale);
        for (int j = 0; j < 32; j++) (void)NAME(nearest_iq4)(scale * xs[j], &found[j]);
        NAME(untranspose)(found, 32, LANES, levels);
        for (int lane = 0; lane < LANES; lane++) NAME(pack4)(levels + 32 * lane, p + 8 + 16 * lane);
    }
}
