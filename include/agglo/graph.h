/* agglo/graph.h - networks as compressed sparse rows, and how they are made from edges and from
 * participations.
 *
 *   undirected triangle 0-1, 0-2, 1-2 with weights 5, 6, 7
 *     n = 3   arcs = 6   offset = [ 0, 2, 4, 6 ]
 *     neighbour = [ 1, 2,  0, 2,  0, 1 ]      ascending within each node
 *     weight    = [ 5, 6,  5, 7,  6, 7 ]      or NULL: every tie weighs 1
 *
 * An undirected graph stores every tie in both directions, so the neighbours of v are one contiguous run
 * whatever the kernel needs; a directed one stores the arcs that leave v. There are no self loops and no
 * parallel ties: the builders merge and count them. Weights are strengths (more = closer); kernels that need
 * lengths say how they convert.
 */
#ifndef AGGLO_GRAPH_H
#define AGGLO_GRAPH_H

#include "agglo/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct agl_graph {
    int32_t n;   /**< nodes 0..n-1 */
    size_t arcs; /**< entries of neighbour = offset[n]; twice the number of ties when undirected */
    bool directed;
    size_t *offset;     /**< n + 1 */
    int32_t *neighbour; /**< arcs; ascending within a node */
    double *weight;     /**< arcs, all > 0 and finite; NULL = all 1 */
} agl_graph;

/** What a builder merged or left out. */
typedef struct agl_graph_counts {
    size_t self_loops; /**< edges from a node to itself, left out */
    size_t duplicates; /**< edges merged into an earlier one of the same pair */
} agl_graph_counts;

/** Graph of n nodes from m edges (source[e], target[e]).
 * Duplicates are merged by adding their weights; without weights the graph is unweighted and duplicates count
 * once (pass weights of 1 to count them). Undirected: (a, b) and (b, a) are the same tie. Self loops are
 * dropped. `counts` may be NULL. Errors: AGL_EDATA for an id outside 0..n-1 or a weight that is not finite
 * and positive. Cost: O(n + m), deterministic: weights of a tie are added in the order of the edges. */
AGL_NODISCARD agl_status agl_graph_from_edges(agl_graph *out, agl_graph_counts *counts, int32_t n, size_t m,
                                              const int32_t *source, const int32_t *target,
                                              const double *weight, bool directed, agl_error *err);
/** Frees the arrays and leaves an empty graph; safe on a zeroed struct. */
void agl_graph_free(agl_graph *graph);

/** Number of ties: arcs, or arcs / 2 when undirected. */
size_t agl_graph_edges(const agl_graph *graph);

/** The graph with every arc turned round (a copy when undirected). O(n + arcs). */
AGL_NODISCARD agl_status agl_graph_reverse(agl_graph *out, const agl_graph *graph, agl_error *err);

/** Undirected view of a directed graph: the tie a-b weighs w(a->b) + w(b->a); a copy when already undirected.
 */
AGL_NODISCARD agl_status agl_graph_undirected(agl_graph *out, const agl_graph *graph, agl_error *err);

/** Subgraph of the nodes with keep[v] != 0. old_id (may be NULL, caller allocates as many as are kept)
 * receives the node of `graph` behind each new node; the order is kept. O(n + arcs). */
AGL_NODISCARD agl_status agl_graph_induced(agl_graph *out, int32_t *old_id, const agl_graph *graph,
                                           const uint8_t *keep, agl_error *err);

/** The same graph with node v renamed new_id[v] (a permutation of 0..n-1). O(n + arcs). */
AGL_NODISCARD agl_status agl_graph_relabel(agl_graph *out, const agl_graph *graph, const int32_t *new_id,
                                           agl_error *err);

/** Connected components (weak ones when directed). component[v] in 0..k-1, numbered by falling size, ties by
 * their lowest node; *k the number of components. O(n + arcs). */
AGL_NODISCARD agl_status agl_graph_components(int32_t *component, int32_t *k, const agl_graph *graph,
                                              agl_error *err);

/* ---- two-mode data: who took part in which project ---- */

