/* Citations between documents as ties between those who stand behind them. The pairs of all citations are
 * written out and sorted: documents have few applicants, so they are hardly more than the citations
 * themselves, and unlike in a projection there is no actor around which to accumulate. */
#include "agglo/graph.h"
#include "base/mem.h"

#include <stdlib.h>

/* One citation seen by one pair of actors; `a` < `b`. */
typedef struct seen {
    int32_t a, b, slice, time;
    uint32_t citing, cited;
    double weight;
} seen;

typedef struct citation {
    int32_t citing, cited;
} citation;

static int by_documents(const void *p, const void *q) {
    const citation *x = p, *y = q;
    if (x->citing != y->citing) return x->citing < y->citing ? -1 : 1;
    return (x->cited > y->cited) - (x->cited < y->cited);
}

/* A strict order, so that sums are taken in one order whatever the order of the rows. */
static int by_pair(const void *p, const void *q) {
    const seen *x = p, *y = q;
    if (x->a != y->a) return x->a < y->a ? -1 : 1;
    if (x->b != y->b) return x->b < y->b ? -1 : 1;
    if (x->slice != y->slice) return x->slice < y->slice ? -1 : 1;
    if (x->citing != y->citing) return x->citing < y->citing ? -1 : 1;
    return (x->cited > y->cited) - (x->cited < y->cited);
}

static bool one_tie(const seen *x, const seen *y) {
    return x->a == y->a && x->b == y->b && x->slice == y->slice;
}

/* Distinct citations of another document, sorted; returns their number. */
static size_t distinct(citation *out, size_t n, const int32_t *citing, const int32_t *cited) {
    size_t used = 0, kept = 0;
    for (size_t i = 0; i < n; i++)
        if (citing[i] >= 0 && cited[i] >= 0 && citing[i] != cited[i])
            out[used++] = (citation){citing[i], cited[i]};
    if (used > 1) qsort(out, used, sizeof *out, by_documents);
    for (size_t i = 0; i < used; i++)
        if (kept == 0 || by_documents(&out[kept - 1], &out[i]) != 0) out[kept++] = out[i];
    return kept;
}

static size_t members(const agl_incidence *inc, int32_t p) {
    return inc->project_offset[p + 1] - inc->project_offset[p];
}

/* Writes the pairs of a citation to `out` (not when NULL); returns their number. */
static size_t pairs_of(seen *out, const agl_incidence *inc, const citation *c, bool fractional,
                       const agl_project_facts *facts) {
    size_t n = 0, k = members(inc, c->citing), m = members(inc, c->cited);
    double weight = fractional && k > 0 && m > 0 ? 1.0 / ((double)k * (double)m) : 1.0;
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < m; j++) {
            int32_t a = inc->actor[inc->project_offset[c->citing] + i];
            int32_t b = inc->actor[inc->project_offset[c->cited] + j];
            if (a == b) continue;
            if (out)
                out[n] = (seen){.a = a < b ? a : b,
                                .b = a < b ? b : a,
                                .slice = facts->slice ? facts->slice[c->citing] : 0,
                                .time = facts->start ? facts->start[c->citing] : INT32_MIN,
                                .citing = (uint32_t)c->citing,
                                .cited = (uint32_t)c->cited,
                                .weight = weight};
            n++;
        }
    return n;
}

static agl_status ties_new(agl_ties *out, size_t n, const agl_project_facts *facts, agl_error *err) {
    *out = (agl_ties){.source = AGL_NEW(int32_t, n),
                      .target = AGL_NEW(int32_t, n),
                      .weight = AGL_NEW(double, n),
                      .projects = AGL_NEW(int32_t, n)};
    bool complete = out->source && out->target && out->weight && out->projects;
    if (facts->slice) complete = (out->slice = AGL_NEW(int32_t, n)) && complete;
    if (facts->start) complete = (out->first = AGL_NEW(int32_t, n)) && complete;
    if (facts->start) complete = (out->last = AGL_NEW(int32_t, n)) && complete;
    return complete ? AGL_OK : agl_fail_memory(err);
}

/* Adds up a run of pairs into the next tie. Two applicants who cite each other's joint document see it from
 * both ends: such a citation counts once a pair, with the weight of both. */
static void add_tie(agl_ties *out, const seen *s, size_t n) {
    size_t k = out->n++;
    out->source[k] = s->a;
    out->target[k] = s->b;
    if (out->slice) out->slice[k] = s->slice;
    if (out->first) out->first[k] = out->last[k] = INT32_MIN;
    for (size_t i = 0; i < n; i++) {
        out->weight[k] += s[i].weight;
        out->projects[k] += i == 0 || s[i].citing != s[i - 1].citing || s[i].cited != s[i - 1].cited;
        if (!out->first || s[i].time == INT32_MIN) continue;
        if (out->first[k] == INT32_MIN || s[i].time < out->first[k]) out->first[k] = s[i].time;
        if (s[i].time > out->last[k]) out->last[k] = s[i].time;
    }
}

static agl_status add_up(agl_ties *out, const seen *s, size_t n, const agl_project_facts *facts,
                         agl_error *err) {
    size_t ties = 0;
    for (size_t i = 0; i < n; i++)
        ties += i == 0 || !one_tie(&s[i - 1], &s[i]);
    agl_status status = ties_new(out, ties, facts, err);
    for (size_t i = 0, end; status == AGL_OK && i < n; i = end) {
        for (end = i + 1; end < n && one_tie(&s[i], &s[end]);)
            end++;
        add_tie(out, s + i, end - i);
    }
    if (status != AGL_OK) agl_ties_free(out);
    return status;
}

agl_status agl_citation_ties(agl_ties *out, const agl_incidence *documents, size_t rows,
                             const int32_t *citing, const int32_t *cited, agl_projection_weight weight,
                             const agl_project_facts *facts, agl_error *err) {
    const agl_project_facts none = {0}, *f = facts ? facts : &none;
    bool fractional = weight == AGL_WEIGHT_FRACTIONAL;
    *out = (agl_ties){0};
    citation *c = AGL_NEW(citation, rows);
    if (!c) return agl_fail_memory(err);
    size_t n = distinct(c, rows, citing, cited), kept = 0, pairs = 0, at = 0;
    for (size_t i = 0; i < n; i++) { /* documents of no slice are left out */
        if (f->slice && f->slice[c[i].citing] == INT32_MIN) continue;
        pairs += pairs_of(NULL, documents, &c[i], fractional, f);
        c[kept++] = c[i];
    }
    seen *s = AGL_NEW(seen, pairs);
    agl_status status = s ? AGL_OK : agl_fail_memory(err);
    for (size_t i = 0; s && i < kept; i++)
        at += pairs_of(s + at, documents, &c[i], fractional, f);
    if (s && at > 1) qsort(s, at, sizeof *s, by_pair);
    if (s) status = add_up(out, s, at, f, err);
    free(s);
    free(c);
    return status;
}
