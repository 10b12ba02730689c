#include "op/measure/define_output.h"
#include "agglo/grouping.h"
#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- codes and names ---- */

static double own_relatedness(const agl_define_result *r, size_t i) {
    return r->d.industry[i * r->d.k + (size_t)r->d.cluster[i]];
}

/** The industry of the cluster with the highest relatedness to the rest of it; the first one of a tie. */
static size_t most_central(const agl_define_result *r, size_t c) {
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < r->d.n; i++)
        if ((size_t)r->d.cluster[i] == c &&
            (best == SIZE_MAX || own_relatedness(r, i) > own_relatedness(r, best)))
            best = i;
    return best;
}

/** "largest industry; second; third" of a cluster. */
static char *name_of(const agl_define_result *r, size_t c) {
    enum { TOLD = 3 };
    size_t top[TOLD], n = 0, length = 1;
    for (size_t i = 0; i < r->d.n; i++) {
        if ((size_t)r->d.cluster[i] != c) continue;
        size_t at = n < TOLD ? n++ : TOLD;
        for (; at > 0 && r->in->total[i] > r->in->total[top[at - 1]]; at--)
            if (at < TOLD) top[at] = top[at - 1];
        if (at < TOLD) top[at] = i;
    }
    for (size_t k = 0; k < n; k++)
        length += strlen(r->in->title[top[k]]) + 2;
    char *text = AGL_NEW(char, length);
    for (size_t k = 0, used = 0; text && k < n; k++)
        used += (size_t)snprintf(text + used, length - used, "%s%s", k ? "; " : "", r->in->title[top[k]]);
    return text;
}

static agl_status sort_clusters(agl_define_result *r, agl_error *err) {
    r->order = AGL_NEW(size_t, r->d.k);
    if (!r->order) return agl_fail_memory(err);
    for (size_t c = 0; c < r->d.k; c++) {
        size_t at = c;
        for (; at > 0 && r->code[c] < r->code[r->order[at - 1]]; at--)
            r->order[at] = r->order[at - 1];
        r->order[at] = c;
    }
    return AGL_OK;
}

agl_status agl__define_name(agl_define_result *r, agl_error *err) {
    size_t k = r->d.k;
    char **text = AGL_NEW(char *, k);
    const char **centre = AGL_NEW(const char *, k);
    r->code = AGL_NEW(int32_t, k);
    agl_status status = text && centre && r->code ? AGL_OK : agl_fail_memory(err);
    r->codes = r->given ? r->given : r->in->dict;
    for (size_t c = 0; c < k && status == AGL_OK; c++) {
        size_t central = most_central(r, c);
        r->code[c] = r->given ? r->given_code[c] : r->in->code[central];
        centre[c] = r->given ? r->given->text[r->given_code[c]] : r->in->title[central];
        text[c] = name_of(r, c);
        if (!text[c]) status = agl_fail_memory(err);
    }
    if (status == AGL_OK) status = agl_dict_set(&r->names, (const char *const *)text, k, err);
    if (status == AGL_OK) status = agl_dict_set(&r->centres, centre, k, err);
    if (status == AGL_OK) status = sort_clusters(r, err);
    for (size_t c = 0; text && c < k; c++)
        free(text[c]);
    free(text);
    free(centre);
    return status;
}

void agl__define_result_free(agl_define_result *r) {
    agl_definition_free(&r->d);
    agl_dict_free(&r->names);
    agl_dict_free(&r->centres);
    free(r->given_code);
    free(r->compared);
    free(r->code);
    free(r->order);
}

/* ---- tables ---- */

static bool is_outlier(const agl_define_result *r, size_t i) {
    return !(own_relatedness(r, i) > r->d.p95[i]);
}

static bool is_core(const agl_define_result *r, size_t i) {
    size_t c = (size_t)r->d.cluster[i];
    return !is_outlier(r, i) && own_relatedness(r, i) >= r->d.between[c * r->d.k + c];
}

