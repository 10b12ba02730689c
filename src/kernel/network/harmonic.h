/* Sums of 1 / steps from up to 64 sources at once, some nodes being gone. */
#ifndef AGL_KERNEL_NETWORK_HARMONIC_H
#define AGL_KERNEL_NETWORK_HARMONIC_H

#include "agglo/graph.h"

enum { AGL__LANES = 64 };

/** Memory of one thread. */
typedef struct agl__harmonic {
    uint64_t *seen, *front, *next; /* n; front and next are zero between calls */
    int32_t *active, *touched;     /* n */
} agl__harmonic;

AGL_NODISCARD agl_status agl__harmonic_new(agl__harmonic *out, int32_t n, agl_error *err);
void agl__harmonic_free(agl__harmonic *h);

/** sum[k] = sum over the nodes t that source[k] reaches of 1 / steps, k < count <= 64; 0 when source[k] is
 * gone. gone[v] != 0: v is not there (NULL = all are). `part` may be NULL: part[k * sets + x] = what of
 * sum[k] falls on the nodes of set x (set_of[v], -1 = none). */
void agl__harmonic_sums(double *sum, double *part, agl__harmonic *h, const agl_graph *g, const uint8_t *gone,
                        const int32_t *source, int32_t count, const int32_t *set_of, int32_t sets);

/** The graph with its busiest nodes first, which makes the searches several times faster, and its names:
 * new_id[v]. The caller frees both. */
AGL_NODISCARD agl_status agl__busiest_first(agl_graph *out, int32_t **new_id, const agl_graph *g,
                                            agl_error *err);

/** Draws `wanted` of the nodes with ties, ascending; *population of them. All of them when wanted is 0 or
 * more than there are. The caller frees *source. */
AGL_NODISCARD agl_status agl__draw_tied(int32_t **source, size_t *n, size_t *population, const agl_graph *g,
                                        size_t wanted, uint32_t replicate, const agl_ctx *ctx,
                                        agl_error *err);

#endif
