// The bodies of ElementwiseKernels.h, written once in vector extensions and compiled once per instruction set: the
// including file defines NAME(x), SET and LANES (floats in a register) and has set the target for every function that
// follows.

typedef float NAME(vector) __attribute__((ext_vector_type(LANES)));
typedef float NAME(loose) __attribute__((ext_vector_type(LANES), aligned(4)));
typedef int32_t NAME(integers) __attribute__((ext_vector_type(LANES)));
#define V NAME(vector)
#define LOAD(p) (*(const NAME(loose) *)(p))
#define STORE(p, v) (*(NAME(loose) *)(p) = (v))

INLINE V NAME(load_part)(const float *p, size_t count, float fill) {
    V v = (V)fill;
    __builtin_memcpy(&v, p, count * sizeof(float));
    return v;
}
INLINE void NAME(store_part)(float *p, V v, size_t count) { __builtin_memcpy(p, &v, count * sizeof(float)); }

INLINE float NAME(sum)(V v) {
    float total[LANES];
    __builtin_memcpy(total, &v, sizeof total);
    for (int width = LANES / 2; width > 0; width /= 2)
        for (int i = 0; i < width; i++) total[i] += total[i + width];
    return total[0];
}
INLINE float NAME(largest)(V v) {
    float best = v[0];
    for (int i = 1; i < LANES; i++) best = v[i] > best ? v[i] : best;
    return best;
}

// exp by 2^n * e^r, |r| <= ln(2) / 2, with the polynomial of Cephes; about 1 ulp. NaN stays NaN.
INLINE V NAME(exp)(V x) {
    V high = (V)88.3762626647950f, low = (V)-87.3365478515625f;
    V bounded = __builtin_elementwise_max(__builtin_elementwise_min(x, high), low);
    V n = __builtin_elementwise_floor(bounded * 1.44269504088896341f + 0.5f);
    V r = bounded - n * 0.693359375f;
    r = r + n * 2.12194440e-4f;
    V p = (V)1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    V y = p * r * r + r + 1.0f;
    NAME(integers) bits = (__builtin_convertvector(n, NAME(integers)) + 127) << 23;
    y = y * (V)bits;
    y = x < low ? (V)0.0f : y;
    return x != x ? x : y;
}
INLINE V NAME(sigmoid)(V x) { return 1.0f / (1.0f + NAME(exp)(-x)); }
INLINE V NAME(tanh)(V x) { return 1.0f - 2.0f / (NAME(exp)(2.0f * x) + 1.0f); }

static void NAME(rms_norm)(const float *x, const float *weight, float *y, float *inverse, size_t rows, size_t columns,
                           float epsilon) {
    for (size_t row = 0; row < rows; row++, x += columns, y += columns) {
        V squares = (V)0.0f;
        size_t i = 0;
        for (; i + LANES <= columns; i += LANES) {
            V v = LOAD(x + i);
            squares += v * v;
        }
        float total = NAME(sum)(squares);
        for (; i < columns; i++) total += x[i] * x[i];
        float factor = 1.0f / __builtin_sqrtf(total / (float)columns + epsilon);
        if (inverse) inverse[row] = factor;
        if (weight) {
            for (i = 0; i < columns; i++) y[i] = x[i] * factor * weight[i];
        } else {
            for (i = 0; i < columns; i++) y[i] = x[i] * factor;
        }
    }
}

static void NAME(rms_norm_backward)(const float *x, const float *weight, const float *inverse, const float *dy,
                                    float *dx, size_t rows, size_t columns, int accumulate) {
    for (size_t row = 0; row < rows; row++, x += columns, dy += columns, dx += columns) {
        V products = (V)0.0f;
        size_t i = 0;
        for (; i + LANES <= columns; i += LANES) {
            V g = LOAD(dy + i);
            if (weight) g *= LOAD(weight + i);
            products += g * LOAD(x + i);
        }
        float total = NAME(sum)(products);
        for (; i < columns; i++) total += (weight ? dy[i] * weight[i] : dy[i]) * x[i];
        float factor = inverse[row];
        float pull = factor * factor * factor * total / (float)columns;
        for (i = 0; i < columns; i++) {
            float g = weight ? dy[i] * weight[i] : dy[i];
            float d = factor * g - pull * x[i];
            dx[i] = accumulate ? dx[i] + d : d;
        }
    }
}

