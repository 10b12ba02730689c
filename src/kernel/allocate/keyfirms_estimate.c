/* rho and phi from a panel, by two-stage least squares on changes. Firm effects are differenced away; what is
 * left of a firm's own shock moves its partners and rivals back, so their sums are instrumented. */
#include "agglo/keyfirms.h"
#include "base/mem.h"
#include "kernel/allocate/lsq.h"

#include <gsl/gsl_sf_gamma.h>
#include <lapacke.h>
#include <math.h>
#include <string.h>

enum {
    Y,
    PARTNERS,
    RIVALS,
    SHIFTER,
    FIRST_INSTRUMENT,
    INSTRUMENTS = 4,
    COLUMNS = FIRST_INSTRUMENT + INSTRUMENTS
};

typedef struct sample {
    const agl_klz_panel *p;
    int32_t first_year;
    size_t years;
    int32_t *at;          /* n_firms x years: row, -1 = not active */
    double *market;       /* n_markets x years: scratch of rivals() */
    double *sums;         /* n x 6: see fill_sums */
    double *data;         /* rows of the regression x COLUMNS */
    int32_t *firm, *year; /* of the rows of the regression */
    size_t n, n_endogenous, n_instruments;
    int endogenous[2], instrument[INSTRUMENTS];
} sample;

static void sample_free(sample *s) {
    free(s->at);
    free(s->market);
    free(s->sums);
    free(s->data);
    free(s->firm);
    free(s->year);
}

static int32_t row_at(const sample *s, int32_t firm, int32_t year) {
    int64_t t = (int64_t)year - s->first_year;
    return t < 0 || t >= (int64_t)s->years ? -1 : s->at[(size_t)firm * s->years + (size_t)t];
}

static agl_status reserve(sample *s, const agl_klz_panel *p, agl_error *err) {
    int32_t first = INT32_MAX, last = INT32_MIN;
    for (size_t i = 0; i < p->n; i++) {
        first = p->year[i] < first ? p->year[i] : first;
        last = p->year[i] > last ? p->year[i] : last;
    }
    s->p = p, s->first_year = first;
    s->years = p->n ? (size_t)((int64_t)last - first) + 1 : 0;
    if (s->years < 3 || s->years > 1000)
        return agl_fail(err, AGL_EDATA, "the panel covers %zu years; 3 to 1000 are needed", s->years);
    s->at = AGL_NEW(int32_t, (size_t)p->n_firms * s->years);
    s->market = AGL_NEW(double, (size_t)p->n_markets * s->years);
    s->sums = AGL_NEW(double, 6 * p->n);
    s->data = AGL_NEW(double, COLUMNS * p->n);
    s->firm = AGL_NEW(int32_t, p->n);
    s->year = AGL_NEW(int32_t, p->n);
    bool ok = s->at && s->market && s->sums && s->data && s->firm && s->year;
    return ok ? AGL_OK : agl_fail_memory(err);
}

static agl_status index_rows(sample *s, agl_error *err) {
    const agl_klz_panel *p = s->p;
    for (size_t k = 0; k < (size_t)p->n_firms * s->years; k++)
        s->at[k] = -1;
    for (size_t i = 0; i < p->n; i++) {
        int32_t *place = s->at + (size_t)p->firm[i] * s->years + (size_t)(p->year[i] - s->first_year);
        if (*place >= 0) return agl_fail(err, AGL_EDATA, "a firm has two rows in the year %d", p->year[i]);
        *place = (int32_t)i;
    }
    return AGL_OK;
}

/* ---- sums over partners and rivals ---- */

/** Network of a year; NULL before the first and after the last one that is known. */
static const agl_graph *links_of(const agl_klz_panel *p, int32_t year) {
    if (p->n_graphs == 1) return p->links;
    int64_t t = (int64_t)year - p->first_graph_year;
    return t < 0 || t >= (int64_t)p->n_graphs ? NULL : p->links + t;
}

/** Sum of v in the year of row i over the partners that its firm had in year `network`. A firm without a row
 * is not active and adds nothing; a missing value makes the sum missing. */
