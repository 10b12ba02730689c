#include "report/layout.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/sort.h"
#include "report/scale.h"

#include <math.h>
#include <string.h>

#define ROUNDS    400
#define REPULSION 8.0
#define GRAVITY   0.6
#define COHESION  0.2 /* pull to the centre of the community */

typedef struct forces {
    const agl_layout_graph *g;
    double *x, *y;             /* positions */
    double *fx, *fy, *px, *py; /* forces now and in the round before */
    double *mass;              /* 1 + ties */
    double *w;                 /* ties' pull, 0..1 */
    int groups;
    double *cx, *cy, *cm; /* communities' centres */
} forces;

/** Communities on a circle, their nodes in a cloud around it. */
static void start(forces *f, uint64_t seed) {
    double wide = 10 * sqrt((double)f->g->n);
    for (size_t i = 0; i < f->g->n; i++) {
        agl_rng r = agl__rng(seed, 0, (uint32_t)i);
        double angle = f->groups ? 6.283185307179586 * f->g->group[i] / f->groups : 0;
        double away = f->groups > 1 ? wide : 0;
        f->x[i] = away * cos(angle) + 0.5 * wide * (agl__rng_unit(&r) - 0.5);
        f->y[i] = away * sin(angle) + 0.5 * wide * (agl__rng_unit(&r) - 0.5);
    }
}

static void weigh(forces *f) {
    double largest = 0;
    for (size_t e = 0; e < f->g->m; e++)
        largest = fmax(largest, f->g->weight ? f->g->weight[e] : 1);
    for (size_t i = 0; i < f->g->n; i++)
        f->mass[i] = 1;
    for (size_t e = 0; e < f->g->m; e++) {
        double w = f->g->weight ? f->g->weight[e] : 1;
        /* square root: one very strong tie must not collapse the rest */
        f->w[e] = largest > 0 && w > 0 ? sqrt(w / largest) : 0;
        f->mass[f->g->source[e]] += f->w[e];
        f->mass[f->g->target[e]] += f->w[e];
    }
}

/** F = REPULSION m_i m_j / d, apart. */
static void repel(forces *f) {
    size_t n = f->g->n;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++) {
            double dx = f->x[i] - f->x[j], dy = f->y[i] - f->y[j], d2 = dx * dx + dy * dy + 0.01;
            double s = REPULSION * f->mass[i] * f->mass[j] / d2;
            f->fx[i] += s * dx, f->fy[i] += s * dy;
            f->fx[j] -= s * dx, f->fy[j] -= s * dy;
        }
}

/** F = w d between the ends of a tie. */
static void attract(forces *f) {
    for (size_t e = 0; e < f->g->m; e++) {
        int32_t i = f->g->source[e], j = f->g->target[e];
        double dx = f->x[j] - f->x[i], dy = f->y[j] - f->y[i];
        f->fx[i] += f->w[e] * dx, f->fy[i] += f->w[e] * dy;
        f->fx[j] -= f->w[e] * dx, f->fy[j] -= f->w[e] * dy;
    }
}

/** Everything to the middle, communities to their own centres. */
static void gather(forces *f) {
    for (int k = 0; k < f->groups; k++)
        f->cx[k] = f->cy[k] = f->cm[k] = 0;
    for (size_t i = 0; f->groups && i < f->g->n; i++) {
        int k = f->g->group[i];
        f->cx[k] += f->mass[i] * f->x[i], f->cy[k] += f->mass[i] * f->y[i], f->cm[k] += f->mass[i];
    }
    for (size_t i = 0; i < f->g->n; i++) {
        double pull = GRAVITY * f->mass[i];
        f->fx[i] -= 0.05 * pull * f->x[i], f->fy[i] -= 0.05 * pull * f->y[i];
        if (!f->groups) continue;
        int k = f->g->group[i];
        f->fx[i] += COHESION * f->mass[i] * (f->cx[k] / f->cm[k] - f->x[i]);
        f->fy[i] += COHESION * f->mass[i] * (f->cy[k] / f->cm[k] - f->y[i]);
    }
}

/** One step with the speed control of ForceAtlas2: slow where the force swings, fast where it persists. */
static void move(forces *f, double *speed) {
    double swinging = 0, pulling = 0;
    for (size_t i = 0; i < f->g->n; i++) {
        swinging += f->mass[i] * hypot(f->fx[i] - f->px[i], f->fy[i] - f->py[i]);
        pulling += f->mass[i] * 0.5 * hypot(f->fx[i] + f->px[i], f->fy[i] + f->py[i]);
    }
    double wanted = swinging > 0 ? pulling / swinging : 1;
    *speed = fmin(wanted, 1.5 * *speed);
    for (size_t i = 0; i < f->g->n; i++) {
        double swing = f->mass[i] * hypot(f->fx[i] - f->px[i], f->fy[i] - f->py[i]);
        double size = hypot(f->fx[i], f->fy[i]), s = 0.2 * *speed / (1 + *speed * sqrt(swing));
        if (size > 0) s = fmin(s, 10 / size);
        f->x[i] += s * f->fx[i];
        f->y[i] += s * f->fy[i];
    }
}

/** Draws far-off nodes nearer: beyond 1.4 times the upper quartile of the distances from the middle, distance
 * grows with its logarithm only. A few loosely tied nodes would otherwise shrink the rest. */
