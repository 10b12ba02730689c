#include "base/mem.h"
#include "report/columns.h"
#include "report/page.h"
#include "report/query.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ROWS_IN_PAGE  100
#define ROWS_IN_PRINT 12
#define PRINT_WIDTH   640.0 /* px of an A4 page less its margins, with some to spare */

/** A column that the reader sees: a column of the record that the run filled. */
typedef struct shown {
    const agl_output_column_spec *spec;
    const agl_column *data, *names; /* names NULL when no code has one */
    int decimals;
    bool year;
    bool far; /* beyond the width of the printed page: on screen only */
} shown;

static bool filled(const agl_column *c, size_t rows) {
    for (size_t i = 0; i < rows; i++)
        if (agl__cell_present(c, i)) return true;
    return false;
}

/** Names for the codes of a column; NULL when no code has one, or when the table names its rows itself. */
static const agl_column *names_of(const char *column, const agl_table *rows) {
    char name[128];
    snprintf(name, sizeof name, "%s name", column);
    const agl_column *names = agl_table_column(rows, name), *own = agl_table_column(rows, "name");
    if (!names || names->type != AGL_KEY || !filled(names, rows->rows)) return NULL;
    return strcmp(column, "id") == 0 && own && filled(own, rows->rows) ? NULL : names;
}

/** Rough width of a column in print, px: its widest cell or word of the head; names may wrap. */
static double print_width(const shown *c, const agl_table *rows) {
    const double size = 10.4;
    double widest = c->names ? 110 : 0;
    for (const char *word = c->spec->name; *word;) {
        agl_text piece = {0};
        size_t n = strcspn(word, "_ ");
        agl__text_put(&piece, word, n + (word[n] == '_'));
        widest = fmax(widest, agl__text_width(piece.data, size));
        agl__text_free(&piece);
        word += n + (word[n] != 0);
    }
    for (size_t i = 0; !c->names && i < rows->rows && i < ROWS_IN_PRINT; i++) {
        agl_text text = {0};
        agl__cell_text(&text, c->data, i, c->decimals);
        double width = agl__text_width(text.data, size);
        widest = fmax(widest, c->data->type == AGL_KEY ? fmin(width, 110) : width);
        agl__text_free(&text);
    }
    return widest + 14;
}

