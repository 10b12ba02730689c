#define AGL_PAIRS_NAME agl__pairs_plain
#define AGL_PAIRS_TEXT "plain"
#include "kernel/geo/pair_kernels_impl.h"

const agl_pair_kernels *agl__pair_kernels_at(int width) {
    switch (width) {
    case AGL_PAIRS_PLAIN:
        return &agl__pairs_plain;
#ifdef AGL_HAVE_X86_SIMD
    case AGL_PAIRS_AVX2:
        return __builtin_cpu_supports("avx2") ? &agl__pairs_avx2 : NULL;
    case AGL_PAIRS_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                       __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")
                   ? &agl__pairs_avx512
                   : NULL;
#endif
    default:
        return NULL;
    }
}

const agl_pair_kernels *agl__pair_kernels(void) {
    for (int width = AGL_PAIRS_WIDTHS - 1; width > AGL_PAIRS_PLAIN; width--)
        if (agl__pair_kernels_at(width)) return agl__pair_kernels_at(width);
    return &agl__pairs_plain;
}
