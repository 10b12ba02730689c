#include "agglo/coagglomeration.h"
#include "agglo/backbone.h"
#include "base/mem.h"
#include "op/measure/cell_input.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Sorted: codes of the column link. */
enum { IO, OCCUPATION, LINKS };
static const char *const link_name[LINKS] = {"io", "occupation"};

typedef struct job {
    agl_run *run;
    agl_cell_input in;
    agl_cells cells; /* with the regions of region_totals */
    size_t slice;
    double *totals;
    agl_plant_sizes plants;
    int32_t *plant_industry;
    double *plant_size, *plant_count;
    double *link[LINKS]; /* matrices; NULL without the column */
    agl_coagglomeration c;
} job;

/* ---- inputs ---- */

static agl_status find_year(job *j, agl_error *err) {
    double year = agl__run_number(j->run, "year");
    j->slice = j->in.n_years - 1;
    if (isnan(year)) {
        if (j->in.n_years > 1)
            agl__run_warn(j->run, "only the last year, %.0f, is used; choose another with --year",
                          j->in.years[j->slice]);
        return AGL_OK;
    }
    if (!j->in.years) return agl_fail(err, AGL_EUSAGE, "--year needs the role year");
    for (size_t y = 0; y < j->in.n_years; y++)
        if (j->in.years[y] == year) {
            j->slice = y;
            return AGL_OK;
        }
    return agl_fail(err, AGL_EDATA, "--year %.0f: the data have no such year", year);
}

/** Totals of the regions, those of the data first, then the others. */
static agl_status read_totals(job *j, agl_error *err) {
    const agl_column *of = agl__run_column(j->run, "region_totals", "region");
    if (!of) return AGL_OK;
    const agl_column *value = agl__run_column(j->run, "region_totals", "value");
    size_t rows = agl__run_input(j->run, "region_totals")->rows, n = j->cells.n_regions;
    j->totals = AGL_NEW(double, n + rows);
    if (!j->totals) return agl_fail_memory(err);
    for (size_t row = 0; row < rows; row++) {
        int32_t code = of->code[row] < 0 ? -1 : agl_dict_find(j->in.regions, of->dict.text[of->code[row]]);
        double x = isnan(value->num[row]) ? 0 : value->num[row];
        j->totals[code >= 0 ? (size_t)code : n++] = x;
    }
    for (size_t k = 0; k < j->cells.n; k++)
        if (j->cells.value[k] > 0 && !(j->totals[j->cells.region[k]] > 0))
            return agl__run_fail_row(j->run, "data", j->in.row[k], "region", err,
                                     "region %s has no total above zero in region_totals",
                                     j->in.regions->text[j->cells.region[k]]);
    j->cells.n_regions = n;
    return AGL_OK;
}

static agl_status plants_new(job *j, size_t n, agl_error *err) {
    j->plant_industry = AGL_NEW(int32_t, n);
    j->plant_size = AGL_NEW(double, n);
    j->plant_count = AGL_NEW(double, n);
    j->plants = (agl_plant_sizes){0, j->plant_industry, j->plant_size, j->plant_count};
    return j->plant_industry && j->plant_size && j->plant_count ? AGL_OK : agl_fail_memory(err);
}

static void add_plants(job *j, int32_t industry, double size, double count) {
    size_t k = j->plants.n++;
    j->plant_industry[k] = industry, j->plant_size[k] = size, j->plant_count[k] = count;
}

/** Plants from the input "plants", or from the number of establishments in each cell, taken as equal in size.
 */
static agl_status read_plants(job *j, agl_error *err) {
    const agl_column *industry = agl__run_column(j->run, "plants", "industry"),
                     *establishments = agl__run_column(j->run, "data", "establishments");
    size_t unknown = 0;
    if (industry) {
        const double *size = agl__run_column(j->run, "plants", "size")->num;
        size_t rows = agl__run_input(j->run, "plants")->rows;
        agl_status status = plants_new(j, rows, err);
        for (size_t k = 0; k < rows && status == AGL_OK; k++) {
            int32_t code = industry->code[k] < 0
                               ? -1
                               : agl_dict_find(j->in.industries, industry->dict.text[industry->code[k]]);
            if (code >= 0 && size[k] > 0) add_plants(j, code, size[k], 1);
        }
        return status;
    }
    if (!establishments) return AGL_OK;
    agl_status status = plants_new(j, j->cells.n, err);
    for (size_t k = 0; k < j->cells.n && status == AGL_OK; k++) {
        double value = j->cells.value[k], count = establishments->num[j->in.row[k]];
        if ((size_t)j->in.slice[k] != j->slice || !(value > 0)) continue;
        unknown += !(count >= 1);
        if (!(count >= 1)) count = 1;
        add_plants(j, j->cells.industry[k], value / count, count);
    }
    if (unknown)
        agl__run_warn(j->run,
                      "%zu cells have a value but no establishments: each was taken for one plant, which "
                      "makes the test "
                      "careful",
                      unknown);
    return status;
}

