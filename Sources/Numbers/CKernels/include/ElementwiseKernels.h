#pragma once
#include <stddef.h>
#include <stdint.h>

// Element-wise and row-wise float32 kernels of the two engines. All are single-threaded, and a row's result depends on
// nothing but the row.

/// The instruction set that the chosen ones are compiled for.
int retort_elementwise_set(void);

/// y[r, :] = x[r, :] * inverse[r] * weight, inverse[r] = 1 / sqrt(mean(x[r, :]^2) + epsilon).
/// `weight` may be NULL (ones), `inverse` may be NULL (not kept); y may be x.
void retort_rms_norm(const float *x, const float *weight, float *y, float *inverse, size_t rows, size_t columns,
                     float epsilon);
/// dx[r, :] (+)= the gradient of `retort_rms_norm` with respect to x.
void retort_rms_norm_backward(const float *x, const float *weight, const float *inverse, const float *dy, float *dx,
                              size_t rows, size_t columns, int accumulate);
/// dweight[c] += sum over rows of dy[r, c] * x[r, c] * inverse[r].
void retort_rms_norm_weight_gradient(const float *x, const float *inverse, const float *dy, float *dweight,
                                     size_t rows, size_t columns);

/// Rotates pairs of each head in place. Row r turns by the angles whose cosines and sines stand in row `positions[r]`
/// of the tables [positions, rotated / 2]. `adjacent`: pairs are (2i, 2i + 1), otherwise (i, i + rotated / 2).
/// `direction` +1 rotates forward, -1 back (which is also the gradient).
void retort_rope(float *x, size_t rows, size_t stride, size_t heads, size_t head_size, size_t rotated,
                 const int32_t *positions, const float *cosines, const float *sines, int adjacent, float direction);

/// Softmax of x[0 ..< count] in place; returns ln(sum(exp(x))).
float retort_softmax(float *x, size_t count);
/// y[i] = factor * exp(x[i] - shift).
void retort_exp_weighted(const float *x, float *y, size_t count, float shift, float factor);
/// The largest of x[0 ..< count].
float retort_maximum(const float *x, size_t count);
/// ln(sum(exp(x))).
float retort_log_sum_exp(const float *x, size_t count);
/// x[i] = cap * tanh(x[i] / cap).
void retort_soft_cap(float *x, size_t count, float cap);

/// y = silu(gate) * up, or gelu (tanh form) when `gelu` is not 0.
void retort_gated(const float *gate, const float *up, float *y, size_t count, int gelu);
/// From dy: dgate and dup (written, not accumulated; they may be gate and up themselves, or dup may be dy).
void retort_gated_backward(const float *gate, const float *up, const float *dy, float *dgate, float *dup,
                           size_t count, int gelu);

/// y += a * x
void retort_axpy(float a, const float *x, float *y, size_t count);
/// y = a * x
void retort_scale(float a, const float *x, float *y, size_t count);
/// sum(x * y)
float retort_dot(const float *x, const float *y, size_t count);
/// p[i] = exp(scores[i] - log_sum) into scores, and p[i] * (gradients[i] - delta) * scale into gradients: from the
/// gradient of probabilities that of the scores they came from.
void retort_softmax_gradient(float *scores, float *gradients, size_t count, float log_sum, float delta, float scale);

/// One decoupled AdamW update of `count` elements. `rate1` = 1 / (1 - beta1^t), `rate2` = 1 / (1 - beta2^t);
/// the gradient is first multiplied by `gradient_scale`.
void retort_adamw(float *parameter, float *moment1, float *moment2, const float *gradient, size_t count,
                  float gradient_scale, float learning_rate, float weight_decay, float beta1, float beta2,
                  float epsilon, float rate1, float rate2);
/// Sum of squares in double precision.
double retort_sum_of_squares(const float *x, size_t count);
