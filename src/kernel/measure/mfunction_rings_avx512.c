/* agl__ring_avx512: the body of mfunction_rings_body.h compiled for AVX-512. */
#define AGL__RING_KERNEL agl__ring_avx512
#include "kernel/measure/mfunction_rings_body.h"
