// Searches for the scale (and minimum) of eight blocks at once, one per lane; compiled once per instruction set.
// Values and weights are transposed: element i of all eight blocks is one vector.

/// Element i of up to eight blocks of `length` elements; missing blocks are zero.
static inline void NAME(transpose)(const float *x, int length, int blocks, lanes_f *out) {
    for (int i = 0; i < length; i++) {
        float row[LANES] = {0};
        for (int lane = 0; lane < blocks; lane++) row[lane] = x[lane * length + i];
        memcpy(&out[i], row, sizeof row);
    }
}

/// Writes the levels of `blocks` blocks, one block after the other.
static inline void NAME(untranspose)(const lanes_i *levels, int length, int blocks, uint8_t *out) {
    for (int i = 0; i < length; i++) {
        int32_t row[LANES];
        memcpy(row, &levels[i], sizeof row);
        for (int lane = 0; lane < blocks; lane++) out[lane * length + i] = (uint8_t)row[lane];
    }
}

static inline lanes_f NAME(absolute)(lanes_f x) { return __builtin_elementwise_abs(x); }

static inline lanes_f NAME(float_of)(lanes_i x) { return __builtin_convertvector(x, lanes_f); }

static inline lanes_i NAME(nearest_lanes)(lanes_f x) {
    x += 12582912.0f;
    return (__builtin_bit_cast(lanes_i, x) & 0x007FFFFF) - 0x00400000;
}

static inline lanes_i NAME(clamp_lanes)(lanes_i x, int low, int high) {
    x = x > high ? (lanes_i)high : x;
    return x < low ? (lanes_i)low : x;
}

static inline int NAME(any)(lanes_i mask) { return __builtin_reduce_or(mask) != 0; }

/// The signed element of the largest magnitude, and that magnitude.
static inline lanes_f NAME(extreme)(const lanes_f *x, int n, lanes_f *magnitude) {
    lanes_f largest = 0, extreme = 0;
    for (int i = 0; i < n; i++) {
        const lanes_f a = NAME(absolute)(x[i]);
        const lanes_i more = a > largest;
        largest = more ? a : largest;
        extreme = more ? x[i] : extreme;
    }
    *magnitude = largest;
    return extreme;
}

/// x ≈ scale · (level - nmax), levels 0 … 2·nmax-1: tries nineteen scales about the one that fits the extreme, and takes
/// the one of least weighted square error. `weights` null: the squares of x.
static lanes_f NAME(search_symmetric)(int n, int nmax, const lanes_f *x, const lanes_f *weights, lanes_i *levels) {
    lanes_f magnitude;
    const lanes_f extreme = NAME(extreme)(x, n, &magnitude);
    const lanes_i is_zero = magnitude < group_maximum_epsilon;
    lanes_i trial[32];
    lanes_f scale = 0, best = 0;
    for (int step = -10; step <= 9; step++) {
        // The first trial is the plain fit; the plain fit's place among the others is passed over.
        if (step == 0) continue;
        const lanes_f inverse =
            step == -10 ? (float)-nmax / extreme : -((float)nmax + 0.1f * (float)step) / extreme;
        lanes_f sum_lx = 0, sum_l2 = 0;
        for (int i = 0; i < n; i++) {
            trial[i] = NAME(clamp_lanes)(NAME(nearest_lanes)(inverse * x[i]), -nmax, nmax - 1);
            const lanes_f l = NAME(float_of)(trial[i]);
            const lanes_f w = weights ? weights[i] : x[i] * x[i];
            sum_lx += w * x[i] * l;
            sum_l2 += w * l * l;
        }
        if (step == -10) {
            scale = sum_l2 != 0 ? sum_lx / sum_l2 : (lanes_f)0;
            best = scale * sum_lx;
            for (int i = 0; i < n; i++) levels[i] = trial[i] + nmax;
            continue;
        }
        const lanes_i better = (sum_l2 > 0) & (sum_lx * sum_lx > best * sum_l2);
        if (!NAME(any)(better)) continue;
        for (int i = 0; i < n; i++) levels[i] = better ? trial[i] + nmax : levels[i];
        scale = better ? sum_lx / sum_l2 : scale;
        best = better ? scale * sum_lx : best;
    }
    for (int i = 0; i < n; i++) levels[i] = is_zero ? (lanes_i)0 : levels[i];
    return is_zero ? (lanes_f)0 : scale;
}