static int32_t code_of(const agl_column *column, size_t row, const agl_dict *dict) {
    return column->code[row] < 0 ? -1 : agl_dict_find(dict, column->dict.text[column->code[row]]);
}

/** One link as a matrix; of the two directions of a pair the larger counts. Returns the rows of unknown
 * industries in *unknown. */
static agl_status read_link(double **matrix, size_t *unknown, const job *j, const agl_column *value,
                            agl_error *err) {
    const agl_column *a = agl__run_column(j->run, "links", "industry_a"),
                     *b = agl__run_column(j->run, "links", "industry_b");
    size_t n = j->cells.n_industries, rows = agl__run_input(j->run, "links")->rows;
    *unknown = 0;
    *matrix = AGL_NEW(double, n *n);
    if (!*matrix) return agl_fail_memory(err);
    for (size_t k = 0; k < n * n; k++)
        (*matrix)[k] = NAN;
    for (size_t row = 0; row < rows; row++) {
        int32_t p = code_of(a, row, j->in.industries), q = code_of(b, row, j->in.industries);
        *unknown += p < 0 || q < 0;
        if (p < 0 || q < 0 || p == q || isnan(value->num[row])) continue;
        double *to = &(*matrix)[(size_t)(p < q ? p : q) * n + (size_t)(p < q ? q : p)];
        *to = isnan(*to) ? value->num[row] : fmax(*to, value->num[row]);
    }
    return AGL_OK;
}

static agl_status read_links(job *j, agl_error *err) {
    const agl_table *table = agl__run_input(j->run, "links");
    if (!table) return AGL_OK;
    size_t unknown = 0, given = 0;
    for (int l = 0; l < LINKS; l++) {
        const agl_column *value = agl__run_column(j->run, "links", link_name[l]);
        agl_status status = value ? read_link(&j->link[l], &unknown, j, value, err) : AGL_OK;
        if (status != AGL_OK) return status;
        given += value != NULL;
    }
    if (!given)
        return agl_fail(err, AGL_EUSAGE,
                        "--links needs a column io or occupation; bind one with --col links.io=NAME");
    if (unknown)
        agl__run_warn(j->run, "%zu of %zu links are of industries that the data do not hold", unknown,
                      table->rows);
    return AGL_OK;
}

/* ---- outputs ---- */

static bool known(const job *j, size_t i) { return j->c.size[i] > 0; }

static agl_status drop_pairs(job *j, agl_table *t, agl_error *err) {
    agl_status status = AGL_OK;
    static const char *const tested[] = {"z", "p_value", "q_value"};
    for (size_t k = 0; k < 3 && status == AGL_OK && !j->c.z; k++)
        status = agl__run_drop_column(t, tested[k], err);
    for (int l = 0; l < LINKS && status == AGL_OK; l++)
        if (!j->link[l]) status = agl__run_drop_column(t, link_name[l], err);
    return status;
}

static size_t count_known(const job *j) {
    size_t kept = 0;
    for (size_t i = 0; i < j->cells.n_industries; i++)
        kept += known(j, i);
    return kept;
}

/** Columns of the table of pairs; NULL where the run has none. */
typedef struct pair_columns {
    double *gamma, *z, *p, *q, *link[LINKS];
} pair_columns;

static pair_columns columns_of_pairs(agl_table *t, const job *j) {
    pair_columns c = {.gamma = agl__run_num(t, "gamma")};
    if (j->c.z)
        c.z = agl__run_num(t, "z"), c.p = agl__run_num(t, "p_value"), c.q = agl__run_num(t, "q_value");
    for (int l = 0; l < LINKS; l++)
        if (j->link[l]) c.link[l] = agl__run_num(t, link_name[l]);
    return c;
}

static void fill_pair(const pair_columns *c, size_t row, const job *j, size_t at) {
    c->gamma[row] = j->c.gamma[at];
    if (c->z) c->z[row] = j->c.z[at], c->p[row] = j->c.p_value[at];
    for (int l = 0; l < LINKS; l++)
        if (c->link[l]) c->link[l][row] = j->link[l][at];
}

