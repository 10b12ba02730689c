/* agl__ring_plain: the body of mfunction_rings_body.h for any processor, and the choice at run time. */
#define AGL__RING_KERNEL agl__ring_plain
#include "kernel/measure/mfunction_rings_body.h"

const agl__ring_kernel *agl__ring_kernel_for(int level) {
    if (level == 0) return &agl__ring_plain;
#ifdef AGL_HAVE_X86_SIMD
    if (level == 1 && __builtin_cpu_supports("avx2")) return &agl__ring_avx2;
    if (level == 2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512cd"))
        return &agl__ring_avx512;
#endif
    return NULL;
}
