#include "base/mem.h"
#include "kernel/measure/mfunction_rings.h"

#include <math.h>

/* ---- frame ---- */

/* Orthonormal axes whose third points to the middle of the points on the sphere. */
static void tangent_axes(double axes[3][3], const agl_points *p) {
    double m[3] = {0, 0, 0};
    for (size_t i = 0; i < p->n; i++) {
        m[0] += p->x[i];
        m[1] += p->y[i];
        m[2] += p->z[i];
    }
    double length = sqrt(m[0] * m[0] + m[1] * m[1] + m[2] * m[2]);
    if (!(length > 0)) { /* points that balance each other: any direction serves */
        m[2] = length = 1;
        m[0] = m[1] = 0;
    }
    for (int a = 0; a < 3; a++)
        axes[2][a] = m[a] / length;
    int least = 0; /* start the first axis from the coordinate direction least like the third */
    for (int a = 1; a < 3; a++)
        if (fabs(axes[2][a]) < fabs(axes[2][least])) least = a;
    double along = axes[2][least], norm = sqrt(1 - along * along);
    for (int a = 0; a < 3; a++)
        axes[0][a] = ((a == least) - along * axes[2][a]) / norm;
    for (int a = 0; a < 3; a++) {
        int b = (a + 1) % 3, c = (a + 2) % 3;
        axes[1][a] = axes[2][b] * axes[0][c] - axes[2][c] * axes[0][b];
    }
}

/* One frame coordinate of every point: projection on `axis`, shifted so that its range is centred; returns
 * the reach. */
static double project(float *out, const agl_points *p, const double axis[3]) {
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < p->n; i++) {
        double t = axis[0] * p->x[i] + axis[1] * p->y[i] + axis[2] * p->z[i];
        low = fmin(low, t);
        high = fmax(high, t);
    }
    double middle = low / 2 + high / 2;
    for (size_t i = 0; i < p->n; i++)
        out[i] = (float)(axis[0] * p->x[i] + axis[1] * p->y[i] + axis[2] * p->z[i] - middle);
    return high - middle;
}

