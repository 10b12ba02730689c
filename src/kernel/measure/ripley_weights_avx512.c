/* agl__edge_avx512: the body of ripley_weights_body.h compiled for AVX-512. */
#define AGL__EDGE_KERNEL agl__edge_avx512
#include "kernel/measure/ripley_weights_body.h"
