/* Which ring around a point do its neighbours lie in? The one question behind M, K and the scores of single
 * points, asked some 10^9 times, so it is answered in single precision, for groups of points where a group
 * lies between two limits, and corrected in double precision where that is not enough.
 *
 * Rings have one width, `step`. The class of a neighbour at distance d is the smallest k with d <= k * step:
 * 0 for a coincident point, 1..n for the rings, n + 1 for everything farther off and for the point itself.
 * Any grid of distances that is made of multiples of a step is covered: interval[k] numbers the stretches
 * between the distances asked for, and only the interval of a neighbour has to be right. Distances that fall
 * exactly on an edge (tree maps, addresses on a grid) are counted as d <= r in double precision: squared
 * chords are compared with squared edges. A float decides only when it lies farther from an edge than its own
 * error bound; the others (one in some thousands) are decided in double. So classes and sums do not depend on
 * the instruction set.
 *
 * Weighed and left: classes by a gathered table of arbitrary edges (2-3 cycles a pair more on AVX2); discs of
 * whole grid cells with prefix sums along rows and exact tests at the rim (60 radii have long rims: no gain
 * below some 300,000 points); a uniform grid to find the neighbours (the tree of groups prunes as well and
 * settles far groups whole). */
#ifndef AGL_KERNEL_MEASURE_MFUNCTION_RINGS_H
#define AGL_KERNEL_MEASURE_MFUNCTION_RINGS_H

#include "agglo/points.h"

/** Positions in single precision relative to the middle of the points: plane coordinates, or, on the sphere,
 * turned so that the middle is the pole. Chords between them are those of the points to within rounding. */
typedef struct agl__frame {
    const agl_points *points;
    float *x, *y, *z;
    double reach; /* largest absolute coordinate */
} agl__frame;

AGL_NODISCARD agl_status agl__frame_new(agl__frame *out, const agl_points *points, agl_error *err);
void agl__frame_free(agl__frame *frame);

/** Order of the points along a Hilbert curve over x and y: neighbours in the order are neighbours on the map.
 * Kernels sort their points by it once; clouds then need no sorting. O(n). */
AGL_NODISCARD agl_status agl__hilbert_order(int32_t *order, const agl__frame *frame, agl_error *err);

/** The same, with the points in that order and their frame: out[k] = points[order[k]]. `frame` refers to
 * `out`. */
AGL_NODISCARD agl_status agl__along_curve(agl_points *out, agl__frame *frame, int32_t *order,
                                          const agl_points *points, agl_error *err);

/** Groups of AGL__GROUP members: of points at level 0, of groups of the level below above. */
#define AGL__GROUP  8
#define AGL__LEVELS 10

typedef struct agl__level {
    size_t n; /* groups; the arrays are filled up to a multiple of AGL__GROUP with empty far groups */
    float *x, *y, *z, *radius; /* a ball around all members */
    size_t first;              /* number of the first group among those of all levels */
} agl__level;

/** Some of the points, in groups. Point k of the cloud is point id[k] of the frame; empty places have id -1.
 */
typedef struct agl__cloud {
    size_t n;
    float *x, *y, *z;
    int32_t *id;
    double *weight;  /* NULL when each is 1 */
    uint32_t *whole; /* the same where all are whole numbers with a sum below 2^32 (employment mostly is),
                        else NULL */
    int levels;
    agl__level level[AGL__LEVELS];
    size_t groups;        /* of all levels */
    double *group_weight; /* weights of the members together, by number among all groups */
} agl__cloud;

/** `id` (NULL = all points of the frame) lists n points, near ones next to each other; `weight` holds weights
 * by point of the frame (NULL = all 1). O(n). */
AGL_NODISCARD agl_status agl__cloud_new(agl__cloud *out, const agl__frame *frame, const int32_t *id, size_t n,
                                        const double *weight, agl_error *err);
void agl__cloud_free(agl__cloud *cloud);

/** Numbers of one classification in single precision, the same for every pair. */
typedef struct agl__ring_scale {
    float per_step;  /* 1 / step */
    float far;       /* n + 0.5: everything beyond is the same */
    float doubt;     /* error bound of distance / step */
    float curvature; /* 1 / (2R)^2 on the sphere, 0 in the plane */
} agl__ring_scale;

/** Blocks (groups of level 0) handled at a time: their classes stay in the fastest cache. */
#define AGL__CHUNK 32

