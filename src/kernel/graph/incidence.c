#include "base/mem.h"
#include "kernel/graph/graph.h"

#include <string.h>

void agl_incidence_free(agl_incidence *incidence) {
    if (!incidence) return;
    free(incidence->project_offset);
    free(incidence->actor);
    free(incidence->actor_offset);
    free(incidence->project);
    *incidence = (agl_incidence){0};
}

static bool usable(const agl_incidence *inc, int32_t project, int32_t actor) {
    return project >= 0 && project < inc->n_projects && actor >= 0 && actor < inc->n_actors;
}

/* Rows bucketed by actor, in the order of the rows. */
static void by_actor(agl_incidence *inc, size_t rows, const int32_t *project, const int32_t *actor) {
    for (size_t i = 0; i < rows; i++)
        if (usable(inc, project[i], actor[i])) inc->actor_offset[actor[i] + 1]++;
    agl__counts_to_offsets(inc->actor_offset, inc->n_actors);
    for (size_t i = 0; i < rows; i++)
        if (usable(inc, project[i], actor[i])) inc->project[inc->actor_offset[actor[i]]++] = project[i];
    agl__rewind_offsets(inc->actor_offset, inc->n_actors);
}

/* The other way round: members of each project, ascending because actors are visited in order. */
static void by_project(agl_incidence *inc) {
    size_t pairs = inc->actor_offset[inc->n_actors];
    for (size_t i = 0; i < pairs; i++)
        inc->project_offset[inc->project[i] + 1]++;
    agl__counts_to_offsets(inc->project_offset, inc->n_projects);
    for (int32_t a = 0; a < inc->n_actors; a++)
        for (size_t i = inc->actor_offset[a]; i < inc->actor_offset[a + 1]; i++)
            inc->actor[inc->project_offset[inc->project[i]]++] = a;
    agl__rewind_offsets(inc->project_offset, inc->n_projects);
}

/* Drops repeated members and projects that are too large, in place. */
static size_t compact(agl_incidence *inc, size_t max_members) {
    size_t kept = 0, begin = 0, too_large = 0;
    for (int32_t p = 0; p < inc->n_projects; p++) {
        size_t end = inc->project_offset[p + 1], first = kept;
        for (size_t i = begin; i < end; i++)
            if (kept == first || inc->actor[kept - 1] != inc->actor[i]) inc->actor[kept++] = inc->actor[i];
        inc->duplicates += (end - begin) - (kept - first);
        if (max_members && kept - first > max_members) {
            kept = first;
            too_large++;
        }
        begin = end;
        inc->project_offset[p + 1] = kept;
    }
    inc->pairs = kept;
    return too_large;
}

/* Rebuilds the actor side from the compacted project side; projects of each actor ascend. */
static void rebuild_actors(agl_incidence *inc) {
    memset(inc->actor_offset, 0, ((size_t)inc->n_actors + 1) * sizeof *inc->actor_offset);
    for (size_t i = 0; i < inc->pairs; i++)
        inc->actor_offset[inc->actor[i] + 1]++;
    agl__counts_to_offsets(inc->actor_offset, inc->n_actors);
    for (int32_t p = 0; p < inc->n_projects; p++)
        for (size_t i = inc->project_offset[p]; i < inc->project_offset[p + 1]; i++)
            inc->project[inc->actor_offset[inc->actor[i]]++] = p;
    agl__rewind_offsets(inc->actor_offset, inc->n_actors);
}

agl_status agl_incidence_new(agl_incidence *out, size_t *too_large, int32_t n_projects, int32_t n_actors,
                             size_t rows, const int32_t *project, const int32_t *actor, size_t max_members,
                             agl_error *err) {
    *out = (agl_incidence){.n_projects = n_projects, .n_actors = n_actors};
    out->project_offset = AGL_NEW(size_t, (size_t)n_projects + 1);
    out->actor_offset = AGL_NEW(size_t, (size_t)n_actors + 1);
    out->actor = AGL_NEW(int32_t, rows);
    out->project = AGL_NEW(int32_t, rows);
    if (!out->project_offset || !out->actor_offset || !out->actor || !out->project) {
        agl_incidence_free(out);
        return agl_fail_memory(err);
    }
    by_actor(out, rows, project, actor);
    by_project(out);
    size_t dropped = compact(out, max_members);
    rebuild_actors(out);
    if (too_large) *too_large = dropped;
    return AGL_OK;
}
