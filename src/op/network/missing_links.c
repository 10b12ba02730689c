#include "op/network/missing_links.h"

#include "base/mem.h"
#include "op/network/kinds.h"

#include <math.h>
#include <string.h>
#include <strings.h>

static const agl_column *column(const agl__missing_links *m, const char *role) {
    return agl__run_column(m->run, "data", role);
}

void agl__missing_links_free(agl__missing_links *m) {
    agl__ids_free(&m->projects);
    agl__ids_free(&m->topics);
    agl__rows_by_free(&m->rows_of);
    agl_incidence_free(&m->participation);
    agl_incidence_free(&m->topic_of);
    free(m->project);
    free(m->year);
    free(m->topic_project);
    free(m->topic);
    free(m->side);
    free(m->scope);
    free(m->kind);
    free(m->country);
    free(m->region);
    free(m->name);
    free(m->lon);
    free(m->lat);
    agl_recommendations_free(m->result);
}

const char *agl__missing_links_name(const agl__missing_links *m, int32_t actor) {
    const agl_column *name = column(m, "name");
    if (m->name && m->name[actor] >= 0) return name->dict.text[m->name[actor]];
    return column(m, "actor")->dict.text[actor];
}

/* ---- projects --------------------------------------------------------------------------------------------
 */

static agl_status read_projects(agl__missing_links *m, agl_error *err) {
    const agl_table *data = agl__run_input(m->run, "data"), *topics = agl__run_input(m->run, "topics");
    const agl_column *columns[] = {column(m, "project"), agl__run_column(m->run, "topics", "project")};
    const size_t rows[] = {data->rows, topics ? topics->rows : 0};
    agl_status status = agl__ids_new(&m->projects, columns, rows, 2, err);
    if (status != AGL_OK) return status;
    int32_t n = (int32_t)m->projects.dict.n;
    m->project = AGL_NEW(int32_t, data->rows);
    m->year = AGL_NEW(int32_t, n);
    if (!m->project || !m->year) return agl_fail_memory(err);
    for (int32_t p = 0; p < n; p++)
        m->year[p] = INT32_MIN;
    const agl_column *start = column(m, "start");
    for (size_t i = 0; i < data->rows; i++) { /* a project starts in the earliest year that its rows name */
        int32_t p = m->project[i] = m->projects.of[0][columns[0]->code[i]];
        if (!isnan(start->num[i]) && (m->year[p] == INT32_MIN || start->num[i] < m->year[p]))
            m->year[p] = (int32_t)start->num[i];
    }
    m->data.n_projects = n;
    m->data.n_actors = (int32_t)column(m, "actor")->dict.n;
    m->data.rows = data->rows;
    m->data.project = m->project;
    m->data.actor = column(m, "actor")->code;
    m->data.year = m->year;
    return agl__rows_by_new(&m->rows_of, m->data.n_actors, m->data.actor, data->rows, err);
}

/* Projects by why they are not used. */
typedef struct left_out {
    size_t large, undated, late;
    size_t rows;    /* participations lost */
    size_t largest; /* actors of the largest project */
} left_out;

/* Takes the year of projects that are not to be used. */
static left_out take_years(agl__missing_links *m, const agl_incidence *all, size_t limit) {
    left_out c = {0};
    bool bounded = agl__run_text(m->run, "until") != NULL;
    int64_t until = bounded ? agl__run_integer(m->run, "until") : INT32_MAX;
    for (int32_t p = 0; p < all->n_projects; p++) {
        size_t members = all->project_offset[p + 1] - all->project_offset[p];
        if (members == 0) continue;
        bool large = limit > 0 && members > limit, undated = m->year[p] == INT32_MIN,
             late = m->year[p] > until;
        if (members > c.largest) c.largest = members;
        c.undated += undated;
        c.large += large;
        c.late += late;
        if (!undated && !large && !late) continue;
        c.rows += members;
        m->year[p] = INT32_MIN;
    }
    return c;
}

