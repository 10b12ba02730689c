/* network build from a file to its two tables, and its projection alone against igraph's on the same
 * participations.
 *
 *   bench_network_build FILE PROJECT ACTOR      e.g. h2020.csv.gz rcn pic
 */
#include "network.h"
#include "op/invoke.h"

#include <sys/resource.h>

enum { ROUNDS = 5 };

static double whole(char **a, size_t *ties, size_t *actors) {
    agl_error err = {0};
    const agl_method *method;
    agl_db *db;
    agl_run *run;
    const char *file = a[1];
    const agl_pair columns[] = {{"project", a[2]}, {"actor", a[3]}};
    const agl_source source = {.paths = &file, .n_paths = 1, .columns = columns, .n_columns = 2};
    double start = now();
    check(agl__method_find(&method, "network", "build", &err), &err);
    check(agl__db_open(&db, NULL, false, NULL, &err), &err);
    check(agl__run_new(&run, method, db, NULL, &err), &err);
    check(agl__run_bind(run, "data", &source, &err), &err);
    check(agl__run_execute(run, &err), &err);
    double seconds = now() - start;
    *actors = agl__run_output_at(run, 0)->rows;
    *ties = agl__run_output_at(run, 1)->rows;
    agl__run_free(run);
    agl__db_close(db);
    return seconds;
}

/* The projection alone: two-mode rows to ties. */
static void projections(double *ours, double *theirs, char **a) {
    agl_error err = {0};
    agl_db *db;
    agl_table *t;
    agl_incidence inc;
    agl_ties ties;
    const char *file = a[1];
    const agl_pair columns[] = {{"project", a[2]}, {"actor", a[3]}};
    const agl_source source = {.paths = &file, .n_paths = 1, .columns = columns, .n_columns = 2};
    const agl_want wants[] = {{"project", AGL_WANT_KEY, true, 0, 0}, {"actor", AGL_WANT_KEY, true, 0, 0}};
    check(agl__db_open(&db, NULL, false, NULL, &err), &err);
    check(agl__read(&t, db, &source, wants, 2, NULL, 0, &err), &err);
    const agl_column *p = agl_table_column(t, "project"), *b = agl_table_column(t, "actor");
    double start = now();
    check(agl_incidence_new(&inc, NULL, (int32_t)p->dict.n, (int32_t)b->dict.n, t->rows, p->code, b->code, 0,
                            &err),
          &err);
    check(agl_project(&ties, &inc, AGL_WEIGHT_FULL, 0, NULL, NULL, &err), &err);
    *ours = now() - start;

    igraph_integer_t actors = (igraph_integer_t)b->dict.n, n = actors + (igraph_integer_t)p->dict.n, at = 0;
    igraph_vector_bool_t types;
    igraph_vector_int_t ends, multiplicity;
    igraph_t two_mode, one_mode;
    igraph_vector_bool_init(&types, n);
    igraph_vector_int_init(&multiplicity, 0);
    igraph_vector_int_init(&ends, 2 * (igraph_integer_t)inc.pairs);
    start = now();
    for (igraph_integer_t v = actors; v < n; v++)
        VECTOR(types)[v] = true;
    for (int32_t v = 0; v < inc.n_actors; v++)
        for (size_t i = inc.actor_offset[v]; i < inc.actor_offset[v + 1]; i++) {
            VECTOR(ends)[at++] = v;
            VECTOR(ends)[at++] = actors + inc.project[i];
        }
    igraph_create(&two_mode, &ends, n, IGRAPH_UNDIRECTED);
    igraph_bipartite_projection(&two_mode, &types, &one_mode, NULL, &multiplicity, NULL, 0);
    *theirs = now() - start;
    if ((size_t)igraph_ecount(&one_mode) != ties.n)
        fprintf(stderr, "igraph finds %d ties\n", (int)igraph_ecount(&one_mode));
    igraph_destroy(&one_mode);
    igraph_destroy(&two_mode);
    igraph_vector_int_destroy(&ends);
    igraph_vector_int_destroy(&multiplicity);
    igraph_vector_bool_destroy(&types);
    agl_incidence_free(&inc);
    agl_ties_free(&ties);
    agl_table_free(t);
    agl__db_close(db);
}

int main(int argc, char **argv) {
    if (argc < 4) {
        fprintf(stderr, "usage: %s FILE PROJECT ACTOR\n", argv[0]);
        return 2;
    }
    double best = 1e9, ours, theirs;
    size_t ties = 0, actors = 0;
    for (int round = 0; round < ROUNDS; round++) {
        double seconds = whole(argv, &ties, &actors);
        if (seconds < best) best = seconds;
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("file to tables: %zu actors, %zu ties in %.3f s (best of %d), %.3g ties/s, peak memory %ld MB\n",
           actors, ties, best, ROUNDS, (double)ties / best, usage.ru_maxrss / 1024);
    projections(&ours, &theirs, argv);
    printf("projection alone: agglo %.3f s, igraph %.3f s, ratio %.3f\n", ours, theirs, ours / theirs);
    return 0;
}
