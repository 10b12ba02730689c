#include "op/network/carriers.h"
#include "agglo/brokerage.h"
#include "base/mem.h"
#include "kernel/graph/graph.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The criteria of the score, in the order of the columns. */
enum { CORE, REACH, ACROSS, KNOWLEDGE, EXPERIENCE, CRITERIA };
static const char *const column_of[CRITERIA] = {"core", "effective_size", "across_pairs",
                                                "knowledge_partners", "coordinated"};
/* A criterion becomes a reason for the first of the candidates in it, and for those among the top tenth. */
static const double remarkable = 0.9;

typedef struct carriers {
    agl_run *run;
    const agl__carrier_facts *facts;
    size_t n;
    int32_t *node;           /* candidates */
    double *value[CRITERIA]; /* n; NULL when the data do not tell */
    double *rank[CRITERIA];  /* n: percentile among the candidates */
    size_t *place[CRITERIA]; /* n: 1 + the candidates of a larger value */
    double *score;           /* n: mean of the percentiles */
    size_t *order;           /* by falling score */
} carriers;

/* ---- candidates and criteria ------------------------------------------------------------------ */

static bool allocate(carriers *c, size_t n) {
    c->node = AGL_NEW(int32_t, n);
    c->score = AGL_NEW(double, n);
    c->order = AGL_NEW(size_t, n);
    bool ok = c->node && c->score && c->order;
    for (int k = 0; k < CRITERIA; k++) {
        c->value[k] = AGL_NEW(double, n);
        c->rank[k] = AGL_NEW(double, n);
        c->place[k] = AGL_NEW(size_t, n);
        ok = ok && c->value[k] && c->rank[k] && c->place[k];
    }
    return ok;
}

static void free_carriers(carriers *c) {
    free(c->node);
    free(c->score);
    free(c->order);
    for (int k = 0; k < CRITERIA; k++) {
        free(c->value[k]);
        free(c->rank[k]);
        free(c->place[k]);
    }
}

static void forget(carriers *c, int criterion) {
    free(c->value[criterion]);
    c->value[criterion] = NULL;
}

/* Candidates: nodes with a tie, of the kind asked for where kinds are known. */
static agl_status find_candidates(carriers *c, const int32_t *kind, const agl_dict *kinds, agl_error *err) {
    const agl_graph *g = c->facts->ties;
    const char *wanted = agl__run_text(c->run, "carrier");
    int32_t code = kinds ? agl_dict_find(kinds, wanted) : -1;
    if (kinds && code < 0)
        return agl_fail(err, AGL_EDATA,
                        "no node is of the kind '%s' that --carrier asks for; see the role kind of the nodes",
                        wanted);
    for (int32_t v = 0; v < g->n; v++)
        if (agl__degree(g, v) > 0 && (!kinds || kind[v] == code)) c->node[c->n++] = v;
    return AGL_OK;
}

/* Partners that are universities or institutes. */
static double knowledge_partners(const agl_graph *g, int32_t v, const int32_t *kind, int32_t university,
                                 int32_t institute) {
    double n = 0;
    for (size_t a = g->offset[v]; a < g->offset[v + 1]; a++) {
        int32_t k = kind[g->neighbour[a]];
        n += k >= 0 && (k == university || k == institute);
    }
    return n;
}

static void set_values(carriers *c, const int32_t *kind, const agl_dict *kinds) {
    const agl__carrier_facts *f = c->facts;
    const agl_column *experience = f->in->nodes ? agl_table_column(f->in->nodes, "coordinated") : NULL;
    int32_t university = kinds ? agl_dict_find(kinds, "university") : -1;
    int32_t institute = kinds ? agl_dict_find(kinds, "institute") : -1;
    for (size_t i = 0; i < c->n; i++) {
        int32_t v = c->node[i];
        size_t row = f->in->node_row[v];
        c->value[CORE][i] = f->core[v];
        c->value[REACH][i] = f->effective_size[v];
        c->value[ACROSS][i] = f->across ? f->across[v] : NAN;
        c->value[KNOWLEDGE][i] = kinds ? knowledge_partners(f->ties, v, kind, university, institute) : NAN;
        c->value[EXPERIENCE][i] = experience && row != SIZE_MAX ? experience->num[row] : NAN;
    }
    if (!f->across) forget(c, ACROSS);
    if (university < 0 && institute < 0) forget(c, KNOWLEDGE);
    if (!experience) forget(c, EXPERIENCE);
}

