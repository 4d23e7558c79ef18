#include "BlockDecoding.h"

#include "dispatch/Kernels.h"
#include "dispatch/Targets.h"

// The fixtures were made without fused multiply-add: an expression must round after every operation.
#pragma STDC FP_CONTRACT OFF

#define NAME(x) x##_portable
#define HALF(bits) half_portable(bits)
#define IS_AVX2 0
#include "blocks/BlockLayouts.h"
#include "blocks/BlockDecodingBody.h"
#undef NAME
#undef HALF
#undef IS_AVX2

#if defined(__x86_64__)
BEGIN_AVX2
#define NAME(x) x##_avx2
#define HALF(bits) half_avx2(bits)
#define IS_AVX2 1
#include "blocks/BlockLayouts.h"
#include "blocks/BlockDecodingBody.h"
END_TARGET
#endif

retort_decoder retort_decoder_of(uint32_t type) { return retort_chosen_kernels->decoders->of(type); }
retort_decoder retort_decoder_of_set(int set, uint32_t type) { return retort_kernels_of(set)->decoders->of(type); }