static void warn_of_projects(const agl__missing_links *m, const left_out *c, size_t duplicates,
                             size_t limit) {
    if (duplicates > 0)
        agl__run_warn(m->run,
                      "%zu participations repeat an actor in a project; an actor counts once in a project",
                      duplicates);
    if (c->undated > 0)
        agl__run_warn(m->run, "%zu projects have no start year and were left out", c->undated);
    if (c->large > 0)
        agl__run_warn(m->run, "%zu projects with more than %zu actors were left out", c->large, limit);
    if (c->late > 0)
        agl__run_warn(m->run, "%zu projects start after %s and were left out", c->late,
                      agl__run_text(m->run, "until"));
    if (limit == 0 && c->largest > 1000)
        agl__run_warn(m->run, "the largest project has %zu actors and ties all of them; see --max-members",
                      c->largest);
}

/* Leaves out the projects that are not to be used, and says why. */
static agl_status leave_out_projects(agl__missing_links *m, agl_error *err) {
    agl_incidence all;
    agl_status status = agl_incidence_new(&all, NULL, m->data.n_projects, m->data.n_actors, m->data.rows,
                                          m->project, m->data.actor, 0, err);
    if (status != AGL_OK) return status;
    size_t limit = (size_t)agl__run_integer(m->run, "max-members");
    left_out c = take_years(m, &all, limit);
    warn_of_projects(m, &c, all.duplicates, limit);
    agl__run_rows(m->run, m->data.rows - c.rows, c.rows);
    agl_incidence_free(&all);
    int32_t *used = AGL_NEW(int32_t, m->data.rows);
    if (!used) return agl_fail_memory(err);
    for (size_t i = 0; i < m->data.rows; i++)
        used[i] = m->year[m->project[i]] == INT32_MIN ? -1 : m->data.actor[i];
    status = agl_incidence_new(&m->participation, NULL, m->data.n_projects, m->data.n_actors, m->data.rows,
                               m->project, used, 0, err);
    free(used);
    return status;
}

/* ---- topics ----------------------------------------------------------------------------------------------
 */

/* Topics come from a table of their own, where a project can have several, and from the participations. */
static agl_status read_topics(agl__missing_links *m, agl_error *err) {
    const agl_table *data = agl__run_input(m->run, "data"), *table = agl__run_input(m->run, "topics");
    const agl_column *columns[] = {column(m, "topic"), agl__run_column(m->run, "topics", "topic")};
    const agl_column *of = agl__run_column(m->run, "topics", "project");
    const size_t rows[] = {columns[0] ? data->rows : 0, table ? table->rows : 0};
    agl_status status = agl__ids_new(&m->topics, columns, rows, 2, err);
    if (status != AGL_OK) return status;
    m->topic_project = AGL_NEW(int32_t, rows[0] + rows[1]);
    m->topic = AGL_NEW(int32_t, rows[0] + rows[1]);
    if (!m->topic_project || !m->topic) return agl_fail_memory(err);
    size_t n = 0;
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < rows[k]; i++) {
            if (columns[k]->code[i] < 0) continue;
            m->topic_project[n] = k == 0 ? m->project[i] : m->projects.of[1][of->code[i]];
            m->topic[n++] = m->topics.of[k][columns[k]->code[i]];
        }
    m->data.topic_rows = n;
    m->data.topic_project = m->topic_project;
    m->data.topic = m->topic;
    m->data.n_topics = (int32_t)m->topics.dict.n;
    return agl_incidence_new(&m->topic_of, NULL, m->data.n_projects, m->data.n_topics, n, m->topic_project,
                             m->topic, 0, err);
}

/* ---- actors ----------------------------------------------------------------------------------------------
 */

/* Most frequent value of a role by actor; *out stays NULL when the role is not bound. */
static agl_status read_code(int32_t **out, const agl__missing_links *m, const char *role, agl_error *err) {
    const agl_column *from = column(m, role);
    size_t several = 0;
    if (!from) return AGL_OK;
    *out = AGL_NEW(int32_t, m->data.n_actors);
    if (!*out) return agl_fail_memory(err);
    agl_status status = agl__most_frequent(*out, &several, &m->rows_of, from->code, err);
    if (status == AGL_OK && several > 0)
        agl__run_warn(m->run, "%zu actors have more than one %s; the most frequent was taken", several, role);
    return status;
}

