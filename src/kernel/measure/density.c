/* Density of every industry in every region, without holding the matrix of relatedness.
 *
 * The industries that are looked at are cut into blocks of COLUMNS, one task each; those that stand around
 * them into pieces of ROWS. A piece of phi (ROWS x COLUMNS, 128 kB) is formed in the cache, and every region
 * adds the rows of the industries that it has. Regions have a fifth of the industries or so: adding rows
 * beats a dense product. */
#include "base/mem.h"
#include "base/parallel.h"
#include "kernel/measure/relatedness.h"

#include <math.h>
#include <string.h>

enum { COLUMNS = 256, ROWS = 64 };

typedef struct job {
    const agl__relating *r;
    agl_density *out;
    size_t codes;      /* industries by code, the width of the output */
    const double *pci; /* of the kept industries, 0 where there is none */
    double *row_sum;   /* sum_k phi_jk */
    double *opened;    /* PCI_j / row_sum_j */
} job;

/** Memory of one task. */
typedef struct piece {
    double *phi;   /* ROWS x COLUMNS */
    double *sum;   /* regions x COLUMNS: sum_j M_rj phi_ij */
    double *gain;  /* the same, weighted by `opened` */
    double *all;   /* COLUMNS: sum_j phi_ij */
    double *opens; /* COLUMNS: sum_j phi_ij opened_j */
    size_t *next;  /* by region: first industry of its list not yet added */
} piece;

static agl_status piece_new(piece *w, size_t regions, bool gain, const agl__presence *p, agl_error *err) {
    *w = (piece){.phi = AGL_NEW(double, ROWS *COLUMNS),
                 .sum = AGL_NEW(double, regions *COLUMNS),
                 .gain = gain ? AGL_NEW(double, regions *COLUMNS) : NULL,
                 .all = AGL_NEW(double, COLUMNS),
                 .opens = AGL_NEW(double, COLUMNS),
                 .next = AGL_NEW(size_t, regions)};
    if (!w->phi || !w->sum || (gain && !w->gain) || !w->all || !w->opens || !w->next)
        return agl_fail_memory(err);
    memcpy(w->next, p->regions.start, regions * sizeof *w->next);
    return AGL_OK;
}

static void piece_free(piece *w) {
    free(w->phi);
    free(w->sum);
    free(w->gain);
    free(w->all);
    free(w->opens);
    free(w->next);
}

/** Adds to every region the rows of the piece, which starts at industry `first`, that it has. */
static void add_rows(const job *j, piece *w, size_t first, size_t rows, size_t columns) {
    const agl__presence *p = j->r->p;
    const double *row[ROWS];
    double weight[ROWS];
    for (size_t r = 0; r < p->n_regions; r++) {
        size_t n = 0;
        for (; w->next[r] < p->regions.start[r + 1]; w->next[r]++) {
            size_t i = (size_t)p->regions.other[w->next[r]];
            if (i >= first + rows) break;
            weight[n] = w->gain ? j->opened[i] : 0;
            row[n++] = w->phi + (i - first) * COLUMNS;
        }
        j->r->tiles->add(w->sum + r * COLUMNS, row, n, columns);
        if (w->gain) j->r->tiles->add_weighted(w->gain + r * COLUMNS, row, weight, n, columns);
    }
    for (size_t k = 0; k < rows; k++) {
        row[k] = w->phi + k * COLUMNS;
        weight[k] = w->gain ? j->opened[first + k] : 0;
    }
    j->r->tiles->add(w->all, row, rows, columns);
    if (w->gain) j->r->tiles->add_weighted(w->opens, row, weight, rows, columns);
}

static void write_out(const job *j, const piece *w, size_t first, size_t columns) {
    const agl__presence *p = j->r->p;
    for (size_t r = 0; r < p->n_regions; r++) {
        size_t k = p->regions.start[r], end = p->regions.start[r + 1];
        while (k < end && (size_t)p->regions.other[k] < first)
            k++;
        for (size_t c = 0; c < columns; c++) {
            size_t to = (size_t)p->region[r] * j->codes + (size_t)p->industry[first + c];
            bool present = k < end && (size_t)p->regions.other[k] == first + c;
            k += present;
            if (j->out->present) j->out->present[to] = present;
            if (j->out->density)
                j->out->density[to] = w->all[c] > 0 ? w->sum[r * COLUMNS + c] / w->all[c] : NAN;
            if (j->out->cog) j->out->cog[to] = present ? 0 : w->opens[c] - w->gain[r * COLUMNS + c];
        }
    }
}

static agl_status one_block(void *arg, size_t t, int worker, agl_error *err) {
    (void)worker;
    const job *j = arg;
    size_t n = j->r->p->n_industries, first = t * COLUMNS,
           columns = n - first < COLUMNS ? n - first : COLUMNS;
    piece w;
    agl_status status = piece_new(&w, j->r->p->n_regions, j->out->cog != NULL, j->r->p, err);
    for (size_t from = 0; from < n && status == AGL_OK; from += ROWS) {
        size_t rows = n - from < ROWS ? n - from : ROWS;
        for (size_t k = 0; k < rows; k++)
            agl__relating_row(w.phi + k * COLUMNS, j->r, from + k, first, columns);
        add_rows(j, &w, from, rows, columns);
    }
    if (status == AGL_OK) write_out(j, &w, first, columns);
    piece_free(&w);
    return status;
}

