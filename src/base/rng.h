/* Counter-based random numbers: Philox4x32-10 (Salmon et al. 2011, Random123). A stream is named by (seed,
 * replicate, unit), so any thread can draw any stream at any time and the numbers stay the same. Streams are
 * cheap to make: make one per replicate or per unit instead of sharing one. */
#ifndef AGL_BASE_RNG_H
#define AGL_BASE_RNG_H

#include <Random123/philox.h>
#include <math.h>
#include <stdint.h>

typedef struct agl_rng {
    philox4x32_key_t key;
    philox4x32_ctr_t counter;
    philox4x32_ctr_t block;
    unsigned left; /* words of `block` not yet used */
} agl_rng;

static inline agl_rng agl__rng(uint64_t seed, uint32_t replicate, uint32_t unit) {
    agl_rng r = {
        .key = {{(uint32_t)seed, (uint32_t)(seed >> 32)}}, .counter = {{0, 0, replicate, unit}}, .left = 0};
    return r;
}

static inline uint32_t agl__rng_u32(agl_rng *r) {
    if (r->left == 0) {
        r->block = philox4x32(r->counter, r->key);
        if (++r->counter.v[0] == 0) r->counter.v[1]++;
        r->left = 4;
    }
    return r->block.v[--r->left];
}

static inline uint64_t agl__rng_u64(agl_rng *r) {
    uint64_t high = agl__rng_u32(r);
    return high << 32 | agl__rng_u32(r);
}

/** Uniform on the open interval (0, 1), 53 bits. */
static inline double agl__rng_unit(agl_rng *r) { return ((double)(agl__rng_u64(r) >> 11) + 0.5) * 0x1p-53; }

/** Uniform on 0..n-1 without bias (Lemire 2019); n > 0. */
static inline uint32_t agl__rng_below(agl_rng *r, uint32_t n) {
    uint64_t product = (uint64_t)agl__rng_u32(r) * n;
    if ((uint32_t)product < n) {
        uint32_t threshold = -n % n;
        while ((uint32_t)product < threshold)
            product = (uint64_t)agl__rng_u32(r) * n;
    }
    return (uint32_t)(product >> 32);
}

/** Standard normal (Box-Muller; one of the pair is thrown away to keep streams position-independent). */
static inline double agl__rng_normal(agl_rng *r) {
    double u = agl__rng_unit(r), v = agl__rng_unit(r);
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586476925287 * v);
}

#endif
