#include "base/mem.h"
#include "kernel/graph/graph.h"
#include "op/network/actors.h"
#include "op/network/kinds.h"

#include <math.h>
#include <string.h>
#include <strings.h>

/* What the op works on. Actors are numbered by the order of their codes, projects by their code. */
typedef struct build {
    agl_run *run;
    size_t rows;
    const agl_column *actor_key, *project_key;
    int32_t n_actors, n_projects;
    int32_t *actor;       /* rows: number of the actor */
    int32_t *code;        /* n_actors: code of the actor in its dictionary */
    agl__rows_by rows_of; /* rows of each actor */
    agl_incidence all;    /* every distinct participation */
    agl_incidence kept;   /* without projects that are too large; empty when there is no limit */
    int32_t *start, *end; /* n_projects: years, INT32_MIN when not known; NULL without the role start */
    agl_ties ties;
} build;

static const agl_column *column(const build *b, const char *role) {
    return agl__run_column(b->run, "data", role);
}

/* Numbers the actors that occur; codes that no row uses any more are skipped. */
static agl_status number_actors(build *b, agl_error *err) {
    size_t n_codes = b->actor_key->dict.n;
    int32_t *number = AGL_NEW(int32_t, n_codes);
    b->code = AGL_NEW(int32_t, n_codes);
    b->actor = AGL_NEW(int32_t, b->rows);
    if (!number || !b->code || !b->actor) {
        free(number);
        return agl_fail_memory(err);
    }
    for (size_t i = 0; i < b->rows; i++)
        number[b->actor_key->code[i]] = 1;
    for (size_t c = 0; c < n_codes; c++) {
        if (!number[c]) continue;
        b->code[b->n_actors] = (int32_t)c;
        number[c] = b->n_actors++;
    }
    for (size_t i = 0; i < b->rows; i++)
        b->actor[i] = number[b->actor_key->code[i]];
    free(number);
    b->n_projects = (int32_t)b->project_key->dict.n;
    return agl__rows_by_new(&b->rows_of, b->n_actors, b->actor, b->rows, err);
}

