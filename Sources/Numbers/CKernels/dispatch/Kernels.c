#include "Kernels.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[RETORT_INSTRUCTION_SETS] = {"portable", "avx2", "avx512", "avx512bf16"};

static const struct retort_kernels tables[RETORT_INSTRUCTION_SETS] = {
    [RETORT_PORTABLE] =
        {
            .elementwise = &retort_elementwise_portable,
            .ordered = &retort_ordered_portable,
            .decoders = &retort_decoders_portable,
            .encoders = &retort_encoders_portable,
            .panels = &retort_panels_portable,
            .full_panels = &retort_full_panels_portable,
            .multiply_add = retort_multiply_add_portable,
        },
#if defined(__x86_64__)
    [RETORT_AVX2] =
        {
            .elementwise = &retort_elementwise_avx2,
            .ordered = &retort_ordered_avx2,
            .stored_rows = &retort_stored_rows_avx2,
            .decoders = &retort_decoders_avx2,
            .encoders = &retort_encoders_avx2,
            .panels = &retort_panels_avx2,
            .full_panels = &retort_full_panels_avx2,
            .multiply_add = retort_multiply_add_avx2,
        },
    [RETORT_AVX512] =
        {
            .elementwise = &retort_elementwise_avx512,
            .ordered = &retort_ordered_avx512,
            .rows = &retort_rows_avx512,
            .stored_rows = &retort_stored_rows_avx2,
            .decoders = &retort_decoders_avx2,
            .encoders = &retort_encoders_avx2,
            .panels = &retort_panels_avx512,
            .full_panels = &retort_full_panels_avx512,
            .multiply_add = retort_multiply_add_avx512,
        },
    [RETORT_AVX512_BF16] =
        {
            .elementwise = &retort_elementwise_avx512,
            .ordered = &retort_ordered_avx512,
            .rows = &retort_rows_avx512,
            .bf16_rows = &retort_bf16_rows_avx512bf16,
            .stored_rows = &retort_stored_rows_avx2,
            .decoders = &retort_decoders_avx2,
            .encoders = &retort_encoders_avx2,
            .panels = &retort_panels_avx512bf16,
            .full_panels = &retort_full_panels_avx512,
            .multiply_add = retort_multiply_add_avx512bf16,
        },
#endif
};

const struct retort_kernels *retort_chosen_kernels = &tables[RETORT_PORTABLE];
static int chosen = RETORT_PORTABLE;
static char refused[64];

const struct retort_kernels *retort_kernels_of(int set) { return &tables[set]; }

int retort_has_instruction_set(int set) {
    if (set == RETORT_PORTABLE) return 1;
#if defined(__x86_64__)
    __builtin_cpu_init();
    const int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
    const int avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                       __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    if (set == RETORT_AVX2) return avx2;
    if (set == RETORT_AVX512) return avx512;
    if (set == RETORT_AVX512_BF16) return avx512 && __builtin_cpu_supports("avx512bf16");
#endif
    return 0;
}

// Before main, so that no kernel has to ask again and no two threads can differ. Priority 101 is the first that programs
// may use: whatever runs before main later finds the choice made.
__attribute__((constructor(101))) static void choose(void) {
    for (int set = 0; set < RETORT_INSTRUCTION_SETS; set++)
        if (retort_has_instruction_set(set)) chosen = set;
    const char *forced = getenv("RETORT_KERNELS");
    if (forced && *forced) {
        int set = 0;
        while (set < RETORT_INSTRUCTION_SETS && strcmp(forced, names[set]) != 0) set++;
        if (set < RETORT_INSTRUCTION_SETS && retort_has_instruction_set(set))
            chosen = set;
        else
            strncpy(refused, forced, sizeof refused - 1);
    }
    retort_chosen_kernels = &tables[chosen];
}

int retort_instruction_set(void) { return chosen; }
const char *retort_refused_kernels(void) { return refused[0] ? refused : 0; }
const char *retort_instruction_set_name(int set) {
    return set >= 0 && set < RETORT_INSTRUCTION_SETS ? names[set] : 0;
}
int retort_elementwise_set(void) { return retort_chosen_kernels->elementwise->set; }
int retort_encoder_set(void) { return retort_chosen_kernels->encoders->set; }
double retort_multiply_add(int set, size_t rounds) { return retort_kernels_of(set)->multiply_add(rounds); }
