/* agl__edge_avx2: the body of ripley_weights_body.h compiled for AVX2. */
#define AGL__EDGE_KERNEL agl__edge_avx2
#include "kernel/measure/ripley_weights_body.h"