/* A project runs from the earliest start to the latest end (or start) that its rows name. */
static agl_status find_years(build *b, agl_error *err) {
    const agl_column *start = column(b, "start"), *end = column(b, "end");
    if (!start) return AGL_OK;
    b->start = AGL_NEW(int32_t, b->n_projects);
    b->end = AGL_NEW(int32_t, b->n_projects);
    if (!b->start || !b->end) return agl_fail_memory(err);
    for (int32_t p = 0; p < b->n_projects; p++)
        b->start[p] = b->end[p] = INT32_MIN;
    for (size_t i = 0; i < b->rows; i++) {
        int32_t p = b->project_key->code[i];
        double last = end && !isnan(end->num[i]) ? end->num[i] : start->num[i];
        if (!isnan(start->num[i]) && (b->start[p] == INT32_MIN || start->num[i] < b->start[p]))
            b->start[p] = (int32_t)start->num[i];
        if (!isnan(last) && last > b->end[p]) b->end[p] = (int32_t)last;
    }
    for (size_t i = 0; i < b->rows; i++)
        if (b->end[b->project_key->code[i]] < b->start[b->project_key->code[i]])
            return agl__run_fail_row(b->run, "data", i, "end", err, "the project ends before it starts");
    return AGL_OK;
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
    for (int32_t p = 0; p < b->n_projects; p++) {
        size_t k = members_of(inc, p);
        c.projects += members_of(&b->all, p) > 0;
        c.alone += k == 1;
        c.joint += k > 1;
        c.undated += b->start && k > 1 && b->start[p] == INT32_MIN;
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
    if (c.undated > 0 && agl__run_is(b->run, "slice", "year"))
        agl__run_warn(b->run, "%zu of %zu projects have no start year and are left out of the slices",
                      c.undated, c.joint);
    if (c.joint == 0)
        agl__run_warn(
            b->run,
            "no project has two actors, so there are no ties; are the roles project and actor right?");
}

static agl_status make_ties(build *b, agl_error *err) {
    size_t limit = (size_t)agl__run_integer(b->run, "max-members"), too_large = 0;
    bool sliced = agl__run_is(b->run, "slice", "year");
    if (sliced && !b->start)
        return agl_fail(err, AGL_EUSAGE, "--slice year needs the role start; give --col start=COLUMN");
    agl_status status = agl_incidence_new(&b->all, NULL, b->n_projects, b->n_actors, b->rows,
                                          b->project_key->code, b->actor, 0, err);
    if (status == AGL_OK && limit > 0)
        status = agl_incidence_new(&b->kept, &too_large, b->n_projects, b->n_actors, b->rows,
                                   b->project_key->code, b->actor, limit, err);
    if (status != AGL_OK) return status;
    const agl_incidence *inc = limit > 0 ? &b->kept : &b->all;
    warn_of_projects(b, inc, too_large, limit);
    agl_project_facts facts = {.start = b->start, .end = b->end, .slice = sliced ? b->start : NULL};
    return agl_project(&b->ties, inc,
                       agl__run_is(b->run, "weights", "fractional") ? AGL_WEIGHT_FRACTIONAL : AGL_WEIGHT_FULL,
                       agl__run_number(b->run, "min-weight"), &facts, agl__run_ctx(b->run), err);
}

/* ---- edges
 * ---------------------------------------------------------------------------------------------------------
 */

static void fill_years(double *out, const int32_t *year, size_t n) {
    for (size_t i = 0; i < n; i++)
        out[i] = year[i] == INT32_MIN ? (double)NAN : year[i];
}

static agl_status write_edges(const build *b, agl_error *err) {
    const agl_ties *t = &b->ties;
    agl_table *out;
    int32_t *source = NULL, *target = NULL;
    agl_status status = agl__run_output(&out, b->run, "edges", t->n, err);
    if (status == AGL_OK) status = agl__run_key(&source, out, "source", &b->actor_key->dict, err);
    if (status == AGL_OK) status = agl__run_key(&target, out, "target", &b->actor_key->dict, err);
    if (status != AGL_OK) return status;
    for (size_t i = 0; i < t->n; i++) {
        source[i] = b->code[t->source[i]];
        target[i] = b->code[t->target[i]];
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

/* The most frequent value of a text role becomes a column of the same name. */
static agl_status write_text(const build *b, agl_table *out, const char *role, agl_error *err) {
    const agl_column *from = column(b, role);
    if (!from) return agl__run_drop_column(out, role, err);
    int32_t *code = NULL;
    size_t several = 0;
    agl_status status = agl__run_key(&code, out, role, &from->dict, err);
    if (status == AGL_OK) status = agl__most_frequent(code, &several, &b->rows_of, from->code, err);
    if (status == AGL_OK && several > 0)
        agl__run_warn(b->run, "%zu actors have more than one %s; the most frequent was taken", several, role);
    return status;
}

static agl_status write_kind(const build *b, agl_table *out, agl_error *err) {
    const agl_column *from = column(b, "kind");
    if (!from) return agl__run_drop_column(out, "kind", err);
    static const agl_dict five = {.n = AGL_KINDS, .text = (char **)(uintptr_t)agl__kind_names};
    int32_t *of = NULL, *code = NULL, *mapped = AGL_NEW(int32_t, b->rows);
    size_t several = 0;
    agl_status status = mapped ? agl__kinds_of(&of, b->run, &from->dict, err) : agl_fail_memory(err);
    if (status == AGL_OK) status = agl__run_key(&code, out, "kind", &five, err);
    if (status == AGL_OK) {
        for (size_t i = 0; i < b->rows; i++)
            mapped[i] = from->code[i] < 0 ? -1 : of[from->code[i]];
        status = agl__most_frequent(code, &several, &b->rows_of, mapped, err);
    }
    if (status == AGL_OK && several > 0)
        agl__run_warn(b->run, "%zu actors have more than one kind; the most frequent was taken", several);
    free(of);
    free(mapped);
    return status;
}

static agl_status write_place(const build *b, agl_table *out, agl_error *err) {
    const agl_column *lon = column(b, "lon"), *lat = column(b, "lat");
    size_t several = 0;
    if (!lon || !lat) {
        agl_status status = agl__run_drop_column(out, "lon", err);
        return status == AGL_OK ? agl__run_drop_column(out, "lat", err) : status;
    }
    agl_status status = agl__most_frequent_place(agl__run_num(out, "lon"), agl__run_num(out, "lat"), &several,
                                                 &b->rows_of, lon->num, lat->num, err);
    if (status == AGL_OK && several > 0)
        agl__run_warn(b->run, "%zu actors have more than one position; the most frequent was taken", several);
    return status;
}

/* Projects in which the actor has the role of coordinator. */
static agl_status write_coordinated(const build *b, agl_table *out, agl_error *err) {
    const agl_column *role = column(b, "role");
    if (!role) return agl__run_drop_column(out, "coordinated", err);
    const char *coordinator = agl__run_text(b->run, "coordinator");
    int32_t *actor = AGL_NEW(int32_t, b->rows);
    if (!actor) return agl_fail_memory(err);
    size_t found = 0;
    for (size_t i = 0; i < b->rows; i++) {
        bool leads = role->code[i] >= 0 && strcasecmp(role->dict.text[role->code[i]], coordinator) == 0;
        actor[i] = leads ? b->actor[i] : -1;
        found += leads;
    }
    agl_incidence led = {0};
    agl_status status = agl_incidence_new(&led, NULL, b->n_projects, b->n_actors, b->rows,
                                          b->project_key->code, actor, 0, err);
    for (int32_t a = 0; status == AGL_OK && a < b->n_actors; a++)
        agl__run_num(out, "coordinated")[a] = (double)(led.actor_offset[a + 1] - led.actor_offset[a]);
    if (status == AGL_OK && found == 0)
        agl__run_warn(b->run, "no participation has the role '%s'; name it with --coordinator", coordinator);
    agl_incidence_free(&led);
    free(actor);
    return status;
}

static agl_status write_amounts(const build *b, agl_table *out, agl_error *err) {
    const agl_column *money = column(b, "money"), *start = column(b, "start"), *end = column(b, "end");
    agl_status status = AGL_OK;
    if (money)
        agl__fold_rows(agl__run_num(out, "money"), &b->rows_of, money->num, AGL_FOLD_SUM);
    else
        status = agl__run_drop_column(out, "money", err);
    if (start && status == AGL_OK) {
        double *first = agl__run_num(out, "first_year"), *last = agl__run_num(out, "last_year");
        agl__fold_rows(first, &b->rows_of, start->num, AGL_FOLD_MIN);
        agl__fold_rows(last, &b->rows_of, end ? end->num : start->num, AGL_FOLD_MAX);
        return AGL_OK;
    }
    if (status == AGL_OK) status = agl__run_drop_column(out, "first_year", err);
    return status == AGL_OK ? agl__run_drop_column(out, "last_year", err) : status;
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
    agl_status status = agl__run_output(&out, b->run, "nodes", (size_t)b->n_actors, err);
    if (status == AGL_OK) status = agl__run_key(&id, out, "id", &b->actor_key->dict, err);
    if (status != AGL_OK) return status;
    double *projects = agl__run_num(out, "projects");
    for (int32_t a = 0; a < b->n_actors; a++) {
        id[a] = b->code[a];
        projects[a] = (double)(b->all.actor_offset[a + 1] - b->all.actor_offset[a]);
    }
    count_partners(agl__run_num(out, "partners"), &b->ties);
    for (size_t k = 0; k < sizeof texts / sizeof *texts && status == AGL_OK; k++)
        status = write_text(b, out, texts[k], err);
    if (status == AGL_OK) status = write_kind(b, out, err);
    if (status == AGL_OK) status = write_place(b, out, err);
    if (status == AGL_OK) status = write_coordinated(b, out, err);
    return status == AGL_OK ? write_amounts(b, out, err) : status;
}

agl_status agl_op_network_build(agl_run *run, agl_error *err) {
    build b = {.run = run,
               .rows = agl__run_input(run, "data")->rows,
               .actor_key = agl__run_column(run, "data", "actor"),
               .project_key = agl__run_column(run, "data", "project")};
    agl_status status = number_actors(&b, err);
    if (status == AGL_OK) status = find_years(&b, err);
    if (status == AGL_OK) status = make_ties(&b, err);
    if (status == AGL_OK && agl__run_wants(run, "nodes")) status = write_nodes(&b, err);
    if (status == AGL_OK && agl__run_wants(run, "edges")) status = write_edges(&b, err);
    free(b.actor);
    free(b.code);
    free(b.start);
    free(b.end);
    agl__rows_by_free(&b.rows_of);
    agl_incidence_free(&b.all);
    agl_incidence_free(&b.kept);
    agl_ties_free(&b.ties);
    return status;
}
