#include "ElementwiseKernels.h"

#include "dispatch/Kernels.h"
#include "dispatch/Targets.h"

#define NAME(x) x##_portable
#define SET RETORT_PORTABLE
#define LANES 4
#include "ElementwiseBody.h"

#if defined(__x86_64__)
BEGIN_AVX2
#define NAME(x) x##_avx2
#define SET RETORT_AVX2
#define LANES 8
#include "ElementwiseBody.h"
END_TARGET
BEGIN_AVX512
#define NAME(x) x##_avx512
#define SET RETORT_AVX512
#define LANES 16
#include "ElementwiseBody.h"
END_TARGET
#endif

void retort_rms_norm(const float *x, const float *weight, float *y, float *inverse, size_t rows, size_t columns,
                     float epsilon) {
    retort_chosen_kernels->elementwise->rms_norm(x, weight, y, inverse, rows, columns, epsilon);
}
void retort_rms_norm_backward(const float *x, const float *weight, const float *inverse, const float *dy, float *dx,
                              size_t rows, size_t columns, int accumulate) {
    retort_chosen_kernels->elementwise->rms_norm_backward(x, weight, inverse, dy, dx, rows, columns, accumulate);
}
void retort_rms_norm_weight_gradient(const float *x, const float *inverse, const float *dy, float *dweight,
                                     size_t rows, size_t columns) {
    retort_chosen_kernels->elementwise->rms_norm_weight_gradient(x, inverse, dy, dweight, rows, columns);
}
void retort_rope(float *x, size_t rows, size_t stride, size_t heads, size_t head_size, size_t rotated,
                 const int32_t *positions, const float *cosines, const float *sines, int adjacent, float direction) {
    retort_chosen_kernels->elementwise->rope(x, rows, stride, heads, head_size, rotated, positions, cosines, sines, adjacent, direction);
}
float retort_softmax(float *x, size_t count) { return retort_chosen_kernels->elementwise->softmax(x, count); }
float retort_log_sum_exp(const float *x, size_t count) { return retort_chosen_kernels->elementwise->log_sum_exp(x, count); }
void retort_soft_cap(float *x, size_t count, float cap) { retort_chosen_kernels->elementwise->soft_cap(x, count, cap); }
void retort_gated(const float *gate, const float *up, float *y, size_t count, int gelu) {
    retort_chosen_kernels->elementwise->gated(gate, up, y, count, gelu);
}
void retort_gated_backward(const float *gate, const float *up, const float *dy, float *dgate, float *dup,
                           size_t count, int gelu) {
    retort_chosen_kernels->elementwise->gated_backward(gate, up, dy, dgate, dup, count, gelu);
}
void retort_axpy(float a, const float *x, float *y, size_t count) { retort_chosen_kernels->elementwise->axpy(a, x, y, count); }
void retort_scale(float a, const float *x, float *y, size_t count) { retort_chosen_kernels->elementwise->scale(a, x, y, count); }
float retort_dot(const float *x, const float *y, size_t count) { return retort_chosen_kernels->elementwise->dot(x, y, count); }
void retort_softmax_gradient(float *scores, float *gradients, size_t count, float log_sum, float delta, float scale) {
    retort_chosen_kernels->elementwise->softmax_gradient(scores, gradients, count, log_sum, delta, scale);
}
void retort_adamw(float *parameter, float *moment1, float *moment2, const float *gradient, size_t count,
                  float gradient_scale, float learning_rate, float weight_decay, float beta1, float beta2,
                  float epsilon, float rate1, float rate2) {
    retort_chosen_kernels->elementwise->adamw(parameter, moment1, moment2, gradient, count, gradient_scale, learning_rate, weight_decay, beta1,
                   beta2, epsilon, rate1, rate2);
}
double retort_sum_of_squares(const float *x, size_t count) { return retort_chosen_kernels->elementwise->sum_of_squares(x, count); }
void retort_exp_weighted(const float *x, float *y, size_t count, float shift, float factor) {
    retort_chosen_kernels->elementwise->exp_weighted(x, y, count, shift, factor);
}
float retort_maximum(const float *x, size_t count) { return retort_chosen_kernels->elementwise->maximum(x, count); }
