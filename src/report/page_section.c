#include "report/chart.h"
#include "report/page.h"
#include "report/query.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A chart's data ride along when small: 48 KB of CSV, 64 KB in the page. */
#define CSV_LIMIT 48000u

static void csv_link(agl_text *t, const agl_chart *chart, const agl_step *step, size_t number) {
    agl_text csv = {0};
    agl__chart_csv(&csv, chart->rows);
    if (csv.data && csv.length <= CSV_LIMIT) {
        agl__raw(t, "<a class=\"data\" download=\"");
        agl__html(t, step->name);
        agl__text_add(t, "-%zu.csv\" href=\"data:text/csv;charset=utf-8;base64,", number);
        agl__base64(t, csv.data, csv.length);
        agl__raw(t, "\">Data (CSV)</a>");
    }
    t->failed |= csv.failed;
    agl__text_free(&csv);
}

static void figure(agl_text *t, const agl_chart *chart, const agl_step *step, size_t number,
                   const agl_text *svg, const agl_text *notes) {
    if (svg->length == 0) {
        agl__raw(t, "<p class=\"empty\">Nothing to draw for \xe2\x80\x9c");
        agl__html(t, chart->spec->title);
        agl__raw(t, "\xe2\x80\x9d: the result holds no rows for it. ");
        agl__html(t, notes->data);
        agl__raw(t, "</p>\n");
        return;
    }
    agl__text_add(t, "<figure class=\"%s\">\n<figcaption>", chart->spec->kind);
    agl__html(t, chart->spec->title);
    agl__raw(t, "</figcaption>\n");
    agl__raw(t, svg->data);
    agl__raw(t, "<p class=\"note\">");
    if (chart->spec->note) {
        agl__html(t, chart->spec->note);
        agl__raw(t, " ");
    }
    agl__html(t, notes->data);
    csv_link(t, chart, step, number);
    agl__raw(t, "</p>\n</figure>\n");
}

/** Keeps the chart that says most at a glance: places before networks before clouds before bars. */
static void consider_lead(agl_dossier *d, const agl_step *step, const agl_chart_spec *spec,
                          const agl_text *svg) {
    static const char *const kinds[] = {"histogram", "lorenz", "scatter", "lines",
                                        "bars",      "bubble", "network", "map"};
    bool bare = !d->boundary && strcmp(spec->kind, "map") == 0; /* a map without outlines says little */
    const char *box = svg->data ? strstr(svg->data, "viewBox=\"0 0 ") : NULL;
    char *end = NULL;
    if (!box) return;
    strtod(box + strlen("viewBox=\"0 0 "), &end); /* the width; the height follows */
    double height = strtod(end, NULL);
    for (int k = 0; k < 8; k++)
        if (!bare && strcmp(spec->kind, kinds[k]) == 0 && k + 1 > d->lead.preference)
            d->lead = (agl_lead){k + 1, d->n_charts - 1, (size_t)(step - d->steps), height, spec->title};
}

/** Whether none of the tables that the SQL names holds a row: an optional part that the study did not ask
 * for, such as an analysis of change with one year. Its tables say so; a chart that says it again only
 * disturbs. */
static agl_status nothing_asked(bool *out, agl_dossier *d, const agl_step *step, const char *sql,
                                agl_error *err) {
    *out = true;
    for (size_t k = 0; k < step->method->n_outputs && *out; k++) {
        char name[80], look[128];
        agl_table *rows = NULL;
        snprintf(name, sizeof name, "{%s}", step->method->outputs[k].table);
        if (!strstr(sql, name)) continue;
        snprintf(look, sizeof look, "SELECT 1 AS found FROM %s LIMIT 1", name);
        agl_status status = agl__query_run(&rows, d, step, look, "a look for rows", err);
        if (status != AGL_OK) return status;
        *out = !rows || rows->rows == 0;
        agl_table_free(rows);
    }
    return AGL_OK;
}

/** Draws chart k of a step from its rows. */
static agl_status draw_rows(agl_text *t, agl_dossier *d, const agl_step *step, size_t k,
                            const agl_table *rows, const agl_table *nodes, const char *id, agl_error *err) {
    const agl_chart_spec *spec = &step->method->charts[k];
    const agl_chart chart = {spec, id, rows, nodes, d->boundary, d->ctx};
    agl_text svg = {0}, notes = {0};
    agl_error why = {0};
    agl_status status = agl__chart_draw(&svg, &notes, &chart, &why);
    if (status == AGL_OK && (svg.failed || notes.failed)) status = agl_fail_memory(&why);
    if (status == AGL_OK) {
        figure(t, &chart, step, k + 1, &svg, &notes);
        consider_lead(d, step, spec, &svg);
    } else if (status == AGL_EINTERNAL)
        status = agl_fail(err, status, "record %s/%s, chart %zu '%s' (step '%s'): %s", step->method->verb,
                          step->method->name, k + 1, spec->title, step->name, why.message);
    else
        status = agl_fail(err, status, "%s", why.message);
    agl__text_free(&svg);
    agl__text_free(&notes);
    return status;
}

