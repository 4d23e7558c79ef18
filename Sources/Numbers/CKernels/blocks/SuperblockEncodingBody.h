// Encoders of 256-element superblocks ("K-quants"), compiled once per instruction set.

/// Four levels of two bits to a byte, with a stride of 32.
static inline void NAME(pack2)(const uint8_t *levels, uint8_t *out) {
    for (int j = 0; j < 256; j += 128, levels += 128, out += 32) {
        for (int l = 0; l < 32; l++) {
            out[l] = (uint8_t)(
                (levels[l] & 3) | (levels[l + 32] & 3) << 2 | (levels[l + 64] & 3) << 4 | (levels[l + 96] & 3) << 6);
        }
    }
}

static inline float NAME(largest_of)(const float *x, int n) {
    float largest = 0;
    for (int j = 0; j < n; j++) largest = x[j] > largest ? x[j] : largest;
    return largest;
}

static void NAME(encode_q2_K)(const float *x, void *blocks, size_t count, const float *importance) {
    uint8_t *p = blocks;
    for (size_t i = 0; i < count; i += 256, x += 256, p += 84) {
        float scales[16], minima[16], sums[16];
        uint8_t levels[256], scale_levels[16], minimum_levels[16];
        const float sigma2 = NAME(mean_square)(x, 256, 1);
        for (int group = 0; group < 2; group++) {
            lanes_f xs[16], weights[16], minimum, sum = 0;
            lanes_i found[16];
            NAME(transpose)(x + 128 * group, 16, LANES, xs);
            if (importance) {
                NAME(weigh)(importance + i + 128 * group, xs, 16, LANES, sigma2, weights);
            } else {
                for (int l = 0; l < 16; l++) weights[l] = NAME(absolute)(xs[l]);
            }
            for (int l = 0; l < 16; l++) sum += weights[l];
            const lanes_f scale =
                importance ? NAME(search_affine)(16, 3, xs, weights, -0.9f, 0.05f, 36, 0, found, &minimum)
                           : NAME(search_affine)(16, 3, xs, weights, -0.5f, 0.1f, 15, 1, found, &minimum);
            memcpy(scales + 8 * group, &scale, sizeof scale);
            memcpy(minima + 8 * group, &minimum, sizeof minimum);
            memcpy(sums + 8 * group, &sum, sizeof sum);
            NAME(untranspose)(found, 16, LANES, levels + 128 * group);
        }
        float d, m;
        if (importance) {
            d = NAME(search_positive)(16, 15, scales, sums, scale_levels);
            m = NAME(search_positive)(16, 15, minima, sums, minimum_levels);
        } else {
            const float largest_scale = NAME(largest_of)(scales, 16), largest_minimum = NAME(largest_of)(minima, 16);
            const float inverse_scale = largest_scale > 0 ? 15.0f / largest_scale : 0;
            const float inverse_minimum = largest_minimum > 0 ? 15.0f / largest_minimum : 0;
            for (int j = 0; j < 16; j++) {
                scale_levels[j] = (uint8_t)nearest(inverse_scale * scales[j]);
                minimum_levels[j] = (uint8_t)nearest(inverse_minimum * minima[j]);
            }
            d = largest_scale > 0 ? largest_scale / 15.0f : 0;
            m = largest_minimum > 0 ? largest_minimum / 15.0f : 0;
        }
        const uint16_t half_d = half_of(d), half_m = half_of(m);
        store16(p + 80, half_d);
        store16(p + 82, half_m);
        for (int j = 0; j < 16; j++) {
            p[j] = (uint8_t)(scale_levels[j] | minimum_levels[j] << 4);
            const float scale = half_portable(half_d) * (float)(p[j] & 15);
            if (scale == 0) continue;
            const float minimum = half_portable(half_m) * (float)(p[j] >> 4);
            for (int l = 16 * j; l < 16 * j + 16; l++) {
                levels[l] = (uint8_t)clamp(nearest((x[l] + minimum) / scale), 0, 3);
            }
        }
        NAME(pack2)(levels, p + 16);
    }
}

