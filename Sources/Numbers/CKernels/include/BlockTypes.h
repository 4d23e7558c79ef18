#pragma once

// The numbers of ggml's types (`enum ggml_type`), for those that the kernels know.
enum {
    RETORT_F32 = 0,
    RETORT_F16 = 1,
    RETORT_Q4_0 = 2,
    RETORT_Q4_1 = 3,
    RETORT_Q5_0 = 6,
    RETORT_Q5_1 = 7,
    RETORT_Q8_0 = 8,
    RETORT_Q2_K = 10,
    RETORT_Q3_K = 11,
    RETORT_Q4_K = 12,
    RETORT_Q5_K = 13,
    RETORT_Q6_K = 14,
    RETORT_IQ4_NL = 20,
    RETORT_IQ4_XS = 23,
    RETORT_BF16 = 30,
    RETORT_TQ1_0 = 34,
    RETORT_TQ2_0 = 35,
    RETORT_MXFP4 = 39,
};
