/* agl__tiles_avx2: the body of tiles_body.h compiled for AVX2. */
#define AGL__TILES agl__tiles_avx2
#include "kernel/measure/tiles_body.h"