static double partners(const sample *s, size_t i, int32_t network, const double *v) {
    const agl_graph *g = links_of(s->p, network);
    double sum = g ? 0 : NAN;
    int32_t f = s->p->firm[i];
    for (size_t a = g ? g->offset[f] : 0; g && a < g->offset[f + 1]; a++) {
        int32_t row = row_at(s, g->neighbour[a], s->p->year[i]);
        if (row >= 0) sum += v[row];
    }
    return sum;
}

/** to[i] = sum of v over the other firms of the market of row i in its year. */
static void rivals(double *to, const sample *s, const double *v) {
    const agl_klz_panel *p = s->p;
    memset(s->market, 0, (size_t)p->n_markets * s->years * sizeof *s->market);
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < p->n; i++) {
            int32_t m = p->market ? p->market[p->firm[i]] : -1;
            double *sum =
                m < 0 ? NULL : s->market + (size_t)m * s->years + (size_t)(p->year[i] - s->first_year);
            if (pass == 0 && sum) *sum += v[i];
            if (pass == 1) to[i] = sum ? *sum - v[i] : 0;
        }
}

/** The sums of every row: A e, B q, and of the instruments' variable z: A z, A A z, B z, A B z with A the
 * network of `lag` years before. Stored variable by variable. */
static void fill_sums(sample *s, const double *effort, const double *z, int32_t lag) {
    const agl_klz_panel *p = s->p;
    double *ae = s->sums, *bq = ae + p->n, *az = bq + p->n, *aaz = az + p->n, *bz = aaz + p->n,
           *abz = bz + p->n;
    rivals(bq, s, p->output);
    rivals(bz, s, z);
    for (size_t i = 0; i < p->n; i++) {
        ae[i] = partners(s, i, p->year[i], effort);
        az[i] = partners(s, i, p->year[i] - lag, z);
    }
    for (size_t i = 0; i < p->n; i++) {
        aaz[i] = partners(s, i, p->year[i] - lag, az);
        abz[i] = partners(s, i, p->year[i] - lag, bz);
    }
}

/** Rows of the regression: changes on the year before. With a shifter the instruments are changes of its
 * sums, else the sums of outputs two years before, which a shock of this or the last year did not touch. */
static void fill_rows(sample *s) {
    const agl_klz_panel *p = s->p;
    for (size_t i = 0; i < p->n; i++) {
        int32_t before = row_at(s, p->firm[i], p->year[i] - 1);
        int32_t source = p->shifter ? before : row_at(s, p->firm[i], p->year[i] - 2);
        if (before < 0 || source < 0) continue;
        double *row = s->data + s->n * COLUMNS;
        size_t now = i, then = (size_t)before;
        row[Y] = p->output[now] - p->output[then];
        row[PARTNERS] = s->sums[now] - s->sums[then];
        row[RIVALS] = s->sums[p->n + now] - s->sums[p->n + then];
        row[SHIFTER] = p->shifter ? p->shifter[now] - p->shifter[then] : 0;
        for (size_t k = 0; k < INSTRUMENTS; k++) {
            const double *z = s->sums + (2 + k) * p->n;
            row[FIRST_INSTRUMENT + k] = p->shifter ? z[now] - z[then] : z[(size_t)source];
        }
        bool complete = true;
        for (size_t k = 0; k < COLUMNS; k++)
            complete = complete && isfinite(row[k]);
        if (!complete) continue;
        s->firm[s->n] = p->firm[i];
        s->year[s->n++] = p->year[i];
    }
}

/* ---- regression ---- */

/** Takes the means of the years and the firm's own shifter out of column c: what is left is the residual. */
static agl_status partial_out(sample *s, size_t c, agl_error *err) {
    double *mean = AGL_NEW(double, 2 * s->years), *count = mean + s->years;
    if (!mean) return agl_fail_memory(err);
    for (size_t i = 0; i < s->n; i++) {
        mean[s->year[i] - s->first_year] += s->data[i * COLUMNS + c];
        count[s->year[i] - s->first_year]++;
    }
    double xx = 0, xy = 0;
    for (size_t i = 0; i < s->n; i++) {
        double *row = s->data + i * COLUMNS;
        size_t t = (size_t)(s->year[i] - s->first_year);
        row[c] -= mean[t] / count[t];
        xx += row[SHIFTER] * row[SHIFTER];
        xy += row[SHIFTER] * row[c];
    }
    for (size_t i = 0; i < s->n && c != SHIFTER && xx > 0; i++)
        s->data[i * COLUMNS + c] -= xy / xx * s->data[i * COLUMNS + SHIFTER];
    free(mean);
    return AGL_OK;
}

