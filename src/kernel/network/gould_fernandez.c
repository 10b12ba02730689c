#include "agglo/brokerage.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "kernel/graph/graph.h"

#include <math.h>
#include <string.h>

enum { TASK = 256, OUT = 1, IN = 2 };

/* The undirected skeleton among the nodes with a group: neighbours with the directions of their arcs, and
 * those that come later in the order of degrees first. */
typedef struct skeleton {
    int32_t n;
    size_t *offset;    /* n + 1 */
    size_t *later_end; /* n: the neighbours offset[v] .. later_end[v]-1 come later than v */
    int32_t *neighbour;
    uint8_t *way; /* OUT: v -> neighbour, IN: neighbour -> v */
} skeleton;

typedef struct job {
    const skeleton *s;
    const int32_t *group;
    int32_t k;
    int64_t *count; /* per worker: n x AGL_ROLES, closed pairs only */
    uint8_t **mark; /* per worker: n, ways from the node at hand */
} job;

static agl_broker_role role_of(int32_t i, int32_t b, int32_t k) {
    if (i == b) return k == b ? AGL_ROLE_COORDINATOR : AGL_ROLE_REPRESENTATIVE;
    if (k == b) return AGL_ROLE_GATEKEEPER;
    return i == k ? AGL_ROLE_ITINERANT : AGL_ROLE_LIAISON;
}

/* ---- skeleton --------------------------------------------------------------------------------- */

static void free_skeleton(skeleton *s) {
    free(s->offset);
    free(s->later_end);
    free(s->neighbour);
    free(s->way);
}

/* Does a come before b: fewer neighbours, then the lower number. */
static bool before(const agl_graph *both, int32_t a, int32_t b) {
    size_t da = agl__degree(both, a), db = agl__degree(both, b);
    return da != db ? da < db : a < b;
}

/* The directions in which v and its neighbour u are tied. */
static uint8_t ways(const agl_graph *g, int32_t v, int32_t u) {
    if (!g->directed) return OUT | IN;
    bool out = agl__find_arc(g, v, u) != SIZE_MAX, in = agl__find_arc(g, u, v) != SIZE_MAX;
    return (uint8_t)((out ? OUT : 0) | (in ? IN : 0));
}

/* Appends the neighbours of v that have a group and come later (or earlier) than v; returns the new length.
 */
static size_t append(skeleton *s, size_t used, const agl_graph *g, const agl_graph *both,
                     const int32_t *group, int32_t v, bool later) {
    for (size_t a = both->offset[v]; a < both->offset[v + 1]; a++) {
        int32_t u = both->neighbour[a];
        if (group[u] < 0 || before(both, v, u) != later) continue;
        s->neighbour[used] = u;
        s->way[used++] = ways(g, v, u);
    }
    return used;
}

static agl_status make_skeleton(skeleton *s, const agl_graph *g, const agl_graph *both, const int32_t *group,
                                agl_error *err) {
    *s = (skeleton){.n = both->n,
                    .offset = AGL_NEW(size_t, (size_t)both->n + 1),
                    .later_end = AGL_NEW(size_t, both->n),
                    .neighbour = AGL_NEW(int32_t, both->arcs),
                    .way = AGL_NEW(uint8_t, both->arcs)};
    if (!s->offset || !s->later_end || !s->neighbour || !s->way) return agl_fail_memory(err);
    size_t used = 0;
    for (int32_t v = 0; v < both->n; v++) {
        if (group[v] >= 0) used = append(s, used, g, both, group, v, true);
        s->later_end[v] = used;
        if (group[v] >= 0) used = append(s, used, g, both, group, v, false);
        s->offset[v + 1] = used;
    }
    return AGL_OK;
}

/* ---- closed pairs: triangles ------------------------------------------------------------------ */

/* b between i and k: counts i -> b -> k with i -> k, given the ways from b to i, from b to k and from i to k.
 */
