/* What all benchmarks share: the clock, processor time, peak memory, and giving up. */
#ifndef AGL_BENCH_H
#define AGL_BENCH_H

#include "agglo/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

/** Seconds of a clock that only runs forward. */
static inline double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/** Processor seconds of all threads: what the work costs when the machine is shared. */
static inline double work(void) { return (double)clock() / CLOCKS_PER_SEC; }

/** Peak memory of the process so far. */
static inline double megabytes(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_maxrss / 1024;
}

static inline void check(agl_status status, const agl_error *err) {
    if (status == AGL_OK) return;
    fprintf(stderr, "%s\n", err->message);
    exit(1);
}

#endif