static void NAME(rms_norm_weight_gradient)(const float *x, const float *inverse, const float *dy, float *dweight,
                                           size_t rows, size_t columns) {
    for (size_t row = 0; row < rows; row++, x += columns, dy += columns)
        for (size_t i = 0; i < columns; i++) dweight[i] += dy[i] * x[i] * inverse[row];
}

static void NAME(rope)(float *x, size_t rows, size_t stride, size_t heads, size_t head_size, size_t rotated,
                       const int32_t *positions, const float *cosines, const float *sines, int adjacent,
                       float direction) {
    size_t half = rotated / 2;
    for (size_t row = 0; row < rows; row++) {
        const float *c = cosines + (size_t)positions[row] * half;
        const float *s = sines + (size_t)positions[row] * half;
        for (size_t head = 0; head < heads; head++) {
            float *v = x + row * stride + head * head_size;
            if (adjacent) {
                for (size_t i = 0; i < half; i++) {
                    float a = v[2 * i], b = v[2 * i + 1], sine = direction * s[i];
                    v[2 * i] = a * c[i] - b * sine;
                    v[2 * i + 1] = a * sine + b * c[i];
                }
            } else {
                for (size_t i = 0; i < half; i++) {
                    float a = v[i], b = v[i + half], sine = direction * s[i];
                    v[i] = a * c[i] - b * sine;
                    v[i + half] = a * sine + b * c[i];
                }
            }
        }
    }
}

static float NAME(maximum)(const float *x, size_t count) {
    V best = (V)-__builtin_inff();
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) best = __builtin_elementwise_max(best, (V)LOAD(x + i));
    if (i < count) best = __builtin_elementwise_max(best, NAME(load_part)(x + i, count - i, -__builtin_inff()));
    return NAME(largest)(best);
}

static float NAME(log_sum_exp)(const float *x, size_t count) {
    float shift = NAME(maximum)(x, count);
    V total = (V)0.0f;
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) total += NAME(exp)((V)LOAD(x + i) - shift);
    if (i < count) total += NAME(exp)(NAME(load_part)(x + i, count - i, -__builtin_inff()) - shift);
    return shift + __builtin_logf(NAME(sum)(total));
}

static void NAME(exp_weighted)(const float *x, float *y, size_t count, float shift, float factor) {
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) STORE(y + i, factor * NAME(exp)((V)LOAD(x + i) - shift));
    if (i < count) {
        V v = factor * NAME(exp)(NAME(load_part)(x + i, count - i, 0.0f) - shift);
        NAME(store_part)(y + i, v, count - i);
    }
}

static float NAME(softmax)(float *x, size_t count) {
    float shift = NAME(maximum)(x, count);
    V total = (V)0.0f;
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        V e = NAME(exp)((V)LOAD(x + i) - shift);
        STORE(x + i, e);
        total += e;
    }
    if (i < count) {
        V e = NAME(exp)(NAME(load_part)(x + i, count - i, -__builtin_inff()) - shift);
        NAME(store_part)(x + i, e, count - i);
        total += e;
    }
    float all = NAME(sum)(total), factor = 1.0f / all;
    for (i = 0; i < count; i++) x[i] *= factor;
    return shift + __builtin_logf(all);
}

static void NAME(soft_cap)(float *x, size_t count, float cap) {
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) STORE(x + i, cap * NAME(tanh)((V)LOAD(x + i) / cap));
    if (i < count) {
        V v = cap * NAME(tanh)(NAME(load_part)(x + i, count - i, 0.0f) / cap);
        NAME(store_part)(x + i, v, count - i);
    }
}

// The activation and its derivative.
INLINE V NAME(activation)(V x, int gelu, V *slope) {
    if (gelu) {
        V inner = 0.7978845608028654f * (x + 0.044715f * x * x * x);
        V t = NAME(tanh)(inner);
        *slope = 0.5f * (1.0f + t) + 0.5f * x * (1.0f - t * t) * 0.7978845608028654f * (1.0f + 0.134145f * x * x);
        return 0.5f * x * (1.0f + t);
    }
    V s = NAME(sigmoid)(x);
    *slope = s * (1.0f + x * (1.0f - s));
    return x * s;
}

static void NAME(gated)(const float *gate, const float *up, float *y, size_t count, int gelu) {
    V slope;
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        STORE(y + i, NAME(activation)(LOAD(gate + i), gelu, &slope) * LOAD(up + i));
    if (i < count) {
        V g = NAME(load_part)(gate + i, count - i, 0.0f), u = NAME(load_part)(up + i, count - i, 0.0f);
        NAME(store_part)(y + i, NAME(activation)(g, gelu, &slope) * u, count - i);
    }
}

