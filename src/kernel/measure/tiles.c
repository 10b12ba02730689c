/* agl__tiles_plain: the body of tiles_body.h for any processor, and the choice at run time. */
#define AGL__TILES agl__tiles_plain
#include "kernel/measure/tiles_body.h"

const agl__tiles *agl__tiles_for(int level) {
    if (level == 0) return &agl__tiles_plain;
#ifdef AGL_HAVE_X86_SIMD
    if (level == 1 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt"))
        return &agl__tiles_avx2;
    if (level == 2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("popcnt"))
        return &agl__tiles_avx512;
#endif
    return NULL;
}

const agl__tiles *agl__tiles_best(void) {
    for (int level = 2; level > 0; level--)
        if (agl__tiles_for(level)) return agl__tiles_for(level);
    return &agl__tiles_plain;
}