/** Distinct (project, actor) pairs, both ways round; members and projects ascend. */
typedef struct agl_incidence {
    int32_t n_projects, n_actors;
    size_t pairs;           /**< distinct pairs */
    size_t duplicates;      /**< rows that repeated a pair */
    size_t *project_offset; /**< n_projects + 1 */
    int32_t *actor;         /**< pairs: members of each project */
    size_t *actor_offset;   /**< n_actors + 1 */
    int32_t *project;       /**< pairs: projects of each actor */
} agl_incidence;

/** From rows (project[i], actor[i]); an actor twice in a project counts once, rows with a negative id are
 * skipped. Projects of more than max_members members (0 = no limit) lose all their pairs; *too_large (may be
 * NULL) counts them. O(rows + n_projects + n_actors). */
AGL_NODISCARD agl_status agl_incidence_new(agl_incidence *out, size_t *too_large, int32_t n_projects,
                                           int32_t n_actors, size_t rows, const int32_t *project,
                                           const int32_t *actor, size_t max_members, agl_error *err);
void agl_incidence_free(agl_incidence *incidence);

/** Weight that a project of k members gives each of its k(k-1)/2 pairs. */
typedef enum agl_projection_weight {
    AGL_WEIGHT_FULL,      /**< 1: the weight of a tie is its number of shared projects */
    AGL_WEIGHT_FRACTIONAL /**< 1 / (k - 1) (Newman 2001): the ties of a project add up to k / 2 */
} agl_projection_weight;

/** Ties of a projection: source < target, rows ascending by (source, target, slice). */
typedef struct agl_ties {
    size_t n;
    int32_t *source, *target;
    double *weight;
    int32_t *projects; /**< shared projects */
    int32_t *slice;    /**< slice of the tie; NULL when the projects have none */
    int32_t *
        first; /**< earliest start of the shared projects, INT32_MIN when none is known; NULL without times */
    int32_t *last; /**< latest end of them, INT32_MIN when none is known; NULL without times */
} agl_ties;

/** Facts of the projects that shape a projection; every array may be NULL. INT32_MIN = not known. */
typedef struct agl_project_facts {
    const int32_t *start; /**< n_projects, e.g. years */
    const int32_t *end;   /**< n_projects */
    const int32_t
        *slice; /**< n_projects: ties are kept apart by it; projects of slice INT32_MIN are left out */
} agl_project_facts;

/** One-mode projection: actors are tied when they share a project,
 *     w_ab = sum over projects p of a and b (in one slice) of 1, or of 1 / (k_p - 1).
 * Ties lighter than min_weight are left out (0 = keep all). `facts` may be NULL.
 * Cost: time O(sum k_p^2), memory O(ties); parallel over actors with results that do not depend on the
 * threads. Source: Newman 2001, Phys. Rev. E 64, 016132, eq. 2. */
AGL_NODISCARD agl_status agl_project(agl_ties *out, const agl_incidence *incidence,
                                     agl_projection_weight weight, double min_weight,
                                     const agl_project_facts *facts, const agl_ctx *ctx, agl_error *err);
void agl_ties_free(agl_ties *ties);

/** Ties through citations: actors a and b are tied when a document of one cites a document of the other,
 *     w_ab = sum over citations p -> q with a behind p and b behind q, or the other way round, of 1, or of 1
 * / (k_p k_q), k the number of actors behind a document, so that a citation adds up to one (less what falls
 * on an actor citing itself, which makes no tie). Rows citing[i] -> cited[i] are documents of `documents`,
 * negative = not known, skipped; repeated rows and documents citing themselves are skipped. `projects` counts
 * the citations, slice and time of a citation are those of the citing document (`facts`, may be NULL; `end`
 * is not used). O(rows log rows + sum k_p k_q), memory likewise. */
AGL_NODISCARD agl_status agl_citation_ties(agl_ties *out, const agl_incidence *documents, size_t rows,
                                           const int32_t *citing, const int32_t *cited,
                                           agl_projection_weight weight, const agl_project_facts *facts,
                                           agl_error *err);

#ifdef __cplusplus
}
#endif
#endif