typedef struct ranked {
    double score;
    int32_t node;
    size_t at;
} ranked;

static int by_score(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    if (x->score != y->score) return x->score > y->score ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

/* place[i] = 1 + the candidates whose value is larger. */
static agl_status find_places(carriers *c, int criterion, agl_error *err) {
    ranked *rank = AGL_NEW(ranked, c->n);
    if (!rank) return agl_fail_memory(err);
    for (size_t i = 0; i < c->n; i++)
        rank[i] = (ranked){isnan(c->value[criterion][i]) ? -INFINITY : c->value[criterion][i], c->node[i], i};
    qsort(rank, c->n, sizeof *rank, by_score);
    for (size_t i = 0; i < c->n; i++) {
        bool equal = i > 0 && rank[i].score == rank[i - 1].score;
        c->place[criterion][rank[i].at] = equal ? c->place[criterion][rank[i - 1].at] : i + 1;
    }
    free(rank);
    return AGL_OK;
}

static agl_status rank_candidates(carriers *c, agl_error *err) {
    agl_status status = AGL_OK;
    ranked *rank = AGL_NEW(ranked, c->n);
    if (!rank) return agl_fail_memory(err);
    for (int k = 0; k < CRITERIA && status == AGL_OK; k++) {
        if (!c->value[k]) continue;
        status = agl_percent_rank(c->rank[k], c->value[k], c->n, err);
        if (status == AGL_OK) status = find_places(c, k, err);
    }
    for (size_t i = 0; i < c->n; i++) {
        double sum = 0;
        int known = 0;
        for (int k = 0; k < CRITERIA; k++) {
            if (!c->value[k] || isnan(c->rank[k][i])) continue;
            sum += c->rank[k][i];
            known++;
        }
        c->score[i] = known ? sum / known : 0;
        rank[i] = (ranked){c->score[i], c->node[i], i};
    }
    qsort(rank, c->n, sizeof *rank, by_score);
    for (size_t i = 0; i < c->n; i++)
        c->order[i] = rank[i].at;
    free(rank);
    return status;
}

/* ---- reasons ---------------------------------------------------------------------------------- */

/* 1234567 as "1,234,567". */
static const char *grouped(char *buffer, double value) {
    char digits[32];
    int n = snprintf(digits, sizeof digits, "%.0f", value), out = 0;
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0 && digits[i - 1] != '-') buffer[out++] = ',';
        buffer[out++] = digits[i];
    }
    buffer[out] = '\0';
    return buffer;
}

static void say(FILE *out, const carriers *c, int criterion, size_t i) {
    char value[48], place[48], all[48];
    grouped(value, c->value[criterion][i]);
    switch (criterion) {
    case CORE:
        fprintf(out, "belongs to the densely tied core (core number %s", value);
        break;
    case REACH:
        fprintf(out, "reaches partners who hardly know each other (effective size %s", value);
        break;
    case ACROSS:
        fprintf(out, "connects others of different %ss (%s pairs", agl__run_text(c->run, "by"), value);
        break;
    case KNOWLEDGE:
        fprintf(out, "works with universities and institutes (%s", value);
        break;
    default:
        fprintf(out, "has coordinated projects (%s", value);
        break;
    }
    fprintf(out, ", place %s of %s)", grouped(place, (double)c->place[criterion][i]),
            grouped(all, (double)c->n));
}

static bool stands_out(const carriers *c, int criterion, size_t i) {
    const double *value = c->value[criterion];
    return value && value[i] > 0 && (c->rank[criterion][i] >= remarkable || c->place[criterion][i] == 1);
}

