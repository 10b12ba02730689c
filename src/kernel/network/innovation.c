/* The innovation network and its centrality. */
#include "agglo/innovation.h"
#include "agglo/rd.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "kernel/geo/envelope.h"
#include "kernel/network/citations.h"

#include <gsl/gsl_sort.h>
#include <math.h>
#include <string.h>

enum { N_TASKS = 64 };

typedef struct job {
    const agl_citations *c;
    agl_innovation *out;
    agl_innovation_options o;
    size_t *link_of;          /* of each row of citations, SIZE_MAX = left out */
    int32_t *citing;          /* of each link */
    double *centrality, *net; /* n x replicates */
    double *equal;            /* n: 1 */
    const agl_ctx *ctx;
} job;

void agl_innovation_free(agl_innovation *net) {
    if (!net) return;
    double *arrays[] = {net->value,         net->share,    net->lo,         net->hi,
                        net->given,         net->received, net->own,        net->net,
                        net->net_lo,        net->net_hi,   net->centrality, net->centrality_lo,
                        net->centrality_hi, net->above};
    for (size_t k = 0; k < sizeof arrays / sizeof *arrays; k++)
        free(arrays[k]);
    free(net->offset);
    free(net->cited);
    *net = (agl_innovation){0};
}

static int ascending(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/** Links of class j from *links on: the distinct classes that it cites. */
static void list_links(job *j, int32_t from, size_t *links) {
    const agl_citations *c = j->c;
    int32_t *cited = j->out->cited + *links;
    size_t k = 0, distinct = 0;
    for (size_t e = c->offset[from]; e < c->offset[from + 1]; e++)
        if (!(j->o.external && c->cited[e] == from)) cited[k++] = c->cited[e];
    qsort(cited, k, sizeof *cited, ascending);
    for (size_t i = 0; i < k; i++)
        if (distinct == 0 || cited[distinct - 1] != cited[i]) cited[distinct++] = cited[i];
    for (size_t e = c->offset[from]; e < c->offset[from + 1]; e++) {
        const int32_t *at = bsearch(&c->cited[e], cited, distinct, sizeof *cited, ascending);
        j->link_of[e] = at ? *links + (size_t)(at - cited) : SIZE_MAX;
        if (at) j->out->value[j->link_of[e]] += c->value[e];
    }
    for (size_t i = 0; i < distinct; i++)
        j->citing[*links + i] = from;
    *links += distinct;
    j->out->offset[from + 1] = *links;
}

static agl_status allocate(job *j, agl_error *err) {
    agl_innovation *out = j->out;
    size_t n = (size_t)out->n, m = j->c->offset[n], samples = n * (size_t)j->o.replicates;
    double **of_links[] = {&out->value, &out->share, &out->lo, &out->hi};
    double **of_classes[] = {&out->given,         &out->received, &out->own,        &out->net,
                             &out->net_lo,        &out->net_hi,   &out->centrality, &out->centrality_lo,
                             &out->centrality_hi, &out->above};
    bool ok = true;
    for (size_t k = 0; k < sizeof of_links / sizeof *of_links; k++)
        ok &= (*of_links[k] = AGL_NEW(double, m)) != NULL;
    for (size_t k = 0; k < sizeof of_classes / sizeof *of_classes; k++)
        ok &= (*of_classes[k] = AGL_NEW(double, n)) != NULL;
    ok &= (out->offset = AGL_NEW(size_t, n + 1)) != NULL;
    ok &= (out->cited = AGL_NEW(int32_t, m)) != NULL;
    ok &= (j->link_of = AGL_NEW(size_t, m)) != NULL;
    ok &= (j->citing = AGL_NEW(int32_t, m)) != NULL;
    ok &= (j->centrality = AGL_NEW(double, samples)) != NULL;
    ok &= (j->net = AGL_NEW(double, samples)) != NULL;
    ok &= (j->equal = AGL_NEW(double, n)) != NULL;
    for (size_t i = 0; ok && i < n; i++)
        j->equal[i] = 1;
    return ok ? AGL_OK : agl_fail_memory(err);
}

/** a' = a' Omega. The walk is that of agl_rd_optimal; a planner of no patience costs it two terms of its
 * series. */
static agl_status centrality(double *a, bool *settled, size_t *silent, const job *j, const double *value,
                             agl_error *err) {
    size_t n = (size_t)j->out->n;
    agl_rd_network network;
    agl_rd_options impatient = {.rho = 1e9, .lambda = 1, .psi = 1};
    agl_rd rd = {.centrality = a};
    agl_status status = agl_rd_network_new(&network, j->out->n, j->out->offset[n], j->citing, j->out->cited,
                                           value, NULL, err);
    if (status != AGL_OK) return status;
    if (silent) *silent = network.silent;
    status = agl_rd_optimal(&rd, &network, j->equal, NULL, &impatient, j->ctx, err);
    if (settled) *settled = rd.settled;
    agl_rd_network_free(&network);
    return status;
}

/** Citations to and from others; net is NaN where there are none. */
static void balance(double *net, double *given, double *received, const job *j, const double *value) {
    size_t n = (size_t)j->out->n;
    memset(given, 0, n * sizeof *given);
    memset(received, 0, n * sizeof *received);
    for (size_t l = 0; l < j->out->offset[n]; l++) {
        if (j->citing[l] == j->out->cited[l]) continue;
        given[j->citing[l]] += value[l];
        received[j->out->cited[l]] += value[l];
    }
    for (size_t i = 0; i < n; i++)
        net[i] = given[i] + received[i] > 0 ? (received[i] - given[i]) / (received[i] + given[i]) : NAN;
}

static void interval(double *lo, double *hi, double *sample, size_t n, double level) {
    size_t known = 0;
    for (size_t b = 0; b < n; b++)
        if (!isnan(sample[b])) sample[known++] = sample[b];
    gsl_sort(sample, 1, known);
    *lo = agl_quantile_sorted(sample, known, (1 - level) / 2);
    *hi = agl_quantile_sorted(sample, known, (1 + level) / 2);
}

/** Shares of one class in every sample, and their intervals. */
static agl_status one_class(job *j, int32_t from, agl_error *err) {
    size_t begin = j->out->offset[from], links = j->out->offset[from + 1] - begin;
    size_t first = j->c->offset[from], rows = j->c->offset[from + 1] - first, reps = (size_t)j->o.replicates;
    double *drawn = AGL_NEW(double, rows), *sample = AGL_NEW(double, links *reps);
    agl_status status = drawn && sample ? AGL_OK : agl_fail_memory(err);
    for (size_t b = 0; status == AGL_OK && b < reps; b++) {
        double all = 0;
        agl__citations_draw(drawn, j->c, from, agl_seed(j->ctx), (uint32_t)b);
        for (size_t e = 0; e < rows; e++) {
            if (j->link_of[first + e] == SIZE_MAX) continue;
            sample[(j->link_of[first + e] - begin) * reps + b] += drawn[e];
            all += drawn[e];
        }
        for (size_t l = 0; l < links; l++)
            sample[l * reps + b] = all > 0 ? sample[l * reps + b] / all : NAN;
    }
    for (size_t l = 0; status == AGL_OK && l < links; l++)
        interval(&j->out->lo[begin + l], &j->out->hi[begin + l], sample + l * reps, reps, j->o.level);
    free(drawn);
    free(sample);
    return status;
}

static agl_status class_task(void *arg, size_t t, int worker, agl_error *err) {
    (void)worker;
    job *j = arg;
    for (int32_t i = (int32_t)t; i < j->out->n; i += N_TASKS) {
        agl_status status = one_class(j, i, err);
        if (status != AGL_OK) return status;
        if (agl_cancelled(j->ctx)) return agl_fail(err, AGL_ECANCEL, "cancelled");
    }
    return AGL_OK;
}

/** Centrality and net of sample b. */
static agl_status one_sample(job *j, double *value, double *drawn, double *work, int32_t b, agl_error *err) {
    size_t n = (size_t)j->out->n, reps = (size_t)j->o.replicates;
    memset(value, 0, j->out->offset[n] * sizeof *value);
    for (int32_t i = 0; i < j->out->n; i++) {
        size_t first = j->c->offset[i];
        agl__citations_draw(drawn, j->c, i, agl_seed(j->ctx), (uint32_t)b);
        for (size_t e = first; e < j->c->offset[i + 1]; e++)
            if (j->link_of[e] != SIZE_MAX) value[j->link_of[e]] += drawn[e - first];
    }
    agl_status status = centrality(work, NULL, NULL, j, value, err);
    for (size_t i = 0; i < n; i++)
        j->centrality[i * reps + (size_t)b] = work[i];
    balance(work, work + n, work + 2 * n, j, value);
    for (size_t i = 0; i < n; i++)
        j->net[i * reps + (size_t)b] = work[i];
    return status;
}

static agl_status sample_task(void *arg, size_t t, int worker, agl_error *err) {
    (void)worker;
    job *j = arg;
    size_t n = (size_t)j->out->n;
    double *value = AGL_NEW(double, j->out->offset[n]), *drawn = AGL_NEW(double, j->c->offset[n]),
           *work = AGL_NEW(double, 3 * n);
    agl_status status = value && drawn && work ? AGL_OK : agl_fail_memory(err);
    for (int32_t b = (int32_t)t; status == AGL_OK && b < j->o.replicates; b += N_TASKS)
        status = one_sample(j, value, drawn, work, b, err);
    free(value);
    free(drawn);
    free(work);
    return status;
}

static void point_values(job *j) {
    agl_innovation *out = j->out;
    for (int32_t i = 0; i < out->n; i++) {
        double all = 0;
        for (size_t l = out->offset[i]; l < out->offset[i + 1]; l++)
            all += out->value[l];
        for (size_t l = out->offset[i]; l < out->offset[i + 1]; l++) {
            out->share[l] = out->value[l] / all;
            out->lo[l] = out->hi[l] = NAN;
            if (out->cited[l] == i) out->own[i] = out->value[l];
        }
        out->centrality_lo[i] = out->centrality_hi[i] = out->net_lo[i] = out->net_hi[i] = out->above[i] = NAN;
    }
    balance(out->net, out->given, out->received, j, out->value);
}

static void class_intervals(job *j) {
    size_t n = (size_t)j->out->n, reps = (size_t)j->o.replicates;
    for (size_t i = 0; i < n; i++) {
        size_t above = 0;
        for (size_t b = 0; b < reps; b++)
            above += j->centrality[i * reps + b] > 1 / (double)n;
        j->out->above[i] = (double)above / (double)reps;
        interval(&j->out->centrality_lo[i], &j->out->centrality_hi[i], j->centrality + i * reps, reps,
                 j->o.level);
        interval(&j->out->net_lo[i], &j->out->net_hi[i], j->net + i * reps, reps, j->o.level);
    }
}

agl_status agl_innovation_network(agl_innovation *out, const agl_citations *citations,
                                  const agl_innovation_options *options, const agl_ctx *ctx, agl_error *err) {
    *out = (agl_innovation){.n = citations->n};
    job j = {.c = citations, .out = out, .o = AGL_INNOVATION_OPTIONS_INIT, .ctx = ctx};
    if (options) j.o = *options;
    if (j.o.replicates < 0 || !(j.o.level > 0 && j.o.level < 1))
        return agl_fail(err, AGL_EUSAGE, "replicates must be 0 or more and the level between 0 and 1");
    size_t links = 0;
    agl_status status = allocate(&j, err);
    if (status != AGL_OK) goto out;
    for (int32_t i = 0; i < out->n; i++)
        list_links(&j, i, &links);
    if (links == 0) {
        status =
            agl_fail(err, AGL_EDATA, "there is no citation%s", j.o.external ? " between two classes" : "");
        goto out;
    }
    point_values(&j);
    status = centrality(out->centrality, &out->settled, &out->silent, &j, out->value, err);
    if (status != AGL_OK || j.o.replicates == 0) goto out;
    status = agl__parallel(N_TASKS, class_task, &j, "shares by bootstrap", ctx, err);
    if (status == AGL_OK)
        status = agl__parallel(N_TASKS, sample_task, &j, "centrality by bootstrap", ctx, err);
    if (status == AGL_OK) class_intervals(&j);
out:
    free(j.link_of);
    free(j.citing);
    free(j.centrality);
    free(j.net);
    free(j.equal);
    if (status != AGL_OK) agl_innovation_free(out);
    return status;
}
