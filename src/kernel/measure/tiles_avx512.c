/* agl__tiles_avx512: the body of tiles_body.h compiled for AVX-512. */
#define AGL__TILES agl__tiles_avx512
#include "kernel/measure/tiles_body.h"
