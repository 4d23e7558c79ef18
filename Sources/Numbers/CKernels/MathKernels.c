#include "MathKernels.h"

#include "InstructionSet.h"

#include <string.h>

struct math_kernels {
    void (*rms_norm)(const float *, const float *, float *, float *, size_t, size_t, float);
    void (*rms_norm_backward)(const float *, const float *, const float *, const float *, float *, size_t, size_t, int);
    void (*rms_norm_weight_gradient)(const float *, const float *, const float *, float *, size_t, size_t);
    void (*rope)(float *, size_t, size_t, size_t, size_t, size_t, const int32_t *, const float *, const float *, int,
                 float);
    float (*softmax)(float *, size_t);
    float (*log_sum_exp)(const float *, size_t);
    void (*soft_cap)(float *, size_t, float);
    void (*gated)(const float *, const float *, float *, size_t, int);
    void (*gated_backward)(const float *, const float *, const float *, float *, float *, size_t, int);
    void (*axpy)(float, const float *, float *, size_t);
    void (*scale)(float, const float *, float *, size_t);
    float (*dot)(const float *, const float *, size_t);
    void (*softmax_gradient)(float *, float *, size_t, float, float, float);
    void (*adamw)(float *, float *, float *, const float *, size_t, float, float, float, float, float, float, float,
                  float);
    double (*sum_of_squares)(const float *, size_t);
    void (*exp_weighted)(const float *, float *, size_t, float, float);
    float (*maximum)(const float *, size_t);
};

#define NAME(x) portable_##x
#define LANES 4
#include "MathBody.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define NAME(x) avx2_##x
#define LANES 8
#include "MathBody.h"
#pragma clang attribute pop
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma"))), apply_to = function)
#define NAME(x) avx512_##x
#define LANES 16
#include "MathBody.h"
#pragma clang attribute pop
#endif

static const struct math_kernels *kernels = &portable_kernels;
static const char *instruction_set = "portable";

// Runs before main, so that no kernel has to ask again and no two threads can differ.
__attribute__((constructor)) static void choose_kernels(void) {
#if defined(__x86_64__)
    const int set = retort_instruction_set();
    if (set >= RETORT_AVX2) {
        kernels = &avx2_kernels;
        instruction_set = "avx2";
    }
    if (set >= RETORT_AVX512) {
        kernels = &avx512_kernels;
        instruction_set = "avx512";
    }
#endif
}

const char *retort_math_instruction_set(void) { return instruction_set; }

void retort_rms_norm(const float *x, const float *weight, float *y, float *inverse, size_t rows, size_t columns,
                     float epsilon) {
    kernels->rms_norm(x, weight, y, inverse, rows, columns, epsilon);
}
void retort_rms_norm_backward(const float *x, const float *weight, const float *inverse, const float *dy, float *dx,
                              size_t rows, size_t columns, int accumulate) {
    kernels->rms_norm_backward(x, weight, inverse, dy, dx, rows, columns, accumulate);
}
void retort_rms_norm_weight_gradient(const float *x, const float *inverse, const float *dy, float *dweight,
                                     size_t rows, size_t columns) {
    kernels->rms_norm_weight_gradient(x, inverse, dy, dweight, rows, columns);
}
void retort_rope(float *x, size_t rows, size_t stride, size_t heads, size_t head_size, size_t rotated,
                 const int32_t *positions, const float *cosines, const float *sines, int adjacent, float direction) {
    kernels->rope(x, rows, stride, heads, head_size, rotated, positions, cosines, sines, adjacent, direction);
}
float retort_softmax(float *x, size_t count) { return kernels->softmax(x, count); }
float retort_log_sum_exp(const float *x, size_t count) { return kernels->log_sum_exp(x, count); }
void retort_soft_cap(float *x, size_t count, float cap) { kernels->soft_cap(x, count, cap); }
void retort_gated(const float *gate, const float *up, float *y, size_t count, int gelu) {
    kernels->gated(gate, up, y, count, gelu);
}
void retort_gated_backward(const float *gate, const float *up, const float *dy, float *dgate, float *dup,
                           size_t count, int gelu) {
    kernels->gated_backward(gate, up, dy, dgate, dup, count, gelu);
}
void retort_axpy(float a, const float *x, float *y, size_t count) { kernels->axpy(a, x, y, count); }
void retort_scale(float a, const float *x, float *y, size_t count) { kernels->scale(a, x, y, count); }
float retort_dot(const float *x, const float *y, size_t count) { return kernels->dot(x, y, count); }
void retort_softmax_gradient(float *scores, float *gradients, size_t count, float log_sum, float delta, float scale) {
    kernels->softmax_gradient(scores, gradients, count, log_sum, delta, scale);
}
void retort_adamw(float *parameter, float *moment1, float *moment2, const float *gradient, size_t count,
                  float gradient_scale, float learning_rate, float weight_decay, float beta1, float beta2,
                  float epsilon, float rate1, float rate2) {
    kernels->adamw(parameter, moment1, moment2, gradient, count, gradient_scale, learning_rate, weight_decay, beta1,
                   beta2, epsilon, rate1, rate2);
}
double retort_sum_of_squares(const float *x, size_t count) { return kernels->sum_of_squares(x, count); }
void retort_exp_weighted(const float *x, float *y, size_t count, float shift, float factor) {
    kernels->exp_weighted(x, y, count, shift, factor);
}
float retort_maximum(const float *x, size_t count) { return kernels->maximum(x, count); }