/// The same form for three bits without weights: starts from the plain fit and moves one level at a time while that
/// lowers the error.
static lanes_f NAME(search_stepwise)(int n, int nmax, const lanes_f *x, lanes_i *levels) {
    lanes_f magnitude;
    const lanes_f extreme = NAME(extreme)(x, n, &magnitude);
    const lanes_i is_zero = magnitude < group_maximum_epsilon;
    const lanes_f inverse = (float)-nmax / extreme;
    lanes_f sum_lx = 0, sum_l2 = 0;
    for (int i = 0; i < n; i++) {
        levels[i] = NAME(clamp_lanes)(NAME(nearest_lanes)(inverse * x[i]), -nmax, nmax - 1);
        const lanes_f l = NAME(float_of)(levels[i]), w = x[i] * x[i];
        sum_lx += w * x[i] * l;
        sum_l2 += w * l * l;
    }
    for (int attempt = 0; attempt < 5; attempt++) {
        lanes_i changed = 0;
        for (int i = 0; i < n; i++) {
            const lanes_f w = x[i] * x[i], l = NAME(float_of)(levels[i]);
            lanes_f lx = sum_lx - w * x[i] * l, l2 = sum_l2 - w * l * l;
            lanes_i accepted = lx > 0;
            const lanes_i level = NAME(clamp_lanes)(NAME(nearest_lanes)(x[i] * l2 / lx), -nmax, nmax - 1);
            const lanes_f moved = NAME(float_of)(level);
            accepted &= level != levels[i];
            lx += w * x[i] * moved;
            l2 += w * moved * moved;
            accepted &= (l2 > 0) & (lx * lx * sum_l2 > sum_lx * sum_lx * l2);
            levels[i] = accepted ? level : levels[i];
            sum_lx = accepted ? lx : sum_lx;
            sum_l2 = accepted ? l2 : sum_l2;
            changed |= accepted;
        }
        if (!NAME(any)(changed)) break;
    }
    for (int i = 0; i < n; i++) levels[i] = is_zero ? (lanes_i)0 : levels[i] + nmax;
    return (is_zero | (sum_l2 <= 0)) ? (lanes_f)0 : sum_lx / sum_l2;
}

/// x ≈ scale · level - minimum, levels 0 … nmax, minimum ≥ 0: tries scales about the plain fit, solving for scale and
/// minimum each time; takes the least weighted square (or absolute) error.
static lanes_f NAME(search_affine)(
    int n, int nmax, const lanes_f *x, const lanes_f *weights, float first, float delta, int steps, int is_absolute,
    lanes_i *levels, lanes_f *minimum) {
    lanes_f low = x[0], high = x[0], sum_w = weights[0], sum_x = sum_w * x[0];
    for (int i = 1; i < n; i++) {
        low = x[i] < low ? x[i] : low;
        high = x[i] > high ? x[i] : high;
        sum_w += weights[i];
        sum_x += weights[i] * x[i];
    }
    low = low > 0 ? (lanes_f)0 : low;
    const lanes_i is_constant = high <= low;
    const lanes_f lowest = low;
    lanes_f inverse = (float)nmax / (high - low), scale = 1.0f / inverse, best = 0;
    for (int i = 0; i < n; i++) {
        levels[i] = NAME(clamp_lanes)(NAME(nearest_lanes)(inverse * (x[i] - low)), 0, nmax);
        const lanes_f error = scale * NAME(float_of)(levels[i]) + low - x[i];
        best += weights[i] * (is_absolute ? NAME(absolute)(error) : error * error);
    }
    lanes_i trial[32];
    for (int step = 0; step <= steps; step++) {
        inverse = (first + delta * (float)step + (float)nmax) / (high - low);
        lanes_f sum_l = 0, sum_l2 = 0, sum_xl = 0;
        for (int i = 0; i < n; i++) {
            trial[i] = NAME(clamp_lanes)(NAME(nearest_lanes)(inverse * (x[i] - low)), 0, nmax);
            const lanes_f wl = weights[i] * NAME(float_of)(trial[i]);
            sum_l += wl;
            sum_l2 += wl * NAME(float_of)(trial[i]);
            sum_xl += wl * x[i];
        }
        const lanes_f determinant = sum_w * sum_l2 - sum_l * sum_l;
        lanes_f new_scale = (sum_w * sum_xl - sum_x * sum_l) / determinant;
        lanes_f new_low = (sum_l2 * sum_x - sum_l * sum_xl) / determinant;
        const lanes_i is_positive = new_low > 0;
        new_low = is_positive ? (lanes_f)0 : new_low;
        new_scale = is_positive ? sum_xl / sum_l2 : new_scale;
        lanes_f total = 0;
        for (int i = 0; i < n; i++) {
            const lanes_f error = new_scale * NAME(float_of)(trial[i]) + new_low - x[i];
            total += weights[i] * (is_absolute ? NAME(absolute)(error) : error * error);
        }
        const lanes_i better = (determinant > 0) & (total < best);
        if (!NAME(any)(better)) continue;
        for (int i = 0; i < n; i++) levels[i] = better ? trial[i] : levels[i];
        best = better ? total : best;
        scale = better ? new_scale : scale;
        low = better ? new_low : low;
    }
    for (int i = 0; i < n; i++) levels[i] = is_constant ? (lanes_i)0 : levels[i];
    *minimum = is_constant ? -lowest : -low;
    return is_constant ? (lanes_f)0 : scale;
}

