#include "op/measure/relatedness.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- one year ---- */

void agl__around_free(agl__around *a) {
    free(a->present);
    free(a->lq);
    free(a->density);
    free(a->cog);
    free(a->pci);
    free(a->eci);
    free(a->diversity);
    *a = (agl__around){0};
}

/** Complexity of the industries; without one (no convergence) they stay empty, and a warning says so. */
static agl_status complexity(agl__around *a, agl_run *run, agl_error *err) {
    const agl_cells *cells = &a->in->cells;
    agl_complexity_options o = agl__complexity_options(run);
    agl_complexity_validity v;
    bool fit = agl__run_is(run, "gain-by", "fitness");
    agl_complexity out = {.pci = fit ? NULL : a->pci,
                          .fitness_q = fit ? a->pci : NULL,
                          .eci = a->eci,
                          .diversity = a->diversity};
    agl_error own = {0};
    agl_status status = agl_complex(&out, &v, cells, a->slice, &o, agl__run_ctx(run), &own);
    if (status == AGL_ECONV) {
        agl__run_warn(run, "no complexity of the industries, so no gain and no opportunities: %s",
                      own.message);
        for (size_t i = 0; i < cells->n_industries; i++)
            a->pci[i] = NAN;
        return AGL_OK;
    }
    if (status != AGL_OK) {
        if (err) *err = own;
        return status;
    }
    agl__warn_left_out(run, &v, "");
    if (v.parts > 1 || v.tiny_ends > 0)
        agl__run_warn(
            run,
            "the complexity of the industries is doubtful; see the validity report of measure complexity");
    return AGL_OK;
}

agl_status agl__around_make(agl__around *a, agl_run *run, const agl_cell_input *in, size_t slice,
                            bool with_pci, agl_error *err) {
    const agl_cells *cells = &in->cells;
    size_t regions = cells->n_regions, industries = cells->n_industries, all = regions * industries;
    *a = (agl__around){.in = in,
                       .slice = slice,
                       .present = AGL_NEW(double, all),
                       .lq = AGL_NEW(double, all),
                       .density = AGL_NEW(double, all),
                       .cog = with_pci ? AGL_NEW(double, all) : NULL,
                       .pci = AGL_NEW(double, industries),
                       .eci = AGL_NEW(double, regions),
                       .diversity = AGL_NEW(double, regions)};
    if (!a->present || !a->lq || !a->density || (with_pci && !a->cog) || !a->pci || !a->eci || !a->diversity)
        return agl_fail_memory(err);
    agl_status status = with_pci ? complexity(a, run, err) : AGL_OK;
    if (status != AGL_OK) return status;
    agl_relatedness_options o = agl__relatedness_options(run);
    o.relation = agl__relation_option(run, "relation");
    o.exclude_self = agl__run_flag(run, "exclude-self");
    double *pci = AGL_NEW(double, industries);
    if (!pci) return agl_fail_memory(err);
    memcpy(pci, a->pci, industries * sizeof *pci);
    if (with_pci && agl__run_like(run, "py-ecomplexity") && agl__run_is(run, "gain-by", "pci"))
        agl__peer_pci(pci, industries, a->eci, a->diversity, regions);
    agl_density out = {.present = a->present, .lq = a->lq, .density = a->density, .cog = a->cog};
    status = agl_density_around(&out, cells, slice, pci, &o, agl__run_ctx(run), err);
    free(pci);
    return status;
}

