#include "InstructionSet.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[RETORT_INSTRUCTION_SETS] = {"portable", "avx2", "avx512", "avx512bf16"};
static int chosen = RETORT_PORTABLE;
static char refused[64];

const char *retort_instruction_set_name(int set) {
    return set >= 0 && set < RETORT_INSTRUCTION_SETS ? names[set] : 0;
}

int retort_has_instruction_set(int set) {
    if (set == RETORT_PORTABLE) return 1;
#if defined(__x86_64__)
    __builtin_cpu_init();
    int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
    int avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                 __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    if (set == RETORT_AVX2) return avx2;
    if (set == RETORT_AVX512) return avx512;
    if (set == RETORT_AVX512_BF16) return avx512 && __builtin_cpu_supports("avx512bf16");
#endif
    return 0;
}

// Priority 101 is the first that programs may use: the kernels' own constructors come later and ask for the choice.
__attribute__((constructor(101))) static void choose(void) {
    for (int set = 0; set < RETORT_INSTRUCTION_SETS; set++)
        if (retort_has_instruction_set(set)) chosen = set;
    const char *forced = getenv("RETORT_KERNELS");
    if (!forced || !*forced) return;
    for (int set = 0; set < RETORT_INSTRUCTION_SETS; set++) {
        if (strcmp(forced, names[set]) == 0 && retort_has_instruction_set(set)) {
            chosen = set;
            return;
        }
    }
    strncpy(refused, forced, sizeof refused - 1);
}

int retort_instruction_set(void) { return chosen; }

const char *retort_refused_kernels(void) { return refused[0] ? refused : 0; }