static agl_status read_kinds(agl__missing_links *m, agl_error *err) {
    const agl_column *from = column(m, "kind");
    if (!from) return AGL_OK;
    int32_t *of = NULL, *mapped = AGL_NEW(int32_t, m->data.rows);
    size_t several = 0;
    m->kind = AGL_NEW(int32_t, m->data.n_actors);
    agl_status status =
        mapped && m->kind ? agl__kinds_of(&of, m->run, &from->dict, err) : agl_fail_memory(err);
    for (size_t i = 0; status == AGL_OK && i < m->data.rows; i++)
        mapped[i] = from->code[i] < 0 ? -1 : of[from->code[i]];
    if (status == AGL_OK) status = agl__most_frequent(m->kind, &several, &m->rows_of, mapped, err);
    if (status == AGL_OK && several > 0)
        agl__run_warn(m->run, "%zu actors have more than one kind; the most frequent was taken", several);
    free(of);
    free(mapped);
    return status;
}

static int32_t kind_named(const char *name, size_t length) {
    for (int32_t k = 0; k < AGL_KINDS; k++)
        if (strlen(agl__kind_names[k]) == length && strncasecmp(name, agl__kind_names[k], length) == 0)
            return k;
    return -1;
}

/* Which actors may be first and second, by --pairs. */
static agl_status read_sides(agl__missing_links *m, agl_error *err) {
    const char *pairs = agl__run_text(m->run, "pairs");
    m->side = AGL_NEW(uint8_t, m->data.n_actors);
    if (!m->side) return agl_fail_memory(err);
    m->data.side = m->side;
    if (!pairs || !*pairs) {
        memset(m->side, 3, (size_t)m->data.n_actors);
        return AGL_OK;
    }
    size_t length = strcspn(pairs, "-");
    int32_t first = kind_named(pairs, length);
    int32_t second = pairs[length] == '-' ? kind_named(pairs + length + 1, strlen(pairs + length + 1)) : -1;
    if (first < 0 || second < 0)
        return agl_fail(err, AGL_EUSAGE,
                        "--pairs %s: give two kinds, e.g. firm-university; the kinds are firm, government, "
                        "institute, other and university",
                        pairs);
    if (!m->kind) return agl_fail(err, AGL_EUSAGE, "--pairs needs the role kind; give --col kind=COLUMN");
    m->ordered = first != second;
    for (int32_t a = 0; a < m->data.n_actors; a++)
        m->side[a] = (uint8_t)((m->kind[a] == first) | (m->kind[a] == second) << 1);
    return AGL_OK;
}

static agl_status read_places(agl__missing_links *m, agl_error *err) {
    const agl_column *lon = column(m, "lon"), *lat = column(m, "lat");
    const int32_t *place = m->country ? m->country : m->region;
    size_t several = 0;
    m->data.place = place;
    if (place) m->data.n_places = (int32_t)column(m, m->country ? "country" : "region")->dict.n;
    if (!lon || !lat) return AGL_OK;
    m->lon = AGL_NEW(double, m->data.n_actors);
    m->lat = AGL_NEW(double, m->data.n_actors);
    if (!m->lon || !m->lat) return agl_fail_memory(err);
    agl_status status =
        agl__most_frequent_place(m->lon, m->lat, &several, &m->rows_of, lon->num, lat->num, err);
    if (status == AGL_OK && several > 0)
        agl__run_warn(m->run, "%zu actors have more than one position; the most frequent was taken", several);
    m->data.lon = m->lon;
    m->data.lat = m->lat;
    return status;
}

/* ---- scope -----------------------------------------------------------------------------------------------
 */

