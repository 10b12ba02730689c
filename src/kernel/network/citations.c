/* Citations between classes, and drawing them anew. */
#include "kernel/network/citations.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

typedef struct row {
    int32_t citing, unit;
    size_t at;
} row;

static int by_class_and_unit(const void *a, const void *b) {
    const row *p = a, *q = b;
    if (p->citing != q->citing) return p->citing < q->citing ? -1 : 1;
    if (p->unit != q->unit) return p->unit < q->unit ? -1 : 1;
    return (p->at > q->at) - (p->at < q->at);
}

/** The rows that count, in the order (class, unit); *n of them. */
static agl_status sort_rows(row *rows, size_t *n, int32_t classes, size_t m, const int32_t *citing,
                            const int32_t *cited, const double *value, const int32_t *unit, agl_error *err) {
    *n = 0;
    for (size_t e = 0; e < m; e++) {
        if (citing[e] < 0 || citing[e] >= classes || cited[e] < 0 || cited[e] >= classes)
            return agl_fail(err, AGL_EDATA, "citation %zu names a class outside 0..%d", e + 1, classes - 1);
        if (!(value[e] >= 0) || isinf(value[e]))
            return agl_fail(err, AGL_EDATA, "row %zu has %g citations; they must be zero or more", e + 1,
                            value[e]);
        if (value[e] > 0) rows[(*n)++] = (row){citing[e], unit ? unit[e] : 0, e};
    }
    qsort(rows, *n, sizeof *rows, by_class_and_unit);
    return AGL_OK;
}

static agl_status allocate(agl_citations *out, size_t rows, bool unit, agl_error *err) {
    out->offset = AGL_NEW(size_t, (size_t)out->n + 1);
    out->cited = AGL_NEW(int32_t, rows);
    out->value = AGL_NEW(double, rows);
    out->year = AGL_NEW(int32_t, rows);
    out->age = AGL_NEW(int32_t, rows);
    out->unit = unit ? AGL_NEW(int32_t, rows) : NULL;
    bool ok = out->offset && out->cited && out->value && out->year && out->age && (out->unit || !unit);
    return ok ? AGL_OK : agl_fail_memory(err);
}

agl_status agl_citations_new(agl_citations *out, int32_t n, size_t m, const int32_t *citing,
                             const int32_t *cited, const double *value, const int32_t *year,
                             const int32_t *age, const int32_t *unit, agl_error *err) {
    *out = (agl_citations){.n = n};
    row *rows = AGL_NEW(row, m);
    size_t kept = 0;
    agl_status status =
        rows ? sort_rows(rows, &kept, n, m, citing, cited, value, unit, err) : agl_fail_memory(err);
    if (status == AGL_OK) status = allocate(out, kept, unit, err);
    for (size_t k = 0; status == AGL_OK && k < kept; k++) {
        size_t e = rows[k].at;
        out->cited[k] = cited[e];
        out->value[k] = value[e];
        out->year[k] = year ? year[e] : INT32_MIN;
        out->age[k] = age ? age[e] : INT32_MIN;
        if (unit) out->unit[k] = unit[e];
        out->offset[rows[k].citing + 1]++;
    }
    for (int32_t j = 0; status == AGL_OK && j < n; j++)
        out->offset[j + 1] += out->offset[j];
    free(rows);
    if (status != AGL_OK) agl_citations_free(out);
    return status;
}

void agl_citations_free(agl_citations *c) {
    if (!c) return;
    free(c->offset);
    free(c->cited);
    free(c->value);
    free(c->year);
    free(c->age);
    free(c->unit);
    *c = (agl_citations){0};
}

static double rejection(agl_rng *rng, double mean) {
    double b = 0.931 + 2.53 * sqrt(mean), a = -0.059 + 0.02483 * b;
    double alpha = 1.1239 + 1.1328 / (b - 3.4), v_inside = 0.9277 - 3.6224 / (b - 2);
    for (;;) {
        double u = agl__rng_unit(rng) - 0.5, v = agl__rng_unit(rng), us = 0.5 - fabs(u);
        double k = floor((2 * a / us + b) * u + mean + 0.43);
        if (us >= 0.07 && v <= v_inside) return k;
        if (k < 0 || (us < 0.013 && v > us)) continue;
        int sign;
        if (log(v * alpha / (a / (us * us) + b)) <= k * log(mean) - mean - lgamma_r(k + 1, &sign)) return k;
    }
}

double agl__poisson(agl_rng *rng, double mean) {
    if (mean >= 12) return rejection(rng, mean);
    double limit = exp(-mean), product = agl__rng_unit(rng), k = 0;
    for (; product > limit; k++)
        product *= agl__rng_unit(rng);
    return k;
}

void agl__citations_draw(double *drawn, const agl_citations *c, int32_t j, uint64_t seed, uint32_t b) {
    agl_rng rng = agl__rng(seed, b, (uint32_t)j);
    size_t begin = c->offset[j];
    double times = 1;
    for (size_t e = begin; e < c->offset[j + 1]; e++) {
        if (!c->unit) {
            drawn[e - begin] = agl__poisson(&rng, c->value[e]);
            continue;
        }
        if (e == begin || c->unit[e] != c->unit[e - 1]) { /* by its own stream: alike in every class */
            rng = agl__rng(seed, b, (uint32_t)c->unit[e]);
            times = agl__poisson(&rng, 1);
        }
        drawn[e - begin] = times * c->value[e];
    }
}
