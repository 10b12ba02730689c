/* Products and solves with I + rho B - phi A, B the rivals in a market (never formed), A the links. */
#ifndef AGL_KERNEL_ALLOCATE_RIVALRY_H
#define AGL_KERNEL_ALLOCATE_RIVALRY_H

#include "agglo/keyfirms.h"

typedef struct agl__rivalry {
    const agl_graph *links;
    size_t n;
    int32_t *market; /* n: firms without rivals have a market of their own */
    double *size;    /* n_markets: firms */
    size_t n_markets;
    double rho, phi;
} agl__rivalry;

AGL_NODISCARD agl_status agl__rivalry_new(agl__rivalry *out, const agl_klz_network *net, agl_error *err);
void agl__rivalry_free(agl__rivalry *game);

/** to = own x + rivals M(x) + partners A x, M_i the sum over the market of i, itself included. `sums` is
 * scratch of n_markets. Links are passed over in parallel; ctx with one thread runs in the caller's thread.
 */
AGL_NODISCARD agl_status agl__rivalry_product(double *to, const double *x, double own, double rivals,
                                              double partners, double *sums, const agl__rivalry *game,
                                              const agl_ctx *ctx, agl_error *err);

/** Scratch of one solve. */
typedef struct agl__cg_work {
    double *residual, *conditioned, *direction, *image; /* n each */
    double *sums;                                       /* n_markets */
} agl__cg_work;

AGL_NODISCARD agl_status agl__cg_work_new(agl__cg_work *out, const agl__rivalry *game, agl_error *err);
void agl__cg_work_free(agl__cg_work *work);

/** x = (I + rho B - phi A)^-1 b to a residual of `tolerance` relative to b. x and b may not overlap. */
AGL_NODISCARD agl_status agl__rivalry_solve(double *x, const double *b, double tolerance, agl__cg_work *work,
                                            const agl__rivalry *game, const agl_ctx *ctx, agl_error *err);

/** A symmetric operator, and the approximate inverse that speeds up its solution (NULL = none). */
typedef struct agl__operator {
    agl_status (*apply)(double *to, const double *x, void *arg, agl_error *err);
    void (*condition)(double *to, const double *x, void *arg);
    void *arg;
} agl__operator;

/** Conjugate gradients on a positive definite operator from x = 0. AGL_ECONV when a direction of non-positive
 * curvature turns up or the residual does not fall. */
AGL_NODISCARD agl_status agl__conjugate_gradients(double *x, const double *b, size_t n, double tolerance,
                                                  agl__cg_work *work, const agl__operator *op,
                                                  agl_error *err);

double agl__dot(const double *a, const double *b, size_t n);

#endif
