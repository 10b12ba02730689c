#include "base/mem.h"
#include "kernel/graph/graph.h"
#include "op/network/actors.h"
#include "op/network/build_tables.h"
#include "op/network/kinds.h"

#include <math.h>
#include <string.h>
#include <strings.h>

/* What the op works on. */
typedef struct build {
    agl_run *run;
    agl__events events;
    agl__rows_by rows_of; /* rows of each actor */
    agl_incidence all;    /* every distinct participation */
    agl_incidence kept;   /* without projects that are too large; empty when there is no limit */
    agl__layers layers;
} build;

static const agl_column *column(const build *b, const char *role) {
    return agl__run_column(b->run, "data", role);
}

static size_t members_of(const agl_incidence *inc, int32_t p) {
    return inc->project_offset[p + 1] - inc->project_offset[p];
}

/* The projects as the ties see them. */
typedef struct census {
    size_t projects; /* with an actor, large ones included */
    size_t alone;    /* with a single one */
    size_t joint;    /* with several */
    size_t undated;  /* of these without a start */
    size_t largest;  /* actors of the largest */
    double pairs;    /* sum of k (k - 1) / 2 */
} census;

static double pairs_of(size_t k) { return (double)k * ((double)k - 1) / 2; }

static census count_projects(const build *b, const agl_incidence *inc) {
    census c = {0};
    for (int32_t p = 0; p < b->events.n_events; p++) {
        size_t k = members_of(inc, p);
        c.projects += members_of(&b->all, p) > 0;
        c.alone += k == 1;
        c.joint += k > 1;
        c.undated += b->events.start && k > 1 && b->events.start[p] == INT32_MIN;
        c.pairs += pairs_of(k);
        if (k > c.largest) c.largest = k;
    }
    return c;
}

/* Says what about the projects shapes the network. */
static void warn_of_projects(const build *b, const agl_incidence *inc, size_t too_large, size_t limit) {
    census c = count_projects(b, inc);
    if (b->all.duplicates > 0)
        agl__run_warn(b->run,
                      "%zu participations repeat an actor in a project; an actor counts once in a project",
                      b->all.duplicates);
    if (c.alone > 0)
        agl__run_warn(b->run, "%zu of %zu projects have a single actor and make no tie", c.alone, c.projects);
    if (too_large > 0)
        agl__run_warn(b->run, "%zu projects with more than %zu actors were left out of the ties", too_large,
                      limit);
    if (limit == 0 && c.largest > 50 && pairs_of(c.largest) > 0.05 * c.pairs)
        agl__run_warn(
            b->run,
            "the largest project has %zu actors and makes %.0f %% of all pairs; see --max-members and "
            "--weights fractional",
            c.largest, 100 * pairs_of(c.largest) / c.pairs);
    if (c.undated > 0 && (agl__run_is(b->run, "slice", "year") || agl__run_text(b->run, "slice-years")))
        agl__run_warn(b->run, "%zu of %zu projects have no start year and are left out of the slices",
                      c.undated, c.joint);
    if (c.joint == 0)
        agl__run_warn(
            b->run,
            "no project has two actors, so there are no ties; are the roles project and actor right?");
}

static agl_status make_ties(build *b, agl_error *err) {
    const agl__events *e = &b->events;
    size_t limit = (size_t)agl__run_integer(b->run, "max-members"), too_large = 0;
    agl_status status =
        agl_incidence_new(&b->all, NULL, e->n_events, e->n_actors, e->rows, e->event, e->actor, 0, err);
    if (status == AGL_OK && limit > 0)
        status = agl_incidence_new(&b->kept, &too_large, e->n_events, e->n_actors, e->rows, e->event,
                                   e->actor, limit, err);
    if (status != AGL_OK) return status;
    const agl_incidence *members = limit > 0 ? &b->kept : &b->all;
    status = agl__layers_new(&b->layers, e, members, err);
    if (status == AGL_OK) warn_of_projects(b, members, too_large, limit);
    return status;
}

/* ---- edges
 * ---------------------------------------------------------------------------------------------------------
 */

static void fill_years(double *out, const int32_t *year, size_t n) {
    for (size_t i = 0; i < n; i++)
        out[i] = year[i] == INT32_MIN ? (double)NAN : year[i];
}

static agl_status write_layer(const build *b, agl_table *out, agl_error *err) {
    if (!b->layers.layer) return agl__run_drop_column(out, "layer", err);
    int32_t *layer = NULL;
    agl_status status = agl__run_key(&layer, out, "layer", &b->events.layers, err);
    if (status == AGL_OK) memcpy(layer, b->layers.layer, out->rows * sizeof *layer);
    return status;
}

