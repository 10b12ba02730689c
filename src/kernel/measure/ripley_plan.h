/* Inside of agglo/ripley.h. */
#ifndef AGL_KERNEL_MEASURE_RIPLEY_PLAN_H
#define AGL_KERNEL_MEASURE_RIPLEY_PLAN_H

#include "agglo/ripley.h"
#include "kernel/measure/mfunction_rings.h"

/* ---- window ---- */

bool agl__window_strictly_contains(const agl_window *window, double x, double y);

/** An edge of the window by its vertices, and how far it is from some point. */
typedef struct agl__near_edge {
    double distance;
    size_t from, to;
} agl__near_edge;

/** Share of the circle around (x, y) that lies in the window. `edges` are sorted by distance; `scratch` holds
 * 2 * n_edges times agl__window_crossing_size() bytes. */
double agl__window_arc(const agl_window *window, const agl__near_edge *edges, size_t n_edges, double x,
                       double y, double radius, void *scratch);
size_t agl__window_crossing_size(void);

/* ---- weights on rectangles ---- */

/** One body (ripley_weights_body.h), compiled for each instruction set. For the points x, y of n blocks
 * around `at`. */
typedef struct agl__edge_kernel {
    /** 1 / share of the circle through the point that lies in a rectangle whose sides are `side` away from
     * `at` (left, right, down, up; INFINITY for a side out of reach), at most AGL__EDGE_MOST. */
    void (*isotropic)(double *restrict weight, const double *restrict x, const double *restrict y,
                      const uint32_t *restrict block, size_t n, const double at[2], const double side[4]);
    /** Area of a rectangle of size[0] by size[1] over what it has in common with itself moved from `at` to
     * the point. */
    void (*translation)(double *restrict weight, const double *restrict x, const double *restrict y,
                        const uint32_t *restrict block, size_t n, const double at[2], const double size[2]);
} agl__edge_kernel;

/** Weights are bounded, as customary: a point in a corner would else dominate the sum. */
#define AGL__EDGE_MOST 100

extern const agl__edge_kernel agl__edge_plain, agl__edge_avx2, agl__edge_avx512;
/** As agl__ring_kernel_for. */
const agl__edge_kernel *agl__edge_kernel_for(int level);

/* ---- patterns ---- */

/** One or two patterns made ready for the sums of K or g. */
typedef struct agl__k_plan {
    const agl_window *window;
    agl_ripley_options options;
    bool cross;
    double n_a, n_b;
    agl_points points;  /* both patterns along a Hilbert curve */
    int32_t *reference; /* points of A */
    size_t n_reference;
    agl__frame frame;
    agl__rings rings;  /* reach: n steps, for g the half-width of its kernel more */
    agl__cloud cloud;  /* points of B */
    double *x, *y;     /* by place of the cloud */
    double half_width; /* of the kernel of g */
    const agl__edge_kernel *edge;
} agl__k_plan;

AGL_NODISCARD agl_status agl__k_plan_new(agl__k_plan *out, const agl_points *a, const agl_points *b,
                                         const agl_window *window, const agl_ripley_options *options,
                                         agl_error *err);
void agl__k_plan_free(agl__k_plan *plan);

/** Sums over reference points; both arrays hold n + 1 values, by distance. */
typedef struct agl__k_sums {
    double *pairs;      /* weighted pairs up to r; for g weighed by its kernel around r */
    double *references; /* border: reference points at least r deep */
} agl__k_sums;

typedef struct agl__k_scratch {
    agl__ring_scratch rings;
    double *by_class; /* rings.n + 2 */
    agl__near_edge *edges;
    void *crossings;
} agl__k_scratch;

AGL_NODISCARD agl_status agl__k_scratch_new(agl__k_scratch *out, const agl__k_plan *plan, agl_error *err);
void agl__k_scratch_free(agl__k_scratch *scratch);

/** Whether agl__k_count serves this plan: K within one pattern without weights. */
static inline bool agl__k_counts(const agl__k_plan *plan) {
    return !plan->cross && plan->options.kind != AGL_RIPLEY_G && plan->options.edge <= AGL_EDGE_BORDER;
}

/** The sums of all reference points at once, `pairs` up to r. Each pair is looked at once. */
AGL_NODISCARD agl_status agl__k_count(agl__k_sums *sums, const agl__k_plan *plan, const agl_ctx *ctx,
                                      agl_error *err);

/** Adds the reference points [from, to). `pairs` of K (but for border) grow by class, not up to r:
 * agl__k_value sums them up. */
void agl__k_add(agl__k_sums *sums, agl__k_scratch *scratch, const agl__k_plan *plan, size_t from, size_t to);

/** K or g from the sums. */
void agl__k_value(double *value, const agl__k_sums *sums, const agl__k_plan *plan);

/** K or g of one or two patterns, unchecked. */
AGL_NODISCARD agl_status agl__k_function(double *value, const agl_points *a, const agl_points *b,
                                         const agl_window *window, const agl_ripley_options *options,
                                         const agl_ctx *ctx, agl_error *err);

/** What agl_ripley refuses. */
AGL_NODISCARD agl_status agl__ripley_check(const agl_ripley_data *data, const agl_ripley_options *options,
                                           agl_error *err);

#endif