static agl_status limit_to_region(agl__missing_links *m, const char *region, agl_error *err) {
    const char *role = m->region ? "region" : "country";
    const int32_t *of = m->region ? m->region : m->country;
    if (!of) return agl_fail(err, AGL_EUSAGE, "--region needs the role region or country; see --col");
    int32_t code = agl_dict_find(&column(m, role)->dict, region);
    size_t found = 0;
    for (int32_t a = 0; a < m->data.n_actors; a++) {
        bool inside = code >= 0 && of[a] == code;
        m->scope[a] = m->scope[a] && inside;
        found += inside;
    }
    return found > 0 ? AGL_OK : agl_fail(err, AGL_EUSAGE, "--region %s: no actor has this %s", region, role);
}

static agl_status read_scope(agl__missing_links *m, agl_error *err) {
    const char *actor = agl__run_text(m->run, "actor"), *region = agl__run_text(m->run, "region");
    if (!actor && !region) return AGL_OK;
    m->scope = AGL_NEW(uint8_t, m->data.n_actors);
    if (!m->scope) return agl_fail_memory(err);
    memset(m->scope, 1, (size_t)m->data.n_actors);
    m->options.scope = m->scope;
    if (actor) {
        int32_t a = agl_dict_find(&column(m, "actor")->dict, actor);
        if (a < 0) return agl_fail(err, AGL_EUSAGE, "--actor %s: there is no actor of this code", actor);
        if (m->side[a] == 0)
            return agl_fail(err, AGL_EUSAGE, "--actor %s is of neither kind of --pairs %s", actor,
                            agl__run_text(m->run, "pairs"));
        memset(m->scope, 0, (size_t)m->data.n_actors);
        m->scope[a] = 1;
    }
    return region ? limit_to_region(m, region, err) : AGL_OK;
}

static agl_status read_limits(agl__missing_links *m, agl_error *err) {
    agl_run *run = m->run;
    agl_recommend_options *o = &m->options;
    if (agl__run_text(run, "train-until")) o->train_until = (int32_t)agl__run_integer(run, "train-until");
    o->horizon = (int32_t)agl__run_integer(run, "horizon");
    o->replicates = (size_t)agl__run_integer(run, "replicates");
    o->pair_budget = agl__run_number(run, "pair-budget");
    o->top = (size_t)agl__run_integer(run, "top");
    o->per_actor = (size_t)agl__run_integer(run, "per-actor");
    o->capacity = (size_t)agl__run_integer(run, "capacity");
    double km = agl__run_number(run, "max-km");
    if (!isnan(km)) {
        if (!m->lon) return agl_fail(err, AGL_EUSAGE, "--max-km needs positions; bind the roles lon and lat");
        o->max_km = km;
    }
    o->apart = agl__run_is(run, "regions", "same") ? 1 : agl__run_is(run, "regions", "different") ? 2 : 0;
    o->group = m->region ? m->region : m->country;
    if (o->apart != 0 && !o->group)
        return agl_fail(err, AGL_EUSAGE, "--regions needs the role region or country; see --col");
    return AGL_OK;
}

agl_status agl__missing_links_read(agl__missing_links *m, agl_run *run, agl_error *err) {
    *m = (agl__missing_links){.run = run, .options = AGL_RECOMMEND_OPTIONS_INIT};
    agl_status status = read_projects(m, err);
    if (status == AGL_OK) status = leave_out_projects(m, err);
    if (status == AGL_OK) status = read_topics(m, err);
    if (status == AGL_OK) status = read_kinds(m, err);
    if (status == AGL_OK) status = read_code(&m->country, m, "country", err);
    if (status == AGL_OK) status = read_code(&m->region, m, "region", err);
    if (status == AGL_OK) status = read_code(&m->name, m, "name", err);
    if (status == AGL_OK) status = read_sides(m, err);
    if (status == AGL_OK) status = read_places(m, err);
    if (status == AGL_OK) status = read_scope(m, err);
    if (status == AGL_OK) status = read_limits(m, err);
    if (column(m, "money")) m->data.money = column(m, "money")->num;
    return status;
}