/** Instruction sets: one body, compiled for each. */
typedef struct agl__ring_kernel {
    /** Classes of the points of n <= AGL__CHUNK blocks seen from `at`, AGL__GROUP a block, -1 where single
     * precision cannot tell. Returns whether there is any -1. */
    bool (*classify)(int32_t *restrict class, const agl__cloud *cloud, const uint32_t *restrict block,
                     size_t n, const float at[3], const agl__ring_scale *scale);
    /** Least and largest class that a point below the AGL__GROUP groups numbered AGL__GROUP * parent[p] ...
     * can have. */
    void (*bounds)(int32_t *restrict low, int32_t *restrict high, const agl__level *level,
                   const uint32_t *restrict parent, size_t n, const float at[3],
                   const agl__ring_scale *scale);
    /** Pairs of one point with the points of n blocks, both ways: a pair of class c counts for the point when
     * c <= deep_here and for the other one when c <= deep[place]. times[] gets 0, 1 or 2 by lane,
     * reached[place] grows by one where the other one counts; returns how often the point itself does. */
    uint32_t (*count_both)(uint32_t *restrict times, uint32_t *restrict reached,
                           const int32_t *restrict class, const uint32_t *restrict block, size_t n,
                           int32_t deep_here, const int32_t *restrict deep);
    /** Rows of `lanes` values (a multiple of 8): row to[j] of `sum` grows by row from[j] of `w`, j = 0..n-1.
     */
    void (*add_rows)(double *restrict sum, const int32_t *restrict to, const double *restrict w,
                     const uint32_t *restrict from, size_t n, size_t lanes);
} agl__ring_kernel;

extern const agl__ring_kernel agl__ring_plain, agl__ring_avx2, agl__ring_avx512;

/** Kernels by level, slowest first (0 plain, 1 AVX2, 2 AVX-512); NULL where this machine or build lacks one.
 */
const agl__ring_kernel *agl__ring_kernel_for(int level);

typedef struct agl__rings {
    const agl__frame *frame;
    size_t n;
    double step;
    double *edge2;     /* n + 1 squared chords of the edges 0, step, ..., n * step */
    int32_t *interval; /* n + 2: by class, ascending; class 0 and class n + 1 are alone in theirs */
    agl__ring_scale scale;
    bool exact_only; /* step too fine for single precision: every single point is decided in double */
    const agl__ring_kernel *kernel;
} agl__rings;

/** n rings of width step km; `limits` (NULL = every ring) lists ascending classes after which an interval
 * ends. On the sphere n * step may not exceed 10,000 km (AGL_EUSAGE). */
AGL_NODISCARD agl_status agl__rings_new(agl__rings *out, const agl__frame *frame, double step, size_t n,
                                        const size_t *limits, size_t n_limits, agl_error *err);
void agl__rings_free(agl__rings *rings);

/** Scratch of one thread. Lists have as many entries as the largest cloud has groups. */
typedef struct agl__ring_scratch {
    uint32_t *block;        /* blocks to be looked at point by point */
    uint32_t *settled;      /* settled groups, numbered among all groups of the cloud */
    int32_t *settled_class; /* a class of the interval in which all their points lie */
    size_t n_blocks, n_settled;
    /* Both lists ascend in two stretches: blocks taken untested before the others, settled groups of higher
     * levels before those of level 0 (the former only by level). */
    size_t n_untested, n_higher;
    uint32_t *list[2]; /* groups of two levels during a visit */
    double *lanes;     /* AGL__RING_LANES * (n + 2): histograms side by side, for agl__rings_sum */
} agl__ring_scratch;
#define AGL__RING_LANES 4

/** For clouds of up to n_points points. */
AGL_NODISCARD agl_status agl__ring_scratch_new(agl__ring_scratch *out, const agl__rings *rings,
                                               size_t n_points, agl_error *err);
void agl__ring_scratch_free(agl__ring_scratch *scratch);

/** Goes through the groups of the cloud from point `id` of the frame and lists, in scratch, the largest
 * groups whose points all lie in one interval, and the blocks that remain. Groups beyond class `limit` <= n
 * are left out. With `settle` false no group is settled, only those beyond are left out. */
void agl__rings_visit(agl__ring_scratch *scratch, const agl__rings *rings, int32_t id,
                      const agl__cloud *cloud, size_t limit, bool settle);

/** Exact classes of the points of n <= AGL__CHUNK blocks, AGL__GROUP a block; empty places have class n + 1.
 */
void agl__rings_classify(int32_t *class, const agl__rings *rings, int32_t id, const agl__cloud *cloud,
                         const uint32_t *block, size_t n);

/** Weight of the cloud's points in each class up to `limit` <= n, seen from point `id`, right by interval:
 * sum[k], k = 0..n + 1 (of those beyond the limit it holds only a part). */
void agl__rings_sum(double *sum, agl__ring_scratch *scratch, const agl__rings *rings, int32_t id,
                    const agl__cloud *cloud, size_t limit);

/* Histograms by class, lane by lane. In neighbouring lanes neighbouring points do not wait for each other. */

/** lanes[] holds AGL__RING_LANES histograms of `classes` entries; the weights of n blocks, AGL__GROUP a
 * block. */
void agl__lanes_add(double *lanes, size_t classes, const int32_t *class, const double *weight, size_t n);
void agl__lanes_count(uint32_t *lanes, size_t classes, const int32_t *class, const uint32_t *times, size_t n);

#endif
