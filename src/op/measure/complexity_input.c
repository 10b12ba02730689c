#include "op/measure/complexity_input.h"

#include <math.h>

agl_complexity_options agl__complexity_options(const agl_run *run) {
    agl_complexity_options o = AGL_COMPLEXITY_OPTIONS_INIT;
    o.any = agl__run_is(run, "presence", "any");
    o.threshold = agl__run_number(run, "threshold");
    o.min_region = agl__run_number(run, "min-total");
    o.min_industry = agl__run_number(run, "min-industry");
    if (agl__run_like(run, "py-ecomplexity")) o.scale = AGL_COMPLEXITY_ECI_SD;
    if (agl__run_like(run, "economiccomplexity")) o.scale = AGL_COMPLEXITY_REFLECTIONS;
    o.iterations = (size_t)agl__run_integer(run, "iterations");
    if (agl__run_like(run, "economiccomplexity") && o.iterations > 1)
        o.iterations--; /* the package counts the start as the first */
    return o;
}

agl_relation agl__relation_option(const agl_run *run, const char *option) {
    static const char *const name[] = {"proximity", "association", "cosine",
                                       "jaccard",   "probability", "teece"};
    for (int k = 0; k < (int)(sizeof name / sizeof *name); k++)
        if (agl__run_is(run, option, name[k])) return (agl_relation)k;
    return AGL_PROXIMITY;
}

agl_relatedness_options agl__relatedness_options(const agl_run *run) {
    agl_complexity_options same = agl__complexity_options(run);
    agl_relatedness_options o = AGL_RELATEDNESS_OPTIONS_INIT;
    o.any = same.any;
    o.threshold = same.threshold;
    o.min_region = same.min_region;
    o.min_industry = same.min_industry;
    return o;
}

agl_status agl__drop_year(agl_table *table, const agl_cell_input *in, agl_error *err) {
    return in->years ? AGL_OK : agl__run_drop_column(table, "year", err);
}

void agl__peer_pci(double *pci, size_t n_pci, const double *eci, const double *diversity, size_t n_regions) {
    double sum = 0, of = 0;
    for (size_t r = 0; r < n_regions; r++)
        if (!isnan(eci[r])) sum += diversity[r] * eci[r], of += diversity[r];
    for (size_t i = 0; i < n_pci && of > 0; i++)
        pci[i] -= sum / of;
}

void agl__warn_left_out(agl_run *run, const agl_complexity_validity *v, const char *when) {
    const size_t count[] = {v->empty_regions, v->empty_industries, v->small_regions, v->small_industries};
    static const char *const what[] = {"regions without any presence were",
                                       "industries without any presence were",
                                       "regions whose total is below --min-total were",
                                       "industries whose total is below --min-industry were"};
    for (size_t k = 0; k < sizeof count / sizeof *count; k++)
        if (count[k]) agl__run_warn(run, "%zu %s left out%s", count[k], what[k], when);
}