static double product(const sample *s, size_t a, size_t b) {
    double sum = 0;
    for (size_t i = 0; i < s->n; i++)
        sum += s->data[i * COLUMNS + a] * s->data[i * COLUMNS + b];
    return sum;
}

/** Which sums vary at all: without markets nobody has rivals, and so on. The others have no coefficient. */
static void choose_columns(sample *s) {
    for (int c = PARTNERS; c <= RIVALS; c++)
        if (product(s, (size_t)c, (size_t)c) > 0) s->endogenous[s->n_endogenous++] = c;
    for (int c = FIRST_INSTRUMENT; c < COLUMNS; c++)
        if (product(s, (size_t)c, (size_t)c) > 0) s->instrument[s->n_instruments++] = c;
}

/** First stage: coefficients pi of each endogenous column on the instruments, and the fitted columns in their
 * place of `fitted` (n x 2). */
static agl_status first_stage(double *fitted, const sample *s, agl_error *err) {
    double pi[INSTRUMENTS];
    for (size_t e = 0; e < s->n_endogenous; e++) {
        agl_lsq l;
        agl_status status = agl__lsq_new(&l, s->n_instruments + 1, err);
        for (size_t i = 0; i < s->n && status == AGL_OK; i++) {
            double *row = agl__lsq_row(&l);
            for (size_t k = 0; k < s->n_instruments; k++)
                row[k] = s->data[i * COLUMNS + (size_t)s->instrument[k]];
            row[s->n_instruments] = s->data[i * COLUMNS + (size_t)s->endogenous[e]];
            agl__lsq_push(&l);
        }
        if (status == AGL_OK && !agl__lsq_solve(pi, &l, s->n_instruments))
            status =
                agl_fail(err, AGL_EDATA,
                         "the instruments, sums over partners and rivals of earlier years, are collinear");
        agl__lsq_free(&l);
        if (status != AGL_OK) return status;
        for (size_t i = 0; i < s->n; i++) {
            fitted[2 * i + e] = 0;
            for (size_t k = 0; k < s->n_instruments; k++)
                fitted[2 * i + e] += pi[k] * s->data[i * COLUMNS + (size_t)s->instrument[k]];
        }
    }
    return AGL_OK;
}

/** Inverse of the symmetric m = [a b; b c], or of a alone. */
static bool inverse(double out[3], const double m[3], size_t d) {
    double det = d == 1 ? m[0] : m[0] * m[2] - m[1] * m[1];
    if (!(det > 1e-14 * (d == 1 ? 0 : m[0] * m[2])) || !(m[0] > 0)) return false;
    out[0] = d == 1 ? 1 / m[0] : m[2] / det;
    out[1] = d == 1 ? 0 : -m[1] / det;
    out[2] = d == 1 ? 0 : m[0] / det;
    return true;
}

/** F of the first stages, and Cragg and Donald's: the least eigenvalue of S^-1 (X'PX) / K, S the covariance
 * of the first stages' errors. With one endogenous column it is F. */
static void strength(agl_klz_estimates *out, const sample *s, const double *fitted) {
    double explained[3] = {0}, rest[3] = {0}, inv[3];
    size_t k = s->n_instruments, controls = s->years + 1, d = s->n_endogenous;
    double free_rows = (double)s->n - (double)(k + controls);
    for (size_t i = 0; i < s->n; i++) {
        double f[2] = {fitted[2 * i], d > 1 ? fitted[2 * i + 1] : 0}, v[2] = {0};
        for (size_t e = 0; e < d; e++)
            v[e] = s->data[i * COLUMNS + (size_t)s->endogenous[e]] - f[e];
        explained[0] += f[0] * f[0], explained[1] += f[0] * f[1], explained[2] += f[1] * f[1];
        rest[0] += v[0] * v[0], rest[1] += v[0] * v[1], rest[2] += v[1] * v[1];
    }
    for (size_t e = 0; e < d; e++) {
        double f = explained[2 * e] / rest[2 * e] * free_rows / (double)k;
        *(s->endogenous[e] == PARTNERS ? &out->first_stage_phi : &out->first_stage_rho) = f;
    }
    out->weak = NAN;
    if (!inverse(inv, rest, d)) return;
    double a = inv[0] * explained[0] + inv[1] * explained[1],
           b = inv[0] * explained[1] + inv[1] * explained[2];
    double c = inv[1] * explained[0] + inv[2] * explained[1],
           e = inv[1] * explained[1] + inv[2] * explained[2];
    double half = (a + e) / 2, root = sqrt(fmax(0, half * half - (a * e - b * c)));
    out->weak = (d == 1 ? a : half - root) * free_rows / (double)k;
}

