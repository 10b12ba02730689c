#include "kernel/measure/kdensity_grid.h"
#include "base/mem.h"

#include <fftw3.h>
#include <math.h>
#include <pthread.h>
#include <string.h>

enum { MOST_ORDER = 8 };
static const double COARSE_PER_H = 1.45, FINE_PER_H = 2;

/* One part of the sheet. The array of a part is ny rows of 2 (nx/2 + 1) doubles, transformed in place. */
typedef struct plane {
    size_t nx, ny, row; /* row = doubles a row */
    fftw_plan forward, backward;
    double *undo_x, *undo_y; /* 1/spline^2 of each wave number */
    double *self_x, *self_y; /* power of one point, before undoing */
    double *kx2, *ky2;       /* squared wave numbers in units of the largest one kept */
    size_t n_lags;           /* half of them: the opposite lag has the same mass */
    uint32_t *offset, *bin;
    double *distance;
} plane;

struct agl_kd_grid {
    const agl_kd_sheet *sheet;
    int order;
    double spacing;
    size_t bins;
    double bins_per_km;
    double *at;     /* mean distance of the lags of each bin */
    size_t scratch; /* doubles */
    plane *part;    /* sheet->n_parts */
};

/* FFTW keeps its planner's state in globals of its own; planning from two threads at once is not allowed. */
static pthread_mutex_t planner = PTHREAD_MUTEX_INITIALIZER;

/* ---- splines ---- */

/* Weights of the B-spline of order p on the cells base .. base + p - 1 for a point a fraction t into cell
 * base, by the recursion of de Boor: w_k,j = ((t + k - 1 - j) w_{k-1,j-1} + (1 - t + j) w_{k-1,j}) / (k - 1),
 * written backwards in place. */
static void spline(double *w, int p, double t) {
    w[0] = 1;
    for (int k = 2; k <= p; k++) {
        double scale = 1.0 / (k - 1);
        w[k - 1] = t * w[k - 2] * scale;
        for (int j = k - 2; j > 0; j--)
            w[j] = ((t + (k - 1 - j)) * w[j - 1] + (1 - t + j) * w[j]) * scale;
        w[0] = (1 - t) * w[0] * scale;
    }
}

static double sinc(double x) { return x == 0 ? 1 : sin(M_PI * x) / (M_PI * x); }

/* Per wave number m of n: 1/spline^2; power of a single point averaged over where in a cell it lies, sum over
 * the aliases of sinc(f + a)^2p; squared wave number over that of the cut. */
static void spline_tables(double *undo, double *self, double *k2, size_t n, int p, double cut) {
    for (size_t m = 0; m < n; m++) {
        double f = (m <= n / 2 ? (double)m : (double)m - (double)n) / (double)n;
        undo[m] = pow(sinc(f), -2 * p);
        self[m] = 0;
        for (int a = -8; a <= 8; a++)
            self[m] += pow(sinc(f + a), 2 * p);
        k2[m] = f * f / (cut * cut);
    }
}

/* ---- setting up ---- */

/* Smallest even size >= n whose factors FFTW has fast code for. */
static size_t smooth_size(size_t n) {
    for (size_t size = n + (n & 1);; size += 2) {
        size_t rest = size;
        for (size_t f = 2; f <= 7; f += f == 2 ? 1 : 2)
            while (rest % f == 0)
                rest /= f;
        if (rest == 1) return size;
    }
}

static size_t side(double length, const agl_kd_grid *g, double reach) {
    return smooth_size((size_t)ceil(length / g->spacing) + (size_t)ceil(reach / g->spacing) +
                       (size_t)g->order + 2);
}

static size_t bin_of(const agl_kd_grid *g, double lag) {
    size_t bin = lag > 0 ? 1 + (size_t)(lag * g->spacing * g->bins_per_km) : 0;
    return bin < g->bins ? bin : g->bins - 1;
}