static agl_status draw_chart(agl_text *t, agl_dossier *d, const agl_step *step, size_t k, agl_error *err) {
    char what[40], id[24];
    const agl_chart_spec *spec = &step->method->charts[k];
    agl_table *rows = NULL, *nodes = NULL;
    bool absent = false;
    snprintf(what, sizeof what, "chart %zu", k + 1);
    snprintf(id, sizeof id, "c%zu", d->n_charts++);
    agl_status status = agl__query_run(&rows, d, step, spec->sql, what, err);
    if (status == AGL_OK && rows && rows->rows == 0) status = nothing_asked(&absent, d, step, spec->sql, err);
    if (status == AGL_OK && rows && spec->nodes)
        status = agl__query_run(&nodes, d, step, spec->nodes, what, err);
    if (status == AGL_OK && rows && !absent && (nodes || !spec->nodes))
        status = draw_rows(t, d, step, k, rows, nodes, id, err);
    agl_table_free(rows);
    agl_table_free(nodes);
    return status;
}

agl_status agl__page_charts(agl_text *t, agl_dossier *d, const agl_step *step, agl_error *err) {
    agl_status status = AGL_OK;
    for (size_t k = 0; k < step->method->n_charts && status == AGL_OK; k++)
        status = draw_chart(t, d, step, k, err);
    return status;
}

static void count(agl_text *t, const char *before, double n, const char *after) {
    if (!isfinite(n)) return;
    agl__raw(t, before);
    agl__number(t, n, 0);
    agl__raw(t, after);
}

static agl_status method_facts(agl_text *t, agl_dossier *d, const agl_step *s, agl_error *err) {
    agl_table *options = NULL;
    agl_status status = agl__query_object(&options, d, s, "options", err);
    if (status != AGL_OK) return status;
    agl__raw(t, "<p class=\"facts\">");
    count(t, "", s->rows_in, " rows read");
    count(t, ", ", s->rows_used, " used");
    count(t, ", ", s->rows_dropped, " dropped");
    agl__raw(t, ".");
    for (size_t i = 0; i < options->rows; i++) {
        const char *value = agl_column_text(agl_table_column(options, "value"), i);
        if (!value) continue;
        agl__raw(t, i ? "; " : " Options: ");
        agl__html(t, agl_column_text(agl_table_column(options, "key"), i));
        agl__raw(t, " = ");
        agl__html(t, value);
        if (i + 1 == options->rows) agl__raw(t, ".");
    }
    if (s->like) {
        agl__raw(t, " Conventions of ");
        agl__html(t, s->like);
        agl__raw(t, ".");
    }
    count(t, " Seed ", s->seed, ".");
    agl__raw(t, "</p>\n");
    agl_table_free(options);
    return AGL_OK;
}

static agl_status method_box(agl_text *t, agl_dossier *d, const agl_step *s, agl_error *err) {
    agl__raw(t, "<div class=\"method\">\n<h4>How this was computed</h4>\n<p>");
    agl__html(t, s->method->computed);
    agl__raw(t, "</p>\n<p class=\"source\">Source: ");
    agl__html(t, s->method->source);
    agl__raw(t, "</p>\n");
    agl_status status = method_facts(t, d, s, err);
    if (s->warnings || s->method->n_warnings) {
        agl__raw(t, "<h4>Before you rely on it</h4>\n<ul>\n");
        agl__page_lines(t, s->warnings, "run");
        for (size_t k = 0; k < s->method->n_warnings; k++) {
            agl__raw(t, "<li>");
            agl__html(t, s->method->warnings[k]);
            agl__raw(t, "</li>\n");
        }
        agl__raw(t, "</ul>\n");
    }
    agl__raw(t, "</div>\n");
    return status;
}

static agl_status write_step(agl_text *t, agl_dossier *d, size_t step, agl_error *err) {
    const agl_step *s = &d->steps[step];
    bool any = false;
    agl__text_add(t, "<article class=\"step\" id=\"s%zu\">\n<h3>", step);
    agl__html(t, s->method->summary);
    agl__raw(t, "</h3>\n<p class=\"id\">step <b>");
    agl__html(t, s->name);
    agl__text_add(t, "</b> \xc2\xb7 agglo %s %s</p>\n", s->method->verb, s->method->name);
    for (size_t i = 0; i < d->n_findings; i++) {
        if (d->findings[i].step != step) continue;
        if (!any) agl__raw(t, "<ul class=\"findings\">\n");
        any = true;
        agl__page_finding(t, &d->findings[i]);
    }
    if (any) agl__raw(t, "</ul>\n");
    agl_status status = agl__page_charts(t, d, s, err);
    for (size_t k = 0; k < s->method->n_outputs && status == AGL_OK; k++)
        if (s->stored[k]) status = agl__page_table(t, d, s, k, err);
    if (status == AGL_OK) status = method_box(t, d, s, err);
    agl__raw(t, "</article>\n");
    return status;
}

agl_status agl__page_section(agl_text *t, agl_dossier *d, size_t k, agl_error *err) {
    const agl_section *s = &d->sections[k];
    agl_status status = AGL_OK;
    agl__text_add(t, "<section class=\"part\" id=\"p%zu\">\n<h2>", k);
    agl__html(t, s->title);
    agl__raw(t, "</h2>\n");
    agl__page_paragraphs(t, s->text, "intro");
    bool any = true;
    for (size_t i = 1; any && status == AGL_OK; i++)
        status = agl__page_section_table(t, d, s, i, &any, err);
    for (size_t i = 0; i < s->n_steps && status == AGL_OK; i++)
        status = write_step(t, d, s->steps[i], err);
    agl__raw(t, "</section>\n");
    return status;
}
