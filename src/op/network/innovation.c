#include "agglo/innovation.h"
#include "base/mem.h"
#include "op/network/innovation_input.h"
#include "op/network/texts.h"
#include "op/run.h"

#include <math.h>
#include <string.h>

typedef struct study {
    agl__innovation_input in;
    agl_innovation net;
    agl_aak_options aak;
    agl_aak all, external; /* both directions of citations, and without those of a class to itself */
    double *expected, *expected_external;
    agl_main_path main_path;
    double *traversal, *support;
    int32_t *cited; /* times that each work is cited */
} study;

static void study_free(study *s) {
    agl__innovation_input_free(&s->in);
    agl_innovation_free(&s->net);
    free(s->expected);
    free(s->expected_external);
    free(s->main_path.path);
    free(s->traversal);
    free(s->support);
    free(s->cited);
}

/* ---- the network ---- */

/** Share of a class in all patents; NaN without their numbers. */
static double patent_share(const agl__innovation_input *in, int32_t i) {
    double own = 0, all = 0;
    if (!in->patents) return NAN;
    for (int32_t k = 0; k < in->citations.n; k++)
        for (int32_t t = 0; t < in->years; t++) {
            double p = in->patents[k * in->years + t];
            if (isnan(p)) continue;
            all += p;
            if (k == i) own += p;
        }
    return all > 0 ? own / all : NAN;
}

static agl_status write_links(agl_run *run, const study *s, agl_error *err) {
    agl_table *t;
    int32_t *citing, *cited;
    const agl_innovation *net = &s->net;
    agl_status status = agl__run_output(&t, run, "links", net->offset[net->n], err);
    if (status == AGL_OK) status = agl__run_key(&citing, t, "citing", &s->in.classes.dict, err);
    if (status == AGL_OK) status = agl__run_key(&cited, t, "cited", &s->in.classes.dict, err);
    if (status != AGL_OK) return status;
    for (int32_t i = 0; i < net->n; i++)
        for (size_t l = net->offset[i]; l < net->offset[i + 1]; l++) {
            citing[l] = i;
            cited[l] = net->cited[l];
            agl__run_num(t, "citations")[l] = net->value[l];
            agl__run_num(t, "share")[l] = net->share[l];
            agl__run_num(t, "lo")[l] = net->lo[l];
            agl__run_num(t, "hi")[l] = net->hi[l];
        }
    return AGL_OK;
}

static agl_status write_classes(agl_run *run, const study *s, agl_error *err) {
    agl_table *t;
    int32_t *key;
    const agl_innovation *net = &s->net;
    size_t n = (size_t)net->n;
    agl_status status = agl__run_output(&t, run, "classes", n, err);
    if (status == AGL_OK) status = agl__run_key(&key, t, "class", &s->in.classes.dict, err);
    if (status == AGL_OK && !s->in.patents) status = agl__run_drop_column(t, "patents", err);
    if (status != AGL_OK) return status;
    double all = 0;
    for (size_t i = 0; i < n; i++)
        all += net->given[i] + net->own[i];
    for (size_t i = 0; i < n; i++) {
        double made = net->given[i] + net->own[i],
               size = s->in.patents ? patent_share(&s->in, (int32_t)i) : made / all;
        key[i] = (int32_t)i;
        if (s->in.patents) agl__run_num(t, "patents")[i] = size;
        agl__run_num(t, "received")[i] = net->received[i];
        agl__run_num(t, "given")[i] = net->given[i];
        agl__run_num(t, "own_share")[i] = made > 0 ? net->own[i] / made : NAN;
        agl__run_num(t, "centrality")[i] = net->centrality[i];
        agl__run_num(t, "centrality_lo")[i] = net->centrality_lo[i];
        agl__run_num(t, "centrality_hi")[i] = net->centrality_hi[i];
        agl__run_num(t, "leverage")[i] = size > 0 ? net->centrality[i] / size : NAN;
        agl__run_num(t, "net")[i] = net->net[i];
        agl__run_num(t, "net_lo")[i] = net->net_lo[i];
        agl__run_num(t, "net_hi")[i] = net->net_hi[i];
        agl__run_num(t, "above")[i] = net->above[i];
        agl__run_num(t, "key_core")[i] =
            isnan(net->centrality_lo[i]) ? NAN : net->centrality_lo[i] > 1 / (double)n;
    }
    return AGL_OK;
}

