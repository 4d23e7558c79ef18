// `retort_multiply_add` for float32, compiled once per instruction set: the including file defines NAME(x) and LANES and
// has set the target.

double NAME(retort_multiply_add)(size_t rounds) {
    typedef float vector __attribute__((ext_vector_type(LANES)));
    vector sums[SUMS], factor = (vector)0.5f;
    KEEP(factor);
    UNROLLED (int i = 0; i < SUMS; i++) sums[i] = (vector)(float)i;
    for (size_t round = 0; round < rounds; round++) {
        UNROLLED (int i = 0; i < SUMS; i++) {
            sums[i] = sums[i] * factor + factor;
            KEEP(sums[i]);
        }
    }
    return 2.0 * LANES * SUMS * (double)rounds;
}
#undef NAME
#undef LANES
