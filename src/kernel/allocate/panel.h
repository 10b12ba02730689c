/* What the estimators of production functions share: lags, the polynomial of the control function, the Markov
 * process of omega, and the estimators themselves, one a file. */
#ifndef AGL_KERNEL_ALLOCATE_PANEL_H
#define AGL_KERNEL_ALLOCATE_PANEL_H

#include "agglo/productivity.h"

enum { AGL__MOST_TERMS = 48 };

/** A panel with its lags, and the work space of one estimation. */
typedef struct agl_panel_work {
    const agl_firm_panel *p;
    int32_t *lag;   /* n: row of the same firm one year before, -1 = none */
    double *phi;    /* n: what the first stage explains */
    double *omega;  /* pairs: productivity, its lag, and the innovation */
    double *before; /* pairs */
    double *xi;     /* pairs */
    size_t n_pairs;
} agl_panel_work;

AGL_NODISCARD agl_status agl__panel_work(agl_panel_work *w, const agl_firm_panel *p, agl_error *err);
void agl__panel_work_free(agl_panel_work *w);

static inline size_t agl__panel_inputs(const agl_firm_panel *p) { return p->n_free + p->n_state; }

/** Writes v_1..v_q and all v_i v_j, i <= j; returns their number q + q(q+1)/2. */
size_t agl__poly_terms(double *out, const double *v, size_t q);
/** Terms of (state inputs, proxy) of row i, with the free inputs before them when `with_free`. */
size_t agl__control_terms(double *out, const agl_firm_panel *p, size_t i, bool with_free);

/** Regression of omega on 1, u, u^2, u^3 of the n values `before`, u standardised: xi = target - fit. False
 * when `before` does not vary. `target` is usually omega itself. */
bool agl__markov(double *xi, const double *target, const double *omega, const double *before, size_t n);

/** Function to minimise or to bring to zero: writes `moments` (d values, may be NULL) and returns the
 * criterion, always finite. */
typedef double (*agl_criterion_fn)(double *moments, const double *b, void *arg);
#define AGL__FAR 1e300 /* the criterion where it is not defined */

/** Nelder-Mead from x with the given step, restarted until it stands; returns the least value. d <=
 * AGL_TFP_MOST_INPUTS. */
double agl__simplex(double *x, size_t d, double step, agl_criterion_fn f, void *arg);
/** Newton's method on the d moments from x, with a numerical Jacobian and step halving; x changes only for
 * the better. */
double agl__newton(double *x, size_t d, agl_criterion_fn f, void *arg);
/** Searches from a grid of starting values; fills out->minima by ascending criterion. With `start` from that
 * alone. `first` is the number of the first coefficient that is searched: those before it are copied from
 * `known`. */
AGL_NODISCARD agl_status agl__search_minima(agl_tfp *out, size_t first, size_t d, const double *known,
                                            const double *start, bool newton, agl_criterion_fn f, void *arg,
                                            const agl_ctx *ctx, agl_error *err);

/* Estimators: coefficients into out->coefficient, minima where there are some. `start` (may be NULL) are
 * coefficients to start from instead of the grid. */
AGL_NODISCARD agl_status agl__tfp_linear(agl_tfp *out, agl_panel_work *w, bool within, agl_error *err);
AGL_NODISCARD agl_status agl__tfp_two_stage(agl_tfp *out, agl_panel_work *w, const double *start,
                                            const agl_ctx *ctx, agl_error *err);
AGL_NODISCARD agl_status agl__tfp_acf(agl_tfp *out, agl_panel_work *w, const double *start,
                                      const agl_ctx *ctx, agl_error *err);
/** `tfp` (n or NULL) receives omega + eps, which does not follow from mean elasticities. */
AGL_NODISCARD agl_status agl__tfp_gnr(agl_tfp *out, double *tfp, agl_panel_work *w, const agl_ctx *ctx,
                                      agl_error *err);
AGL_NODISCARD agl_status agl__tfp_wooldridge(agl_tfp *out, agl_panel_work *w, bool no_drift, agl_error *err);

#endif
