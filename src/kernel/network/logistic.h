/* Weighted logistic regression with a ridge, for models that rank pairs of actors. */
#ifndef AGL_KERNEL_NETWORK_LOGISTIC_H
#define AGL_KERNEL_NETWORK_LOGISTIC_H

#include "agglo/base.h"

/** Maximises over beta (q + 1 values, beta[0] the constant)
 *     sum_r w_r [ y_r eta_r - ln(1 + exp eta_r) ] - ridge / 2 sum_{k >= 1} beta_k^2,   eta = beta_0 + X beta
 * by Newton steps that are halved until the value rises. beta holds the start on entry. x: n x q row by row,
 * finite; y: n, 0 or 1; w: n, positive. Every column should have about unit variance, so that one ridge suits
 * all. Errors: AGL_ECONV when 50 steps do not settle. Cost: O(n q^2) a step. The same bits for any number of
 * threads. */
AGL_NODISCARD agl_status agl__logistic(double *beta, const double *x, size_t n, size_t q, const uint8_t *y,
                                       const double *w, double ridge, const agl_ctx *ctx, agl_error *err);

#endif
