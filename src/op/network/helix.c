#include "agglo/helix.h"
#include "base/mem.h"
#include "base/sum.h"
#include "op/network/kinds.h"

#include <math.h>
#include <string.h>
#include <strings.h>

enum { CELLS = AGL_HELIX_CELLS, NO_KIND = AGL_KINDS };

/* One participation, ready to be sorted into units: the part of a project that lies in one group. */
typedef struct item {
    int32_t group, project, actor, kind;
} item;

/* What one group adds up to. */
typedef struct group {
    double
        cell[CELLS]; /* units by the helices that take part; cell 0, none of them, only with --include-none */
    double none;     /* units with none of them in any case */
    double ties;     /* pairs of actors of known kind in one unit */
    double mixed;    /* those of different kinds */
} group;

typedef struct helix {
    agl_run *run;
    bool include_none;
    int helix_of[AGL_KINDS]; /* bit of the helix to which a kind belongs, 0 = none */
    item *items;
    size_t n_items;
    size_t split; /* projects with actors in several groups */
    int32_t n_groups;
    const agl_dict *names; /* of the groups, NULL without the role */
    group *groups;
} helix;

/* ---- options
 * ------------------------------------------------------------------------------------------------------- */

/* Marks the kinds in a comma-separated option as members of a helix. */
static agl_status read_helix(helix *h, const char *option, int bit, agl_error *err) {
    const char *list = agl__run_text(h->run, option);
    while (*list) {
        size_t length = strcspn(list, ", ");
        int32_t kind = -1;
        for (int32_t k = 0; k < AGL_KINDS; k++)
            if (strlen(agl__kind_names[k]) == length && strncasecmp(list, agl__kind_names[k], length) == 0)
                kind = k;
        if (length > 0 && kind < 0)
            return agl_fail(
                err, AGL_EUSAGE,
                "option --%s: '%.*s' is no kind; use firm, university, institute, government or other",
                option, (int)length, list);
        if (length > 0 && h->helix_of[kind] != 0)
            return agl_fail(err, AGL_EUSAGE, "option --%s: %s already belongs to another of the three",
                            option, agl__kind_names[kind]);
        if (length > 0) h->helix_of[kind] = bit;
        list += length;
        list += strspn(list, ", ");
    }
    return AGL_OK;
}

/* ---- counting
 * ------------------------------------------------------------------------------------------------------ */

static int by_unit(const void *a, const void *b) {
    const item *p = a, *q = b;
    if (p->group != q->group) return p->group < q->group ? -1 : 1;
    if (p->project != q->project) return p->project < q->project ? -1 : 1;
    if (p->actor != q->actor) return p->actor < q->actor ? -1 : 1;
    return (p->kind > q->kind) - (p->kind < q->kind);
}

/* Rows as items in the order of their units. Without actors every row is an actor of its own. */
static agl_status read_items(helix *h, agl_error *err) {
    const agl_table *data = agl__run_input(h->run, "data");
    const agl_column *project = agl_table_column(data, "project"), *kind = agl_table_column(data, "kind");
    const agl_column *in = agl_table_column(data, "group"), *actor = agl_table_column(data, "actor");
    int32_t *of = NULL;
    size_t loose = 0, ungrouped = 0;
    h->items = AGL_NEW(item, data->rows);
    agl_status status = h->items ? agl__kinds_of(&of, h->run, &kind->dict, err) : agl_fail_memory(err);
    for (size_t i = 0; status == AGL_OK && i < data->rows; i++) {
        if (in && in->code[i] < 0) {
            ungrouped++;
            continue;
        }
        loose += kind->code[i] < 0;
        h->items[h->n_items++] =
            (item){.group = in ? in->code[i] : 0,
                   .project = project->code[i],
                   .actor = actor && actor->code[i] >= 0 ? actor->code[i] : -1 - (int32_t)i,
                   .kind = kind->code[i] < 0 ? NO_KIND : of[kind->code[i]]};
    }
    free(of);
    if (status != AGL_OK) return status;
    h->names = in ? &in->dict : NULL;
    h->n_groups = in ? (int32_t)in->dict.n : 1;
    agl__run_rows(h->run, h->n_items, ungrouped);
    if (ungrouped > 0) agl__run_warn(h->run, "%zu participations without a group were left out", ungrouped);
    if (loose > 0)
        agl__run_warn(h->run, "%zu participations have no kind; they count for none of the three", loose);
    qsort(h->items, h->n_items, sizeof *h->items, by_unit);
    return AGL_OK;
}