static agl_status write_edges(const build *b, agl_error *err) {
    const agl_ties *t = &b->layers.ties;
    agl_table *out;
    int32_t *source = NULL, *target = NULL;
    agl_status status = agl__run_output(&out, b->run, "edges", t->n, err);
    if (status == AGL_OK) status = agl__run_key(&source, out, "source", &b->events.actors, err);
    if (status == AGL_OK) status = agl__run_key(&target, out, "target", &b->events.actors, err);
    if (status == AGL_OK) status = write_layer(b, out, err);
    if (status != AGL_OK) return status;
    for (size_t i = 0; i < t->n; i++) {
        source[i] = t->source[i];
        target[i] = t->target[i];
        agl__run_num(out, "projects")[i] = t->projects[i];
    }
    memcpy(agl__run_num(out, "weight"), t->weight, t->n * sizeof *t->weight);
    if (t->slice)
        fill_years(agl__run_num(out, "year"), t->slice, t->n);
    else
        status = agl__run_drop_column(out, "year", err);
    if (t->first) {
        fill_years(agl__run_num(out, "first_year"), t->first, t->n);
        fill_years(agl__run_num(out, "last_year"), t->last, t->n);
        return status;
    }
    if (status == AGL_OK) status = agl__run_drop_column(out, "first_year", err);
    return status == AGL_OK ? agl__run_drop_column(out, "last_year", err) : status;
}

/* ---- nodes
 * ---------------------------------------------------------------------------------------------------------
 */

/* The most frequent of the codes of an actor's rows becomes a column. */
static agl_status write_codes(const build *b, agl_table *out, const char *name, const agl_dict *dict,
                              const int32_t *of_row, agl_error *err) {
    int32_t *code = NULL;
    size_t several = 0;
    agl_status status = agl__run_key(&code, out, name, dict, err);
    if (status == AGL_OK) status = agl__most_frequent(code, &several, &b->rows_of, of_row, err);
    if (status == AGL_OK && several > 0)
        agl__run_warn(b->run, "%zu actors have more than one %s; the most frequent was taken", several, name);
    return status;
}

static agl_status write_text(const build *b, agl_table *out, const char *role, agl_error *err) {
    if (b->events.name && strcmp(role, "name") == 0)
        return write_codes(b, out, role, &agl__run_column(b->run, "actors", "actor_name")->dict,
                           b->events.name, err);
    agl__row_texts texts;
    agl_status status = agl__events_texts(&texts, &b->events, role, err);
    if (status == AGL_OK)
        status = texts.dict ? write_codes(b, out, role, texts.dict, texts.code, err)
                            : agl__run_drop_column(out, role, err);
    agl__row_texts_free(&texts);
    return status;
}

static agl_status write_kind(const build *b, agl_table *out, agl_error *err) {
    static const agl_dict five = {.n = AGL_KINDS, .text = (char **)(uintptr_t)agl__kind_names};
    agl__row_texts texts;
    const double *year;
    double *own = NULL;
    agl_status status = agl__events_texts(&texts, &b->events, "kind", err);
    if (status == AGL_OK && !texts.dict) return agl__run_drop_column(out, "kind", err);
    int32_t *mapped = AGL_NEW(int32_t, b->events.rows);
    if (status == AGL_OK && !mapped) status = agl_fail_memory(err);
    if (status == AGL_OK) status = agl__events_numbers(&year, &own, &b->events, "start", err);
    if (status == AGL_OK)
        status = agl__kind_vintages(mapped, b->run, texts.dict, texts.code, year, b->events.rows, err);
    if (status == AGL_OK) status = write_codes(b, out, "kind", &five, mapped, err);
    free(own);
    free(mapped);
    agl__row_texts_free(&texts);
    return status;
}

static agl_status write_place(const build *b, agl_table *out, agl_error *err) {
    const double *lon, *lat;
    double *own_lon = NULL, *own_lat = NULL;
    size_t several = 0;
    agl_status status = agl__events_numbers(&lon, &own_lon, &b->events, "lon", err);
    if (status == AGL_OK) status = agl__events_numbers(&lat, &own_lat, &b->events, "lat", err);
    if (status == AGL_OK && (!lon || !lat)) {
        status = agl__run_drop_column(out, "lon", err);
        if (status == AGL_OK) status = agl__run_drop_column(out, "lat", err);
    } else if (status == AGL_OK) {
        status = agl__most_frequent_place(agl__run_num(out, "lon"), agl__run_num(out, "lat"), &several,
                                          &b->rows_of, lon, lat, err);
    }
    if (status == AGL_OK && several > 0)
        agl__run_warn(b->run, "%zu actors have more than one position; the most frequent was taken", several);
    free(own_lon);
    free(own_lat);
    return status;
}

