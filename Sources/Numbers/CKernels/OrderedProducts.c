#include "OrderedProducts.h"

#include "InstructionSet.h"

#define NAME(x) ordered_portable_##x
#define LANES 4
#include "OrderedProductsBody.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define NAME(x) ordered_avx2_##x
#define LANES 8
#include "OrderedProductsBody.h"
#pragma clang attribute pop
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma"))), apply_to = function)
#define NAME(x) ordered_avx512_##x
#define LANES 16
#include "OrderedProductsBody.h"
#pragma clang attribute pop
#endif

void retort_ordered_dots(size_t m, size_t n, size_t k, const float *a, size_t a_row, const float *b, size_t b_row,
                         float *c, size_t c_row, float scale) {
#if defined(__x86_64__)
    if (retort_instruction_set() >= RETORT_AVX512)
        return ordered_avx512_dots(m, n, k, a, a_row, b, b_row, c, c_row, scale);
    if (retort_instruction_set() >= RETORT_AVX2)
        return ordered_avx2_dots(m, n, k, a, a_row, b, b_row, c, c_row, scale);
#endif
    ordered_portable_dots(m, n, k, a, a_row, b, b_row, c, c_row, scale);
}

void retort_ordered_sums(size_t m, size_t n, size_t k, const float *a, size_t a_row, const float *b, size_t b_row,
                         float *c, size_t c_row, int keep) {
#if defined(__x86_64__)
    if (retort_instruction_set() >= RETORT_AVX512)
        return ordered_avx512_sums(m, n, k, a, a_row, b, b_row, c, c_row, keep);
    if (retort_instruction_set() >= RETORT_AVX2)
        return ordered_avx2_sums(m, n, k, a, a_row, b, b_row, c, c_row, keep);
#endif
    ordered_portable_sums(m, n, k, a, a_row, b, b_row, c, c_row, keep);
}
