// The bodies of OrderedProducts.h, written once in vector extensions and compiled once per instruction set: the including
// file defines NAME(x) and LANES (floats in a register) and has set the target for every function that follows.

typedef float NAME(wide) __attribute__((ext_vector_type(LANES)));
typedef float NAME(wide_loose) __attribute__((ext_vector_type(LANES), aligned(4)));
#define V NAME(wide)
#define LOAD(p) ((V)(*(const NAME(wide_loose) *)(p)))
#define STORE(p, v) (*(NAME(wide_loose) *)(p) = (v))

INLINE V NAME(load_some)(const float *p, size_t count) {
    V v = (V)0.0f;
    __builtin_memcpy(&v, p, count * sizeof(float));
    return v;
}

// `rows` by `columns` dot products, all sums in registers.
INLINE void NAME(dots_tile)(int rows, int columns, size_t k, const float *a, size_t a_row, const float *b, size_t b_row,
                            float *c, size_t c_row, float scale) {
    V sums[rows][columns];
    UNROLLED(int i = 0; i < rows; i++) UNROLLED(int j = 0; j < columns; j++) sums[i][j] = (V)0.0f;
    size_t p = 0;
    for (; p + LANES <= k; p += LANES) {
        V right[columns];
        UNROLLED(int j = 0; j < columns; j++) right[j] = LOAD(b + j * b_row + p);
        UNROLLED(int i = 0; i < rows; i++) {
            V left = LOAD(a + i * a_row + p);
            UNROLLED(int j = 0; j < columns; j++) sums[i][j] = sums[i][j] + left * right[j];
        }
    }
    if (p < k) {
        UNROLLED(int i = 0; i < rows; i++) {
            V left = NAME(load_some)(a + i * a_row + p, k - p);
            UNROLLED(int j = 0; j < columns; j++)
                sums[i][j] = sums[i][j] + left * NAME(load_some)(b + j * b_row + p, k - p);
        }
    }
    UNROLLED(int i = 0; i < rows; i++) UNROLLED(int j = 0; j < columns; j++) {
        float total[LANES];
        __builtin_memcpy(total, &sums[i][j], sizeof total);
        UNROLLED(int width = LANES / 2; width > 0; width /= 2)
            UNROLLED(int lane = 0; lane < width; lane++) total[lane] += total[lane + width];
        c[i * c_row + j] = scale * total[0];
    }
}

INLINE void NAME(dots_rows)(int rows, size_t n, size_t k, const float *a, size_t a_row, const float *b, size_t b_row,
                            float *c, size_t c_row, float scale) {
    size_t j = 0;
    for (; j + 4 <= n; j += 4) NAME(dots_tile)(rows, 4, k, a, a_row, b + j * b_row, b_row, c + j, c_row, scale);
    for (; j < n; j++) NAME(dots_tile)(rows, 1, k, a, a_row, b + j * b_row, b_row, c + j, c_row, scale);
}

static void NAME(dots)(size_t m, size_t n, size_t k, const float *a, size_t a_row, const float *b, size_t b_row,
                       float *c, size_t c_row, float scale) {
    size_t i = 0;
    for (; i + 3 <= m; i += 3) NAME(dots_rows)(3, n, k, a + i * a_row, a_row, b, b_row, c + i * c_row, c_row, scale);
    for (; i < m; i++) NAME(dots_rows)(1, n, k, a + i * a_row, a_row, b, b_row, c + i * c_row, c_row, scale);
}

// `rows` rows by `vectors` registers of c, in registers all along; the last register of a row has `last` numbers.
INLINE void NAME(sums_tile)(int rows, int vectors, size_t k, const float *a, size_t a_row, const float *b, size_t b_row,
                            float *c, size_t c_row, int keep, size_t last) {
    V sums[rows][vectors];
    UNROLLED(int i = 0; i < rows; i++) UNROLLED(int v = 0; v < vectors; v++) {
        const float *place = c + i * c_row + LANES * v;
        size_t count = v == vectors - 1 ? last : LANES;
        sums[i][v] = !keep ? (V)0.0f : count == LANES ? LOAD(place) : NAME(load_some)(place, count);
    }
    for (size_t p = 0; p < k; p++) {
        V right[vectors];
        UNROLLED(int v = 0; v < vectors; v++) {
            const float *place = b + p * b_row + LANES * v;
            right[v] = v == vectors - 1 && last < LANES ? NAME(load_some)(place, last) : LOAD(place);
        }
        UNROLLED(int i = 0; i < rows; i++) {
            V left = (V)a[i * a_row + p];
            UNROLLED(int v = 0; v < vectors; v++) sums[i][v] = sums[i][v] + left * right[v];
        }
    }
    UNROLLED(int i = 0; i < rows; i++) UNROLLED(int v = 0; v < vectors; v++) {
        float *place = c + i * c_row + LANES * v;
        if (v < vectors - 1 || last == LANES)
            STORE(place, sums[i][v]);
        else
            __builtin_memcpy(place, &sums[i][v], last * sizeof(float));
    }
}

INLINE void NAME(sums_strip)(int vectors, size_t m, size_t k, const float *a, size_t a_row, const float *b, size_t b_row,
                             float *c, size_t c_row, int keep, size_t last) {
    size_t i = 0;
    for (; i + 4 <= m; i += 4)
        NAME(sums_tile)(4, vectors, k, a + i * a_row, a_row, b, b_row, c + i * c_row, c_row, keep, last);
    for (; i < m; i++)
        NAME(sums_tile)(1, vectors, k, a + i * a_row, a_row, b, b_row, c + i * c_row, c_row, keep, last);
}

static void NAME(sums)(size_t m, size_t n, size_t k, const float *a, size_t a_row, const float *b, size_t b_row,
                       float *c, size_t c_row, int keep) {
    // A stretch of b stays in the first-level cache; the sum goes on where it was left.
    enum { STRETCH = 128 };
    for (size_t p = 0; p < k || p == 0; p += STRETCH) {
        size_t length = k - p < STRETCH ? k - p : STRETCH;
        int keeps = keep || p > 0;
        size_t j = 0;
        while (j < n) {
            size_t vectors = (n - j + LANES - 1) / LANES;
            if (vectors > 3) vectors = vectors == 4 ? 2 : 3;
            size_t columns = n - j < LANES * vectors ? n - j : LANES * vectors;
            size_t last = columns - LANES * (vectors - 1);
            const float *left = a + p, *right = b + p * b_row + j;
            if (vectors == 1)
                NAME(sums_strip)(1, m, length, left, a_row, right, b_row, c + j, c_row, keeps, last);
            else if (vectors == 2)
                NAME(sums_strip)(2, m, length, left, a_row, right, b_row, c + j, c_row, keeps, last);
            else
                NAME(sums_strip)(3, m, length, left, a_row, right, b_row, c + j, c_row, keeps, last);
            j += columns;
        }
    }
}

const struct retort_ordered_kernels NAME(retort_ordered) = {NAME(dots), NAME(sums)};

#undef V
#undef LOAD
#undef STORE
#undef LANES
#undef NAME