/* One unit: items begin..end-1, sorted by actor. An actor counts once, by the kind of its first row with one.
 */
static void count_unit(helix *h, size_t begin, size_t end) {
    group *g = &h->groups[h->items[begin].group];
    double of_kind[AGL_KINDS] = {0}, actors = 0, pairs = 0;
    int present = 0;
    for (size_t i = begin; i < end; i++) {
        if (i > begin && h->items[i].actor == h->items[i - 1].actor) continue;
        if (h->items[i].kind == NO_KIND) continue;
        of_kind[h->items[i].kind]++;
        actors++;
        present |= h->helix_of[h->items[i].kind];
    }
    g->none += present == 0;
    if (present != 0 || h->include_none) g->cell[present]++;
    for (int k = 0; k < AGL_KINDS; k++)
        pairs += of_kind[k] * (of_kind[k] - 1) / 2;
    g->ties += actors * (actors - 1) / 2;
    g->mixed += actors * (actors - 1) / 2 - pairs;
}

static agl_status count(helix *h, agl_error *err) {
    const agl_column *project = agl__run_column(h->run, "data", "project");
    uint8_t *groups_of = AGL_NEW(uint8_t, project->dict.n); /* of each project: none, one, or more */
    h->groups = AGL_NEW(group, h->n_groups);
    if (!h->groups || !groups_of) {
        free(groups_of);
        return agl_fail_memory(err);
    }
    for (size_t begin = 0, end; begin < h->n_items; begin = end) {
        for (end = begin + 1; end < h->n_items && h->items[end].group == h->items[begin].group &&
                              h->items[end].project == h->items[begin].project;)
            end++;
        count_unit(h, begin, end);
        uint8_t *seen = &groups_of[h->items[begin].project];
        h->split += *seen == 1;
        if (*seen < 2) ++*seen;
    }
    free(groups_of);
    return AGL_OK;
}

/* ---- output
 * -------------------------------------------------------------------------------------------------------- */

static double units_of(const group *g) {
    double n = 0;
    for (int cell = 0; cell < CELLS; cell++)
        n += g->cell[cell];
    return n;
}

static void put(agl_table *out, size_t row, const char *column, double value) {
    agl__run_num(out, column)[row] = value;
}

/* The columns that groups and the total share. */
static void put_counts(agl_table *out, size_t row, const group *g) {
    static const char *const cells[CELLS] = {NULL, "u", "i", "ui", "g", "ug", "ig", "uig"};
    for (int cell = 1; cell < CELLS; cell++)
        put(out, row, cells[cell], g->cell[cell]);
    put(out, row, "none", g->none);
    put(out, row, "projects", units_of(g));
    put(out, row, "ties", g->ties);
    put(out, row, "cross_kind_share", g->ties > 0 ? g->mixed / g->ties : (double)NAN);
    put(out, row, "independent_mbit", 1000 * agl_helix_independent(g->cell));
}

static void put_value(agl_table *out, size_t row, const agl_helix_value *v) {
    put(out, row, "t_mbit", 1000 * v->plain);
    put(out, row, "t_corrected_mbit", 1000 * v->corrected);
    put(out, row, "t_lo_mbit", 1000 * v->lo);
    put(out, row, "t_hi_mbit", 1000 * v->hi);
}

static agl_status write_groups(helix *h, const agl_helix_value *values, double all, agl_error *err) {
    int32_t rows = 0, row = 0, *code = NULL;
    for (int32_t g = 0; g < h->n_groups; g++)
        rows += units_of(&h->groups[g]) + h->groups[g].none > 0;
    agl_table *out;
    agl_status status = agl__run_output(&out, h->run, "groups", (size_t)rows, err);
    if (status == AGL_OK) status = agl__run_key(&code, out, "group", h->names, err);
    if (status != AGL_OK) return status;
    for (int32_t g = 0; g < h->n_groups; g++) {
        double units = units_of(&h->groups[g]);
        if (units + h->groups[g].none <= 0) continue;
        code[row] = g;
        put_counts(out, (size_t)row, &h->groups[g]);
        put_value(out, (size_t)row, &values[g]);
        put(out, (size_t)row, "contribution_mbit", units > 0 ? units / all * 1000 * values[g].plain : 0);
        row++;
    }
    return AGL_OK;
}

