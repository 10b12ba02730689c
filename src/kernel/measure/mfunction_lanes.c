#include "kernel/measure/mfunction_lanes.h"
#include "base/mem.h"

#include <string.h>

static size_t intervals_of(const agl_mfunction *f) { return (size_t)f->rings.interval[f->rings.n + 1] + 1; }

agl_status agl__lanes_new(agl__lanes *out, const agl_mfunction *f, size_t lanes, agl_error *err) {
    *out = (agl__lanes){.lanes = lanes,
                        .weight = AGL_NEW(double, (f->n + AGL__GROUP) * lanes),
                        .group = AGL_NEW(double, f->sites.groups *lanes)};
    bool complete = out->weight && out->group;
    for (size_t t = 0; t < AGL__TILE; t++) {
        agl__tile_lists *l = &out->tile[t];
        *l = (agl__tile_lists){.block = AGL_NEW(uint32_t, f->sites.groups),
                               .settled = AGL_NEW(uint32_t, f->sites.groups),
                               .interval = AGL_NEW(int32_t, f->sites.groups),
                               .sum = AGL_NEW(double, intervals_of(f) * lanes)};
        complete = complete && l->block && l->settled && l->interval && l->sum;
    }
    if (complete) return AGL_OK;
    agl__lanes_free(out);
    return agl_fail_memory(err);
}

void agl__lanes_free(agl__lanes *lanes) {
    for (size_t t = 0; t < AGL__TILE; t++) {
        free(lanes->tile[t].block);
        free(lanes->tile[t].settled);
        free(lanes->tile[t].interval);
        free(lanes->tile[t].sum);
    }
    free(lanes->weight);
    free(lanes->group);
    *lanes = (agl__lanes){.lanes = 0};
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

/* ---- one tile ---- */

/* Lists the neighbours of a point: its two ascending stretches of blocks merged; groups of higher levels,
 * which are few, are added at once. */
static void list_neighbours(agl__tile_lists *l, const agl__lanes *all, agl__m_scratch *scratch,
                            const agl_mfunction *f, size_t i) {
    agl__ring_scratch *s = &scratch->rings;
    const int32_t *interval = f->rings.interval;
    memset(l->sum, 0, intervals_of(f) * all->lanes * sizeof *l->sum);
    agl__rings_visit(s, &f->rings, (int32_t)i, &f->sites, f->rings.n, true);
    for (size_t k = 0; k < s->n_settled; k++)
        s->settled_class[k] = interval[s->settled_class[k]];
    f->rings.kernel->add_rows(l->sum, s->settled_class, all->group, s->settled, s->n_higher, all->lanes);
    l->n_settled = s->n_settled - s->n_higher;
    memcpy(l->settled, s->settled + s->n_higher, l->n_settled * sizeof *l->settled);
    memcpy(l->interval, s->settled_class + s->n_higher, l->n_settled * sizeof *l->interval);
    l->n_blocks = s->n_blocks;
    for (size_t a = 0, b = s->n_untested, k = 0; k < s->n_blocks; k++) {
        bool first = b == s->n_blocks || (a < s->n_untested && s->block[a] < s->block[b]);
        l->block[k] = first ? s->block[a++] : s->block[b++];
    }
}

static void add_blocks(agl__tile_lists *l, const agl__lanes *all, const agl_mfunction *f, size_t i,
                       const uint32_t *block, size_t n) {
    int32_t class[AGL__CHUNK * AGL__GROUP];
    uint32_t point[AGL__CHUNK * AGL__GROUP];
    for (size_t from = 0; from < n; from += AGL__CHUNK) {
        size_t m = n - from < AGL__CHUNK ? n - from : AGL__CHUNK, kept = 0;
        agl__rings_classify(class, &f->rings, (int32_t)i, &f->sites, block + from, m);
        for (size_t k = 0; k < m * AGL__GROUP; k++) { /* only those within reach: a row is worth the test */
            if ((size_t) class[k] > f -> rings.n) continue;
            point[kept] = block[from + k / AGL__GROUP] * AGL__GROUP + (uint32_t)(k % AGL__GROUP);
            class[kept++] = f->rings.interval[class[k]];
        }
        f->rings.kernel->add_rows(l->sum, class, all->weight, point, kept, all->lanes);
    }
}

/* Position in an ascending list from `at` on of the first entry that is not below `limit`. */
static size_t upto(const uint32_t *list, size_t at, size_t n, uint32_t limit) {
    while (at < n && list[at] < limit)
        at++;
    return at;
}

/* Sums up to each distance of the grid. */
static void cumulate(double *below, agl__tile_lists *l, const agl__lanes *all, const agl_mfunction *f) {
    const size_t lanes = all->lanes;
    for (size_t v = 1; v < intervals_of(f); v++)
        for (size_t lane = 0; lane < lanes; lane++)
            l->sum[v * lanes + lane] += l->sum[(v - 1) * lanes + lane];
    for (size_t k = 0; k < f->n_r; k++)
        for (size_t lane = 0; lane < lanes; lane++)
            below[lane * f->n_r + k] = l->sum[(size_t)f->rings.interval[f->at[k]] * lanes + lane];
}

void agl__lanes_around(double *below, agl__lanes *all, agl__m_scratch *scratch, const agl_mfunction *f,
                       size_t first, size_t n, const bool *wanted) {
    enum { STRETCH = 64 }; /* blocks: 128 kB of rows of 32 lanes */
    size_t at_block[AGL__TILE] = {0}, at_group[AGL__TILE] = {0};
    uint32_t blocks = (uint32_t)f->sites.level[0].n;
    for (size_t t = 0; t < n; t++)
        if (wanted[t]) list_neighbours(&all->tile[t], all, scratch, f, first + t);
    for (uint32_t from = 0; from < blocks; from += STRETCH)
        for (size_t t = 0; t < n; t++) {
            agl__tile_lists *l = &all->tile[t];
            if (!wanted[t]) continue;
            size_t to = upto(l->block, at_block[t], l->n_blocks, from + STRETCH);
            add_blocks(l, all, f, first + t, l->block + at_block[t], to - at_block[t]);
            at_block[t] = to;
        }
    for (uint32_t from = 0; from < blocks; from += STRETCH * AGL__GROUP)
        for (size_t t = 0; t < n; t++) {
            agl__tile_lists *l = &all->tile[t];
            if (!wanted[t]) continue;
            size_t g = at_group[t], to = upto(l->settled, g, l->n_settled, from + STRETCH * AGL__GROUP);
            f->rings.kernel->add_rows(l->sum, l->interval + g, all->group, l->settled + g, to - g,
                                      all->lanes);
            at_group[t] = to;
        }
    for (size_t t = 0; t < n; t++)
        if (wanted[t]) cumulate(below + t * all->lanes * f->n_r, &all->tile[t], all, f);
}
