#pragma once

// What the compiler may use in the functions between BEGIN_… and END_TARGET: the instruction sets of InstructionSet.h.
// `retort_has_instruction_set` asks the CPU for the same features.

#if defined(__x86_64__)
#include <immintrin.h>

#define PRAGMA(text) _Pragma(#text)
#define BEGIN_TARGET(features) PRAGMA(clang attribute push(__attribute__((target(features))), apply_to = function))
#define BEGIN_AVX2 BEGIN_TARGET("avx2,fma,f16c")
#define BEGIN_AVX512 BEGIN_TARGET("avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512dq")
#define BEGIN_AVX512_BF16 BEGIN_TARGET("avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")
#define END_TARGET PRAGMA(clang attribute pop)
#endif

#define INLINE static inline __attribute__((always_inline))
#define UNROLLED _Pragma("clang loop unroll(full)") for
