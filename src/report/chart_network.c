/* Network map: actors as circles by size, coloured by community, ties by weight, names where there is room.
 */
#include "base/mem.h"
#include "report/chart.h"
#include "report/columns.h"
#include "report/labels.h"
#include "report/layout.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const node_numbers[] = {"size", NULL};
static const char *const node_texts[] = {"id", "label", "group", NULL};
static const char *const tie_numbers[] = {"weight", NULL};
static const char *const tie_texts[] = {"source", "target", NULL};
enum { ID, LABEL, GROUP };

#define MAX_NODES  400
#define MAX_TIES   1400 /* drawn; the layout sees all */
#define MAX_LABELS 34
#define HEIGHT     540.0
#define N_WIDTHS   3

typedef struct tie {
    int32_t a, b;
    double weight;
    bool drawn;
} tie;

typedef struct network {
    agl_columns nodes, ties;
    agl_groups groups;
    agl_text group_names; /* communities named by their largest members */
    tie *tie;             /* by falling weight */
    size_t n_ties, outside, hidden;
    double *x, *y, *r;
    size_t *order; /* nodes by falling size */
} network;

/* ---- reading ---- */

typedef struct named {
    const char *id;
    int32_t row;
} named;

static int by_id(const void *a, const void *b) {
    return strcmp(((const named *)a)->id, ((const named *)b)->id);
}
static int by_weight(const void *a, const void *b) {
    const tie *p = a, *q = b;
    if (p->weight != q->weight) return p->weight < q->weight ? 1 : -1;
    if (p->a != q->a) return p->a < q->a ? -1 : 1;
    return (p->b > q->b) - (p->b < q->b);
}

static int32_t find(const named *sorted, size_t n, const char *id) {
    const named key = {id, 0};
    const named *hit = bsearch(&key, sorted, n, sizeof key, by_id);
    return hit ? hit->row : -1;
}

static agl_status bind_ties(network *w, agl_error *err) {
    size_t n = w->nodes.n;
    named *sorted = AGL_NEW(named, n);
    w->tie = AGL_NEW(tie, w->ties.n);
    if (!sorted || !w->tie) {
        free(sorted);
        return agl_fail_memory(err);
    }
    for (size_t i = 0; i < n; i++)
        sorted[i] = (named){w->nodes.text[ID][i], (int32_t)i};
    qsort(sorted, n, sizeof *sorted, by_id);
    for (size_t e = 0; e < w->ties.n; e++) {
        int32_t a = find(sorted, n, w->ties.text[0][e]), b = find(sorted, n, w->ties.text[1][e]);
        double weight = w->ties.number[0] ? w->ties.number[0][e] : 1;
        if (a < 0 || b < 0)
            w->outside++;
        else if (a != b)
            w->tie[w->n_ties++] = (tie){a, b, isfinite(weight) ? weight : 0, false};
    }
    free(sorted);
    qsort(w->tie, w->n_ties, sizeof *w->tie, by_weight);
    return AGL_OK;
}

/** Chooses the ties to draw: the two strongest of every node, then the strongest of all. */
static agl_status choose_ties(network *w, agl_error *err) {
    int *kept = AGL_NEW(int, w->nodes.n);
    if (!kept) return agl_fail_memory(err);
    size_t drawn = 0;
    for (size_t e = 0; e < w->n_ties; e++) {
        tie *t = &w->tie[e];
        t->drawn = kept[t->a] < 2 || kept[t->b] < 2;
        if (t->drawn) kept[t->a]++, kept[t->b]++, drawn++;
    }
    for (size_t e = 0; e < w->n_ties && drawn < MAX_TIES; e++) {
        drawn += !w->tie[e].drawn;
        w->tie[e].drawn = true;
    }
    w->hidden = w->n_ties - drawn;
    free(kept);
    return AGL_OK;
}

static double size_of(const network *w, size_t i) {
    double s = w->nodes.number[0] ? w->nodes.number[0][i] : 1;
    return isfinite(s) && s > 0 ? s : 0;
}

static agl_status order_nodes(network *w, agl_error *err) {
    size_t n = w->nodes.n;
    double largest = 0;
    w->order = AGL_NEW(size_t, n);
    w->r = AGL_NEW(double, n);
    if (!w->order || !w->r) return agl_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, size_of(w, i));
    for (size_t i = 0; i < n; i++) {
        w->r[i] =
            w->nodes.number[0] ? fmax(3, agl__chart_radius(size_of(w, i), largest, n > 150 ? 15 : 19)) : 5;
        /* insertion: a few hundred nodes at most */
        size_t at = i;
        for (; at > 0 && size_of(w, w->order[at - 1]) < size_of(w, i); at--)
            w->order[at] = w->order[at - 1];
        w->order[at] = i;
    }
    return AGL_OK;
}

