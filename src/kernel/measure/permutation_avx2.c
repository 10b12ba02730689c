/* agl__draw_avx2: the body of permutation_body.h compiled for AVX2. */
#define AGL__DRAW_KERNEL agl__draw_avx2
#include "kernel/measure/permutation_body.h"