/** Variance by firm: (F'F)^-1 sum_firms (F'u)(F'u)' (F'F)^-1, rows of a firm stand together. */
static void variance(double out[3], const sample *s, const double *fitted, const double *u,
                     const double inv[3]) {
    double m[3] = {0}, g[2] = {0}, firms = 0;
    for (size_t i = 0; i < s->n; i++) {
        g[0] += fitted[2 * i] * u[i];
        g[1] += (s->n_endogenous > 1 ? fitted[2 * i + 1] : 0) * u[i];
        if (i + 1 < s->n && s->firm[i + 1] == s->firm[i]) continue;
        m[0] += g[0] * g[0], m[1] += g[0] * g[1], m[2] += g[1] * g[1];
        g[0] = g[1] = 0;
        firms++;
    }
    double scale = firms > 1 ? firms / (firms - 1) : NAN;
    double a = inv[0] * m[0] + inv[1] * m[1], b = inv[0] * m[1] + inv[1] * m[2];
    double c = inv[1] * m[0] + inv[2] * m[1], d = inv[1] * m[1] + inv[2] * m[2];
    out[0] = scale * (a * inv[0] + b * inv[1]);
    out[2] = scale * (c * inv[1] + d * inv[2]);
    out[1] = scale * (a * inv[1] + b * inv[2]);
}

/** Sargan's test: n R^2 of the errors on the instruments, chi-squared with K - d degrees of freedom. */
static agl_status overidentification(agl_klz_estimates *out, const sample *s, const double *u,
                                     agl_error *err) {
    double b[INSTRUMENTS], uu = 0, explained = 0;
    agl_lsq l;
    agl_status status = agl__lsq_new(&l, s->n_instruments + 1, err);
    for (size_t i = 0; i < s->n && status == AGL_OK; i++) {
        double *row = agl__lsq_row(&l);
        for (size_t k = 0; k < s->n_instruments; k++)
            row[k] = s->data[i * COLUMNS + (size_t)s->instrument[k]];
        row[s->n_instruments] = u[i];
        uu += u[i] * u[i];
        agl__lsq_push(&l);
    }
    bool solved = status == AGL_OK && agl__lsq_solve(b, &l, s->n_instruments);
    agl__lsq_free(&l);
    for (size_t i = 0; solved && i < s->n; i++) {
        double fit = 0;
        for (size_t k = 0; k < s->n_instruments; k++)
            fit += b[k] * s->data[i * COLUMNS + (size_t)s->instrument[k]];
        explained += fit * fit;
    }
    double freedom = (double)s->n_instruments - (double)s->n_endogenous;
    out->overidentification_p = solved && freedom > 0 && uu > 0
                                    ? gsl_sf_gamma_inc_Q(freedom / 2, (double)s->n * explained / uu / 2)
                                    : NAN;
    return status;
}