/** " A, B": the two largest members of a community, shortened to some 24 bytes each. */
static void add_members(network *w, int group) {
    int members = 0;
    for (size_t k = 0; k < w->nodes.n && members < 2; k++) {
        size_t i = w->order[k];
        if (w->groups.of[i] != group || !w->nodes.text[LABEL]) continue;
        const char *label = w->nodes.text[LABEL][i];
        size_t n = strlen(label), cut = n > 26 ? 24 : n;
        while (cut < n && cut > 0 && ((unsigned char)label[cut] & 0xc0) == 0x80)
            cut--; /* not within a character */
        while (cut < n && cut > 0 && label[cut - 1] == ' ')
            cut--;
        agl__text_add(&w->group_names, "%s %.*s%s", members++ ? "," : "", (int)cut, label,
                      cut < n ? "\xe2\x80\xa6" : "");
    }
}

/** Communities that bear only numbers are named by their two largest members. */
static void name_groups(network *w) {
    size_t at[AGL_N_COLOURS + 1] = {0};
    for (size_t g = 0; g < w->groups.n; g++) {
        const char *name = w->groups.name[g];
        bool number = *name && strspn(name, "0123456789") == strlen(name);
        at[g] = number ? w->group_names.length : SIZE_MAX;
        if (!number) continue;
        agl__text_add(&w->group_names, "%s:", name);
        add_members(w, (int)g);
        agl__text_put(&w->group_names, "", 1);
    }
    for (size_t g = 0; g < w->groups.n && !w->group_names.failed; g++)
        if (at[g] != SIZE_MAX) w->groups.name[g] = w->group_names.data + at[g];
}

static agl_status place_nodes(network *w, double top, const agl_ctx *ctx, agl_error *err) {
    size_t n = w->nodes.n, m = w->n_ties;
    int32_t *ends = AGL_NEW(int32_t, 2 * m);
    double *weight = AGL_NEW(double, m);
    w->x = AGL_NEW(double, n);
    w->y = AGL_NEW(double, n);
    agl_status status = ends && weight && w->x && w->y ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) {
        for (size_t e = 0; e < m; e++) {
            ends[e] = w->tie[e].a;
            ends[m + e] = w->tie[e].b;
            weight[e] = w->tie[e].weight;
        }
        const agl_layout_graph g = {n, m, ends, ends + m, weight, w->groups.n > 1 ? w->groups.of : NULL};
        status = agl__layout(w->x, w->y, &g, ctx, err);
    }
    if (status == AGL_OK)
        agl__layout_fit(w->x, w->y, w->r, n, 6, top + 6, AGL_SVG_WIDTH - 6, top + HEIGHT - 6);
    free(ends);
    free(weight);
    return status;
}

/* ---- drawing ---- */

/** One path for each colour and width: within a community its colour, across communities grey. */
static void draw_ties(agl_text *svg, const network *w) {
    static const char *const width[N_WIDTHS] = {"0.6", "1.3", "2.6"};
    double largest = w->n_ties ? w->tie[0].weight : 0;
    for (int k = 0; k < N_WIDTHS; k++)
        for (int colour = -1; colour <= AGL_N_COLOURS; colour++) {
            bool any = false;
            for (size_t e = 0; e < w->n_ties; e++) {
                const tie *t = &w->tie[e];
                double share = largest > 0 ? sqrt(fmax(t->weight, 0) / largest) : 0;
                int c = w->groups.n && w->groups.of[t->a] == w->groups.of[t->b] ? w->groups.of[t->a] : -1;
                if (!t->drawn || c != colour || (share > 0.66 ? 2 : share > 0.33) != k) continue;
                if (!any)
                    agl__text_add(svg, "<path class=\"tie\" stroke=\"%s\" stroke-width=\"%s\" d=\"",
                                  agl__colour(colour), width[k]);
                any = true;
                agl__text_add(svg, "M%.1f %.1fL%.1f %.1f", w->x[t->a], w->y[t->a], w->x[t->b], w->y[t->b]);
            }
            if (any) agl__raw(svg, "\"/>\n");
        }
}

static const char *label_of(const network *w, size_t i) {
    const char *label = w->nodes.text[LABEL] ? w->nodes.text[LABEL][i] : "";
    return *label ? label : w->nodes.text[ID][i];
}