static int ascending(const void *a, const void *b) {
    const agl__ranked *x = a, *y = b;
    if (x->value != y->value) return x->value < y->value ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

void agl__places(double *place, agl__ranked *values, size_t n) {
    qsort(values, n, sizeof *values, ascending);
    for (size_t first = 0, end; first < n; first = end) {
        for (end = first + 1; end < n && values[end].value == values[first].value; end++)
            continue;
        for (size_t k = first; k < end; k++)
            place[values[k].at] = (double)(first + end) / 2 / (double)n;
    }
}

/* ---- tables ---- */

static agl_status write_pairs(agl_run *run, const agl_cell_input *in, size_t slice, agl_error *err) {
    agl_relatedness_options o = agl__relatedness_options(run);
    agl_related pairs = {0};
    agl_table *t;
    int32_t *a, *b;
    agl_status status = AGL_OK;
    if (agl__run_wants(run, "pairs"))
        status = agl_related_pairs(&pairs, &in->cells, slice, agl__run_number(run, "min-proximity"), &o,
                                   agl__run_ctx(run), err);
    if (status == AGL_OK) status = agl__run_output(&t, run, "pairs", pairs.n, err);
    if (status == AGL_OK) status = agl__run_key(&a, t, "industry_a", in->industries, err);
    if (status == AGL_OK) status = agl__run_key(&b, t, "industry_b", in->industries, err);
    if (status == AGL_OK) {
        const double *from[] = {pairs.together, pairs.proximity,   pairs.association, pairs.cosine,
                                pairs.jaccard,  pairs.probability, pairs.teece};
        static const char *const to[] = {"together", "proximity",   "association", "cosine",
                                         "jaccard",  "probability", "teece_z"};
        memcpy(a, pairs.a, pairs.n * sizeof *a);
        memcpy(b, pairs.b, pairs.n * sizeof *b);
        for (size_t c = 0; c < sizeof to / sizeof *to; c++)
            memcpy(agl__run_num(t, to[c]), from[c], pairs.n * sizeof(double));
    }
    agl_related_free(&pairs);
    return status;
}

static agl_status write_density(agl_run *run, const agl__around *a, agl_error *err) {
    const agl_cell_input *in = a->in;
    size_t industries = in->cells.n_industries, all = in->cells.n_regions * industries, rows = 0, row = 0;
    for (size_t k = 0; k < all; k++)
        rows += !isnan(a->present[k]);
    agl_table *t;
    int32_t *region, *industry;
    agl_status status = agl__run_output(&t, run, "density", rows, err);
    if (status == AGL_OK) status = agl__run_key(&region, t, "region", in->regions, err);
    if (status == AGL_OK) status = agl__run_key(&industry, t, "industry", in->industries, err);
    if (status != AGL_OK) return status;
    double *present = agl__run_num(t, "present"), *lq = agl__run_num(t, "lq"),
           *density = agl__run_num(t, "density"), *distance = agl__run_num(t, "distance"),
           *pci = agl__run_num(t, "pci"), *cog = agl__run_num(t, "cog");
    for (size_t k = 0; k < all; k++) {
        if (isnan(a->present[k])) continue;
        region[row] = (int32_t)(k / industries);
        industry[row] = (int32_t)(k % industries);
        present[row] = a->present[k], lq[row] = a->lq[k], density[row] = a->density[k];
        distance[row] = 1 - a->density[k];
        pci[row] = a->pci[k % industries];
        cog[row] = isnan(pci[row]) ? NAN : a->cog[k];
        row++;
    }
    return AGL_OK;
}

/* ---- opportunities ---- */

typedef struct chance {
    int32_t region, industry;
    double rank, score, gain;
} chance;

static int best_first(const void *a, const void *b) {
    const chance *x = a, *y = b;
    if (x->score != y->score) return x->score > y->score ? -1 : 1;
    return (x->industry > y->industry) - (x->industry < y->industry);
}

typedef struct scratch {
    agl__ranked *values; /* industries */
    double *near, *high; /* places of density and complexity */
    chance *options;
} scratch;

/** Industries that region r lacks, that lie nearer than half of those and are more complex than the mean of
 * what it has: the best `wanted` by the mean of the two places. Returns their number. */
static size_t options_of(scratch *w, const agl__around *a, size_t r, size_t wanted) {
    size_t industries = a->in->cells.n_industries, lacking = 0, n = 0;
    const double *present = a->present + r * industries, *density = a->density + r * industries;
    double own = 0, has = 0;
    for (size_t i = 0; i < industries; i++)
        if (present[i] == 1 && !isnan(a->pci[i])) own += a->pci[i], has++;
    if (!(has > 0)) return 0;
    own /= has;
    for (int what = 0; what < 2; what++) {
        lacking = 0;
        for (size_t i = 0; i < industries; i++)
            if (present[i] == 0 && !isnan(a->pci[i]) && !isnan(density[i]))
                w->values[lacking++] = (agl__ranked){what ? a->pci[i] : density[i], i};
        agl__places(what ? w->high : w->near, w->values, lacking);
    }
    for (size_t k = 0; k < lacking; k++) {
        size_t i = w->values[k].at;
        if (w->near[i] < 0.5 || !(a->pci[i] > own)) continue;
        w->options[n++] = (chance){(int32_t)r, (int32_t)i, 0, (w->near[i] + w->high[i]) / 2, a->pci[i] - own};
    }
    qsort(w->options, n, sizeof *w->options, best_first);
    if (n > wanted) n = wanted;
    for (size_t k = 0; k < n; k++)
        w->options[k].rank = (double)(k + 1);
    return n;
}

static agl_status find_options(chance **out, size_t *n, const agl__around *a, int32_t only, size_t wanted,
                               agl_error *err) {
    const agl_cells *cells = &a->in->cells;
    size_t capacity = 0;
    scratch w = {AGL_NEW(agl__ranked, cells->n_industries), AGL_NEW(double, cells->n_industries),
                 AGL_NEW(double, cells->n_industries), AGL_NEW(chance, cells->n_industries)};
    agl_status status = w.values && w.near && w.high && w.options ? AGL_OK : agl_fail_memory(err);
    for (size_t r = 0; r < cells->n_regions && status == AGL_OK; r++) {
        if (only >= 0 && (size_t)only != r) continue;
        size_t found = options_of(&w, a, r, wanted);
        chance *grown = agl__grow(*out, &capacity, *n + found + 1, sizeof **out);
        if (!grown) {
            status = agl_fail_memory(err);
            break;
        }
        *out = grown;
        memcpy(*out + *n, w.options, found * sizeof **out);
        *n += found;
    }
    free(w.values);
    free(w.near);
    free(w.high);
    free(w.options);
    return status;
}

static int by_key(const void *a, const void *b) {
    const chance *x = a, *y = b;
    if (x->region != y->region) return x->region < y->region ? -1 : 1;
    return (x->industry > y->industry) - (x->industry < y->industry);
}

static agl_status fill_options(agl_run *run, const agl__around *a, chance *found, size_t n, agl_error *err) {
    size_t industries = a->in->cells.n_industries;
    agl_table *t;
    int32_t *region, *industry;
    agl_status status = agl__run_output(&t, run, "opportunities", n, err);
    if (status == AGL_OK) status = agl__run_key(&region, t, "region", a->in->regions, err);
    if (status == AGL_OK) status = agl__run_key(&industry, t, "industry", a->in->industries, err);
    if (status != AGL_OK) return status;
    double *rank = agl__run_num(t, "rank"), *score = agl__run_num(t, "score"), *lq = agl__run_num(t, "lq"),
           *density = agl__run_num(t, "density"), *pci = agl__run_num(t, "pci"),
           *gain = agl__run_num(t, "pci_gain"), *cog = agl__run_num(t, "cog");
    if (n > 1) qsort(found, n, sizeof *found, by_key);
    for (size_t k = 0; k < n; k++) {
        size_t from = (size_t)found[k].region * industries + (size_t)found[k].industry;
        region[k] = found[k].region, industry[k] = found[k].industry;
        rank[k] = found[k].rank, score[k] = found[k].score, gain[k] = found[k].gain;
        lq[k] = a->lq[from], density[k] = a->density[from], cog[k] = a->cog[from];
        pci[k] = a->pci[found[k].industry];
    }
    return AGL_OK;
}

static agl_status write_opportunities(agl_run *run, const agl__around *a, agl_error *err) {
    const char *name = agl__run_text(run, "region");
    int32_t only = -1;
    if (name) {
        only = agl_dict_find(a->in->regions, name);
        if (only < 0)
            return agl_fail(err, AGL_EUSAGE, "--region %s: there is no region of that code in the data",
                            name);
        if (isnan(a->present[(size_t)only * a->in->cells.n_industries + 0]) && isnan(a->diversity[only]))
            return agl_fail(err, AGL_EDATA,
                            "--region %s was left out: it holds nothing, or less than --min-total", name);
    }
    chance *found = NULL;
    size_t n = 0;
    agl_status status =
        find_options(&found, &n, a, only, (size_t)agl__run_integer(run, "opportunities"), err);
    if (status == AGL_OK) status = fill_options(run, a, found, n, err);
    free(found);
    return status;
}

/* ---- the op ---- */

/** Slice of the year that an option names; `otherwise` when it names none. */
static agl_status slice_of(size_t *slice, const agl_run *run, const agl_cell_input *in, const char *option,
                           size_t otherwise, agl_error *err) {
    double year = agl__run_number(run, option);
    *slice = otherwise;
    if (isnan(year)) return AGL_OK;
    for (size_t y = 0; y < in->n_years && in->years; y++)
        if (in->years[y] == year) {
            *slice = y;
            return AGL_OK;
        }
    return in->years ? agl_fail(err, AGL_EDATA, "--%s %.0f: the data have no such year", option, year)
                     : agl_fail(err, AGL_EUSAGE, "--%s needs the role year", option);
}

agl_status agl_op_measure_relatedness(agl_run *run, agl_error *err) {
    agl_cell_columns columns = agl__cell_columns(run, "value");
    agl_cell_input in;
    agl__around now = {0};
    size_t from = 0, to = 0;
    agl_status status = agl__cell_input(&in, run, &columns, err);
    if (status == AGL_OK) status = slice_of(&from, run, &in, "from", 0, err);
    if (status == AGL_OK) status = slice_of(&to, run, &in, "to", in.n_years - 1, err);
    if (status == AGL_OK && from > to)
        status = agl_fail(err, AGL_EUSAGE, "--from is after --to: changes are read forwards");
    if (status == AGL_OK) status = agl__around_make(&now, run, &in, to, true, err);
    if (status == AGL_OK) status = write_pairs(run, &in, to, err);
    if (status == AGL_OK) status = write_density(run, &now, err);
    if (status == AGL_OK) status = write_opportunities(run, &now, err);
    agl__around_free(&now);
    if (status == AGL_OK) status = agl__relatedness_change(run, &in, from, to, err);
    agl__cell_input_free(&in);
    return status;
}
