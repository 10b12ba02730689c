#include "agglo/rd.h"
#include "base/mem.h"
#include "op/network/ids.h"
#include "op/run.h"

#include <math.h>
#include <string.h>

/* rho/lambda at which the sensitivity is told: from patient and fast (0.1) to impatient or slow (2). */
static const double ratios[] = {0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2};
enum { RATIOS = sizeof ratios / sizeof *ratios };

typedef struct sectors {
    agl__ids ids;                   /* of citing, cited and listed sectors */
    double *consumption, *actual;   /* n; actual with its floor */
    double *gamma, *gain, *central; /* n */
    double *other;                  /* n: gamma at another ratio */
    agl_rd_network network;
    agl_rd_options options;
    agl_rd result;
} sectors;

static void sectors_free(sectors *s) {
    agl__ids_free(&s->ids);
    agl_rd_network_free(&s->network);
    free(s->consumption);
    free(s->actual);
    free(s->gamma);
    free(s->gain);
    free(s->central);
    free(s->other);
}

/* ---- input -----------------------------------------------------------------------------------------------
 */

static agl_status number_sectors(sectors *s, const agl_run *run, agl_error *err) {
    const agl_table *flows = agl__run_input(run, "data"), *list = agl__run_input(run, "sectors");
    const agl_column *columns[] = {agl_table_column(flows, "source"), agl_table_column(flows, "target"),
                                   agl_table_column(list, "sector")};
    const size_t rows[] = {flows->rows, flows->rows, list->rows};
    agl_status status = agl__ids_new(&s->ids, columns, rows, 3, err);
    size_t n = s->ids.dict.n;
    if (status != AGL_OK) return status;
    s->consumption = AGL_NEW(double, n);
    s->actual = AGL_NEW(double, n);
    s->gamma = AGL_NEW(double, n);
    s->gain = AGL_NEW(double, n);
    s->central = AGL_NEW(double, n);
    s->other = AGL_NEW(double, n);
    return s->consumption && s->actual && s->gamma && s->gain && s->central && s->other
               ? AGL_OK
               : agl_fail_memory(err);
}

/** Every sector of the flows needs its row in the list: a sector that nobody consumes has to say so with a 0.
 */
static agl_status read_list(sectors *s, const agl_run *run, agl_error *err) {
    const agl_table *list = agl__run_input(run, "sectors");
    const agl_column *key = agl_table_column(list, "sector");
    const double *consumption = agl_table_column(list, "consumption")->num;
    const double *rd = agl_table_column(list, "rd")->num;
    for (size_t i = 0; i < s->ids.dict.n; i++)
        s->consumption[i] = NAN;
    for (size_t k = 0; k < list->rows; k++) {
        if (key->code[k] < 0) return agl__run_fail_row(run, "sectors", k, "sector", err, "no sector code");
        int32_t i = s->ids.of[2][key->code[k]];
        if (isnan(consumption[k]) || isnan(rd[k]))
            return agl__run_fail_row(run, "sectors", k, isnan(rd[k]) ? "rd" : "consumption", err,
                                     "missing value of sector %s; a sector without any has a 0",
                                     s->ids.dict.text[i]);
        s->consumption[i] = consumption[k];
        s->actual[i] = rd[k];
    }
    for (size_t i = 0; i < s->ids.dict.n; i++)
        if (isnan(s->consumption[i]))
            return agl_fail(err, AGL_EDATA,
                            "sector %s cites or is cited but is not in --sectors; add its row",
                            s->ids.dict.text[i]);
    return AGL_OK;
}

static agl_status read_flows(sectors *s, agl_run *run, agl_error *err) {
    const agl_table *flows = agl__run_input(run, "data");
    const agl_column *from = agl_table_column(flows, "source"), *to = agl_table_column(flows, "target");
    const double *weight = agl_table_column(flows, "weight")->num;
    const agl_column *x = agl_table_column(flows, "domestic");
    int32_t *ends = AGL_NEW(int32_t, 2 * flows->rows);
    double *values = AGL_NEW(double, 2 * flows->rows);
    if (!ends || !values) {
        free(ends);
        free(values);
        return agl_fail_memory(err);
    }
    int32_t *citing = ends, *cited = ends + flows->rows;
    double *w = values, *domestic = values + flows->rows;
    size_t m = 0;
    for (size_t k = 0; k < flows->rows; k++) {
        if (from->code[k] < 0 || to->code[k] < 0 || isnan(weight[k]) || (x && isnan(x->num[k]))) continue;
        citing[m] = s->ids.of[0][from->code[k]];
        cited[m] = s->ids.of[1][to->code[k]];
        w[m] = weight[k];
        domestic[m++] = x ? x->num[k] : 1;
    }
    agl__run_rows(run, m, flows->rows - m);
    if (m < flows->rows)
        agl__run_warn(run, "%zu flows without source, target, weight or domestic share were left out",
                      flows->rows - m);
    agl_status status = agl_rd_network_new(&s->network, (int32_t)s->ids.dict.n, m, citing, cited, w,
                                           x ? domestic : NULL, err);
    free(ends);
    free(values);
    if (status == AGL_OK && s->network.silent)
        agl__run_warn(run, "%zu sectors cite nobody; each is taken to build on itself only",
                      s->network.silent);
    return status;
}

/** ln b must exist: shares below the floor are lifted to it. */
static agl_status lift(sectors *s, agl_run *run, agl_error *err) {
    double sum = 0, floor = agl__run_number(run, "floor");
    size_t lifted = 0;
    for (size_t i = 0; i < s->ids.dict.n; i++)
        sum += s->actual[i];
    if (!(sum > 0)) return agl_fail(err, AGL_EDATA, "the column rd is zero in every sector");
    for (size_t i = 0; i < s->ids.dict.n; i++)
        if (s->actual[i] < floor * sum) {
            s->actual[i] = floor * sum;
            lifted++;
        }
    if (lifted)
        agl__run_warn(
            run,
            "%zu sectors have less than %g of all R&D and were lifted to it, without which the gain "
            "would be infinite; it depends on --floor",
            lifted, floor);
    return AGL_OK;
}