/** Sum of row i of phi, and PCI_i over it. */
static agl_status one_row_sum(void *arg, size_t t, int worker, agl_error *err) {
    (void)worker;
    job *j = arg;
    size_t n = j->r->p->n_industries, end = (t + 1) * ROWS < n ? (t + 1) * ROWS : n;
    double *phi = AGL_NEW(double, n);
    if (!phi) return agl_fail_memory(err);
    for (size_t i = t * ROWS; i < end; i++) {
        double sum = 0;
        agl__relating_row(phi, j->r, i, 0, n);
        for (size_t k = 0; k < n; k++)
            sum += phi[k];
        j->row_sum[i] = sum;
        j->opened[i] = sum > 0 ? j->pci[i] / sum : 0;
    }
    free(phi);
    return AGL_OK;
}

/** Location quotients of all cells of kept regions and industries, 0 where the table holds nothing. */
static void quotients(double *lq, const agl__presence *p, size_t codes) {
    for (size_t r = 0; r < p->n_regions; r++) {
        double *row = lq + (size_t)p->region[r] * codes;
        for (size_t i = 0; i < p->n_industries; i++)
            row[p->industry[i]] = 0;
        for (size_t k = p->cell_start[r]; k < p->cell_start[r + 1]; k++) {
            size_t i = (size_t)p->cell_industry[k];
            row[p->industry[i]] = p->cell_value[k] / p->region_total[r] / (p->industry_total[i] / p->total);
        }
    }
}

/** coi_r = sum_i omega_ri (1 - M_ri) PCI_i. */
static void outlook(const job *j, const double *density) {
    const agl__presence *p = j->r->p;
    for (size_t r = 0; r < p->n_regions; r++) {
        double sum = 0;
        size_t k = p->regions.start[r];
        for (size_t i = 0; i < p->n_industries; i++) {
            double omega = density[(size_t)p->region[r] * j->codes + (size_t)p->industry[i]];
            if (k < p->regions.start[r + 1] && (size_t)p->regions.other[k] == i)
                k++;
            else if (!isnan(omega))
                sum += omega * j->pci[i];
        }
        j->out->coi[p->region[r]] = sum;
    }
}

static agl_status compute(job *j, const agl_cells *cells, const double *pci, const agl_ctx *ctx,
                          agl_error *err) {
    const agl__presence *p = j->r->p;
    size_t n = p->n_industries;
    double *own = AGL_NEW(double, n), *density = NULL;
    j->row_sum = AGL_NEW(double, n);
    j->opened = AGL_NEW(double, n);
    agl_density *out = j->out, with = *j->out;
    agl_status status = own && j->row_sum && j->opened ? AGL_OK : agl_fail_memory(err);
    if (status != AGL_OK) goto out;
    if (out->coi && !out->density) {
        with.density = density = AGL_NEW(double, cells->n_regions * cells->n_industries);
        if (!density) {
            status = agl_fail_memory(err);
            goto out;
        }
        j->out = &with;
    }
    for (size_t i = 0; i < n && pci; i++)
        own[i] = isnan(pci[p->industry[i]]) ? 0 : pci[p->industry[i]];
    j->pci = own;
    if (out->cog) status = agl__parallel((n + ROWS - 1) / ROWS, one_row_sum, j, NULL, ctx, err);
    if (status == AGL_OK)
        status = agl__parallel((n + COLUMNS - 1) / COLUMNS, one_block, j, "density", ctx, err);
    if (status == AGL_OK && out->coi) outlook(j, j->out->density);
    if (status == AGL_OK && out->lq) quotients(out->lq, p, j->codes);
out:
    j->out = out;
    free(own);
    free(density);
    free(j->row_sum);
    free(j->opened);
    return status;
}

agl_status agl_density_around(agl_density *out, const agl_cells *cells, size_t slice, const double *pci,
                              const agl_relatedness_options *options, const agl_ctx *ctx, agl_error *err) {
    agl_relatedness_options o = AGL_RELATEDNESS_OPTIONS_INIT;
    if (options) o = *options;
    if ((out->cog || out->coi) && !pci)
        return agl_fail(err, AGL_EUSAGE,
                        "opportunity gain and outlook need the complexity of the industries");
    agl__presence_rule rule;
    agl_status status = agl__relatedness_rule(&rule, &o, cells, err);
    if (status != AGL_OK) return status;
    size_t all = cells->n_regions * cells->n_industries;
    double *const matrices[] = {out->present, out->lq, out->density, out->cog};
    for (size_t m = 0; m < sizeof matrices / sizeof *matrices; m++)
        for (size_t k = 0; k < all && matrices[m]; k++)
            matrices[m][k] = NAN;
    for (size_t r = 0; r < cells->n_regions && out->coi; r++)
        out->coi[r] = NAN;
    agl__presence p;
    agl__relating r = {0};
    job j = {.r = &r, .out = out, .codes = cells->n_industries};
    status = agl__presence_make(&p, cells, slice, &rule, err);
    if (status == AGL_OK) status = agl__relating_new(&r, &p, &o, err);
    if (status == AGL_OK) status = compute(&j, cells, pci, ctx, err);
    agl__relating_free(&r);
    agl__presence_free(&p);
    return status;
}