static agl_status innovation_network(study *s, agl_run *run, agl_error *err) {
    agl_innovation_options o = {.external = agl__run_flag(run, "external"),
                                .replicates = (int32_t)agl__run_integer(run, "replicates"),
                                .level = agl__run_number(run, "level")};
    agl_status status = agl_innovation_network(&s->net, &s->in.citations, &o, agl__run_ctx(run), err);
    if (status != AGL_OK) return status;
    if (s->net.silent)
        agl__run_warn(run,
                      "%zu classes cite no other one; each is taken to build on itself only and keeps all "
                      "the weight that reaches it",
                      s->net.silent);
    if (!s->net.settled)
        agl__run_warn(
            run, "the centrality has not settled: the network falls into parts that hardly cite each other");
    status = write_links(run, s, err);
    return status == AGL_OK ? write_classes(run, s, err) : status;
}

/* ---- the forecast ---- */

/** The first two thirds of the years are the base unless options say otherwise; the first year of all has no
 * earlier one to cite. */
static void choose_base(study *s, const agl_run *run) {
    int32_t first = s->in.first_year, years = s->in.years;
    double from = agl__run_number(run, "base-from"), to = agl__run_number(run, "base-to");
    s->aak = (agl_aak_options){.base_from = isnan(from) ? first + 1 : (int32_t)from,
                               .base_to = isnan(to) ? first + 2 * years / 3 - 1 : (int32_t)to,
                               .max_age = (int32_t)agl__run_integer(run, "max-age"),
                               .ahead = agl__run_flag(run, "ahead"),
                               .unweighted = agl__run_flag(run, "unweighted"),
                               .replicates = (int32_t)agl__run_integer(run, "replicates"),
                               .level = agl__run_number(run, "level")};
}

static agl_status write_forecast(agl_run *run, const study *s, agl_error *err) {
    agl_table *t;
    int32_t *key, years = s->in.years, from = s->aak.base_to - s->in.first_year + 1;
    size_t row = 0;
    agl_status status =
        agl__run_output(&t, run, "forecast", (size_t)s->in.citations.n * (size_t)(years - from), err);
    if (status == AGL_OK) status = agl__run_key(&key, t, "class", &s->in.classes.dict, err);
    if (status != AGL_OK) return status;
    for (int32_t i = 0; i < s->in.citations.n; i++)
        for (int32_t y = from; y < years; y++) {
            size_t cell = (size_t)i * (size_t)years + (size_t)y;
            double actual = s->in.patents[cell], expected = s->expected[cell];
            key[row] = i;
            agl__run_num(t, "year")[row] = s->in.first_year + y;
            agl__run_num(t, "actual")[row] = actual;
            agl__run_num(t, "expected")[row] = expected;
            agl__run_num(t, "expected_external")[row] = s->expected_external[cell];
            agl__run_num(t, "ratio")[row++] = expected > 0 ? actual / expected : NAN;
        }
    return AGL_OK;
}

static agl_status write_slope(agl_run *run, const study *s, agl_error *err) {
    agl_table *t;
    const char *names[] = {"all", "external"}, *called = agl__run_text(run, "called");
    const char *measures[] = {called, called};
    const agl_aak *from[] = {&s->all, &s->external};
    agl_status status = agl__run_output(&t, run, "slope", 2, err);
    if (status == AGL_OK) status = agl__write_texts(t, "version", names, err);
    if (status == AGL_OK) status = agl__write_texts(t, "measure", measures, err);
    for (size_t k = 0; status == AGL_OK && k < 2; k++) {
        agl__run_num(t, "slope")[k] = from[k]->slope;
        agl__run_num(t, "lo")[k] = from[k]->lo;
        agl__run_num(t, "hi")[k] = from[k]->hi;
        agl__run_num(t, "r2")[k] = from[k]->r2;
        agl__run_num(t, "observations")[k] = (double)from[k]->observations;
        agl__run_num(t, "classes")[k] = from[k]->classes;
        agl__run_num(t, "lost")[k] = from[k]->lost;
        agl__run_num(t, "base_from")[k] = s->aak.base_from;
        agl__run_num(t, "base_to")[k] = s->aak.base_to;
    }
    return status;
}

