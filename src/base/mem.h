/* Checked allocation. calloc refuses products that overflow and costs nothing extra for large blocks (the
 * kernel hands out zeroed pages), so there is one macro, always zeroed. Memory goes back through free().
 * Tests of exhausted memory replace calloc/realloc at link time; an allocator in the context was weighed and
 * left out: it would thread one more argument through every call and no user of the library has asked for it.
 */
#ifndef AGL_BASE_MEM_H
#define AGL_BASE_MEM_H

#include <stdlib.h>

/** Zeroed array of n elements of type T; NULL when memory is exhausted. n = 0 gives a valid pointer. */
#define AGL_NEW(T, n) ((T *)calloc((size_t)(n) > 0 ? (size_t)(n) : 1, sizeof(T)))

/** Grows `array` (of *capacity elements of `size` bytes) to hold at least `need`; returns NULL and leaves the
 * old block alone when memory is exhausted. Doubles, so that n pushes cost O(n). */
void *agl__grow(void *array, size_t *capacity, size_t need, size_t size);

#endif