static bool pull_in(double *x, double *y, size_t n) {
    double mx = 0, my = 0;
    size_t kept;
    double *far = AGL_NEW(double, n);
    if (!far) return false;
    for (size_t i = 0; i < n; i++)
        mx += x[i] / (double)n, my += y[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        far[i] = hypot(x[i] - mx, y[i] - my);
    double *sorted = agl__sorted_finite(&kept, far, n);
    double limit = sorted && kept ? 1.4 * agl__quantile_sorted(sorted, kept, 0.75) : 0;
    for (size_t i = 0; i < n && limit > 0; i++) {
        if (far[i] <= limit) continue;
        double s = limit * (1 + 0.4 * log(far[i] / limit)) / far[i];
        x[i] = mx + s * (x[i] - mx);
        y[i] = my + s * (y[i] - my);
    }
    bool ok = sorted != NULL;
    free(far);
    free(sorted);
    return ok;
}

/** Turns the cloud so that its longest extent (first principal axis) lies across the page. */
static void turn(double *x, double *y, size_t n) {
    double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
    for (size_t i = 0; i < n; i++)
        mx += x[i] / (double)n, my += y[i] / (double)n;
    for (size_t i = 0; i < n; i++) {
        double dx = x[i] - mx, dy = y[i] - my;
        xx += dx * dx, yy += dy * dy, xy += dx * dy;
    }
    double angle = 0.5 * atan2(2 * xy, xx - yy), c = cos(angle), s = sin(angle);
    for (size_t i = 0; i < n; i++) {
        double dx = x[i] - mx, dy = y[i] - my;
        x[i] = c * dx + s * dy;
        y[i] = c * dy - s * dx;
    }
}

static bool allocate(forces *f, double **memory) {
    size_t n = f->g->n, k = (size_t)f->groups;
    double *m = AGL_NEW(double, 5 * n + f->g->m + 3 * k);
    *memory = m;
    if (!m) return false;
    f->fx = m, f->fy = m + n, f->px = m + 2 * n, f->py = m + 3 * n, f->mass = m + 4 * n;
    f->w = m + 5 * n, f->cx = f->w + f->g->m, f->cy = f->cx + k, f->cm = f->cy + k;
    return true;
}

agl_status agl__layout(double *x, double *y, const agl_layout_graph *graph, const agl_ctx *ctx,
                       agl_error *err) {
    forces f = {.g = graph, .x = x, .y = y};
    double *memory = NULL, speed = 1;
    for (size_t i = 0; graph->group && i < graph->n; i++)
        f.groups = graph->group[i] + 1 > f.groups ? graph->group[i] + 1 : f.groups;
    if (!allocate(&f, &memory)) return agl_fail_memory(err);
    start(&f, agl_seed(ctx));
    weigh(&f);
    agl_status status = AGL_OK;
    for (int round = 0; round < ROUNDS && status == AGL_OK; round++) {
        memcpy(f.px, f.fx, graph->n * sizeof *f.fx);
        memcpy(f.py, f.fy, graph->n * sizeof *f.fy);
        memset(f.fx, 0, graph->n * sizeof *f.fx);
        memset(f.fy, 0, graph->n * sizeof *f.fy);
        repel(&f);
        attract(&f);
        gather(&f);
        move(&f, &speed);
        if (agl_cancelled(ctx)) status = agl_fail(err, AGL_ECANCEL, "cancelled");
    }
    if (status == AGL_OK && !pull_in(x, y, graph->n)) status = agl_fail_memory(err);
    if (status == AGL_OK) turn(x, y, graph->n);
    free(memory);
    return status;
}

static void push_apart(double *x, double *y, const double *radius, size_t n) {
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++) {
            double dx = x[j] - x[i], dy = y[j] - y[i], d = hypot(dx, dy), gap = radius[i] + radius[j] + 1.5;
            if (d >= gap) continue;
            if (d < 1e-6) dx = 1, dy = 0, d = 1;
            double s = 0.5 * (gap - d) / d;
            x[i] -= s * dx, y[i] -= s * dy;
            x[j] += s * dx, y[j] += s * dy;
        }
}

static void scale_into(double *x, double *y, const double *radius, size_t n, double x0, double y0, double x1,
                       double y1) {
    double l = INFINITY, r = -INFINITY, t = INFINITY, b = -INFINITY, pad = 0;
    for (size_t i = 0; i < n; i++) {
        l = fmin(l, x[i]), r = fmax(r, x[i]), t = fmin(t, y[i]), b = fmax(b, y[i]);
        pad = fmax(pad, radius[i]);
    }
    double wide = x1 - x0 - 2 * pad, high = y1 - y0 - 2 * pad;
    double sx = r > l ? wide / (r - l) : 1, sy = b > t ? high / (b - t) : 1;
    /* distances have no scale: a round cloud may be stretched, up to half as wide again, to use the page */
    sx = fmin(sx, 1.5 * sy);
    sy = fmin(sy, 1.5 * sx);
    for (size_t i = 0; i < n; i++) {
        x[i] = (x0 + x1) / 2 + sx * (x[i] - (l + r) / 2);
        y[i] = (y0 + y1) / 2 + sy * (y[i] - (t + b) / 2);
    }
}

void agl__layout_fit(double *x, double *y, const double *radius, size_t n, double x0, double y0, double x1,
                     double y1) {
    scale_into(x, y, radius, n, x0, y0, x1, y1);
    for (int round = 0; round < 40; round++) {
        push_apart(x, y, radius, n);
        for (size_t i = 0; i < n; i++) {
            x[i] = fmin(fmax(x[i], x0 + radius[i]), x1 - radius[i]);
            y[i] = fmin(fmax(y[i], y0 + radius[i]), y1 - radius[i]);
        }
    }
}