static agl_status write_pairs(job *j, agl_error *err) {
    size_t n = j->cells.n_industries, kept = count_known(j), row = 0;
    agl_table *t;
    int32_t *a, *b;
    agl_status status = agl__run_output(&t, j->run, "pairs", kept * (kept - 1) / 2, err);
    if (status == AGL_OK) status = agl__run_key(&a, t, "industry_a", j->in.industries, err);
    if (status == AGL_OK) status = agl__run_key(&b, t, "industry_b", j->in.industries, err);
    if (status == AGL_OK) status = drop_pairs(j, t, err);
    if (status != AGL_OK) return status;
    pair_columns c = columns_of_pairs(t, j);
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n && known(j, i); k++) {
            if (!known(j, k)) continue;
            a[row] = (int32_t)i, b[row] = (int32_t)k;
            fill_pair(&c, row++, j, i * n + k);
        }
    return c.z ? agl_false_discovery(c.q, c.p, row, (double)row, err) : AGL_OK;
}

static agl_status write_industries(job *j, agl_error *err) {
    size_t n = j->cells.n_industries, rows = count_known(j), row = 0;
    agl_table *t;
    int32_t *code, *partner;
    agl_status status = agl__run_output(&t, j->run, "industries", rows, err);
    if (status == AGL_OK) status = agl__run_key(&code, t, "industry", j->in.industries, err);
    if (status == AGL_OK) status = agl__run_key(&partner, t, "partner", j->in.industries, err);
    if (status == AGL_OK && !j->c.z) status = agl__run_drop_column(t, "hhi_plants", err);
    if (status != AGL_OK) return status;
    double *size = agl__run_num(t, "size"), *own = agl__run_num(t, "concentration"),
           *mean = agl__run_num(t, "mean_gamma"), *best = agl__run_num(t, "partner_gamma"),
           *h = j->c.z ? agl__run_num(t, "hhi_plants") : NULL;
    for (size_t i = 0; i < n; i++) {
        if (!known(j, i)) continue;
        double sum = 0;
        code[row] = (int32_t)i, partner[row] = -1, best[row] = -INFINITY;
        for (size_t k = 0; k < n; k++) {
            if (k == i || !known(j, k)) continue;
            double gamma = j->c.gamma[i * n + k];
            sum += gamma;
            if (gamma > best[row]) best[row] = gamma, partner[row] = (int32_t)k;
        }
        size[row] = j->c.size[i], own[row] = j->c.gamma[i * n + i], mean[row] = sum / (double)(rows - 1);
        if (h) h[row] = j->c.hhi_plants[i];
        row++;
    }
    return AGL_OK;
}

/** Group of every industry; AGL_EDATA when one stands in two groups. */
static agl_status read_groups(int32_t *group, const job *j, agl_error *err) {
    const agl_column *industry = agl__run_column(j->run, "groups", "industry"),
                     *of = agl__run_column(j->run, "groups", "group");
    for (size_t i = 0; i < j->cells.n_industries; i++)
        group[i] = -1;
    for (size_t k = 0; k < agl__run_input(j->run, "groups")->rows; k++) {
        int32_t code = industry->code[k] < 0
                           ? -1
                           : agl_dict_find(j->in.industries, industry->dict.text[industry->code[k]]);
        if (code >= 0) group[code] = of->code[k];
    }
    for (size_t i = 0; i < j->cells.n_industries; i++)
        if (group[i] >= 0) return AGL_OK;
    return agl_fail(err, AGL_EDATA,
                    "no industry of the data has a group: are the codes the same in both files?");
}

static double size_of_group(const job *j, const int32_t *group, size_t g) {
    double size = 0;
    for (size_t i = 0; i < j->cells.n_industries; i++)
        if (group[i] == (int32_t)g) size += j->c.size[i];
    return size;
}

/** The rows of groups that hold anything, of n groups. */
static agl_status fill_groups(job *j, const agl_dict *names, size_t n, const int32_t *group,
                              const double *gamma, const double *members, agl_error *err) {
    size_t rows = 0, row = 0;
    for (size_t g = 0; g < n; g++)
        rows += members[g] > 0;
    agl_table *t;
    int32_t *code;
    agl_status status = agl__run_output(&t, j->run, "groups", rows, err);
    if (status == AGL_OK) status = agl__run_key(&code, t, "group", names, err);
    for (size_t g = 0; g < n && status == AGL_OK; g++) {
        if (!(members[g] > 0)) continue;
        code[row] = (int32_t)g;
        agl__run_num(t, "industries")[row] = members[g];
        agl__run_num(t, "size")[row] = size_of_group(j, group, g);
        agl__run_num(t, "gamma")[row++] = gamma[g];
    }
    return status;
}