static void count_closed(int64_t *count, const int32_t *group, int32_t i, int32_t b, int32_t k, unsigned to_i,
                         unsigned to_k, unsigned i_to_k) {
    if ((to_i & IN) && (to_k & OUT) && (i_to_k & OUT))
        count[(size_t)b * AGL_ROLES + role_of(group[i], group[b], group[k])]++;
    if ((to_k & IN) && (to_i & OUT) && (i_to_k & IN))
        count[(size_t)b * AGL_ROLES + role_of(group[k], group[b], group[i])]++;
}

static unsigned turned(unsigned way) { return ((way & OUT) ? IN : 0u) | ((way & IN) ? OUT : 0u); }

/* Triangles whose first node in the order is v. */
static void triangles_of(const job *j, int worker, int32_t v) {
    const skeleton *s = j->s;
    uint8_t *mark = j->mark[worker];
    int64_t *count = j->count + (size_t)worker * (size_t)s->n * AGL_ROLES;
    for (size_t a = s->offset[v]; a < s->later_end[v]; a++)
        mark[s->neighbour[a]] = s->way[a];
    for (size_t a = s->offset[v]; a < s->later_end[v]; a++) {
        int32_t u = s->neighbour[a];
        unsigned vu = s->way[a];
        for (size_t b = s->offset[u]; b < s->later_end[u]; b++) {
            int32_t x = s->neighbour[b];
            if (!mark[x]) continue;
            unsigned vx = mark[x], ux = s->way[b];
            count_closed(count, j->group, u, v, x, vu, vx, ux);
            count_closed(count, j->group, v, u, x, turned(vu), ux, vx);
            count_closed(count, j->group, v, x, u, turned(vx), turned(ux), vu);
        }
    }
    for (size_t a = s->offset[v]; a < s->later_end[v]; a++)
        mark[s->neighbour[a]] = 0;
}

static agl_status closed_task(void *arg, size_t task, int worker, agl_error *err) {
    job *j = arg;
    if (!j->mark[worker] && !(j->mark[worker] = AGL_NEW(uint8_t, j->s->n))) return agl_fail_memory(err);
    int32_t from = (int32_t)task * TASK, to = from + TASK < j->s->n ? from + TASK : j->s->n;
    for (int32_t v = from; v < to; v++)
        triangles_of(j, worker, v);
    return AGL_OK;
}

/* ---- all pairs, by group ---------------------------------------------------------------------- */

typedef struct tally {
    int32_t *in, *out, *both,
        *touched; /* by group: neighbours that point to v, that v points to, both; groups met */
    int32_t n_touched;
} tally;

static void tally_neighbours(tally *t, const skeleton *s, const int32_t *group, int32_t v) {
    t->n_touched = 0;
    for (size_t a = s->offset[v]; a < s->offset[v + 1]; a++) {
        int32_t h = group[s->neighbour[a]];
        if (t->in[h] == 0 && t->out[h] == 0) t->touched[t->n_touched++] = h;
        t->in[h] += (s->way[a] & IN) != 0;
        t->out[h] += (s->way[a] & OUT) != 0;
        t->both[h] += s->way[a] == (IN | OUT);
    }
}

/* Ordered pairs (i, k), i != k, i -> v -> k, by role; the closed ones not yet taken off. */
static void count_pairs(double *out, tally *t, int32_t own) {
    double in = 0, leave = 0, inside = 0; /* inside: pairs within one other group, i = k included */
    for (int32_t x = 0; x < t->n_touched; x++) {
        int32_t h = t->touched[x];
        in += t->in[h];
        leave += t->out[h];
        if (h == own) continue;
        inside += (double)t->in[h] * t->out[h];
        out[AGL_ROLE_ITINERANT] += (double)t->in[h] * t->out[h] - t->both[h];
    }
    double own_in = t->in[own], own_out = t->out[own];
    out[AGL_ROLE_COORDINATOR] = own_in * own_out - t->both[own];
    out[AGL_ROLE_REPRESENTATIVE] = own_in * (leave - own_out);
    out[AGL_ROLE_GATEKEEPER] = (in - own_in) * own_out;
    out[AGL_ROLE_LIAISON] = (in - own_in) * (leave - own_out) - inside;
    for (int32_t x = 0; x < t->n_touched; x++)
        t->in[t->touched[x]] = t->out[t->touched[x]] = t->both[t->touched[x]] = 0;
}

