#include "dispatch/Kernels.h"
#include "dispatch/Targets.h"

// As much as the units of a core can multiply and add: all is in registers, and there are more sums at a time than a unit's
// latency times the number of units.

/// Has the compiler leave a value in its register, and believe that it may have changed.
#if defined(__aarch64__)
enum { SUMS = 24 };
#define KEEP(value) __asm__ volatile("" : "+w"(value))
#elif defined(__x86_64__)
enum { SUMS = 12 };
#define KEEP(value) __asm__ volatile("" : "+v"(value))
#endif

#define NAME(x) x##_portable
#define LANES 4
#include "MultiplyAddBody.h"

#if defined(__x86_64__)
BEGIN_AVX2
#define NAME(x) x##_avx2
#define LANES 8
#include "MultiplyAddBody.h"
END_TARGET
BEGIN_AVX512
#define NAME(x) x##_avx512
#define LANES 16
#include "MultiplyAddBody.h"
END_TARGET

BEGIN_AVX512_BF16
double retort_multiply_add_avx512bf16(size_t rounds) {
    __m512 sums[SUMS];
    __m512i pairs = _mm512_set1_epi32(0x3f003f00);
    KEEP(pairs);
    UNROLLED (int i = 0; i < SUMS; i++) sums[i] = _mm512_setzero_ps();
    for (size_t round = 0; round < rounds; round++) {
        UNROLLED (int i = 0; i < SUMS; i++) {
            sums[i] = _mm512_dpbf16_ps(sums[i], (__m512bh)pairs, (__m512bh)pairs);
            KEEP(sums[i]);
        }
    }
    return 4.0 * 16 * SUMS * (double)rounds;
}
END_TARGET
#endif