static void draw_nodes(agl_text *svg, const network *w) {
    for (size_t k = 0; k < w->nodes.n; k++) {
        size_t i = w->order[k];
        char look[48];
        agl_text tip = {0};
        snprintf(look, sizeof look, "class=\"node\" fill=\"%s\"", agl__colour(w->groups.of[i]));
        agl__raw(&tip, label_of(w, i));
        if (w->nodes.number[0]) {
            agl__raw(&tip, "; size: ");
            agl__number(&tip, size_of(w, i), agl__decimals_for(w->nodes.number[0], w->nodes.n));
        }
        agl__svg_circle(svg, w->x[i], w->y[i], w->r[i], look, tip.data);
        svg->failed |= tip.failed;
        agl__text_free(&tip);
    }
}

static void draw_labels(agl_text *svg, const network *w, double top) {
    agl_labels labels = {.inside = {2, top, AGL_SVG_WIDTH - 2, top + HEIGHT}};
    int placed = 0;
    for (size_t i = 0; i < w->nodes.n; i++)
        if (!agl__labels_mark(&labels, w->x[i], w->y[i], w->r[i])) svg->failed = true;
    for (size_t k = 0; k < w->nodes.n && placed < MAX_LABELS; k++) {
        size_t i = w->order[k];
        double x, y, width = fmin(agl__text_width(label_of(w, i), 11), 150);
        if (!agl__labels_place(&x, &y, &labels, w->x[i], w->y[i], w->r[i], width, 12)) continue;
        agl__svg_text_fit(svg, x, y, "start", "halo small", label_of(w, i), 150 * AGL_SVG_FONT / 11);
        placed++;
    }
    agl__labels_free(&labels);
}

static void note(agl_text *notes, const network *w) {
    if (w->hidden)
        agl__count(
            notes, w->hidden, "weaker tie is not drawn, but counts for the positions. ",
            "weaker ties are not drawn, but count for the positions; each actor keeps its two strongest. ");
    if (w->outside)
        agl__count(notes, w->outside, "tie to an actor that is not shown is left out. ",
                   "ties to actors that are not shown are left out. ");
    agl__columns_note(notes, &w->nodes, "actors");
    if (w->nodes.n)
        agl__raw(
            notes,
            "Position and distance on this map have no scale: what is closely tied lies close together. ");
}

static agl_status draw(agl_text *svg, agl_text *notes, network *w, const agl_chart *chart, agl_error *err) {
    agl_status status = bind_ties(w, err);
    if (status == AGL_OK) status = choose_ties(w, err);
    if (status == AGL_OK) status = order_nodes(w, err);
    if (status != AGL_OK) return status;
    name_groups(w);
    double legend = agl__svg_legend(NULL, 0, 0, AGL_SVG_WIDTH, w->groups.name, w->groups.n);
    status = place_nodes(w, legend, chart->ctx, err);
    if (status != AGL_OK) return status;
    agl_text desc = {0};
    agl__text_add(&desc, "Network of %zu actors and %zu ties. %s", w->nodes.n, w->n_ties,
                  chart->spec->note ? chart->spec->note : "");
    agl__svg_open(svg, chart->id, legend + HEIGHT, chart->spec->title, desc.data);
    agl__svg_legend(svg, 0, 0, AGL_SVG_WIDTH, w->groups.name, w->groups.n);
    draw_ties(svg, w);
    draw_nodes(svg, w);
    draw_labels(svg, w, legend);
    agl__svg_close(svg);
    svg->failed |= desc.failed || w->group_names.failed;
    agl__text_free(&desc);
    note(notes, w);
    return AGL_OK;
}

agl_status agl__chart_network(agl_text *svg, agl_text *notes, const agl_chart *chart, agl_error *err) {
    network w = {0};
    const agl_columns_want nodes = {node_numbers, 0, node_texts, MAX_NODES},
                           ties = {tie_numbers, 0, tie_texts, 500000};
    if (!chart->nodes) return agl_fail(err, AGL_EINTERNAL, "a network chart needs a second query 'nodes'");
    agl_status status = agl__columns_load(&w.nodes, chart->nodes, &nodes, err);
    if (status == AGL_OK) status = agl__columns_load(&w.ties, chart->rows, &ties, err);
    if (status == AGL_OK && w.nodes.n && w.ties.n &&
        (!w.nodes.text[ID] || !w.ties.text[0] || !w.ties.text[1]))
        status = agl_fail(err, AGL_EINTERNAL,
                          "the queries must give source and target of the ties and id of the nodes");
    if (status == AGL_OK) status = agl__groups_make(&w.groups, w.nodes.text[GROUP], w.nodes.n, err);
    if (status == AGL_OK && w.nodes.n && w.ties.n) status = draw(svg, notes, &w, chart, err);
    free(w.tie);
    free(w.x);
    free(w.y);
    free(w.r);
    free(w.order);
    free(w.groups.of);
    agl__text_free(&w.group_names);
    agl__columns_free(&w.nodes);
    agl__columns_free(&w.ties);
    return status;
}
