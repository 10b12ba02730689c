/* agl__draw_avx512: the body of permutation_body.h compiled for AVX-512. */
#define AGL__DRAW_KERNEL agl__draw_avx512
#include "kernel/measure/permutation_body.h"