static agl_status open_pairs(double *count, const job *j, int threads, agl_error *err) {
    const skeleton *s = j->s;
    tally t = {.in = AGL_NEW(int32_t, j->k),
               .out = AGL_NEW(int32_t, j->k),
               .both = AGL_NEW(int32_t, j->k),
               .touched = AGL_NEW(int32_t, j->k)};
    bool ok = t.in && t.out && t.both && t.touched;
    for (int32_t v = 0; ok && v < s->n; v++) {
        double *out = count + (size_t)v * AGL_ROLES;
        memset(out, 0, AGL_ROLES * sizeof *out);
        if (j->group[v] < 0) continue;
        tally_neighbours(&t, s, j->group, v);
        count_pairs(out, &t, j->group[v]);
        for (int w = 0; w < threads; w++)
            for (int r = 0; r < AGL_ROLES; r++)
                out[r] -= (double)j->count[((size_t)w * (size_t)s->n + (size_t)v) * AGL_ROLES + (size_t)r];
    }
    free(t.in);
    free(t.out);
    free(t.both);
    free(t.touched);
    return ok ? AGL_OK : agl_fail_memory(err);
}

agl_status agl_gould_fernandez(double *count, const agl_graph *graph, const int32_t *group, int32_t k,
                               const agl_ctx *ctx, agl_error *err) {
    agl_graph undirected = {0};
    skeleton s = {0};
    int threads = agl_threads(ctx);
    job j = {.s = &s, .group = group, .k = k};
    agl_status status = graph->directed ? agl_graph_undirected(&undirected, graph, err) : AGL_OK;
    if (status == AGL_OK)
        status = make_skeleton(&s, graph, graph->directed ? &undirected : graph, group, err);
    agl_graph_free(&undirected);
    if (status == AGL_OK) {
        j.count = AGL_NEW(int64_t, (size_t)threads * (size_t)graph->n * AGL_ROLES);
        j.mark = AGL_NEW(uint8_t *, threads);
        if (!j.count || !j.mark) status = agl_fail_memory(err);
    }
    size_t tasks = ((size_t)graph->n + TASK - 1) / TASK;
    if (status == AGL_OK) status = agl__parallel(tasks, closed_task, &j, "brokerage", ctx, err);
    if (status == AGL_OK) status = open_pairs(count, &j, threads, err);
    for (int w = 0; j.mark && w < threads; w++)
        free(j.mark[w]);
    free(j.mark);
    free(j.count);
    free_skeleton(&s);
    return status;
}

void agl_role_chances(double *share, const int32_t *size, int32_t k) {
    double n = 0, same = 0; /* same: ordered pairs within one group */
    for (int32_t g = 0; g < k; g++) {
        n += size[g];
        same += (double)size[g] * (size[g] - 1);
    }
    double pairs = (n - 1) * (n - 2);
    for (int32_t g = 0; g < k; g++) {
        double own = size[g], *out = share + (size_t)g * AGL_ROLES;
        out[AGL_ROLE_COORDINATOR] = (own - 1) * (own - 2);
        out[AGL_ROLE_REPRESENTATIVE] = out[AGL_ROLE_GATEKEEPER] = (own - 1) * (n - own);
        out[AGL_ROLE_ITINERANT] = same - own * (own - 1);
        out[AGL_ROLE_LIAISON] = (n - own) * (n - own - 1) - out[AGL_ROLE_ITINERANT];
        for (int r = 0; r < AGL_ROLES; r++)
            out[r] = n >= 3 && own > 0 ? out[r] / pairs : NAN;
    }
}