/* The criteria in which the candidate stands out, the strongest first; the caller frees the text. */
static char *reasons_of(const carriers *c, size_t i) {
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (!out) return NULL;
    bool said[CRITERIA] = {false};
    const char *separator = "";
    for (;;) {
        int best = -1;
        for (int k = 0; k < CRITERIA; k++)
            if (!said[k] && stands_out(c, k, i) && (best < 0 || c->rank[k][i] > c->rank[best][i])) best = k;
        if (best < 0) break;
        fputs(separator, out);
        say(out, c, best, i);
        said[best] = true;
        separator = "; ";
    }
    int32_t cut = c->facts->cut_off[c->node[i]];
    if (cut > 0)
        fprintf(out, "%swithout it %d other%s would be cut off", separator, cut, cut == 1 ? "" : "s");
    if (cut == 0 && !separator[0]) fputs("stands out in nothing", out);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

/* ---- table ------------------------------------------------------------------------------------ */

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static agl_status write_reasons(agl_table *out, const carriers *c, size_t n, agl_error *err) {
    char **text = AGL_NEW(char *, n);
    const char **sorted = AGL_NEW(const char *, n);
    agl_status status = text && sorted ? AGL_OK : agl_fail_memory(err);
    for (size_t i = 0; status == AGL_OK && i < n; i++) {
        sorted[i] = text[i] = reasons_of(c, c->order[i]);
        if (!text[i]) status = agl_fail_memory(err);
    }
    if (status == AGL_OK) {
        agl_column *column = agl_table_column_mut(out, "reasons");
        size_t distinct = 0;
        qsort(sorted, n, sizeof *sorted, by_text);
        for (size_t i = 0; i < n; i++)
            if (i == 0 || strcmp(sorted[distinct - 1], sorted[i]) != 0) sorted[distinct++] = sorted[i];
        status = agl_dict_set(&column->dict, sorted, distinct, err);
        for (size_t i = 0; status == AGL_OK && i < n; i++)
            column->code[i] = agl_dict_find(&column->dict, text[i]);
    }
    for (size_t i = 0; text && i < n; i++)
        free(text[i]);
    free(text);
    free(sorted);
    return status;
}

/* Name and region from the table of nodes, by rank. */
static agl_status write_text(agl_table *out, const carriers *c, size_t n, const char *role, agl_error *err) {
    int32_t *code, *of_node;
    const agl_dict *dict;
    agl_status status = agl__node_codes(&of_node, &dict, c->facts->in, role, err);
    if (status != AGL_OK) return status;
    if (!of_node) return agl__run_drop_column(out, role, err);
    status = agl__run_key(&code, out, role, dict, err);
    for (size_t i = 0; status == AGL_OK && i < n; i++)
        code[i] = of_node[c->node[c->order[i]]];
    free(of_node);
    return status;
}

static agl_status write_table(const carriers *c, agl_error *err) {
    size_t top = (size_t)agl__run_integer(c->run, "top"), n = c->n < top ? c->n : top;
    agl_table *out;
    int32_t *id;
    agl_status status = agl__run_output(&out, c->run, "carriers", n, err);
    if (status == AGL_OK) status = agl__run_key(&id, out, "id", &c->facts->in->ids.dict, err);
    if (status == AGL_OK) status = write_text(out, c, n, "name", err);
    if (status == AGL_OK) status = write_text(out, c, n, "region", err);
    if (status == AGL_OK) status = write_reasons(out, c, n, err);
    for (size_t i = 0; status == AGL_OK && i < n; i++) {
        id[i] = c->node[c->order[i]];
        agl__run_num(out, "rank")[i] = (double)i + 1;
        agl__run_num(out, "score")[i] = c->score[c->order[i]];
        agl__run_num(out, "partners")[i] = (double)agl__degree(c->facts->ties, id[i]);
        agl__run_num(out, "cut_off")[i] = c->facts->cut_off[id[i]];
    }
    for (int k = 0; k < CRITERIA && status == AGL_OK; k++) {
        if (!c->value[k]) {
            status = agl__run_drop_column(out, column_of[k], err);
            continue;
        }
        for (size_t i = 0; i < n; i++)
            agl__run_num(out, column_of[k])[i] = c->value[k][c->order[i]];
    }
    return status;
}

agl_status agl__write_carriers(agl_run *run, const agl__carrier_facts *facts, agl_error *err) {
    carriers c = {.run = run, .facts = facts};
    int32_t *kind = NULL;
    const agl_dict *kinds = NULL;
    agl_status status = agl__node_codes(&kind, &kinds, facts->in, "kind", err);
    if (status == AGL_OK && !allocate(&c, (size_t)facts->ties->n)) status = agl_fail_memory(err);
    if (status == AGL_OK && !kinds)
        agl__run_warn(run, "kinds of the nodes are not known: the table carriers ranks all nodes");
    if (status == AGL_OK) status = find_candidates(&c, kind, kinds, err);
    if (status == AGL_OK) {
        set_values(&c, kind, kinds);
        status = rank_candidates(&c, err);
    }
    if (status == AGL_OK) status = write_table(&c, err);
    free_carriers(&c);
    free(kind);
    return status;
}
