/* agl__edge_plain: the body of ripley_weights_body.h for any processor, and the choice at run time. */
#define AGL__EDGE_KERNEL agl__edge_plain
#include "kernel/measure/ripley_weights_body.h"

const agl__edge_kernel *agl__edge_kernel_for(int level) {
    if (!agl__ring_kernel_for(level)) return NULL;
#ifdef AGL_HAVE_X86_SIMD
    if (level == 1) return &agl__edge_avx2;
    if (level == 2) return &agl__edge_avx512;
#endif
    return &agl__edge_plain;
}