static void NAME(encode_q3_K)(const float *x, void *blocks, size_t count, const float *importance) {
    uint8_t *p = blocks;
    for (size_t i = 0; i < count; i += 256, x += 256, p += 110) {
        float scales[16], sums[16];
        uint8_t levels[256], scale_levels[16];
        const float sigma2 = NAME(mean_square)(x, 256, 2);
        for (int group = 0; group < 2; group++) {
            lanes_f xs[16], weights[16], sum = 0, scale;
            lanes_i found[16];
            NAME(transpose)(x + 128 * group, 16, LANES, xs);
            if (importance) {
                NAME(weigh)(importance + i + 128 * group, xs, 16, LANES, sigma2, weights);
                for (int l = 0; l < 16; l++) sum += weights[l];
                scale = NAME(search_symmetric)(16, 4, xs, weights, found);
            } else {
                scale = NAME(search_stepwise)(16, 4, xs, found);
            }
            memcpy(scales + 8 * group, &scale, sizeof scale);
            memcpy(sums + 8 * group, &sum, sizeof sum);
            NAME(untranspose)(found, 16, LANES, levels + 128 * group);
        }
        float d = 0;
        memset(scale_levels, 0, sizeof scale_levels);
        if (importance) {
            lanes_f xs[16], weights[16];
            lanes_i found[16];
            NAME(transpose)(scales, 16, 1, xs);
            NAME(transpose)(sums, 16, 1, weights);
            d = NAME(search_symmetric)(16, 32, xs, weights, found)[0];
            NAME(untranspose)(found, 16, 1, scale_levels);
        } else {
            float largest = 0, extreme = 0;
            for (int j = 0; j < 16; j++) {
                if (fabsf(scales[j]) > largest) {
                    largest = fabsf(scales[j]);
                    extreme = scales[j];
                }
            }
            if (extreme != 0) {
                const float inverse = -32.0f / extreme;
                for (int j = 0; j < 16; j++) {
                    scale_levels[j] = (uint8_t)(clamp((int8_t)nearest(inverse * scales[j]), -32, 31) + 32);
                }
                d = 1 / inverse;
            }
        }
        const int is_empty = !importance && d == 0;
        const uint16_t half_d = half_of(d);
        memset(p + 96, 0, 12);
        store16(p + 108, half_d);
        for (int j = 0; j < 16; j++) {
            p[96 + (j & 7)] |= (uint8_t)((scale_levels[j] & 15) << (j < 8 ? 0 : 4));
            p[104 + (j & 3)] |= (uint8_t)((scale_levels[j] >> 4) << (2 * (j >> 2)));
            const float scale = half_portable(half_d) * (float)(scale_levels[j] - 32);
            if (is_empty || scale == 0) continue;
            for (int l = 16 * j; l < 16 * j + 16; l++) {
                levels[l] = (uint8_t)(clamp(nearest(x[l] / scale), -4, 3) + 4);
            }
        }
        memset(p, 0, 32);
        for (int l = 0; l < 256; l++) p[l & 31] |= (uint8_t)((levels[l] >> 2 & 1) << (l >> 5));
        NAME(pack2)(levels, p + 32);
    }
}

