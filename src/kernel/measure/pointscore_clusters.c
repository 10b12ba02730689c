#include "agglo/pointscore.h"
#include "base/mem.h"
#include "kernel/geo/points.h"
#include "kernel/measure/mfunction_rings.h"

#include <math.h>

/* ---- linking ---- */

static size_t root_of(size_t *parent, size_t i) {
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

/* The smaller index becomes the root, so that the first point of a cluster names it whatever the order of the
 * links. */
static void link_points(size_t *parent, size_t a, size_t b) {
    a = root_of(parent, a);
    b = root_of(parent, b);
    if (a < b)
        parent[b] = a;
    else
        parent[a] = b;
}

/* Links the points of one type: `id` lists them. */
static agl_status link_type(size_t *parent, const int32_t *id, size_t n, const agl__rings *rings,
                            agl__ring_scratch *scratch, agl_error *err) {
    agl__cloud cloud;
    agl_status status = agl__cloud_new(&cloud, rings->frame, id, n, NULL, err);
    if (status != AGL_OK) return status;
    for (size_t k = 0; k < n; k++) {
        int32_t class[AGL__CHUNK * AGL__GROUP];
        agl__rings_visit(scratch, rings, id[k], &cloud, 1, false);
        for (size_t from = 0; from < scratch->n_blocks; from += AGL__CHUNK) {
            size_t m = scratch->n_blocks - from < AGL__CHUNK ? scratch->n_blocks - from : AGL__CHUNK;
            agl__rings_classify(class, rings, id[k], &cloud, scratch->block + from, m);
            for (size_t v = 0; v < m * AGL__GROUP; v++)
                if (class[v] <= 1)
                    link_points(parent, (size_t)id[k],
                                (size_t)cloud.id[(size_t)scratch->block[from + v / AGL__GROUP] * AGL__GROUP +
                                                 v % AGL__GROUP]);
        }
    }
    agl__cloud_free(&cloud);
    return AGL_OK;
}

typedef struct group {
    int32_t type;
    size_t members, first;
} group;

static int by_type_and_size(const void *a, const void *b) {
    const group *x = a, *y = b;
    if (x->type != y->type) return x->type < y->type ? -1 : 1;
    if (x->members != y->members) return x->members > y->members ? -1 : 1;
    return (x->first > y->first) - (x->first < y->first);
}

/* Numbers the groups within their type, the largest first. */
static agl_status number_groups(int32_t *cluster, size_t *parent, const bool *chosen, const int32_t *type,
                                size_t n, agl_error *err) {
    size_t n_groups = 0;
    size_t *at = AGL_NEW(size_t, n);
    int32_t *number = AGL_NEW(int32_t, n);
    group *groups = AGL_NEW(group, n);
    if (!at || !number || !groups) {
        free(at);
        free(number);
        free(groups);
        return agl_fail_memory(err);
    }
    for (size_t i = 0; i < n; i++) {
        if (!chosen[i]) continue;
        size_t root = root_of(parent, i);
        if (root == i) {
            at[i] = n_groups;
            groups[n_groups++] = (group){.type = type[i], .first = i};
        }
        groups[at[root]].members++;
    }
    qsort(groups, n_groups, sizeof *groups, by_type_and_size);
    for (size_t g = 0, start = 0; g < n_groups; g++) {
        if (groups[g].type != groups[start].type) start = g;
        number[groups[g].first] = (int32_t)(g - start + 1);
    }
    for (size_t i = 0; i < n; i++)
        cluster[i] = chosen[i] ? number[root_of(parent, i)] : 0;
    free(at);
    free(number);
    free(groups);
    return AGL_OK;
}

/* Chosen points by type, along the curve within each. */
static void sort_by_type(int32_t *id, size_t *first, const int32_t *order, const bool *chosen,
                         const agl_pointscore_data *data) {
    size_t n = data->points->n, types = data->n_types;
    for (size_t i = 0; i < n; i++)
        if (chosen[i]) first[data->type[i] + 1]++;
    for (size_t t = 0; t < types; t++)
        first[t + 1] += first[t];
    for (size_t k = 0; k < n; k++)
        if (chosen[order[k]]) id[first[data->type[order[k]]]++] = order[k];
    for (size_t t = types; t > 0; t--)
        first[t] = first[t - 1];
    first[0] = 0;
}

/* Links all chosen points: parent[i] leads to the first point of the cluster of i. */
static agl_status link_all(size_t *parent, const int32_t *order, const bool *chosen,
                           const agl_pointscore_data *data, const agl__rings *rings, const agl_ctx *ctx,
                           agl_error *err) {
    size_t n = data->points->n, types = data->n_types;
    size_t *first = AGL_NEW(size_t, types + 1);
    int32_t *id = AGL_NEW(int32_t, n);
    agl__ring_scratch scratch = {.lanes = NULL};
    agl_status status = first && id ? agl__ring_scratch_new(&scratch, rings, n, err) : agl_fail_memory(err);
    if (status == AGL_OK) sort_by_type(id, first, order, chosen, data);
    for (size_t t = 0; t < types && status == AGL_OK; t++) {
        if (agl_cancelled(ctx)) status = agl_fail(err, AGL_ECANCEL, "cancelled");
        if (status == AGL_OK && first[t + 1] > first[t])
            status = link_type(parent, id + first[t], first[t + 1] - first[t], rings, &scratch, err);
    }
    agl__ring_scratch_free(&scratch);
    free(first);
    free(id);
    return status;
}

agl_status agl_pointscore_clusters(int32_t *cluster, const bool *chosen, const agl_pointscore_data *data,
                                   double link, const agl_ctx *ctx, agl_error *err) {
    size_t n = data->points->n;
    if (!(link > 0)) return agl_fail(err, AGL_EUSAGE, "the linking distance must be above zero");
    agl__frame frame = {.points = NULL};
    agl__rings rings = {.frame = NULL};
    size_t *parent = AGL_NEW(size_t, n);
    int32_t *order = AGL_NEW(int32_t, n);
    agl_status status = parent && order ? agl__frame_new(&frame, data->points, err) : agl_fail_memory(err);
    if (status == AGL_OK) status = agl__hilbert_order(order, &frame, err);
    if (status == AGL_OK) status = agl__rings_new(&rings, &frame, link, 1, NULL, 0, err);
    for (size_t i = 0; i < n && status == AGL_OK; i++)
        parent[i] = i;
    if (status == AGL_OK) status = link_all(parent, order, chosen, data, &rings, ctx, err);
    if (status == AGL_OK) status = number_groups(cluster, parent, chosen, data->type, n, err);
    agl__rings_free(&rings);
    agl__frame_free(&frame);
    free(parent);
    free(order);
    return status;
}

/* ---- hull ---- */

typedef struct corner {
    double x, y;
    int32_t id;
} corner;

static int by_position(const void *a, const void *b) {
    const corner *p = a, *q = b;
    if (p->x != q->x) return p->x < q->x ? -1 : 1;
    if (p->y != q->y) return p->y < q->y ? -1 : 1;
    return (p->id > q->id) - (p->id < q->id);
}

static double turn(const corner *a, const corner *b, const corner *c) {
    return (b->x - a->x) * (c->y - a->y) - (b->y - a->y) * (c->x - a->x);
}

/* Gnomonic projection at the middle m of the points: p -> R (p.east, p.north) / p.m, with north towards the
 * pole. */
static void project(corner *c, const agl_points *p, const int32_t *member, size_t n) {
    double m[3] = {0, 0, 0};
    for (size_t k = 0; k < n; k++) {
        m[0] += p->x[member[k]];
        m[1] += p->y[member[k]];
        m[2] += p->z[member[k]];
    }
    double length = sqrt(m[0] * m[0] + m[1] * m[1] + m[2] * m[2]);
    for (int a = 0; a < 3; a++)
        m[a] /= length;
    double flat = hypot(m[0], m[1]);
    double east[3] = {flat > 0 ? -m[1] / flat : 0, flat > 0 ? m[0] / flat : 1, 0};
    double north[3] = {m[1] * east[2] - m[2] * east[1], m[2] * east[0] - m[0] * east[2],
                       m[0] * east[1] - m[1] * east[0]};
    for (size_t k = 0; k < n; k++) {
        double x = p->x[member[k]], y = p->y[member[k]], z = p->z[member[k]],
               up = x * m[0] + y * m[1] + z * m[2];
        c[k].x = AGL_EARTH_RADIUS_KM * (x * east[0] + y * east[1] + z * east[2]) / up;
        c[k].y = AGL_EARTH_RADIUS_KM * (x * north[0] + y * north[1] + z * north[2]) / up;
    }
}

/* Lower and upper chain of the points sorted by position (Andrew 1979). */
static size_t chain(size_t *hull, const corner *c, size_t n) {
    size_t h = 0;
    for (int upper = 0; upper < 2; upper++) {
        size_t base = h;
        for (size_t k = 0; k < n; k++) {
            size_t at = upper ? n - 1 - k : k;
            while (h >= base + 2 && turn(&c[hull[h - 2]], &c[hull[h - 1]], &c[at]) <= 0)
                h--;
            hull[h++] = at;
        }
        h--; /* the last point starts the other chain */
    }
    return h;
}

agl_status agl_pointscore_hull(int32_t *vertex, size_t *n_vertices, double *area, const agl_points *points,
                               const int32_t *member, size_t n, agl_error *err) {
    corner *c = AGL_NEW(corner, n);
    size_t *hull = AGL_NEW(size_t, 2 * n + 2), different = 0;
    if (!c || !hull) {
        free(c);
        free(hull);
        return agl_fail_memory(err);
    }
    for (size_t k = 0; k < n; k++)
        c[k] = (corner){.x = points->x[member[k]], .y = points->y[member[k]], .id = member[k]};
    if (points->space == AGL_SPHERE) project(c, points, member, n);
    qsort(c, n, sizeof *c, by_position);
    for (size_t k = 0; k < n; k++)
        if (k == 0 || c[k].x != c[different - 1].x || c[k].y != c[different - 1].y) c[different++] = c[k];
    *n_vertices = different <= 1 ? different : chain(hull, c, different);
    *area = 0;
    for (size_t v = 0; v < *n_vertices; v++) {
        const corner *a = &c[hull[v]], *b = &c[hull[(v + 1) % *n_vertices]], *o = &c[hull[0]];
        vertex[v] = a->id;
        *area += turn(o, a, b) / 2;
    }
    free(c);
    free(hull);
    return AGL_OK;
}