static agl_status industries(agl_run *run, const agl_define_result *r, agl_error *err) {
    size_t n = r->d.n, k = r->d.k;
    agl_table *t;
    int32_t *industry, *cluster, *name, *best, *title;
    agl_dict titles = {0};
    agl_status status = agl__run_output(&t, run, "industries", n, err);
    if (status == AGL_OK) status = agl_dict_set(&titles, r->in->title, n, err);
    if (status == AGL_OK) status = agl__run_key(&industry, t, "industry", r->in->dict, err);
    if (status == AGL_OK) status = agl__run_key(&title, t, "title", &titles, err);
    if (status == AGL_OK) status = agl__run_key(&cluster, t, "cluster", r->codes, err);
    if (status == AGL_OK) status = agl__run_key(&name, t, "cluster_name", &r->centres, err);
    if (status == AGL_OK) status = agl__run_key(&best, t, "best_other", r->codes, err);
    agl_dict_free(&titles);
    if (status != AGL_OK) return status;
    double *employment = agl__run_num(t, "employment"), *wcr = agl__run_num(t, "wcr"),
           *bcr = agl__run_num(t, "bcr"), *p95 = agl__run_num(t, "bcr_p95"), *core = agl__run_num(t, "core"),
           *outlier = agl__run_num(t, "outlier"), *reassigned = agl__run_num(t, "reassigned");
    for (size_t i = 0; i < n; i++) {
        size_t own = (size_t)r->d.cluster[i], other = own == 0 ? 1 : 0;
        for (size_t d = 0; d < k; d++)
            if (d != own && r->d.industry[i * k + d] > r->d.industry[i * k + other]) other = d;
        industry[i] = r->in->code[i], title[i] = (int32_t)i;
        cluster[i] = r->code[own], name[i] = (int32_t)own, best[i] = r->code[other];
        employment[i] = r->in->total[i];
        wcr[i] = own_relatedness(r, i), bcr[i] = r->d.industry[i * k + other], p95[i] = r->d.p95[i];
        core[i] = is_core(r, i), outlier[i] = is_outlier(r, i), reassigned[i] = r->d.reassigned[i];
    }
    return agl__run_input(run, "titles") ? AGL_OK : agl__run_drop_column(t, "title", err);
}

/** Mean and maximal relatedness of cluster c to the others, and how many it is closer to than to itself. */
static void beside(double *mean, size_t *closer, const agl_define_result *r, size_t c) {
    size_t k = r->d.k;
    double sum = 0;
    *closer = 0;
    for (size_t d = 0; d < k; d++) {
        if (d == c) continue;
        sum += r->d.between[c * k + d];
        *closer += !(r->d.between[c * k + c] > r->d.between[c * k + d]);
    }
    *mean = sum / (double)(k - 1);
}

static agl_status clusters(agl_run *run, const agl_define_result *r, agl_error *err) {
    size_t k = r->d.k;
    agl_table *t;
    int32_t *cluster, *centre, *name;
    agl_status status = agl__run_output(&t, run, "clusters", k, err);
    if (status == AGL_OK) status = agl__run_key(&cluster, t, "cluster", r->codes, err);
    if (status == AGL_OK) status = agl__run_key(&centre, t, "centre", &r->centres, err);
    if (status == AGL_OK) status = agl__run_key(&name, t, "name", &r->names, err);
    if (status != AGL_OK) return status;
    double *members = agl__run_num(t, "industries"), *employment = agl__run_num(t, "employment"),
           *wcr = agl__run_num(t, "wcr"), *bcr = agl__run_num(t, "bcr_mean"),
           *above = agl__run_num(t, "above_mean"), *closer = agl__run_num(t, "closer_others"),
           *core = agl__run_num(t, "core"), *outliers = agl__run_num(t, "outliers"),
           *mean_share = agl__run_num(t, "industries_above_mean"),
           *p95_share = agl__run_num(t, "industries_above_p95");
    for (size_t at = 0; at < k; at++) {
        size_t c = r->order[at], others;
        beside(&bcr[at], &others, r, c);
        cluster[at] = r->code[c], centre[at] = name[at] = (int32_t)c;
        wcr[at] = r->d.between[c * k + c];
        above[at] = wcr[at] > bcr[at], closer[at] = (double)others;
        double over_mean = 0;
        for (size_t i = 0; i < r->d.n; i++) {
            if ((size_t)r->d.cluster[i] != c) continue;
            double sum = 0;
            for (size_t d = 0; d < k; d++)
                if (d != c) sum += r->d.industry[i * k + d];
            members[at]++, employment[at] += r->in->total[i];
            core[at] += is_core(r, i), outliers[at] += is_outlier(r, i);
            over_mean += own_relatedness(r, i) > sum / (double)(k - 1);
        }
        mean_share[at] = over_mean / members[at];
        p95_share[at] = 1 - outliers[at] / members[at];
    }
    return AGL_OK;
}

