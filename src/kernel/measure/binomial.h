/* Upper tail of the binomial distribution, fast enough for every cell of a country and accurate in the far
 * tail. */
#ifndef AGL_KERNEL_MEASURE_BINOMIAL_H
#define AGL_KERNEL_MEASURE_BINOMIAL_H

/** P[X >= x] for X ~ Bin(n, p), continued to real x and n by the regularised incomplete beta function:
 *      P = I_p(x, n - x + 1),   and 1 for x <= 0.
 *
 * 0 <= x <= n, 0 <= p <= 1; NaN outside. Relative error below 1e-12 for n up to 1e7, for small and for large
 * probabilities alike (1e-10 up to n = 1e9); below 1e-300 the result may be 0. Cost: some 0.1 us far from the
 * mean n p, O(sqrt(n p (1-p))) steps near it.
 *
 * The point probability comes in Loader's saddle-point form, because a difference of log-gamma functions
 * loses log10(n) digits; the tail divided by it is the continued fraction of the incomplete beta function
 * (DLMF 8.17.22) in its even part. Weighed and left: GSL's beta function takes twice as long and is off by
 * 3e-8 at n = 1e7, for that difference; summing the tail term by term needs more steps than the fraction; a
 * normal approximation is wrong in the tails, which is where the interesting cells lie; eight fractions side
 * by side gain a tenth on AVX2 and lose a half without, because cells differ too much in their number of
 * steps.
 *
 * Source: Loader 2000, Fast and accurate computation of binomial probabilities; DLMF 8.17. */
double agl__binomial_upper(double x, double n, double p);

#endif
