/* agl__ring_avx2: the body of mfunction_rings_body.h compiled for AVX2. */
#define AGL__RING_KERNEL agl__ring_avx2
#include "kernel/measure/mfunction_rings_body.h"