static size_t choose(shown *out, const agl_output_spec *o, const agl_table *rows) {
    size_t n = 0;
    double used = 0;
    for (size_t c = 0; c < o->n_columns; c++) {
        const agl_output_column_spec *spec = &o->columns[c];
        const agl_column *data = agl_table_column(rows, spec->name);
        if (!data || (spec->optional && !filled(data, rows->rows))) continue;
        shown *s = &out[n++];
        *s = (shown){.spec = spec, .data = data, .year = strstr(spec->name, "year") != NULL};
        s->names = data->type == AGL_KEY ? names_of(spec->name, rows) : NULL;
        s->decimals = data->type == AGL_NUM ? agl__decimals_for(data->num, rows->rows) : 0;
        used += print_width(s, rows);
        s->far = used > PRINT_WIDTH;
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
        bool words =
            strchr(columns[c].spec->name, ' ') != NULL; /* heads of the study's tables may be phrases */
        agl__text_add(t, "<th scope=\"col\" class=\"%s%s\"%s title=\"",
                      columns[c].data->type == AGL_KEY ? "" : "n", words ? " words" : "",
                      columns[c].far ? " data-far" : "");
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

static bool ends_with(const char *text, const char *end) {
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

static void number_text(agl_text *t, const shown *c, size_t row) {
    double v = c->data->num[row];
    if (c->year && v == floor(v))
        agl__text_add(t, "%.0f", v);
    else if (c->data->type == AGL_NUM)
        agl__number(t, v, v == 0 && c->decimals > 3 ? 0 : c->decimals); /* 0, not a p-value of 0.000000 */
    else
        agl__cell_text(t, c->data, row, 0);
}

/** A name stands with its code, unless the code says the same ("Manufacturing: Metals"). */
static void key_text(agl_text *t, const char *code, const char *name) {
    agl__html(t, name ? name : code);
    if (!name || ends_with(code, name)) return;
    agl__raw(t, " <small>");
    agl__html(t, code);
    agl__raw(t, "</small>");
}

static void cell(agl_text *t, const shown *c, size_t row) {
    const char *hidden = c->far ? " data-far" : "";
    if (!agl__cell_present(c->data, row)) {
        agl__text_add(t, "<td class=\"none\"%s>\xe2\x80\x93</td>", hidden);
        return;
    }
    if (c->data->type == AGL_KEY) {
        const char *name = c->names ? agl_column_text(c->names, row) : NULL;
        agl__text_add(t, "<td%s%s>", name ? " class=\"k\"" : "", hidden);
        key_text(t, agl_column_text(c->data, row), name);
    } else {
        if (c->data->type == AGL_DATE)
            agl__text_add(t, "<td class=\"n\"%s>", hidden);
        else
            agl__text_add(t, "<td class=\"n\"%s data-v=\"%.9g\">", hidden, c->data->num[row]);
        number_text(t, c, row);
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
                    bool far) {
    agl__raw(t, "<p class=\"caption\"><b>");
    agl__html(t, o->summary);
    agl__raw(t, "</b> ");
    if (total == 0) {
        agl__raw(t, "There are no rows.</p>\n");
        return;
    }
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
    if (rows > ROWS_IN_PRINT || far)
        agl__raw(t, "<span class=\"print\"> Further rows and columns on screen.</span>");
    agl__raw(t, "</p>\n");
}

static void body(agl_text *t, const shown *columns, size_t n, const agl_table *rows, const char *what) {
    agl__raw(t, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
    agl__html(t, what);
    agl__raw(t, "\"><table class=\"sortable\">\n");
    header(t, columns, n);
    agl__raw(t, "<tbody>\n");
    for (size_t i = 0; i < rows->rows && i < ROWS_IN_PAGE; i++) {
        agl__raw(t, i >= ROWS_IN_PRINT ? "<tr class=\"more\">" : "<tr>");
        for (size_t c = 0; c < n; c++)
            cell(t, &columns[c], i);
        agl__raw(t, "</tr>\n");
    }
    agl__raw(t, "</tbody></table></div>\n");
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
    caption(t, o, step->stored[k], rows->rows, total, n > 0 && columns[n - 1].far);
    if (rows->rows > 0) {
        body(t, columns, n, rows, o->summary);
        meanings(t, columns, n);
    }
    agl__raw(t, "</div>\n");
    free(columns);
    agl_table_free(rows);
    return AGL_OK;
}

/* ---- tables of the study file ---- */

/** The result of the SQL as a table; every column is shown under its own name. */
static agl_status write_rows(agl_text *t, const agl_table *rows, const char *title, const char *note,
                             agl_error *err) {
    agl_output_column_spec *specs = AGL_NEW(agl_output_column_spec, rows->n_columns);
    shown *columns = AGL_NEW(shown, rows->n_columns);
    agl_status status = specs && columns ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) {
        for (size_t c = 0; c < rows->n_columns; c++)
            specs[c] =
                (agl_output_column_spec){rows->columns[c].name, "", "", rows->columns[c].type, false, false};
        const agl_output_spec o = {.columns = specs, .n_columns = rows->n_columns};
        size_t n = choose(columns, &o, rows);
        agl__raw(t, "<div class=\"table\">\n<p class=\"caption\"><b>");
        agl__html(t, title);
        agl__raw(t, "</b> ");
        agl__html(t, note ? note : "");
        if (rows->rows == 0) agl__raw(t, " There is nothing to show.");
        if (rows->rows > ROWS_IN_PAGE)
            agl__text_add(t, " The first %d of %zu rows.", ROWS_IN_PAGE, rows->rows);
        agl__raw(t, "</p>\n");
        if (rows->rows > 0) body(t, columns, n, rows, title);
        agl__raw(t, "</div>\n");
    }
    free(specs);
    free(columns);
    return status;
}

agl_status agl__page_section_table(agl_text *t, agl_dossier *d, const agl_section *s, size_t k, bool *any,
                                   agl_error *err) {
    static const char *const names[] = {"title", "note", "sql"};
    const char *value[3];
    for (size_t i = 0; i < 3; i++) {
        char key[64];
        snprintf(key, sizeof key, "section.%03d.table.%zu.%s", s->number, k, names[i]);
        value[i] = agl__study_value(d, key);
    }
    *any = value[0] && value[2];
    if (!*any) return AGL_OK;
    agl_table *rows = NULL;
    agl_error why = {0};
    agl_status status = agl__db_query(&rows, d->db, value[2], &why);
    if (status == AGL_OK)
        status = write_rows(t, rows, value[0], value[1], err);
    else
        status = agl_fail(err, status, "section '%s', table '%s': %s", s->title, value[0], why.message);
    agl_table_free(rows);
    return status;
}