/* Mean distance of the lags of each bin; the middle of those that hold none. */
static agl_status place_bins(agl_kd_grid *g, double reach, agl_error *err) {
    size_t *lags = AGL_NEW(size_t, g->bins);
    g->at = AGL_NEW(double, g->bins);
    if (!lags || !g->at) {
        free(lags);
        return agl_fail_memory(err);
    }
    double most = reach / g->spacing;
    for (int64_t dy = 0; (double)dy <= most; dy++)
        for (int64_t dx = 0; (double)dx <= most; dx++) {
            double lag = sqrt((double)(dx * dx + dy * dy));
            if (lag > most) break;
            lags[bin_of(g, lag)]++;
            g->at[bin_of(g, lag)] += lag * g->spacing;
        }
    for (size_t b = 0; b < g->bins; b++)
        g->at[b] = agl__kd_sheet_true(g->sheet, lags[b] ? g->at[b] / (double)lags[b]
                                                        : ((double)b - 0.5) / g->bins_per_km);
    free(lags);
    return AGL_OK;
}

/* Lags of the half plane dy > 0, or dy = 0 and dx >= 0, up to reach: counts them, or fills the lists. */
static size_t list_lags(plane *p, const agl_kd_grid *g, double reach, bool fill) {
    double most = reach / g->spacing;
    int64_t top = (int64_t)most;
    size_t n = 0;
    for (int64_t dy = 0; dy <= top && dy < (int64_t)p->ny / 2; dy++)
        for (int64_t dx = dy ? -top : 0; dx <= top; dx++) {
            double d = sqrt((double)(dx * dx + dy * dy));
            if (d > most || dx >= (int64_t)p->nx / 2 || -dx >= (int64_t)p->nx / 2) continue;
            if (fill) {
                size_t column = (size_t)(dx < 0 ? dx + (int64_t)p->nx : dx);
                p->offset[n] = (uint32_t)((size_t)dy * p->row + column);
                p->distance[n] = d * g->spacing;
                p->bin[n] = (uint32_t)bin_of(g, d);
            }
            n++;
        }
    return n;
}

static agl_status plan_part(plane *p, agl_error *err) {
    double *work = fftw_alloc_real(p->ny * p->row);
    if (!work) return agl_fail_memory(err);
    /* ESTIMATE: the plan, and so the last bit of the result, must not depend on timings */
    pthread_mutex_lock(&planner);
    p->forward = fftw_plan_dft_r2c_2d((int)p->ny, (int)p->nx, work, (fftw_complex *)work, FFTW_ESTIMATE);
    p->backward = fftw_plan_dft_c2r_2d((int)p->ny, (int)p->nx, (fftw_complex *)work, work, FFTW_ESTIMATE);
    pthread_mutex_unlock(&planner);
    fftw_free(work);
    return p->forward && p->backward ? AGL_OK : agl_fail_memory(err);
}

static agl_status set_up_part(plane *p, const agl_kd_grid *g, double reach, double cut, agl_error *err) {
    p->row = 2 * (p->nx / 2 + 1);
    p->undo_x = AGL_NEW(double, 3 * p->nx);
    p->undo_y = AGL_NEW(double, 3 * p->ny);
    if (!p->undo_x || !p->undo_y) return agl_fail_memory(err);
    p->self_x = p->undo_x + p->nx;
    p->kx2 = p->self_x + p->nx;
    p->self_y = p->undo_y + p->ny;
    p->ky2 = p->self_y + p->ny;
    spline_tables(p->undo_x, p->self_x, p->kx2, p->nx, g->order, cut);
    spline_tables(p->undo_y, p->self_y, p->ky2, p->ny, g->order, cut);
    p->n_lags = list_lags(p, g, reach, false);
    p->offset = AGL_NEW(uint32_t, p->n_lags);
    p->bin = AGL_NEW(uint32_t, p->n_lags);
    p->distance = AGL_NEW(double, p->n_lags);
    if (!p->offset || !p->bin || !p->distance) return agl_fail_memory(err);
    list_lags(p, g, reach, true);
    return plan_part(p, err);
}

