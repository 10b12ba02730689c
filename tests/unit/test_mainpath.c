/* Search path counts and main paths against walking every path. */
#include "agglo/innovation.h"
#include "base/mem.h"
#include "base/rng.h"
#include "unit.h"

#include <math.h>
#include <string.h>

enum { N = 12, MAX_ARCS = N * N };

typedef struct field {
    int32_t n;
    bool cites[N][N]; /* [citing][cited] */
    int32_t citing[MAX_ARCS], cited[MAX_ARCS];
    size_t m;
    double through[N][N], works[N], paths; /* walks over the arc cited -> citing, over the work, all */
    double best;                           /* largest sum of SPC */
} field;

static bool first_work(const field *f, int v) {
    for (int u = 0; u < f->n; u++)
        if (f->cites[v][u]) return false;
    return true;
}

/** Walks on from the last of the `length` works; at its end counts the path, or with `sum` adds up its SPC.
 */
static void walk(field *f, int *path, int length, bool sum) {
    int v = path[length - 1];
    bool end = true;
    for (int u = 0; u < f->n; u++)
        if (f->cites[u][v]) {
            end = false;
            path[length] = u;
            walk(f, path, length + 1, sum);
        }
    if (!end || length == 1) return;
    double all = 0;
    for (int k = 0; k + 1 < length; k++) {
        if (sum) all += f->through[path[k]][path[k + 1]] / f->paths;
        if (!sum) f->through[path[k]][path[k + 1]]++;
    }
    if (sum && all > f->best) f->best = all;
    if (sum) return;
    f->paths++;
    for (int k = 0; k < length; k++)
        f->works[path[k]]++;
}

static void walk_all(field *f) {
    int path[N + 1];
    memset(f->through, 0, sizeof f->through);
    memset(f->works, 0, sizeof f->works);
    f->paths = f->best = 0;
    for (int sum = 0; sum < 2; sum++)
        for (int v = 0; v < f->n; v++)
            if (first_work(f, v)) path[0] = v, walk(f, path, 1, sum);
}

static void list(field *f) {
    f->m = 0;
    for (int v = 0; v < f->n; v++)
        for (int u = 0; u < f->n; u++)
            if (f->cites[v][u]) f->citing[f->m] = v, f->cited[f->m++] = u;
}

START_TEST(counts_are_those_of_all_paths) {
    for (uint32_t which = 0; which < 20; which++) {
        static field f;
        agl_rng rng = agl__rng(4, which, 0);
        f.n = N;
        memset(f.cites, 0, sizeof f.cites);
        for (int v = 0; v < N; v++)
            for (int u = 0; u < v; u++)
                f.cites[v][u] = agl__rng_unit(&rng) < 0.3;
        list(&f);
        walk_all(&f);
        double traversal[N], sum = 0;
        agl_main_path p = {.traversal = traversal};
        ck_assert_int_eq(agl_main_path_find(&p, N, f.m, f.citing, f.cited, 0, NULL, NULL), AGL_OK);
        ck_assert_double_eq_tol(p.ln_paths, log(f.paths), 1e-12);
        ck_assert_uint_eq(p.cycles, 0);
        for (int v = 0; v < N; v++)
            ck_assert_double_eq_tol(traversal[v], f.works[v] / f.paths, 1e-12);
        ck_assert(p.length >= 2 && first_work(&f, p.path[0]));
        for (size_t k = 0; k + 1 < p.length; k++) {
            ck_assert(f.cites[p.path[k + 1]][p.path[k]]);
            sum += f.through[p.path[k]][p.path[k + 1]] / f.paths;
        }
        ck_assert_double_eq_tol(sum, f.best, 1e-12);
        free(p.path);
    }
}
END_TEST

/* 3,000 diamonds in a row: 2^3000 paths, far beyond a double. */
START_TEST(counts_do_not_overflow) {
    enum { DIAMONDS = 3000, WORKS = 3 * DIAMONDS + 1 };
    int32_t *citing = AGL_NEW(int32_t, 4 * DIAMONDS), *cited = AGL_NEW(int32_t, 4 * DIAMONDS);
    double *traversal = AGL_NEW(double, WORKS);
    ck_assert(citing && cited && traversal);
    for (int32_t d = 0; d < DIAMONDS; d++) {
        int32_t top = 3 * d, e = 4 * d;
        cited[e] = top, citing[e] = top + 1, cited[e + 1] = top, citing[e + 1] = top + 2;
        cited[e + 2] = top + 1, citing[e + 2] = top + 3, cited[e + 3] = top + 2, citing[e + 3] = top + 3;
    }
    agl_main_path p = {.traversal = traversal};
    ck_assert_int_eq(agl_main_path_find(&p, WORKS, 4 * DIAMONDS, citing, cited, 0, NULL, NULL), AGL_OK);
    ck_assert_double_eq_tol(p.ln_paths, DIAMONDS * log(2), 1e-8);
    ck_assert_uint_eq(p.length, 2 * DIAMONDS + 1);
    ck_assert_double_eq_tol(traversal[3 * 1500], 1, 1e-8);
    ck_assert_double_eq_tol(traversal[3 * 1500 + 1], 0.5, 1e-8);
    free(p.path), free(citing), free(cited), free(traversal);
}
END_TEST

