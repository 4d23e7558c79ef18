#pragma once
#include <stddef.h>

// Which kernels run: the fastest that the CPU has, or what `RETORT_KERNELS` asks for.
// The choice is made before main, so that no two threads can differ.

/// Instruction sets, each containing those before it.
enum {
    RETORT_PORTABLE = 0,
    RETORT_AVX2 = 1,
    RETORT_AVX512 = 2,
    RETORT_AVX512_BF16 = 3,
    RETORT_INSTRUCTION_SETS = 4,
};

/// The one chosen.
int retort_instruction_set(void);
/// Its name in `RETORT_KERNELS` and in reports; null for a number that is none.
const char *retort_instruction_set_name(int set);
/// Whether the CPU has it.
int retort_has_instruction_set(int set);
/// Multiplies and adds in registers alone, with as many independent sums as keep all units of a core busy, `rounds` times
/// with the instruction of a set that the CPU has; returns how many floating-point operations that were.
double retort_multiply_add(int set, size_t rounds);
/// The value of `RETORT_KERNELS` if it could not be followed, because it is unknown or the CPU lacks it; else null.
const char *retort_refused_kernels(void);