/* Projects in which the actor has the role of coordinator. */
static agl_status write_coordinated(const build *b, agl_table *out, agl_error *err) {
    const agl_column *role = column(b, "role");
    if (!role) return agl__run_drop_column(out, "coordinated", err);
    const char *coordinator = agl__run_text(b->run, "coordinator");
    int32_t *actor = AGL_NEW(int32_t, b->events.data_rows);
    if (!actor) return agl_fail_memory(err);
    size_t found = 0;
    for (size_t i = 0; i < b->events.data_rows; i++) {
        bool leads = role->code[i] >= 0 && strcasecmp(role->dict.text[role->code[i]], coordinator) == 0;
        actor[i] = leads ? b->events.actor[i] : -1;
        found += leads;
    }
    agl_incidence led = {0};
    agl_status status = agl_incidence_new(&led, NULL, b->events.n_events, b->events.n_actors,
                                          b->events.data_rows, b->events.event, actor, 0, err);
    for (int32_t a = 0; status == AGL_OK && a < b->events.n_actors; a++)
        agl__run_num(out, "coordinated")[a] = (double)(led.actor_offset[a + 1] - led.actor_offset[a]);
    if (status == AGL_OK && found == 0)
        agl__run_warn(b->run, "no participation has the role '%s'; name it with --coordinator", coordinator);
    agl_incidence_free(&led);
    free(actor);
    return status;
}

/* The sum, smallest or largest of a role over the rows of each actor. */
static agl_status write_fold(const build *b, agl_table *out, const char *name, const char *role,
                             agl__fold how, agl_error *err) {
    const double *number;
    double *own = NULL;
    agl_status status = agl__events_numbers(&number, &own, &b->events, role, err);
    if (status == AGL_OK && number)
        agl__fold_rows(agl__run_num(out, name), &b->rows_of, number, how);
    else if (status == AGL_OK)
        status = agl__run_drop_column(out, name, err);
    free(own);
    return status;
}

/* Last year of each actor: the largest of the ends, of the starts where there are no ends. */
static agl_status write_amounts(const build *b, agl_table *out, agl_error *err) {
    const char *last = b->events.start && column(b, "end") ? "end" : "start";
    agl_status status = write_fold(b, out, "money", "money", AGL_FOLD_SUM, err);
    if (status == AGL_OK) status = write_fold(b, out, "first_year", "start", AGL_FOLD_MIN, err);
    if (status == AGL_OK) status = write_fold(b, out, "last_year", last, AGL_FOLD_MAX, err);
    return status;
}

/* Distinct partners: the ties are sorted, so slices of one pair follow each other. */
static void count_partners(double *partners, const agl_ties *t) {
    for (size_t i = 0; i < t->n; i++) {
        if (i > 0 && t->source[i] == t->source[i - 1] && t->target[i] == t->target[i - 1]) continue;
        partners[t->source[i]]++;
        partners[t->target[i]]++;
    }
}

static agl_status write_nodes(const build *b, agl_error *err) {
    static const char *const texts[] = {"name", "country", "region"};
    agl_table *out;
    int32_t *id = NULL;
    agl_status status = agl__run_output(&out, b->run, "nodes", (size_t)b->events.n_actors, err);
    if (status == AGL_OK) status = agl__run_key(&id, out, "id", &b->events.actors, err);
    if (status != AGL_OK) return status;
    double *projects = agl__run_num(out, "projects");
    for (int32_t a = 0; a < b->events.n_actors; a++) {
        id[a] = a;
        projects[a] = (double)(b->all.actor_offset[a + 1] - b->all.actor_offset[a]);
    }
    count_partners(agl__run_num(out, "partners"), &b->layers.ties);
    for (size_t k = 0; k < sizeof texts / sizeof *texts && status == AGL_OK; k++)
        status = write_text(b, out, texts[k], err);
    if (status == AGL_OK) status = write_kind(b, out, err);
    if (status == AGL_OK) status = write_place(b, out, err);
    if (status == AGL_OK) status = write_coordinated(b, out, err);
    return status == AGL_OK ? write_amounts(b, out, err) : status;
}

agl_status agl_op_network_build(agl_run *run, agl_error *err) {
    build b = {.run = run};
    agl_status status = agl__events_new(&b.events, run, err);
    if (status == AGL_OK)
        status = agl__rows_by_new(&b.rows_of, b.events.n_actors, b.events.actor, b.events.rows, err);
    if (status == AGL_OK) status = make_ties(&b, err);
    if (status == AGL_OK && agl__run_wants(run, "nodes")) status = write_nodes(&b, err);
    if (status == AGL_OK && agl__run_wants(run, "edges")) status = write_edges(&b, err);
    if (status == AGL_OK && agl__run_wants(run, "layers"))
        status = agl__write_layers(run, &b.events, &b.layers, err);
    if (status == AGL_OK && agl__run_wants(run, "slices"))
        status = agl__write_slices(run, &b.events, &b.all, &b.layers, err);
    agl__rows_by_free(&b.rows_of);
    agl_incidence_free(&b.all);
    agl_incidence_free(&b.kept);
    agl__layers_free(&b.layers);
    agl__events_free(&b.events);
    return status;
}