static agl_status configurations(agl_run *run, const agl_define_result *r, agl_error *err) {
    static const char *const algorithm_names[] = {"ward", "average", "kmeans", "given"};
    const char *matrix_names[AGL_DEFINE_MATRICES + 1];
    size_t n = r->d.n_candidates, several = r->matrices->n > 1;
    agl_dict matrices = {0}, algorithms = {0};
    agl_table *t;
    int32_t *matrix, *algorithm;
    memcpy(matrix_names, r->matrices->name, sizeof r->matrices->name);
    matrix_names[r->matrices->n < AGL_DEFINE_MATRICES ? r->matrices->n : AGL_DEFINE_MATRICES] = "mean";
    agl_status status = agl__run_output(&t, run, "configurations", n, err);
    if (status == AGL_OK) status = agl_dict_set(&matrices, matrix_names, r->matrices->n + several, err);
    if (status == AGL_OK) status = agl_dict_set(&algorithms, algorithm_names, 4, err);
    if (status == AGL_OK) status = agl__run_key(&matrix, t, "matrix", &matrices, err);
    if (status == AGL_OK) status = agl__run_key(&algorithm, t, "algorithm", &algorithms, err);
    agl_dict_free(&matrices);
    agl_dict_free(&algorithms);
    if (status != AGL_OK) return status;
    double *id = agl__run_num(t, "configuration"), *k = agl__run_num(t, "k"),
           *score = agl__run_num(t, "score"), *rand = agl__run_num(t, "rand");
    for (size_t c = 0; c < n; c++) {
        const agl_candidate *x = &r->d.candidates[c];
        id[c] = (double)c + 1, k[c] = (double)x->k, score[c] = x->score.score, rand[c] = NAN;
        matrix[c] = x->matrix, algorithm[c] = (int32_t)x->algorithm;
        agl__run_num(t, "cluster_mean")[c] = x->score.cluster_mean;
        agl__run_num(t, "cluster_p95")[c] = x->score.cluster_p95;
        agl__run_num(t, "industry_mean")[c] = x->score.industry_mean;
        agl__run_num(t, "industry_p95")[c] = x->score.industry_p95;
        agl__run_num(t, "singles")[c] = (double)x->singles;
        agl__run_num(t, "agreement")[c] = x->agreement;
        agl__run_num(t, "chosen")[c] = c == r->d.chosen;
        if (r->compared)
            status = agl_adjusted_rand(&rand[c], r->d.member + c * r->d.n, r->compared, r->d.n, err);
        if (status != AGL_OK) return status;
    }
    return r->compared ? AGL_OK : agl__run_drop_column(t, "rand", err);
}

agl_status agl__define_output(agl_run *run, const agl_define_result *r, agl_error *err) {
    agl_status status = industries(run, r, err);
    if (status == AGL_OK) status = clusters(run, r, err);
    if (status == AGL_OK) status = configurations(run, r, err);
    return status;
}