static agl_status forecast(study *s, agl_run *run, agl_error *err) {
    const agl__innovation_input *in = &s->in;
    if (!in->patents || !in->dated || in->years < 3) {
        if (in->patents && !in->dated)
            agl__run_warn(run, "no forecast: the citations have no year and age (roles year and age, or year "
                               "of --documents)");
        return AGL_OK;
    }
    size_t cells = (size_t)in->citations.n * (size_t)in->years;
    s->expected = AGL_NEW(double, cells);
    s->expected_external = AGL_NEW(double, cells);
    if (!s->expected || !s->expected_external) return agl_fail_memory(err);
    choose_base(s, run);
    s->all.expected = s->expected;
    s->external.expected = s->expected_external;
    agl_status status = agl_aak_forecast(&s->all, &in->citations, in->patents, in->first_year, in->years,
                                         &s->aak, agl__run_ctx(run), err);
    s->aak.external = true;
    if (status == AGL_OK)
        status = agl_aak_forecast(&s->external, &in->citations, in->patents, in->first_year, in->years,
                                  &s->aak, agl__run_ctx(run), err);
    if (status == AGL_OK && isnan(s->all.slope))
        agl__run_warn(run, "too few classes and years with patents and a forecast for a regression");
    if (status == AGL_OK && s->all.lost > 0.05)
        agl__run_warn(
            run,
            "%.2g%% of the citations of the base years go to classes and years without patents in the data",
            100 * s->all.lost);
    if (status == AGL_OK) status = write_forecast(run, s, err);
    return status == AGL_OK ? write_slope(run, s, err) : status;
}

/* ---- the main path ---- */

/** Key and number columns that describe work v in a row of an output. */
static agl_status describe(agl_table *t, const study *s, const int32_t *work, size_t rows, agl_error *err) {
    int32_t *key, *klass = NULL;
    bool dated = s->in.years > 0;
    agl_status status = agl__run_key(&key, t, "document", &s->in.ids.dict, err);
    if (status == AGL_OK)
        status = s->in.class_of ? agl__run_key(&klass, t, "class", &s->in.classes.dict, err)
                                : agl__run_drop_column(t, "class", err);
    if (status == AGL_OK && !dated) status = agl__run_drop_column(t, "year", err);
    if (status != AGL_OK) return status;
    for (size_t r = 0; r < rows; r++) {
        int32_t v = work ? work[r] : (int32_t)r;
        key[r] = v;
        if (klass) klass[r] = s->in.class_of[v];
        if (dated)
            agl__run_num(t, "year")[r] = s->in.year_of[v] == INT32_MIN ? (double)NAN : s->in.year_of[v];
        agl__run_num(t, "cited")[r] = s->cited[v];
        agl__run_num(t, "traversal")[r] = s->traversal[v];
        agl__run_num(t, "support")[r] = s->support[v];
    }
    return AGL_OK;
}

static agl_status main_path(study *s, agl_run *run, agl_error *err) {
    size_t n = s->in.ids.dict.n;
    agl_table *t;
    s->traversal = AGL_NEW(double, n);
    s->support = AGL_NEW(double, n);
    s->cited = AGL_NEW(int32_t, n);
    if (!s->traversal || !s->support || !s->cited) return agl_fail_memory(err);
    s->main_path.traversal = s->traversal;
    s->main_path.support = s->support;
    agl_status status =
        agl_main_path_find(&s->main_path, (int32_t)n, s->in.m, s->in.citing, s->in.cited,
                           (int32_t)agl__run_integer(run, "replicates"), agl__run_ctx(run), err);
    if (status != AGL_OK) return status;
    for (size_t e = 0; e < s->in.m; e++)
        s->cited[s->in.cited[e]]++;
    if (s->main_path.cycles)
        agl__run_warn(run,
                      "%zu works cite each other in circles (%zu of them); each circle counts as one work in "
                      "the main path",
                      s->main_path.in_cycles, s->main_path.cycles);
    status = agl__run_output(&t, run, "documents", n, err);
    if (status == AGL_OK) status = describe(t, s, NULL, n, err);
    for (size_t k = 0; status == AGL_OK && k < s->main_path.length; k++)
        agl__run_num(t, "on_path")[s->main_path.path[k]] = 1;
    if (status == AGL_OK) status = agl__run_output(&t, run, "path", s->main_path.length, err);
    if (status == AGL_OK) status = describe(t, s, s->main_path.path, s->main_path.length, err);
    for (size_t k = 0; status == AGL_OK && k < s->main_path.length; k++)
        agl__run_num(t, "step")[k] = (double)(k + 1);
    return status;
}

agl_status agl_op_network_innovation(agl_run *run, agl_error *err) {
    study s = {0};
    agl_status status = agl__innovation_input_new(&s.in, run, err);
    if (status == AGL_OK && s.in.citations.n > 0) status = innovation_network(&s, run, err);
    if (status == AGL_OK && s.in.citations.n > 0) status = forecast(&s, run, err);
    if (status == AGL_OK && s.in.works) status = main_path(&s, run, err);
    study_free(&s);
    return status;
}
