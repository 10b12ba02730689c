/* What the network benchmarks share: the clock, reading participations, the projection as ours and as
 * igraph's graph. */
#ifndef AGL_BENCH_NETWORK_H
#define AGL_BENCH_NETWORK_H

#include "agglo/graph.h"
#include "bench.h"
#include "table/read.h"

#include <igraph.h>
#include <stdio.h>
#include <stdlib.h>

/** The projection of the participations in `file`, weighted by shared projects. */
static inline agl_graph read_projection(const char *file, const char *project, const char *actor) {
    agl_error err = {0};
    agl_db *db;
    agl_table *t;
    agl_incidence inc;
    agl_ties ties;
    agl_graph g;
    const agl_pair columns[] = {{"project", project}, {"actor", actor}};
    const agl_source source = {.paths = &file, .n_paths = 1, .columns = columns, .n_columns = 2};
    const agl_want wants[] = {{"project", AGL_WANT_KEY, true, 0, 0}, {"actor", AGL_WANT_KEY, true, 0, 0}};
    check(agl__db_open(&db, NULL, false, NULL, &err), &err);
    check(agl__read(&t, db, &source, wants, 2, NULL, 0, &err), &err);
    const agl_column *p = agl_table_column(t, "project"), *a = agl_table_column(t, "actor");
    check(agl_incidence_new(&inc, NULL, (int32_t)p->dict.n, (int32_t)a->dict.n, t->rows, p->code, a->code, 0,
                            &err),
          &err);
    check(agl_project(&ties, &inc, AGL_WEIGHT_FULL, 0, NULL, NULL, &err), &err);
    check(agl_graph_from_edges(&g, NULL, inc.n_actors, ties.n, ties.source, ties.target, ties.weight, false,
                               &err),
          &err);
    agl_incidence_free(&inc);
    agl_ties_free(&ties);
    agl_table_free(t);
    agl__db_close(db);
    return g;
}

/** The same graph in igraph, with the weights of its edges. */
static inline void to_igraph(igraph_t *out, igraph_vector_t *weights, const agl_graph *g) {
    igraph_vector_int_t ends;
    igraph_integer_t m = (igraph_integer_t)agl_graph_edges(g), at = 0;
    igraph_vector_int_init(&ends, 2 * m);
    igraph_vector_init(weights, m);
    for (int32_t v = 0; v < g->n; v++)
        for (size_t a = g->offset[v]; a < g->offset[v + 1]; a++) {
            if (g->neighbour[a] < v) continue;
            VECTOR(*weights)[at] = g->weight ? g->weight[a] : 1;
            VECTOR(ends)[2 * at] = v;
            VECTOR(ends)[2 * at++ + 1] = g->neighbour[a];
        }
    igraph_create(out, &ends, g->n, IGRAPH_UNDIRECTED);
    igraph_vector_int_destroy(&ends);
}

static inline void compare(const char *what, double ours, double theirs, const agl_graph *g) {
    printf("%-24s agglo %9.3f s   igraph %9.3f s   ratio %6.3f   %.3g ties/s\n", what, ours, theirs,
           ours / theirs, (double)agl_graph_edges(g) / ours);
    fflush(stdout);
}

#endif