/* Random digraphs with cycles: groups of works that reach each other, by the closure. */
START_TEST(circles_are_merged) {
    for (uint32_t which = 0; which < 20; which++) {
        static field f;
        bool reach[N][N];
        agl_rng rng = agl__rng(9, which, 0);
        f.n = N;
        for (int v = 0; v < N; v++)
            for (int u = 0; u < N; u++)
                f.cites[v][u] = v != u && agl__rng_unit(&rng) < 0.09;
        f.cites[N - 1][0] = true, f.cites[0][N - 1] = false;
        list(&f);
        memcpy(reach, f.cites, sizeof reach);
        for (int k = 0; k < N; k++)
            for (int v = 0; v < N; v++)
                for (int u = 0; u < N; u++)
                    reach[v][u] |= reach[v][k] && reach[k][u];
        size_t circles = 0, in_circles = 0;
        for (int v = 0; v < N; v++) {
            bool leads = reach[v][v];
            for (int u = 0; u < v; u++)
                leads &= !(reach[v][u] && reach[u][v]);
            in_circles += reach[v][v];
            circles += leads;
        }
        double traversal[N];
        agl_main_path p = {.traversal = traversal};
        agl_status status = agl_main_path_find(&p, N, f.m, f.citing, f.cited, 0, NULL, NULL);
        ck_assert_uint_eq(p.cycles, circles);
        ck_assert_uint_eq(p.in_cycles, in_circles);
        if (status != AGL_OK) continue; /* everything in one circle */
        for (int v = 0; v < N; v++)
            for (int u = 0; u < N; u++)
                if (reach[v][u] && reach[u][v]) ck_assert_double_eq(traversal[v], traversal[u]);
        free(p.path);
    }
}
END_TEST

/* a <- b <- c: both arcs must stay for the path of three, one of them for any; the middle is on every path.
 */
START_TEST(support_and_threads) {
    int32_t citing[] = {1, 2}, cited[] = {0, 1};
    double traversal[3], support[2][3];
    for (int run = 0; run < 2; run++) {
        agl_ctx ctx = AGL_CTX_INIT;
        ctx.threads = run ? 3 : 1;
        agl_main_path p = {.traversal = traversal, .support = support[run]};
        ck_assert_int_eq(agl_main_path_find(&p, 3, 2, citing, cited, 4000, &ctx, NULL), AGL_OK);
        ck_assert_uint_eq(p.length, 3);
        free(p.path);
    }
    double keep = 1 - exp(-1), error = 4 * sqrt(0.25 / 4000);
    ck_assert_double_eq_tol(support[0][0], keep, error);
    ck_assert_double_eq_tol(support[0][1], 1 - (1 - keep) * (1 - keep), error);
    ck_assert_double_eq_tol(support[0][2], keep, error);
    ck_assert_mem_eq(support[0], support[1], sizeof support[0]);
}
END_TEST

START_TEST(bad_input) {
    int32_t citing[] = {0, 1}, cited[] = {1, 0};
    double traversal[2];
    agl_error err = {0};
    agl_main_path p = {.traversal = traversal};
    ck_assert_int_eq(agl_main_path_find(&p, 2, 2, citing, cited, 0, NULL, &err), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "circle"));
    ck_assert_uint_eq(p.cycles, 1);
    ck_assert_int_eq(agl_main_path_find(&p, 2, 0, citing, cited, 0, NULL, &err), AGL_EDATA);
    cited[0] = 2;
    ck_assert_int_eq(agl_main_path_find(&p, 2, 2, citing, cited, 0, NULL, &err), AGL_EDATA);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("mainpath");
    TCase *tests = tcase_create("mainpath");
    tcase_add_test(tests, counts_are_those_of_all_paths);
    tcase_add_test(tests, counts_do_not_overflow);
    tcase_add_test(tests, circles_are_merged);
    tcase_add_test(tests, support_and_threads);
    tcase_add_test(tests, bad_input);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}
