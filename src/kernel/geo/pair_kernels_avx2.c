/* Compiled with -mavx2; see pair_kernels.h. */
#define AGL_PAIRS_NAME agl__pairs_avx2
#define AGL_PAIRS_TEXT "avx2"
#include "kernel/geo/pair_kernels_impl.h"
