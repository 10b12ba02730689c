/* measure specialization, CSV in to Parquet out, against DuckDB's own SQL for the bare ratio on the same file
 * in the same process.
 *
 *   bench_specialization FILE REGION INDUSTRY VALUE [YEAR]      e.g. cbp_county_naics4_2017_2019.csv.gz fips
 * naics emp year
 */
#include "bench.h"
#include "op/invoke.h"
#include "table/write.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ROUNDS = 5 };

static double bare(const char *out, char **a, agl_error *err) {
    agl_db *db;
    double start = now();
    check(agl__db_open(&db, NULL, false, NULL, err), err);
    check(agl__db_exec(db, err,
                       "COPY (WITH t AS (SELECT \"%s\" r, \"%s\" i, \"%s\" v, \"%s\" y FROM read_csv('%s', "
                       "types={'%s': 'VARCHAR', '%s': "
                       "'VARCHAR'})), a AS (SELECT r, y, sum(v) s FROM t GROUP BY ALL), b AS (SELECT i, y, "
                       "sum(v) s FROM t GROUP BY ALL), "
                       "c AS (SELECT y, sum(v) s FROM t GROUP BY ALL) SELECT t.*, (t.v / a.s) / (b.s / c.s) "
                       "AS lq FROM t JOIN a USING (r, y) "
                       "JOIN b USING (i, y) JOIN c USING (y) ORDER BY r, i, y) TO '%s' (FORMAT parquet, "
                       "COMPRESSION zstd)",
                       a[2], a[3], a[4], a[5], a[1], a[2], a[3], out),
          err);
    agl__db_close(db);
    return now() - start;
}

static double ours(const char *out, char **a, size_t *rows, agl_error *err) {
    const agl_method *method;
    agl_db *db;
    agl_run *run;
    const char *paths[] = {a[1]};
    agl_pair columns[] = {{"region", a[2]}, {"industry", a[3]}, {"value", a[4]}, {"year", a[5]}};
    agl_source source = {.paths = paths, .n_paths = 1, .columns = columns, .n_columns = 4};
    double start = now();
    check(agl__method_find(&method, "measure", "specialization", err), err);
    check(agl__db_open(&db, NULL, false, NULL, err), err);
    check(agl__run_new(&run, method, db, NULL, err), err);
    check(agl__run_bind(run, "data", &source, err), err);
    check(agl__run_execute(run, err), err);
    const agl_table *t = agl__run_output_at(run, 0);
    check(agl__write(out, db, &t, 1, err), err);
    *rows = t->rows;
    agl__run_free(run);
    agl__db_close(db);
    return now() - start;
}

int main(int argc, char **argv) {
    if (argc != 6) {
        fprintf(stderr, "usage: bench_specialization FILE REGION INDUSTRY VALUE YEAR\n");
        return 2;
    }
    char out[64];
    agl_error err = {0};
    size_t rows = 0;
    double best_bare = 1e9, best_ours = 1e9;
    snprintf(out, sizeof out, "/tmp/agglo-bench-%ld.parquet", (long)getpid());
    for (int i = 0; i < ROUNDS; i++) {
        double b = bare(out, argv, &err), o = ours(out, argv, &rows, &err);
        if (b < best_bare) best_bare = b;
        if (o < best_ours) best_ours = o;
    }
    unlink(out);
    printf("%zu rows: bare SQL %.3f s, measure specialization %.3f s, ratio %.2f (at most 1.5)\n", rows,
           best_bare, best_ours, best_ours / best_bare);
    return 0;
}