/* ---- output ----------------------------------------------------------------------------------------------
 */

static double sum_of(const double *x, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum;
}

static agl_status write_sectors(agl_run *run, const sectors *s, agl_error *err) {
    agl_table *t;
    int32_t *key;
    size_t n = s->ids.dict.n;
    agl_status status = agl__run_output(&t, run, "sectors", n, err);
    if (status == AGL_OK) status = agl__run_key(&key, t, "sector", &s->ids.dict, err);
    if (status != AGL_OK) return status;
    double consumed = sum_of(s->consumption, n), spent = sum_of(s->actual, n);
    for (size_t i = 0; i < n; i++) {
        double b = s->actual[i] / spent;
        key[i] = (int32_t)i;
        agl__run_num(t, "consumption_share")[i] = s->consumption[i] / consumed;
        agl__run_num(t, "actual_share")[i] = b;
        agl__run_num(t, "optimal_share")[i] = s->gamma[i];
        agl__run_num(t, "gap")[i] = s->gamma[i] - b;
        agl__run_num(t, "rd_change")[i] = (s->gamma[i] - b) * spent;
        agl__run_num(t, "relative_return")[i] = s->gamma[i] / b;
        agl__run_num(t, "ln_gain")[i] = s->gain[i];
        agl__run_num(t, "centrality")[i] = s->central[i];
    }
    return AGL_OK;
}

static agl_status write_summary(agl_run *run, const sectors *s, agl_error *err) {
    agl_table *t;
    int32_t *key;
    char *name[] = {s->network.open ? (char[]){"open"} : (char[]){"closed"}};
    const agl_dict dict = {1, name};
    agl_status status = agl__run_output(&t, run, "summary", 1, err);
    if (status == AGL_OK) status = agl__run_key(&key, t, "economy", &dict, err);
    if (status != AGL_OK) return status;
    key[0] = 0;
    agl__run_num(t, "sectors")[0] = (double)s->ids.dict.n;
    agl__run_num(t, "rho")[0] = s->options.rho;
    agl__run_num(t, "lambda")[0] = s->options.lambda;
    agl__run_num(t, "ln_gain")[0] = s->result.ln_gain;
    agl__run_num(t, "gain")[0] = expm1(s->result.ln_gain);
    agl__run_num(t, "misplaced")[0] = s->result.distance;
    agl__run_num(t, "domestic")[0] = s->result.mass;
    return AGL_OK;
}

/** Shares and gain at other ratios of discount rate to step size: only the ratio matters. */
static agl_status write_sensitivity(agl_run *run, sectors *s, agl_error *err) {
    agl_table *grid, *shares;
    int32_t *key;
    size_t n = s->ids.dict.n;
    agl_status status = agl__run_output(&grid, run, "sensitivity", RATIOS, err);
    if (status == AGL_OK) status = agl__run_output(&shares, run, "shares", n * RATIOS, err);
    if (status == AGL_OK) status = agl__run_key(&key, shares, "sector", &s->ids.dict, err);
    double spent = sum_of(s->actual, n);
    for (size_t r = 0; status == AGL_OK && r < RATIOS; r++) {
        agl_rd_options o = {.rho = ratios[r], .lambda = 1, .psi = s->options.psi};
        agl_rd at = {.gamma = s->other};
        status = agl_rd_optimal(&at, &s->network, s->consumption, s->actual, &o, agl__run_ctx(run), err);
        if (status != AGL_OK) break;
        agl__run_num(grid, "ratio")[r] = ratios[r];
        agl__run_num(grid, "ln_gain")[r] = at.ln_gain;
        agl__run_num(grid, "gain")[r] = expm1(at.ln_gain);
        agl__run_num(grid, "misplaced")[r] = at.distance;
        for (size_t i = 0; i < n; i++) {
            size_t row = i * RATIOS + r;
            key[row] = (int32_t)i;
            agl__run_num(shares, "ratio")[row] = ratios[r];
            agl__run_num(shares, "optimal_share")[row] = s->other[i];
            agl__run_num(shares, "gap")[row] = s->other[i] - s->actual[i] / spent;
        }
    }
    return status;
}

agl_status agl_op_allocate_rd(agl_run *run, agl_error *err) {
    sectors s = {.options = {.rho = agl__run_number(run, "rho"),
                             .lambda = agl__run_number(run, "lambda"),
                             .psi = agl__run_number(run, "psi")}};
    agl_status status = number_sectors(&s, run, err);
    if (status == AGL_OK) status = read_list(&s, run, err);
    if (status == AGL_OK) status = read_flows(&s, run, err);
    if (status == AGL_OK) status = lift(&s, run, err);
    s.result = (agl_rd){.gamma = s.gamma, .gain = s.gain, .centrality = s.central};
    if (status == AGL_OK)
        status = agl_rd_optimal(&s.result, &s.network, s.consumption, s.actual, &s.options, agl__run_ctx(run),
                                err);
    if (status == AGL_OK && !s.result.settled)
        agl__run_warn(run,
                      "the centrality has not settled; the network falls into parts that hardly cite each "
                      "other, and the column is approximate");
    if (status == AGL_OK) status = write_sectors(run, &s, err);
    if (status == AGL_OK) status = write_summary(run, &s, err);
    if (status == AGL_OK) status = write_sensitivity(run, &s, err);
    sectors_free(&s);
    return status;
}
