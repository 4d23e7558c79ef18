#include "OrderedProducts.h"

#include "dispatch/Kernels.h"
#include "dispatch/Targets.h"

#define NAME(x) x##_portable
#define LANES 4
#include "OrderedProductsBody.h"

#if defined(__x86_64__)
BEGIN_AVX2
#define NAME(x) x##_avx2
#define LANES 8
#include "OrderedProductsBody.h"
END_TARGET
BEGIN_AVX512
#define NAME(x) x##_avx512
#define LANES 16
#include "OrderedProductsBody.h"
END_TARGET
#endif

void retort_ordered_dots(size_t m, size_t n, size_t k, const float *a, size_t a_row, const float *b, size_t b_row,
                         float *c, size_t c_row, float scale) {
    retort_chosen_kernels->ordered->dots(m, n, k, a, a_row, b, b_row, c, c_row, scale);
}

void retort_ordered_sums(size_t m, size_t n, size_t k, const float *a, size_t a_row, const float *b, size_t b_row,
                         float *c, size_t c_row, int keep) {
    retort_chosen_kernels->ordered->sums(m, n, k, a, a_row, b, b_row, c, c_row, keep);
}