agl_status agl__kd_grid_new(agl_kd_grid **out, const agl_kd_sheet *sheet, double h, double reach_km,
                            bool fine, double most_cells, agl_error *err) {
    *out = NULL;
    agl_kd_grid *g = AGL_NEW(agl_kd_grid, 1);
    if (!g) return agl_fail_memory(err);
    *g = (agl_kd_grid){.sheet = sheet,
                       .order = fine ? 8 : 4,
                       .spacing = h / (fine ? FINE_PER_H : COARSE_PER_H),
                       .bins_per_km = 48 / h};
    g->bins = (size_t)ceil(reach_km * g->bins_per_km) + 2;
    double cut = (fine ? 5.8 : 4.1) / h * g->spacing / (2 * M_PI); /* cycles a cell */
    agl_status status = AGL_OK;
    double cells = 0;
    for (size_t k = 0; k < sheet->n_parts; k++)
        cells += (sheet->part[k].width + reach_km + h) / g->spacing *
                 ((sheet->part[k].height + reach_km + h) / g->spacing);
    if (cells > most_cells || !(cells < 0x1p30)) goto give_up;
    status = place_bins(g, reach_km, err);
    if (status != AGL_OK) goto give_up;
    g->part = AGL_NEW(plane, sheet->n_parts);
    if (!g->part) {
        status = agl_fail_memory(err);
        goto give_up;
    }
    for (size_t k = 0; k < sheet->n_parts; k++) {
        plane *p = &g->part[k];
        p->nx = side(sheet->part[k].width, g, reach_km);
        p->ny = side(sheet->part[k].height, g, reach_km);
        status = set_up_part(p, g, reach_km, cut, err);
        if (status != AGL_OK) goto give_up;
        if (p->ny * p->row > g->scratch) g->scratch = p->ny * p->row;
    }
    *out = g;
    return AGL_OK;
give_up:
    agl__kd_grid_free(g);
    return status;
}

void agl__kd_grid_free(agl_kd_grid *grid) {
    if (!grid) return;
    for (size_t k = 0; grid->part && k < grid->sheet->n_parts; k++) {
        plane *p = &grid->part[k];
        pthread_mutex_lock(&planner);
        fftw_destroy_plan(p->forward);
        fftw_destroy_plan(p->backward);
        pthread_mutex_unlock(&planner);
        free(p->undo_x);
        free(p->undo_y);
        free(p->offset);
        free(p->bin);
        free(p->distance);
    }
    free(grid->part);
    free(grid->at);
    free(grid);
}

size_t agl__kd_grid_bins(const agl_kd_grid *grid) { return grid->bins; }

const double *agl__kd_grid_distances(const agl_kd_grid *grid) { return grid->at; }

double agl__kd_grid_cells_needed(const agl_kd_sheet *sheet, double h, double reach_km) {
    double cells = 0, spacing = h / COARSE_PER_H;
    for (size_t k = 0; k < sheet->n_parts; k++)
        cells += ((sheet->part[k].width + reach_km) / spacing + 8) *
                 ((sheet->part[k].height + reach_km) / spacing + 8);
    return cells;
}

size_t agl__kd_scratch_size(const agl_kd_grid *grid) { return grid->scratch; }

agl_status agl__kd_scratch_new(double **out, const agl_kd_grid *grid, agl_error *err) {
    *out = fftw_alloc_real(2 * grid->scratch); /* two sets when between industries */
    return *out ? AGL_OK : agl_fail_memory(err);
}

void agl__kd_scratch_free(double *scratch) { fftw_free(scratch); }

/* ---- correlating ---- */

