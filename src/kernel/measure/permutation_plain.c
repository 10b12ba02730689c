/* agl__draw_plain: the body of permutation_body.h for any processor, and the choice at run time. */
#define AGL__DRAW_KERNEL agl__draw_plain
#include "kernel/measure/permutation_body.h"

agl__draw_kernel *agl__draw_kernel_for(int level) {
    if (level == 0) return agl__draw_plain;
#ifdef AGL_HAVE_X86_SIMD
    if (level == 1 && __builtin_cpu_supports("avx2")) return agl__draw_avx2;
    if (level == 2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512cd"))
        return agl__draw_avx512;
#endif
    return NULL;
}

agl__draw_kernel *agl__draw_kernel_best(void) {
    for (int level = 2; level > 0; level--)
        if (agl__draw_kernel_for(level)) return agl__draw_kernel_for(level);
    return agl__draw_plain;
}
