/* network recommend: ten links for every actor, from a file to its tables, and the memory it takes.
 *
 *   bench_recommend FILE PROJECT ACTOR START [KIND [PAIRS]]      e.g. h2020.csv.gz rcn pic start_year type
 * firm-university
 */
#include "network.h"
#include "op/invoke.h"

#include <sys/resource.h>

int main(int argc, char **argv) {
    if (argc < 5) {
        fprintf(stderr, "usage: bench_recommend FILE PROJECT ACTOR START [KIND [PAIRS]]\n");
        return 2;
    }
    agl_error err = {0};
    const agl_method *method;
    agl_db *db;
    agl_run *run;
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.threads = 2;
    const char *file = argv[1];
    const agl_pair columns[] = {
        {"project", argv[2]}, {"actor", argv[3]}, {"start", argv[4]}, {"kind", argc > 5 ? argv[5] : ""}};
    const agl_source source = {
        .paths = &file, .n_paths = 1, .columns = columns, .n_columns = argc > 5 ? 4 : 3};
    double start = now();
    check(agl__method_find(&method, "network", "recommend", &err), &err);
    check(agl__db_open(&db, NULL, false, NULL, &err), &err);
    check(agl__run_new(&run, method, db, &ctx, &err), &err);
    check(agl__run_bind(run, "data", &source, &err), &err);
    check(agl__run_set(run, "per-actor", "10", &err), &err);
    if (argc > 6) check(agl__run_set(run, "pairs", argv[6], &err), &err);
    check(agl__run_execute(run, &err), &err);
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    printf("%zu links  %.1f s  (%.1f s of processor time on two threads)  %.0f MB\n",
           agl__run_output_at(run, 0)->rows, now() - start,
           (double)use.ru_utime.tv_sec + (double)use.ru_utime.tv_usec * 1e-6, (double)use.ru_maxrss / 1024);
    agl__run_free(run);
    agl__db_close(db);
    return 0;
}