static agl_status second_stage(agl_klz_estimates *out, const sample *s, const double *fitted, double *u,
                               agl_error *err) {
    double ff[3] = {0}, fy[2] = {0}, inv[3], b[2], v[3];
    size_t d = s->n_endogenous;
    for (size_t i = 0; i < s->n; i++) {
        double f[2] = {fitted[2 * i], d > 1 ? fitted[2 * i + 1] : 0}, y = s->data[i * COLUMNS + Y];
        ff[0] += f[0] * f[0], ff[1] += f[0] * f[1], ff[2] += f[1] * f[1];
        fy[0] += f[0] * y, fy[1] += f[1] * y;
    }
    if (!inverse(inv, ff, d))
        return agl_fail(err, AGL_EDATA,
                        "partners and rivals move together: rho and phi cannot be told apart");
    b[0] = inv[0] * fy[0] + inv[1] * fy[1];
    b[1] = inv[1] * fy[0] + inv[2] * fy[1];
    for (size_t i = 0; i < s->n; i++) {
        u[i] = s->data[i * COLUMNS + Y];
        for (size_t e = 0; e < d; e++)
            u[i] -= b[e] * s->data[i * COLUMNS + (size_t)s->endogenous[e]];
    }
    variance(v, s, fitted, u, inv);
    for (size_t e = 0; e < d; e++) {
        bool phi = s->endogenous[e] == PARTNERS;
        *(phi ? &out->phi : &out->rho) = phi ? b[e] : -b[e];
        *(phi ? &out->phi_se : &out->rho_se) = sqrt(v[2 * e]);
    }
    return overidentification(out, s, u, err);
}

static agl_status check(const agl_klz_panel *p, agl_error *err) {
    if (p->n > INT32_MAX || p->n_graphs == 0 || (double)p->n_firms * 1000 > 1e9)
        return agl_fail(err, AGL_EUSAGE, "too many firms or firm-years, or no network");
    for (size_t i = 0; i < p->n; i++)
        if (p->firm[i] < 0 || p->firm[i] >= p->n_firms || (i > 0 && p->firm[i] < p->firm[i - 1]))
            return agl_fail(err, AGL_EDATA, "row %zu is not in ascending order of firms", i);
    for (size_t g = 0; g < p->n_graphs; g++)
        if (p->links[g].n != p->n_firms)
            return agl_fail(err, AGL_EUSAGE, "a network of the panel has another number of firms");
    return AGL_OK;
}

/** The rows of the regression, all of them changes, without the means of the years and the own shifter. */
static agl_status prepare(agl_klz_estimates *out, sample *s, agl_error *err) {
    static const size_t columns[COLUMNS] = {SHIFTER, Y, PARTNERS, RIVALS, 4, 5, 6, 7}; /* the shifter first */
    const agl_klz_panel *p = s->p;
    agl_status status = AGL_OK;
    fill_sums(s, p->effort ? p->effort : p->output, p->shifter ? p->shifter : p->output,
              p->n_graphs > 1 && p->shifter ? 1 : 0);
    fill_rows(s);
    for (size_t c = 0; c < COLUMNS && status == AGL_OK; c++)
        status = partial_out(s, columns[c], err);
    if (status != AGL_OK) return status;
    choose_columns(s);
    out->firm_years = s->n;
    for (size_t i = 0; i < s->n; i++)
        out->firms += i == 0 || s->firm[i] != s->firm[i - 1];
    size_t least = 10 * (s->years + s->n_instruments);
    if (s->n < least)
        return agl_fail(
            err, AGL_EDATA,
            "%zu firm-years have the years before that the estimate of rho and phi needs; %zu are needed",
            s->n, least);
    if (s->n_endogenous == 0 || s->n_instruments < s->n_endogenous)
        return agl_fail(err, AGL_EDATA,
                        "the sums over partners and rivals, or their instruments, do not change over time: "
                        "rho and phi cannot be estimated");
    return AGL_OK;
}

agl_status agl_klz_estimate(agl_klz_estimates *out, const agl_klz_panel *panel, agl_error *err) {
    sample s = {0};
    double *fitted = NULL;
    *out = (agl_klz_estimates){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, 0, 0};
    agl_status status = check(panel, err);
    if (status == AGL_OK) status = reserve(&s, panel, err);
    if (status == AGL_OK) status = index_rows(&s, err);
    if (status == AGL_OK) status = prepare(out, &s, err);
    if (status == AGL_OK) {
        fitted = AGL_NEW(double, 3 * s.n); /* two fitted columns, and the errors */
        status = fitted ? first_stage(fitted, &s, err) : agl_fail_memory(err);
    }
    if (status == AGL_OK) strength(out, &s, fitted);
    if (status == AGL_OK) status = second_stage(out, &s, fitted, fitted + 2 * s.n, err);
    free(fitted);
    sample_free(&s);
    return status;
}