static agl_status write_total(helix *h, const agl_helix_value *total, const agl_helix_value *between,
                              agl_error *err) {
    static const char *const columns[] = {
        "between_mbit", "between_corrected_mbit", "between_lo_mbit", "between_hi_mbit", "groups", "split"};
    group sum = {0};
    double with_units = 0;
    for (int32_t g = 0; g < h->n_groups; g++) {
        for (int cell = 0; cell < CELLS; cell++)
            sum.cell[cell] += h->groups[g].cell[cell];
        sum.none += h->groups[g].none;
        sum.ties += h->groups[g].ties;
        sum.mixed += h->groups[g].mixed;
        with_units += units_of(&h->groups[g]) > 0;
    }
    agl_table *out;
    agl_status status = agl__run_output(&out, h->run, "total", 1, err);
    if (status != AGL_OK) return status;
    put_counts(out, 0, &sum);
    put_value(out, 0, total);
    if (h->names) {
        put(out, 0, "between_mbit", 1000 * between->plain);
        put(out, 0, "between_corrected_mbit", 1000 * between->corrected);
        put(out, 0, "between_lo_mbit", 1000 * between->lo);
        put(out, 0, "between_hi_mbit", 1000 * between->hi);
        put(out, 0, "groups", with_units);
        put(out, 0, "split", (double)h->split);
        return AGL_OK;
    }
    for (size_t k = 0; k < sizeof columns / sizeof *columns && status == AGL_OK; k++)
        status = agl__run_drop_column(out, columns[k], err);
    return status;
}

/* Small tables give unsteady values; say how many. */
static void warn_of_size(const helix *h, double all) {
    int32_t small = 0, with_units = 0;
    for (int32_t g = 0; g < h->n_groups; g++) {
        double units = units_of(&h->groups[g]);
        with_units += units > 0;
        small += units > 0 && units < 100;
    }
    if (small > 0 && h->names)
        agl__run_warn(
            h->run,
            "%d of %d groups have fewer than 100 projects with any of the three; their intervals are wide",
            small, with_units);
    else if (small > 0)
        agl__run_warn(h->run, "only %.0f projects have any of the three; the interval is wide", all);
}

static agl_status compute(helix *h, agl_error *err) {
    size_t n = (size_t)h->n_groups;
    agl_helix_options options = AGL_HELIX_OPTIONS_INIT;
    options.replicates = (int32_t)agl__run_integer(h->run, "replicates");
    agl_helix_value *values = AGL_NEW(agl_helix_value, n), total, between;
    double *counts = AGL_NEW(double, n *CELLS), all = 0;
    agl_status status = values && counts ? AGL_OK : agl_fail_memory(err);
    for (size_t g = 0; status == AGL_OK && g < n; g++) {
        memcpy(counts + g * CELLS, h->groups[g].cell, sizeof h->groups[g].cell);
        all += units_of(&h->groups[g]);
    }
    if (status == AGL_OK && all == 0)
        status = agl_fail(err, AGL_EDATA,
                          "no project has a university, an industry or a government actor; is the role kind "
                          "right? Give its codes with --kinds");
    if (status == AGL_OK)
        status = agl_helix(values, &total, &between, counts, n, &options, agl__run_ctx(h->run), err);
    if (status == AGL_OK && h->names && agl__run_wants(h->run, "groups"))
        status = write_groups(h, values, all, err);
    if (status == AGL_OK) status = write_total(h, &total, &between, err);
    if (status == AGL_OK) warn_of_size(h, all);
    free(values);
    free(counts);
    return status;
}

agl_status agl_op_network_helix(agl_run *run, agl_error *err) {
    helix h = {.run = run, .include_none = agl__run_flag(run, "include-none")};
    agl_status status = read_helix(&h, "university", AGL_HELIX_UNIVERSITY, err);
    if (status == AGL_OK) status = read_helix(&h, "industry", AGL_HELIX_INDUSTRY, err);
    if (status == AGL_OK) status = read_helix(&h, "government", AGL_HELIX_GOVERNMENT, err);
    if (status == AGL_OK) status = read_items(&h, err);
    if (status == AGL_OK) status = count(&h, err);
    if (status == AGL_OK) status = compute(&h, err);
    free(h.items);
    free(h.groups);
    return status;
}