agl_status agl__frame_new(agl__frame *out, const agl_points *points, agl_error *err) {
    size_t n = points->n;
    *out = (agl__frame){
        .points = points, .x = AGL_NEW(float, n), .y = AGL_NEW(float, n), .z = AGL_NEW(float, n)};
    if (!out->x || !out->y || !out->z) {
        agl__frame_free(out);
        return agl_fail_memory(err);
    }
    if (n == 0) return AGL_OK;
    double axes[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
    if (points->space == AGL_SPHERE) tangent_axes(axes, points);
    out->reach = fmax(project(out->x, points, axes[0]), project(out->y, points, axes[1]));
    if (points->space == AGL_SPHERE) out->reach = fmax(out->reach, project(out->z, points, axes[2]));
    return AGL_OK;
}

void agl__frame_free(agl__frame *frame) {
    free(frame->x);
    free(frame->y);
    free(frame->z);
    *frame = (agl__frame){.points = NULL};
}

/* ---- order ---- */

/* Position of the cell (x, y) of a 2^16 by 2^16 grid along the Hilbert curve: from the largest quadrant down,
 * two bits a step, turning the rest of the square so that the curve enters and leaves where the next quadrant
 * expects it. */
static uint32_t hilbert_key(uint32_t x, uint32_t y) {
    uint32_t key = 0;
    for (uint32_t half = 1U << 15; half > 0; half >>= 1) {
        uint32_t right = (x & half) != 0, up = (y & half) != 0;
        key = key << 2 | ((3 * right) ^ up);
        if (!up) {
            if (right) {
                x = 0xFFFF - x;
                y = 0xFFFF - y;
            }
            uint32_t swap = x;
            x = y;
            y = swap;
        }
    }
    return key;
}

agl_status agl__hilbert_order(int32_t *order, const agl__frame *frame, agl_error *err) {
    size_t n = frame->points->n;
    uint64_t *a = AGL_NEW(uint64_t, n), *b = AGL_NEW(uint64_t, n);
    if (!a || !b) {
        free(a);
        free(b);
        return agl_fail_memory(err);
    }
    double scale = frame->reach > 0 ? 32767.5 / frame->reach : 0;
    for (size_t i = 0; i < n; i++) {
        double x = ((double)frame->x[i] + frame->reach) * scale,
               y = ((double)frame->y[i] + frame->reach) * scale;
        uint32_t column = (uint32_t)fmin(fmax(x, 0), 65535), row = (uint32_t)fmin(fmax(y, 0), 65535);
        a[i] = (uint64_t)hilbert_key(column, row) << 32 | i;
    }
    for (int shift = 32; shift < 64; shift += 8) { /* stable counting sorts by one byte each */
        size_t start[257] = {0};
        for (size_t i = 0; i < n; i++)
            start[(a[i] >> shift & 255) + 1]++;
        for (int v = 0; v < 256; v++)
            start[v + 1] += start[v];
        for (size_t i = 0; i < n; i++)
            b[start[a[i] >> shift & 255]++] = a[i];
        uint64_t *swap = a;
        a = b;
        b = swap;
    }
    for (size_t i = 0; i < n; i++)
        order[i] = (int32_t)(a[i] & UINT32_MAX);
    free(a);
    free(b);
    return AGL_OK;
}

agl_status agl__along_curve(agl_points *out, agl__frame *frame, int32_t *order, const agl_points *points,
                            agl_error *err) {
    agl__frame raw;
    agl_status status = agl__frame_new(&raw, points, err);
    if (status != AGL_OK) return status;
    status = agl__hilbert_order(order, &raw, err);
    agl__frame_free(&raw);
    if (status == AGL_OK) status = agl_points_select(out, points, order, points->n, err);
    if (status != AGL_OK) return status;
    status = agl__frame_new(frame, out, err);
    if (status != AGL_OK) agl_points_free(out);
    return status;
}

/* ---- cloud ---- */

#define NOWHERE 1e18F /* farther than any distance, and its square is still finite */

static size_t filled(size_t n) { return (n + AGL__GROUP - 1) / AGL__GROUP * AGL__GROUP; }

static bool allocate_level(agl__level *level, size_t n) {
    size_t places = filled(n);
    *level = (agl__level){.n = n,
                          .x = AGL_NEW(float, places),
                          .y = AGL_NEW(float, places),
                          .z = AGL_NEW(float, places),
                          .radius = AGL_NEW(float, places)};
    if (!level->x || !level->y || !level->z || !level->radius) return false;
    for (size_t g = n; g < places; g++)
        level->x[g] = level->y[g] = level->z[g] = NOWHERE;
    return true;
}

static float middle(const float *v, size_t from, size_t to) {
    float low = v[from], high = v[from];
    for (size_t k = from + 1; k < to; k++) {
        low = v[k] < low ? v[k] : low;
        high = v[k] > high ? v[k] : high;
    }
    return low / 2 + high / 2;
}

/* Ball around the points [from, to), the members of group `g`; returns their weight. */
static double enclose_group(agl__level *level, size_t g, const agl__cloud *c, size_t from, size_t to) {
    float x = middle(c->x, from, to), y = middle(c->y, from, to), z = middle(c->z, from, to), far2 = 0;
    double weight = 0;
    for (size_t k = from; k < to; k++) {
        float dx = c->x[k] - x, dy = c->y[k] - y, dz = c->z[k] - z, d2 = dx * dx + dy * dy + dz * dz;
        far2 = d2 > far2 ? d2 : far2;
        weight += c->weight ? c->weight[k] : 1;
    }
    level->x[g] = x;
    level->y[g] = y;
    level->z[g] = z;
    level->radius[g] = sqrtf(far2) * (1 + 0x1p-20F); /* rounded up */
    return weight;
}

static bool build_levels(agl__cloud *c) {
    size_t members = AGL__GROUP;
    for (size_t n = c->n; n > AGL__GROUP || c->groups == 0; c->groups += n)
        n = (n + AGL__GROUP - 1) / AGL__GROUP;
    c->group_weight = AGL_NEW(double, c->groups);
    if (!c->group_weight) return false;
    for (size_t first = 0; first < c->groups; members *= AGL__GROUP) {
        agl__level *level = &c->level[c->levels++];
        size_t n = (c->n + members - 1) / members;
        if (!allocate_level(level, n)) return false;
        level->first = first;
        for (size_t g = 0; g < n; g++)
            c->group_weight[first + g] =
                enclose_group(level, g, c, g * members, (g + 1) * members < c->n ? (g + 1) * members : c->n);
        first += n;
    }
    return true;
}

/* Whole weights as such: half the memory to read, and integer additions. */
static agl_status keep_whole(agl__cloud *c, agl_error *err) {
    double sum = 0;
    for (size_t k = 0; k < c->n; k++) {
        if (c->weight[k] != floor(c->weight[k])) return AGL_OK;
        sum += c->weight[k];
    }
    if (!(sum <= UINT32_MAX)) return AGL_OK;
    c->whole = AGL_NEW(uint32_t, filled(c->n));
    if (!c->whole) return agl_fail_memory(err);
    for (size_t k = 0; k < c->n; k++)
        c->whole[k] = (uint32_t)c->weight[k];
    return AGL_OK;
}

agl_status agl__cloud_new(agl__cloud *out, const agl__frame *frame, const int32_t *id, size_t n,
                          const double *weight, agl_error *err) {
    size_t places = filled(n);
    *out = (agl__cloud){.n = n,
                        .x = AGL_NEW(float, places),
                        .y = AGL_NEW(float, places),
                        .z = AGL_NEW(float, places),
                        .id = AGL_NEW(int32_t, places),
                        .weight = weight ? AGL_NEW(double, places) : NULL};
    if (!out->x || !out->y || !out->z || !out->id || (weight && !out->weight)) {
        agl__cloud_free(out);
        return agl_fail_memory(err);
    }
    for (size_t k = 0; k < n; k++) {
        size_t i = id ? (size_t)id[k] : k;
        out->x[k] = frame->x[i];
        out->y[k] = frame->y[i];
        out->z[k] = frame->z[i];
        out->id[k] = (int32_t)i;
        if (weight) out->weight[k] = weight[i];
    }
    for (size_t k = n; k < places; k++) {
        out->x[k] = out->y[k] = out->z[k] = NOWHERE;
        out->id[k] = -1;
    }
    agl_status status = n == 0 || build_levels(out) ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK && weight) status = keep_whole(out, err);
    if (status != AGL_OK) agl__cloud_free(out);
    return status;
}

void agl__cloud_free(agl__cloud *cloud) {
    free(cloud->x);
    free(cloud->y);
    free(cloud->z);
    free(cloud->id);
    free(cloud->weight);
    free(cloud->whole);
    for (int l = 0; l < cloud->levels; l++) {
        agl__level *level = &cloud->level[l];
        free(level->x);
        free(level->y);
        free(level->z);
        free(level->radius);
    }
    free(cloud->group_weight);
    *cloud = (agl__cloud){.n = 0};
}
