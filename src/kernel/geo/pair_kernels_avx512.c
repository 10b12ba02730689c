/* Compiled with -mavx512f and its extensions; see pair_kernels.h. */
#define AGL_PAIRS_NAME agl__pairs_avx512
#define AGL_PAIRS_TEXT "avx512"
#include "kernel/geo/pair_kernels_impl.h"
