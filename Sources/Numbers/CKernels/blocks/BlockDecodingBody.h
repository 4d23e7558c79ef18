// The decoders, compiled once per instruction set: the including file has what BlockLayouts.h asks for.

static void NAME(decode_f32)(const void *restrict blocks, float *restrict out, size_t count) {
    memcpy(out, blocks, count * sizeof(float));
}

static void NAME(decode_f16)(const void *restrict blocks, float *restrict out, size_t count) {
    const uint8_t *p = blocks;
    size_t i = 0;
#if IS_AVX2
    for (; i + 8 <= count; i += 8)
        _mm256_storeu_ps(out + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(p + 2 * i))));
#endif
    for (; i < count; i++) out[i] = HALF(load16(p + 2 * i));
}

static void NAME(decode_bf16)(const void *restrict blocks, float *restrict out, size_t count) {
    const uint8_t *p = blocks;
    for (size_t i = 0; i < count; i++) out[i] = bits_to_float((uint32_t)load16(p + 2 * i) << 16);
}

#define DECODER(type, name, length, size, has_minimum)                                                     \
    static void NAME(decode_##name)(const void *restrict blocks, float *restrict out, size_t count) {      \
        const uint8_t *p = blocks;                                                                         \
        for (size_t i = 0; i < count; i += length, p += size) {                                            \
            UNROLLED (int g = 0; g < length / 32; g++, out += 32) {                                        \
                struct block_group group;                                                                  \
                NAME(read_##name)(p, g, &group);                                                           \
                UNROLLED (int part = 0; part < 4; part++)                                                  \
                    *(loose_numbers_8 *)(out + 8 * part) = NAME(numbers)(&group, part, has_minimum);       \
            }                                                                                              \
        }                                                                                                  \
    }
BLOCK_TYPES(DECODER)
#undef DECODER

static retort_decoder NAME(decoder)(uint32_t type) {
    switch (type) {
    case RETORT_F32: return NAME(decode_f32);
    case RETORT_F16: return NAME(decode_f16);
    case RETORT_BF16: return NAME(decode_bf16);
#define CASE(type, name, length, size, has_minimum)                                                        \
    case type: return NAME(decode_##name);
        BLOCK_TYPES(CASE)
#undef CASE
    default: return 0;
    }
}

const struct retort_decoders NAME(retort_decoders) = {NAME(decoder)};
