/* Ties through citations, against going through all citations for every pair of actors. */
#include "graphs.h"

enum { ACTORS = 15, DOCUMENTS = 40, ROWS = 80, CITATIONS = 200 };

typedef struct sample {
    int32_t document[ROWS], actor[ROWS], citing[CITATIONS], cited[CITATIONS], year[DOCUMENTS];
    agl_incidence inc;
} sample;

static void make(sample *s, uint64_t seed) {
    agl_rng rng = agl__rng(seed, 0, 0);
    for (int i = 0; i < ROWS; i++) {
        s->document[i] = (int32_t)agl__rng_below(&rng, DOCUMENTS);
        s->actor[i] = (int32_t)agl__rng_below(&rng, ACTORS);
    }
    for (int i = 0; i < CITATIONS; i++) { /* some name no known document, some repeat, some cite themselves */
        s->citing[i] = (int32_t)agl__rng_below(&rng, DOCUMENTS + 2) - 2;
        s->cited[i] = (int32_t)agl__rng_below(&rng, DOCUMENTS + 2) - 2;
    }
    for (int d = 0; d < DOCUMENTS; d++)
        s->year[d] = d % 9 == 8 ? INT32_MIN : 2000 + d % 4;
    OK(agl_incidence_new(&s->inc, NULL, DOCUMENTS, ACTORS, ROWS, s->document, s->actor, 0, err));
}

static int members(const sample *s, int32_t d) {
    return (int)(s->inc.project_offset[d + 1] - s->inc.project_offset[d]);
}

static bool behind(const sample *s, int32_t d, int32_t a) {
    for (size_t i = s->inc.project_offset[d]; i < s->inc.project_offset[d + 1]; i++)
        if (s->inc.actor[i] == a) return true;
    return false;
}

static bool repeated(const sample *s, int i) {
    for (int k = 0; k < i; k++)
        if (s->citing[k] == s->citing[i] && s->cited[k] == s->cited[i]) return true;
    return false;
}

typedef struct expected {
    double weight;
    int citations;
    int32_t first, last;
} expected;

static expected count(const sample *s, int32_t a, int32_t b, bool fractional, int32_t slice) {
    expected e = {.first = INT32_MAX, .last = INT32_MIN};
    for (int i = 0; i < CITATIONS; i++) {
        int32_t p = s->citing[i], q = s->cited[i];
        if (p < 0 || q < 0 || p == q || repeated(s, i)) continue;
        if (slice != INT32_MIN && s->year[p] != slice) continue;
        int ways = (behind(s, p, a) && behind(s, q, b)) + (behind(s, p, b) && behind(s, q, a));
        if (ways == 0) continue;
        e.weight += ways * (fractional ? 1.0 / (members(s, p) * members(s, q)) : 1.0);
        e.citations++;
        if (s->year[p] == INT32_MIN) continue;
        if (s->year[p] < e.first) e.first = s->year[p];
        if (s->year[p] > e.last) e.last = s->year[p];
    }
    return e;
}

START_TEST(against_all_pairs) {
    for (int fractional = 0; fractional < 2; fractional++) {
        sample s;
        agl_ties t;
        make(&s, 1 + (uint64_t)fractional);
        const agl_project_facts facts = {.start = s.year};
        OK(agl_citation_ties(&t, &s.inc, CITATIONS, s.citing, s.cited,
                             fractional ? AGL_WEIGHT_FRACTIONAL : AGL_WEIGHT_FULL, &facts, err));
        size_t at = 0;
        for (int32_t a = 0; a < ACTORS; a++)
            for (int32_t b = a + 1; b < ACTORS; b++) {
                expected e = count(&s, a, b, fractional, INT32_MIN);
                if (e.citations == 0) continue;
                ck_assert_uint_lt(at, t.n);
                ck_assert_int_eq(t.source[at], a);
                ck_assert_int_eq(t.target[at], b);
                ck_assert_double_eq_tol(t.weight[at], e.weight, 1e-12);
                ck_assert_int_eq(t.projects[at], e.citations);
                ck_assert_int_eq(t.first[at], e.first == INT32_MAX ? INT32_MIN : e.first);
                ck_assert_int_eq(t.last[at], e.last);
                at++;
            }
        ck_assert_uint_gt(at, 50);
        ck_assert_uint_eq(at, t.n);
        ck_assert_ptr_null(t.slice);
        agl_ties_free(&t);
        agl_incidence_free(&s.inc);
    }
}
END_TEST

START_TEST(by_slice) {
    sample s;
    agl_ties t;
    make(&s, 3);
    const agl_project_facts facts = {.start = s.year, .slice = s.year};
    OK(agl_citation_ties(&t, &s.inc, CITATIONS, s.citing, s.cited, AGL_WEIGHT_FULL, &facts, err));
    size_t n = 0;
    for (int32_t a = 0; a < ACTORS; a++)
        for (int32_t b = a + 1; b < ACTORS; b++)
            for (int32_t year = 2000; year < 2004; year++)
                n += count(&s, a, b, false, year).citations > 0;
    ck_assert_uint_eq(t.n, n);
    for (size_t i = 0; i < t.n; i++) {
        expected e = count(&s, t.source[i], t.target[i], false, t.slice[i]);
        ck_assert_double_eq_tol(t.weight[i], e.weight, 1e-12);
        ck_assert_int_eq(t.projects[i], e.citations);
        ck_assert(t.first[i] == t.slice[i] && t.last[i] == t.slice[i]);
    }
    agl_ties_free(&t);
    agl_incidence_free(&s.inc);
}
END_TEST

/* Fractional weights of a citation between strangers add up to one. */
START_TEST(adds_up_to_one) {
    const int32_t document[] = {0, 0, 0, 1, 1}, actor[] = {0, 1, 2, 3, 4}, citing[] = {1}, cited[] = {0};
    agl_incidence inc;
    agl_ties t;
    double sum = 0;
    OK(agl_incidence_new(&inc, NULL, 2, 5, 5, document, actor, 0, err));
    OK(agl_citation_ties(&t, &inc, 1, citing, cited, AGL_WEIGHT_FRACTIONAL, NULL, err));
    ck_assert_uint_eq(t.n, 6);
    for (size_t i = 0; i < t.n; i++)
        sum += t.weight[i];
    ck_assert_double_eq_tol(sum, 1, 1e-15);
    agl_ties_free(&t);
    agl_incidence_free(&inc);
}
END_TEST

START_TEST(nothing_cited) {
    sample s;
    agl_ties t;
    make(&s, 4);
    OK(agl_citation_ties(&t, &s.inc, 0, s.citing, s.cited, AGL_WEIGHT_FULL, NULL, err));
    ck_assert_uint_eq(t.n, 0);
    agl_ties_free(&t);
    agl_incidence_free(&s.inc);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("citations");
    TCase *tests = tcase_create("citations");
    tcase_add_test(tests, against_all_pairs);
    tcase_add_test(tests, by_slice);
    tcase_add_test(tests, adds_up_to_one);
    tcase_add_test(tests, nothing_cited);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}
