#include "kernel/measure/mfunction_lanes.h"
#include "base/mem.h"

#include <string.h>

agl_status agl__lanes_new(agl__lanes *out, const agl_mfunction *f, size_t lanes, agl_error *err) {
    size_t intervals = (size_t)f->rings.interval[f->rings.n + 1] + 1;
    *out = (agl__lanes){.lanes = lanes,
                        .weight = AGL_NEW(double, (f->n + AGL__GROUP) * lanes),
                        .group = AGL_NEW(double, f->sites.groups *lanes),
                        .sum = AGL_NEW(double, intervals *lanes)};
    if (out->weight && out->group && out->sum) return AGL_OK;
    agl__lanes_free(out);
    return agl_fail_memory(err);
}

void agl__lanes_free(agl__lanes *lanes) {
    free(lanes->weight);
    free(lanes->group);
    free(lanes->sum);
    lanes->weight = lanes->group = lanes->sum = NULL;
}

void agl__lanes_fill(agl__lanes *l, const agl_mfunction *f, const agl__marks *marks, size_t n) {
    const size_t lanes = l->lanes;
    memset(l->weight, 0, f->n * lanes * sizeof *l->weight);
    for (size_t i = 0; i < f->n; i++)
        for (size_t s = 0; s < n; s++)
            l->weight[i * lanes + s] = marks[s].weight[i];
    memset(l->group, 0, f->sites.groups * lanes * sizeof *l->group);
    for (int level = 0; level < f->sites.levels;
         level++) { /* from the level below: points first, then groups */
        const agl__level *here = &f->sites.level[level];
        const double *member = level == 0 ? l->weight : l->group + f->sites.level[level - 1].first * lanes;
        size_t members = level == 0 ? f->n : f->sites.level[level - 1].n;
        for (size_t k = 0; k < members; k++)
            for (size_t s = 0; s < lanes; s++)
                l->group[(here->first + k / AGL__GROUP) * lanes + s] += member[k * lanes + s];
    }
}

void agl__lanes_around(double *below, agl__lanes *l, agl__m_scratch *scratch, const agl_mfunction *f,
                       size_t i) {
    const agl__rings *rings = &f->rings;
    const int32_t *interval = rings->interval;
    const size_t lanes = l->lanes, intervals = (size_t)interval[rings->n + 1] + 1;
    agl__ring_scratch *s = &scratch->rings;
    int32_t class[AGL__CHUNK * AGL__GROUP];
    uint32_t point[AGL__CHUNK * AGL__GROUP];

    memset(l->sum, 0, intervals * lanes * sizeof *l->sum);
    agl__rings_visit(s, rings, (int32_t)i, &f->sites, rings->n, true);
    for (size_t k = 0; k < s->n_settled; k++)
        s->settled_class[k] = interval[s->settled_class[k]];
    rings->kernel->add_rows(l->sum, s->settled_class, l->group, s->settled, s->n_settled, lanes);
    for (size_t from = 0; from < s->n_blocks; from += AGL__CHUNK) {
        size_t m = s->n_blocks - from < AGL__CHUNK ? s->n_blocks - from : AGL__CHUNK, n = 0;
        agl__rings_classify(class, rings, (int32_t)i, &f->sites, s->block + from, m);
        for (size_t k = 0; k < m * AGL__GROUP; k++) { /* only those within reach: a row is worth the test */
            if ((size_t) class[k] > rings -> n) continue;
            point[n] = s->block[from + k / AGL__GROUP] * AGL__GROUP + (uint32_t)(k % AGL__GROUP);
            class[n++] = interval[class[k]];
        }
        rings->kernel->add_rows(l->sum, class, l->weight, point, n, lanes);
    }
    for (size_t v = 1; v < intervals; v++) /* up to each interval */
        for (size_t lane = 0; lane < lanes; lane++)
            l->sum[v * lanes + lane] += l->sum[(v - 1) * lanes + lane];
    for (size_t k = 0; k < f->n_r; k++)
        for (size_t lane = 0; lane < lanes; lane++)
            below[lane * f->n_r + k] = l->sum[(size_t)interval[f->at[k]] * lanes + lane];
}
