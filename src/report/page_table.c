#include "base/mem.h"
#include "report/columns.h"
#include "report/page.h"
#include "report/query.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ROWS_IN_PAGE     100
#define ROWS_IN_PRINT    12
#define COLUMNS_IN_PRINT 9

/** A column that the reader sees: a column of the record that the run filled. */
typedef struct shown {
    const agl_output_column_spec *spec;
    const agl_column *data, *names; /* names NULL when no code has one */
    int decimals;
    bool year;
} shown;

static bool filled(const agl_column *c, size_t rows) {
    for (size_t i = 0; i < rows; i++)
        if (agl__cell_present(c, i)) return true;
    return false;
}

static size_t choose(shown *out, const agl_output_spec *o, const agl_table *rows) {
    size_t n = 0;
    for (size_t c = 0; c < o->n_columns; c++) {
        char name[128];
        const agl_output_column_spec *spec = &o->columns[c];
        const agl_column *data = agl_table_column(rows, spec->name), *names;
        if (!data || (spec->optional && !filled(data, rows->rows))) continue;
        snprintf(name, sizeof name, "%s name", spec->name);
        names = agl_table_column(rows, name);
        if (names && (names->type != AGL_KEY || !filled(names, rows->rows))) names = NULL;
        out[n++] =
            (shown){spec, data, names, data->type == AGL_NUM ? agl__decimals_for(data->num, rows->rows) : 0,
                    strstr(spec->name, "year") != NULL};
    }
    return n;
}

/** A column name that may be broken after its underscores. */
static void breakable(agl_text *t, const char *name) {
    agl_text whole = {0};
    agl__html(&whole, name);
    for (const char *c = whole.data ? whole.data : ""; *c; c++) {
        agl__text_put(t, c, 1);
        if (*c == '_') agl__raw(t, "<wbr>");
    }
    t->failed |= whole.failed;
    agl__text_free(&whole);
}

static void header(agl_text *t, const shown *columns, size_t n) {
    agl__raw(t, "<thead><tr>");
    for (size_t c = 0; c < n; c++) {
        agl__text_add(t, "<th scope=\"col\"%s%s title=\"",
                      columns[c].data->type == AGL_KEY ? "" : " class=\"n\"",
                      c >= COLUMNS_IN_PRINT ? " data-far" : "");
        agl__html(t, columns[c].spec->meaning);
        agl__raw(t, "\">");
        breakable(t, columns[c].spec->name);
        if (*columns[c].spec->unit) {
            agl__raw(t, "<small>");
            agl__html(t, columns[c].spec->unit);
            agl__raw(t, "</small>");
        }
        agl__raw(t, "</th>");
    }
    agl__raw(t, "</tr></thead>\n");
}

static void cell(agl_text *t, const shown *c, size_t row, bool far) {
    const char *hidden = far ? " data-far" : "";
    if (!agl__cell_present(c->data, row)) {
        agl__text_add(t, "<td class=\"none\"%s>\xe2\x80\x93</td>", hidden);
        return;
    }
    if (c->data->type != AGL_KEY) {
        double v = c->data->num[row];
        if (c->data->type == AGL_DATE)
            agl__text_add(t, "<td class=\"n\"%s>", hidden);
        else
            agl__text_add(t, "<td class=\"n\"%s data-v=\"%.9g\">", hidden, v);
        if (c->year && v == floor(v))
            agl__text_add(t, "%.0f", v);
        else if (c->data->type == AGL_NUM)
            agl__number(t, v, c->decimals);
        else
            agl__cell_text(t, c->data, row, 0);
    } else {
        const char *name = c->names ? agl_column_text(c->names, row) : NULL;
        agl__text_add(t, "<td%s%s>", name ? " class=\"k\"" : "", hidden);
        agl__html(t, name ? name : agl_column_text(c->data, row));
        if (name) {
            agl__raw(t, " <small>");
            agl__html(t, agl_column_text(c->data, row));
            agl__raw(t, "</small>");
        }
    }
    agl__raw(t, "</td>");
}

static void meanings(agl_text *t, const shown *columns, size_t n) {
    agl__raw(t, "<details class=\"columns\"><summary>What the columns mean</summary><dl>\n");
    for (size_t c = 0; c < n; c++) {
        agl__raw(t, "<dt>");
        agl__html(t, columns[c].spec->name);
        if (*columns[c].spec->unit) {
            agl__raw(t, " (");
            agl__html(t, columns[c].spec->unit);
            agl__raw(t, ")");
        }
        agl__raw(t, "</dt><dd>");
        agl__html(t, columns[c].spec->meaning);
        agl__raw(t, "</dd>\n");
    }
    agl__raw(t, "</dl></details>\n");
}

static void caption(agl_text *t, const agl_output_spec *o, const char *stored, size_t rows, size_t total,
                    size_t columns) {
    agl__raw(t, "<p class=\"caption\"><b>");
    agl__html(t, o->summary);
    agl__raw(t, "</b> ");
    if (rows < total) agl__text_add(t, "The first %zu of ", rows);
    agl__number(t, (double)total, 0);
    agl__raw(t, total == 1 ? " row" : " rows");
    if (o->rank) {
        agl__raw(t, ", largest ");
        agl__html(t, o->rank);
        agl__raw(t, " first");
    }
    agl__raw(t, ". Whole table: <code>");
    agl__html(t, stored);
    agl__raw(t, "</code> in the DuckDB file.");
    if (rows > ROWS_IN_PRINT || columns > COLUMNS_IN_PRINT)
        agl__raw(t, "<span class=\"print\"> Further rows and columns on screen.</span>");
    agl__raw(t, "</p>\n");
}

agl_status agl__page_table(agl_text *t, agl_dossier *d, const agl_step *step, size_t k, agl_error *err) {
    const agl_output_spec *o = &step->method->outputs[k];
    agl_table *rows = NULL;
    size_t total = 0;
    agl_status status = agl__query_output(&rows, &total, d, step, k, ROWS_IN_PAGE, err);
    if (status != AGL_OK) return status;
    shown *columns = AGL_NEW(shown, o->n_columns);
    if (!columns) {
        agl_table_free(rows);
        return agl_fail_memory(err);
    }
    size_t n = choose(columns, o, rows);
    agl__raw(t, "<div class=\"table\">\n");
    caption(t, o, step->stored[k], rows->rows, total, n);
    if (rows->rows > 0) {
        agl__raw(t, "<div class=\"scroll\" tabindex=\"0\"><table class=\"sortable\">\n");
        header(t, columns, n);
        agl__raw(t, "<tbody>\n");
        for (size_t i = 0; i < rows->rows; i++) {
            agl__raw(t, i >= ROWS_IN_PRINT ? "<tr class=\"more\">" : "<tr>");
            for (size_t c = 0; c < n; c++)
                cell(t, &columns[c], i, c >= COLUMNS_IN_PRINT);
            agl__raw(t, "</tr>\n");
        }
        agl__raw(t, "</tbody></table></div>\n");
        meanings(t, columns, n);
    }
    agl__raw(t, "</div>\n");
    free(columns);
    agl_table_free(rows);
    return AGL_OK;
}