static agl_status write_groups(job *j, agl_error *err) {
    const agl_column *of = agl__run_column(j->run, "groups", "group");
    static const agl_dict none = {0, NULL};
    size_t n = of ? of->dict.n : 0;
    int32_t *group = AGL_NEW(int32_t, j->cells.n_industries);
    double *gamma = AGL_NEW(double, n), *members = AGL_NEW(double, n);
    agl_status status = group && gamma && members ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK && of) status = read_groups(group, j, err);
    if (status == AGL_OK && of) agl_coagglomeration_groups(gamma, members, &j->c, group, n);
    if (status == AGL_OK) status = fill_groups(j, of ? &of->dict : &none, n, group, gamma, members, err);
    free(group);
    free(gamma);
    free(members);
    return status;
}

/** Test of one link over all pairs that have it. */
static agl_status test_link(agl_link_test *out, const job *j, const double *link, agl_error *err) {
    size_t n = j->cells.n_industries, pairs = 0;
    int32_t *a = AGL_NEW(int32_t, n * n), *b = AGL_NEW(int32_t, n * n);
    double *value = AGL_NEW(double, n *n);
    agl_status status = a && b && value ? AGL_OK : agl_fail_memory(err);
    for (size_t i = 0; i < n && status == AGL_OK; i++)
        for (size_t k = i + 1; k < n; k++)
            if (!isnan(link[i * n + k]))
                a[pairs] = (int32_t)i, b[pairs] = (int32_t)k, value[pairs++] = link[i * n + k];
    if (status == AGL_OK)
        status = agl_coagglomeration_link(out, &j->c, a, b, value, pairs,
                                          (size_t)agl__run_integer(j->run, "permutations"),
                                          agl__run_ctx(j->run), err);
    free(a);
    free(b);
    free(value);
    return status;
}

static agl_status write_links(job *j, agl_error *err) {
    size_t rows = 0, row = 0;
    for (int l = 0; l < LINKS; l++)
        rows += j->link[l] != NULL;
    agl_table *t;
    agl_status status = agl__run_output(&t, j->run, "links", rows, err);
    agl_column *key = status == AGL_OK ? agl_table_column_mut(t, "link") : NULL;
    if (key) status = agl_dict_set(&key->dict, link_name, LINKS, err);
    for (int l = 0; l < LINKS && status == AGL_OK; l++) {
        agl_link_test test;
        if (!j->link[l]) continue;
        status = test_link(&test, j, j->link[l], err);
        key->code[row] = l;
        agl__run_num(t, "pairs")[row] = (double)test.pairs;
        agl__run_num(t, "correlation")[row] = test.correlation;
        agl__run_num(t, "p_value")[row++] = test.p_value;
    }
    return status;
}

/* ---- the op ---- */

static agl_status compute(job *j, agl_error *err) {
    agl_coagglomeration_options o = {.shares = agl__run_is(j->run, "shares", "mean") ? AGL_SHARES_MEAN
                                                                                     : AGL_SHARES_TOTAL,
                                     .region_total = j->totals,
                                     .simulations = (size_t)agl__run_integer(j->run, "simulations")};
    bool tested = j->plant_industry != NULL;
    if (o.simulations && !tested)
        return agl_fail(
            err, AGL_EUSAGE,
            "--simulations needs plants: bind the role establishments, or give their sizes with --plants");
    agl_status status = agl_coagglomerate(&j->c, &j->cells, j->slice, tested ? &j->plants : NULL, &o,
                                          agl__run_ctx(j->run), err);
    size_t few = 0;
    for (size_t i = 0; status == AGL_OK && tested && !o.simulations && i < j->cells.n_industries; i++)
        few += j->c.hhi_plants[i] > 0.05;
    if (few)
        agl__run_warn(
            j->run,
            "in %zu industries few plants hold most of the jobs (Herfindahl index above 0.05): the normal "
            "approximation of their p_value is rough; use --simulations 1000",
            few);
    return status;
}

agl_status agl_op_measure_coagglomeration(agl_run *run, agl_error *err) {
    agl_cell_columns columns = agl__cell_columns(run, "value");
    job j = {.run = run};
    agl_status status = agl__cell_input(&j.in, run, &columns, err);
    j.cells = j.in.cells;
    if (status == AGL_OK) status = find_year(&j, err);
    if (status == AGL_OK) status = read_totals(&j, err);
    if (status == AGL_OK) status = read_plants(&j, err);
    if (status == AGL_OK) status = read_links(&j, err);
    if (status == AGL_OK) status = compute(&j, err);
    if (status == AGL_OK) status = write_pairs(&j, err);
    if (status == AGL_OK) status = write_industries(&j, err);
    if (status == AGL_OK) status = write_groups(&j, err);
    if (status == AGL_OK) status = write_links(&j, err);
    for (int l = 0; l < LINKS; l++)
        free(j.link[l]);
    free(j.totals);
    free(j.plant_industry);
    free(j.plant_size);
    free(j.plant_count);
    agl_coagglomeration_free(&j.c);
    agl__cell_input_free(&j.in);
    return status;
}
