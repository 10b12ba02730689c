#include "report/page.h"
#include "report/query.h"

#include <math.h>
#include <string.h>

static void number_cell(agl_text *t, double v, int decimals) {
    agl__raw(t, "<td class=\"n\">");
    agl__number(t, v, decimals);
    agl__raw(t, "</td>");
}

/** Input files with the first digits of their hashes; the whole hash is the tooltip. */
static agl_status inputs_cell(agl_text *t, agl_dossier *d, const agl_step *s, agl_error *err) {
    agl_table *hashes = NULL;
    agl_status status = agl__query_object(&hashes, d, s, "input_hashes", err);
    if (status != AGL_OK) return status;
    agl__raw(t, "<td>");
    for (size_t i = 0; i < hashes->rows; i++) {
        const char *hash = agl_column_text(agl_table_column(hashes, "value"), i);
        agl__raw(t, i ? "<br>" : "");
        agl__html(t, agl_column_text(agl_table_column(hashes, "key"), i));
        if (!hash) continue;
        agl_text shorter = {0};
        agl__text_put(&shorter, hash, strlen(hash) < 10 ? strlen(hash) : 10);
        agl__raw(t, " <code title=\"");
        agl__html(t, hash);
        agl__raw(t, "\">");
        agl__html(t, shorter.data);
        agl__raw(t, "</code>");
        t->failed |= shorter.failed;
        agl__text_free(&shorter);
    }
    agl__raw(t, "</td>");
    agl_table_free(hashes);
    return AGL_OK;
}

static agl_status row(agl_text *t, agl_dossier *d, size_t i, agl_error *err) {
    const agl_step *s = &d->steps[i];
    agl__text_add(t, "<tr><td><a href=\"#s%zu\">", i);
    agl__html(t, s->name);
    agl__text_add(t, "</a></td><td>%s %s", s->method->verb, s->method->name);
    if (s->like) {
        agl__raw(t, ", like ");
        agl__html(t, s->like);
    }
    agl__raw(t, "</td>");
    agl_status status = inputs_cell(t, d, s, err);
    number_cell(t, s->rows_in, 0);
    number_cell(t, s->rows_used, 0);
    number_cell(t, s->rows_dropped, 0);
    number_cell(t, s->seed, 0);
    number_cell(t, s->seconds, 2);
    agl__raw(t, "<td>");
    agl__html(t, s->version);
    agl__raw(t, "</td></tr>\n");
    return status;
}

agl_status agl__page_provenance(agl_text *t, agl_dossier *d, agl_error *err) {
    agl_status status = AGL_OK;
    agl__raw(
        t,
        "<section class=\"part\" id=\"provenance\">\n<h2>How the numbers were made</h2>\n<p "
        "class=\"intro\">Every number in this "
        "dossier comes from the steps below. The same input files, options, seed and version give the same "
        "numbers, "
        "whatever the machine's number of processors. The DuckDB file beside this dossier holds all result "
        "tables and "
        "this record (table <code>provenance</code>, with all options).</p>\n"
        "<div class=\"scroll plain\"><table class=\"provenance\"><thead><tr><th scope=\"col\">Step</th><th "
        "scope=\"col\">Method</th><th scope=\"col\">Inputs and their hashes</th><th scope=\"col\" "
        "class=\"n\">Rows "
        "in</th><th scope=\"col\" class=\"n\">used</th><th scope=\"col\" class=\"n\">dropped</th><th "
        "scope=\"col\" "
        "class=\"n\">Seed</th><th scope=\"col\" class=\"n\">Seconds</th><th "
        "scope=\"col\">Version</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < d->n_steps && status == AGL_OK; i++)
        status = row(t, d, i, err);
    agl__raw(t, "</tbody></table></div>\n</section>\n");
    return status;
}