/// What Q4_K (`top` 15) and Q5_K (`top` 31) share: sixteen bytes of scales and minima, and the levels.
static inline void NAME(encode_scaled)(
    const float *x, const float *importance, int top, uint8_t *p, uint8_t *levels) {
    lanes_f xs[32], weights[32], minimum, sum = 0;
    lanes_i found[32];
    uint8_t scale_levels[LANES], minimum_levels[LANES];
    float scales[LANES], minima[LANES], sums[LANES], d, m;
    NAME(transpose)(x, 32, LANES, xs);
    if (importance) {
        NAME(weigh)(importance, xs, 32, LANES, NAME(mean_square)(x, 256, 2), weights);
    } else {
        for (int l = 0; l < 32; l++) sum += xs[l] * xs[l];
        const lanes_f spread = __builtin_elementwise_sqrt(sum / 32.0f);
        for (int l = 0; l < 32; l++) weights[l] = spread + NAME(absolute)(xs[l]);
    }
    const lanes_f scale =
        importance ? NAME(search_affine)(32, top, xs, weights, -0.9f, 0.05f, 36, 0, found, &minimum)
        : top == 15 ? NAME(search_affine)(32, 15, xs, weights, -1.0f, 0.1f, 20, 0, found, &minimum)
                    : NAME(search_affine)(32, 31, xs, weights, -0.5f, 0.1f, 15, 0, found, &minimum);
    NAME(untranspose)(found, 32, LANES, levels);
    memcpy(scales, &scale, sizeof scales);
    memcpy(minima, &minimum, sizeof minima);
    if (importance) {
        sum = 0;
        for (int l = 0; l < 32; l++) sum += weights[l];
        memcpy(sums, &sum, sizeof sums);
        d = NAME(search_positive)(LANES, 63, scales, sums, scale_levels);
        m = NAME(search_positive)(LANES, 63, minima, sums, minimum_levels);
    } else {
        const float largest_scale = NAME(largest_of)(scales, LANES), largest_minimum = NAME(largest_of)(minima, LANES);
        const float inverse_scale = largest_scale > 0 ? 63.0f / largest_scale : 0;
        const float inverse_minimum = largest_minimum > 0 ? 63.0f / largest_minimum : 0;
        for (int j = 0; j < LANES; j++) {
            scale_levels[j] = (uint8_t)nearest(inverse_scale * scales[j]);
            minimum_levels[j] = (uint8_t)nearest(inverse_minimum * minima[j]);
        }
        d = largest_scale / 63.0f;
        m = largest_minimum / 63.0f;
    }
    const uint16_t half_d = half_of(d), half_m = half_of(m);
    store16(p, half_d);
    store16(p + 2, half_m);
    p += 4;
    memset(p, 0, 12);
    for (int j = 0; j < LANES; j++) {
        const int ls = scale_levels[j] < 63 ? scale_levels[j] : 63, lm = minimum_levels[j] < 63 ? minimum_levels[j] : 63;
        if (j < 4) {
            p[j] |= (uint8_t)ls;
            p[j + 4] |= (uint8_t)lm;
        } else {
            p[j + 4] = (uint8_t)((ls & 15) | (lm & 15) << 4);
            p[j - 4] |= (uint8_t)((ls >> 4) << 6);
            p[j] |= (uint8_t)((lm >> 4) << 6);
        }
        const float step = half_portable(half_d) * (float)ls, offset = half_portable(half_m) * (float)lm;
        if (step == 0) continue;
        for (int l = 32 * j; l < 32 * j + 32; l++) {
            levels[l] = (uint8_t)clamp(nearest((x[l] + offset) / step), 0, top);
        }
    }
}

/// The low four bits of 256 levels, 32 beside the next 32.
static inline void NAME(pack4_super)(const uint8_t *levels, uint8_t *out) {
    for (int j = 0; j < 256; j += 64, levels += 64, out += 32) {
        for (int l = 0; l < 32; l++) out[l] = (uint8_t)((levels[l] & 15) | (levels[l + 32] & 15) << 4);
    }
}

static void NAME(encode_q4_K)(const float *x, void *blocks, size_t count, const float *importance) {
    uint8_t *p = blocks, levels[256];
    for (size_t i = 0; i < count; i += 256, p += 144) {
        NAME(encode_scaled)(x + i, importance ? importance + i : 0, 15, p, levels);
        NAME(pack4_super)(levels, p + 16);
    }
}

