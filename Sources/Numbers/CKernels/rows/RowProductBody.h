// Products whose right side lies in rows, for AVX-512: the including file has set the target and defines ELEMENT (what
// lies in a and b), VECTOR (a register of them), LOAD, LOAD_SOME, SPREAD and ADD_PRODUCT (sums of floats, two VECTORs).

// Products are added up in stretches of k, so that a stretch of b stays in the first-level cache.
enum { STRETCH = 128 };

// `rows` rows by `vectors` registers of c, in registers all along; the last register of a row is masked.
INLINE void tile(int rows, int vectors, size_t k, const ELEMENT *a, size_t a_row, size_t a_column, const ELEMENT *b,
                 size_t b_row, float *c, size_t c_row, float scale, int keep, __mmask16 last) {
    __m512 sums[rows][vectors];
    UNROLLED (int i = 0; i < rows; i++)
        UNROLLED (int v = 0; v < vectors; v++) sums[i][v] = _mm512_setzero_ps();
    for (size_t p = 0; p < k; p++) {
        VECTOR right[vectors];
        UNROLLED (int v = 0; v < vectors; v++)
            right[v] = v == vectors - 1 ? LOAD_SOME(last, b + p * b_row + 16 * v) : LOAD(b + p * b_row + 16 * v);
        UNROLLED (int i = 0; i < rows; i++) {
            VECTOR left = SPREAD(a[i * a_row + p * a_column]);
            UNROLLED (int v = 0; v < vectors; v++) sums[i][v] = ADD_PRODUCT(sums[i][v], left, right[v]);
        }
    }
    __m512 factor = _mm512_set1_ps(scale);
    UNROLLED (int i = 0; i < rows; i++)
        UNROLLED (int v = 0; v < vectors; v++) {
            float *place = c + i * c_row + 16 * v;
            __mmask16 mask = v == vectors - 1 ? last : (__mmask16)0xffff;
            __m512 sum = _mm512_mul_ps(sums[i][v], factor);
            if (keep) sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(mask, place));
            _mm512_mask_storeu_ps(place, mask, sum);
        }
}

// All rows of one strip of `vectors` registers.
#define STRIP(name, vectors, most)                                                                                    \
    static void name(size_t m, size_t k, const ELEMENT *a, size_t a_row, size_t a_column, const ELEMENT *b,           \
                     size_t b_row, float *c, size_t c_row, float scale, int keep, __mmask16 last) {                   \
        size_t i = 0;                                                                                                 \
        for (; i + most <= m; i += most)                                                                              \
            tile(most, vectors, k, a + i * a_row, a_row, a_column, b, b_row, c + i * c_row, c_row, scale, keep,       \
                 last);                                                                                               \
        for (; i + 4 <= m; i += 4)                                                                                    \
            tile(4, vectors, k, a + i * a_row, a_row, a_column, b, b_row, c + i * c_row, c_row, scale, keep, last);   \
        for (; i < m; i++)                                                                                            \
            tile(1, vectors, k, a + i * a_row, a_row, a_column, b, b_row, c + i * c_row, c_row, scale, keep, last);   \
    }
STRIP(strip_1, 1, 16)
STRIP(strip_2, 2, 12)
STRIP(strip_3, 3, 8)
STRIP(strip_4, 4, 6)

static void product(size_t m, size_t n, size_t k, const ELEMENT *a, size_t a_row, size_t a_column, const ELEMENT *b,
                    size_t b_row, float *c, size_t c_row, float scale, int keep) {
    for (size_t j = 0; j < n;) {
        size_t vectors = (n - j + 15) / 16;
        // Four registers at a time; what is left over goes 3 + 2 rather than 4 + 1.
        size_t width = vectors == 5 ? 3 : vectors > 4 ? 4 : vectors;
        size_t columns = n - j < 16 * width ? n - j : 16 * width;
        __mmask16 last = (__mmask16)((1u << (columns - 16 * (width - 1))) - 1);
        for (size_t p = 0; p < k; p += STRETCH) {
            size_t length = k - p < STRETCH ? k - p : STRETCH;
            const ELEMENT *left = a + p * a_column, *right = b + p * b_row + j;
            int keeps = keep || p > 0;
            switch (width) {
            case 1: strip_1(m, length, left, a_row, a_column, right, b_row, c + j, c_row, scale, keeps, last); break;
            case 2: strip_2(m, length, left, a_row, a_column, right, b_row, c + j, c_row, scale, keeps, last); break;
            case 3: strip_3(m, length, left, a_row, a_column, right, b_row, c + j, c_row, scale, keeps, last); break;
            default: strip_4(m, length, left, a_row, a_column, right, b_row, c + j, c_row, scale, keeps, last);
            }
        }
        j += 16 * width;
    }
}

#undef ELEMENT
#undef VECTOR
#undef LOAD
#undef LOAD_SOME
#undef SPREAD
#undef ADD_PRODUCT
#undef STRIP