/// The nearest of the sixteen IQ4 values, and its index: the number of midpoints between neighbors that x reaches.
static inline lanes_f NAME(nearest_iq4)(lanes_f x, lanes_i *index) {
    lanes_f value = (float)values_iq4[0];
    lanes_i found = 0;
    for (int i = 1; i < 16; i++) {
        const lanes_i reached = x >= 0.5f * (float)(values_iq4[i - 1] + values_iq4[i]);
        value = reached ? (lanes_f)(float)values_iq4[i] : value;
        found -= reached;
    }
    *index = found;
    return value;
}

/// x ≈ scale · value[index] over the IQ4 values: sixteen scales about the plain fit.
static lanes_f NAME(search_iq4)(const lanes_f *x, const lanes_f *weights) {
    lanes_f magnitude, scale = 0, best = 0;
    const lanes_f extreme = NAME(extreme)(x, 32, &magnitude);
    for (int step = -8; step <= 7; step++) {
        const lanes_f inverse = step == -8 ? 1.0f / (-extreme / (float)values_iq4[0])
                                           : (float)(step + values_iq4[0]) / extreme;
        lanes_f sum_qx = 0, sum_q2 = 0;
        for (int i = 0; i < 32; i++) {
            lanes_i index;
            const lanes_f q = NAME(nearest_iq4)(inverse * x[i], &index), wq = weights[i] * q;
            sum_qx += wq * x[i];
            sum_q2 += wq * q;
        }
        const lanes_i better =
            step == -8 ? (lanes_i)-1 : (sum_q2 > 0) & (sum_qx * sum_qx > best * sum_q2);
        scale = better ? (sum_q2 > 0 ? sum_qx / sum_q2 : (lanes_f)0) : scale;
        best = better ? scale * sum_qx : best;
    }
    return magnitude < group_maximum_epsilon ? (lanes_f)0 : scale;
}

/// x ≈ scale · level for x ≥ 0, levels 0 … nmax: the scales (or minima) of one superblock.
static float NAME(search_positive)(int n, int nmax, const float *x, const float *weights, uint8_t *levels) {
    float high = 0;
    for (int i = 0; i < n; i++) high = high > x[i] ? high : x[i];
    if (high < group_maximum_epsilon) {
        memset(levels, 0, (size_t)n);
        return 0;
    }
    float inverse = (float)nmax / high, best = 0;
    for (int i = 0; i < n; i++) {
        const float error = x[i] - 1 / inverse * (float)(uint8_t)nearest(inverse * x[i]);
        best += weights[i] * error * error;
    }
    for (int step = -4; step <= 4; step++) {
        if (step == 0) continue;
        const float trial = (0.1f * (float)step + (float)nmax) / high, scale = 1 / trial;
        float total = 0;
        for (int i = 0; i < n; i++) {
            const int level = nearest(trial * x[i]);
            const float error = x[i] - scale * (float)(level < nmax ? level : nmax);
            total += weights[i] * error * error;
        }
        if (total < best) {
            best = total;
            inverse = trial;
        }
    }
    float sum_lx = 0, sum_l2 = 0;
    for (int i = 0; i < n; i++) {
        const int level = nearest(inverse * x[i]);
        levels[i] = (uint8_t)(level < nmax ? level : nmax);
        sum_lx += weights[i] * x[i] * (float)levels[i];
        sum_l2 += weights[i] * (float)levels[i] * (float)levels[i];
    }
    for (int attempt = 0, changed = 1; attempt < 5 && changed; attempt++) {
        changed = 0;
        for (int i = 0; i < n; i++) {
            const float w = weights[i], l = (float)levels[i];
            float lx = sum_lx - w * x[i] * l, l2 = sum_l2 - w * l * l;
            if (!(lx > 0 && l2 > 0)) continue;
            int level = nearest(x[i] * l2 / lx);
            if (level > nmax) level = nmax;
            if (level == levels[i]) continue;
            lx += w * x[i] * (float)level;
            l2 += w * (float)level * (float)level;
            if (lx * lx * sum_l2 > sum_lx * sum_lx * l2) {
                levels[i] = (uint8_t)level;
                sum_lx = lx;
                sum_l2 = l2;
                changed = 1;
            }
        }
    }
    return sum_l2 > 0 ? sum_lx / sum_l2 : 0;
}