static void NAME(encode_q5_K)(const float *x, void *blocks, size_t count, const float *importance) {
    uint8_t *p = blocks, levels[256];
    for (size_t i = 0; i < count; i += 256, p += 176) {
        NAME(encode_scaled)(x + i, importance ? importance + i : 0, 31, p, levels);
        memset(p + 16, 0, 32);
        for (int l = 0; l < 256; l++) p[16 + (l & 31)] |= (uint8_t)((levels[l] >> 4) << (l >> 5));
        NAME(pack4_super)(levels, p + 48);
    }
}

static void NAME(encode_q6_K)(const float *x, void *blocks, size_t count, const float *importance) {
    uint8_t *p = blocks;
    for (size_t i = 0; i < count; i += 256, x += 256, p += 210) {
        float scales[16], largest = 0, extreme = 0;
        uint8_t levels[256];
        for (int group = 0; group < 2; group++) {
            lanes_f xs[16], weights[16];
            lanes_i found[16];
            NAME(transpose)(x + 128 * group, 16, LANES, xs);
            if (importance) NAME(transpose)(importance + i + 128 * group, 16, LANES, weights);
            const lanes_f scale = NAME(search_symmetric)(16, 32, xs, importance ? weights : 0, found);
            memcpy(scales + 8 * group, &scale, sizeof scale);
            NAME(untranspose)(found, 16, LANES, levels + 128 * group);
        }
        for (int j = 0; j < 16; j++) {
            if (fabsf(scales[j]) > largest) {
                largest = fabsf(scales[j]);
                extreme = scales[j];
            }
        }
        if (largest < group_maximum_epsilon) {
            memset(p, 0, 210);
            continue;
        }
        const float inverse = -128.0f / extreme;
        const uint16_t half_d = half_of(1 / inverse);
        store16(p + 208, half_d);
        for (int j = 0; j < 16; j++) {
            const int level = nearest(inverse * scales[j]);
            const int8_t quantized = (int8_t)(level < 127 ? level : 127);
            p[192 + j] = (uint8_t)quantized;
            const float scale = half_portable(half_d) * (float)quantized;
            if (scale == 0) continue;
            for (int l = 16 * j; l < 16 * j + 16; l++) {
                levels[l] = (uint8_t)(clamp(nearest(x[l] / scale), -32, 31) + 32);
            }
        }
        for (int half = 0; half < 2; half++) {
            const uint8_t *level = levels + 128 * half;
            uint8_t *low = p + 64 * half, *high = p + 128 + 32 * half;
            for (int l = 0; l < 32; l++) {
                low[l] = (uint8_t)((level[l] & 15) | (level[l + 64] & 15) << 4);
                low[l + 32] = (uint8_t)((level[l + 32] & 15) | (level[l + 96] & 15) << 4);
                high[l] = (uint8_t)(
                    level[l] >> 4 | (level[l + 32] >> 4) << 2 | (level[l + 64] >> 4) << 4 | (level[l + 96] >> 4) << 6);
            }
        }
    }
}

static retort_encoder NAME(encoder)(uint32_t type) {
    switch (type) {
    case RETORT_F32: return NAME(encode_f32);
    case RETORT_F16: return NAME(encode_f16);
    case RETORT_Q4_0: return NAME(encode_q4_0);
    case RETORT_Q4_1: return NAME(encode_q4_1);
    case RETORT_Q5_0: return NAME(encode_q5_0);
    case RETORT_Q5_1: return NAME(encode_q5_1);
    case RETORT_Q8_0: return NAME(encode_q8_0);
    case RETORT_Q2_K: return NAME(encode_q2_K);
    case RETORT_Q3_K: return NAME(encode_q3_K);
    case RETORT_Q4_K: return NAME(encode_q4_K);
    case RETORT_Q5_K: return NAME(encode_q5_K);
    case RETORT_Q6_K: return NAME(encode_q6_K);
    case RETORT_IQ4_NL: return NAME(encode_iq4_nl);
    case RETORT_IQ4_XS: return NAME(encode_iq4_xs);
    case RETORT_BF16: return NAME(encode_bf16);
    default: return 0;
    }
}

const struct retort_encoders NAME(retort_encoders) = {SET, NAME(encoder)};