static void NAME(gated_backward)(const float *gate, const float *up, const float *dy, float *dgate, float *dup,
                                 size_t count, int gelu) {
    V slope;
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        V d = LOAD(dy + i), u = LOAD(up + i);
        V a = NAME(activation)(LOAD(gate + i), gelu, &slope);
        STORE(dgate + i, d * u * slope);
        STORE(dup + i, d * a);
    }
    if (i < count) {
        V d = NAME(load_part)(dy + i, count - i, 0.0f), u = NAME(load_part)(up + i, count - i, 0.0f);
        V a = NAME(activation)(NAME(load_part)(gate + i, count - i, 0.0f), gelu, &slope);
        NAME(store_part)(dgate + i, d * u * slope, count - i);
        NAME(store_part)(dup + i, d * a, count - i);
    }
}

static void NAME(axpy)(float a, const float *x, float *y, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] += a * x[i];
}

static void NAME(scale)(float a, const float *x, float *y, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] = a * x[i];
}

static float NAME(dot)(const float *x, const float *y, size_t count) {
    V first = (V)0.0f, second = (V)0.0f;
    size_t i = 0;
    for (; i + 2 * LANES <= count; i += 2 * LANES) {
        first += (V)LOAD(x + i) * (V)LOAD(y + i);
        second += (V)LOAD(x + i + LANES) * (V)LOAD(y + i + LANES);
    }
    for (; i + LANES <= count; i += LANES) first += (V)LOAD(x + i) * (V)LOAD(y + i);
    if (i < count) second += NAME(load_part)(x + i, count - i, 0.0f) * NAME(load_part)(y + i, count - i, 0.0f);
    return NAME(sum)(first + second);
}

static void NAME(softmax_gradient)(float *scores, float *gradients, size_t count, float log_sum, float delta,
                                   float scale) {
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        V p = NAME(exp)((V)LOAD(scores + i) - log_sum);
        STORE(scores + i, p);
        STORE(gradients + i, p * ((V)LOAD(gradients + i) - delta) * scale);
    }
    if (i < count) {
        V p = NAME(exp)(NAME(load_part)(scores + i, count - i, 0.0f) - log_sum);
        NAME(store_part)(scores + i, p, count - i);
        V d = p * (NAME(load_part)(gradients + i, count - i, 0.0f) - delta) * scale;
        NAME(store_part)(gradients + i, d, count - i);
    }
}

static void NAME(adamw)(float *parameter, float *moment1, float *moment2, const float *gradient, size_t count,
                        float gradient_scale, float learning_rate, float weight_decay, float beta1, float beta2,
                        float epsilon, float rate1, float rate2) {
    float keep = 1.0f - learning_rate * weight_decay;
    for (size_t i = 0; i < count; i++) {
        float g = gradient[i] * gradient_scale;
        float m = beta1 * moment1[i] + (1.0f - beta1) * g;
        float v = beta2 * moment2[i] + (1.0f - beta2) * g * g;
        moment1[i] = m;
        moment2[i] = v;
        parameter[i] = parameter[i] * keep - learning_rate * (m * rate1) / (__builtin_sqrtf(v * rate2) + epsilon);
    }
}

static double NAME(sum_of_squares)(const float *x, size_t count) {
    double total[8] = {0};
    size_t i = 0;
    for (; i + 8 <= count; i += 8)
        for (int lane = 0; lane < 8; lane++) total[lane] += (double)x[i + lane] * (double)x[i + lane];
    for (; i < count; i++) total[0] += (double)x[i] * (double)x[i];
    return ((total[0] + total[1]) + (total[2] + total[3])) + ((total[4] + total[5]) + (total[6] + total[7]));
}

const struct retort_elementwise_kernels NAME(retort_elementwise) = {
    SET, NAME(rms_norm), NAME(rms_norm_backward), NAME(rms_norm_weight_gradient), NAME(rope), NAME(softmax),
    NAME(log_sum_exp), NAME(soft_cap), NAME(gated), NAME(gated_backward), NAME(axpy), NAME(scale), NAME(dot),
    NAME(softmax_gradient), NAME(adamw), NAME(sum_of_squares), NAME(exp_weighted), NAME(maximum),
};
#undef V
#undef LOAD
#undef STORE
#undef LANES
#undef SET
#undef NAME