/* Spreads the sites of the set that lie on part k; returns the sum of their squared weights. */
static double spread(double *cells, size_t *n, const agl_kd_grid *g, size_t k, agl_kd_set set) {
    const plane *p = &g->part[k];
    double wx[MOST_ORDER], wy[MOST_ORDER], squares = 0;
    memset(cells, 0, p->ny * p->row * sizeof *cells);
    *n = 0;
    for (size_t i = 0; i < set.n; i++) {
        int32_t s = set.site[i];
        if ((size_t)g->sheet->part_of[s] != k) continue;
        double u = g->sheet->u[s] / g->spacing, v = g->sheet->v[s] / g->spacing, w = set.w ? set.w[i] : 1;
        size_t x = (size_t)u, y = (size_t)v;
        spline(wx, g->order, u - (double)x);
        spline(wy, g->order, v - (double)y);
        for (int a = 0; a < g->order; a++)
            for (int b = 0; b < g->order; b++)
                cells[(y + (size_t)a) * p->row + x + (size_t)b] += w * wy[a] * wx[b];
        squares += w * w;
        (*n)++;
    }
    return squares;
}

/* Power spectrum in place, and back: cells becomes nx ny times the mass of ordered pairs at every lag. */
static void power(double *cells, const plane *p, double squares, const double *other) {
    for (size_t y = 0; y < p->ny; y++) {
        double *row = cells + y * p->row;
        const double *second = other ? other + y * p->row : NULL;
        for (size_t x = 0; x <= p->nx / 2; x++) {
            double re = row[2 * x], im = row[2 * x + 1], kept = 0;
            if (p->kx2[x] + p->ky2[y] <= 1) {
                kept = second ? re * second[2 * x] + im * second[2 * x + 1]
                              : re * re + im * im - squares * p->self_x[x] * p->self_y[y];
                kept *= p->undo_x[x] * p->undo_y[y];
            }
            row[2 * x] = kept;
            row[2 * x + 1] = 0;
        }
    }
}

/* Leaves the correlation of part k in scratch; false when the part holds no pair. */
static bool correlate(double *scratch, const agl_kd_grid *g, size_t k, agl_kd_set a, const agl_kd_set *b) {
    const plane *p = &g->part[k];
    double *second = b ? scratch + g->scratch : NULL;
    size_t na, nb = 0;
    double squares = spread(scratch, &na, g, k, a);
    if (na == 0 || (!b && na < 2)) return false;
    if (b) spread(second, &nb, g, k, *b);
    if (b && nb == 0) return false;
    fftw_execute_dft_r2c(p->forward, scratch, (fftw_complex *)scratch);
    if (b) fftw_execute_dft_r2c(p->forward, second, (fftw_complex *)second);
    power(scratch, p, squares, second);
    fftw_execute_dft_c2r(p->backward, (fftw_complex *)scratch, scratch);
    return true;
}

/* Within a set the half plane of lags holds every unordered pair once, and half of the mass at lag 0 (listed
 * first); between sets both halves count, and lag 0 once. */
static double scale_of(const plane *p, bool between) { return (between ? 2 : 1) / (double)(p->nx * p->ny); }

void agl__kd_grid_bin(double *mass, const agl_kd_grid *grid, double *scratch, agl_kd_set a,
                      const agl_kd_set *b) {
    memset(mass, 0, grid->bins * sizeof *mass);
    for (size_t k = 0; k < grid->sheet->n_parts; k++) {
        if (!correlate(scratch, grid, k, a, b)) continue;
        const plane *p = &grid->part[k];
        double scale = scale_of(p, b != NULL);
        scratch[p->offset[0]] /= 2;
        for (size_t l = 0; l < p->n_lags; l++)
            mass[p->bin[l]] += scale * scratch[p->offset[l]];
    }
}

void agl__kd_grid_each(void (*add)(void *arg, double distance, double mass), void *arg,
                       const agl_kd_grid *grid, double *scratch, agl_kd_set a, const agl_kd_set *b) {
    for (size_t k = 0; k < grid->sheet->n_parts; k++) {
        if (!correlate(scratch, grid, k, a, b)) continue;
        const plane *p = &grid->part[k];
        double scale = scale_of(p, b != NULL);
        scratch[p->offset[0]] /= 2;
        for (size_t l = 0; l < p->n_lags; l++)
            add(arg, p->distance[l], scale * scratch[p->offset[l]]);
    }
}
