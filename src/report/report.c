#include "report/report.h"
#include "report/page.h"
#include "table/write.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static agl_status compose(agl_text *t, agl_dossier *d, agl_error *err) {
    agl_text body = {0};
    agl_status status = agl__findings_collect(d, err);
    for (size_t k = 0; k < d->n_sections && status == AGL_OK; k++) {
        agl_progress(d->ctx, "dossier", (double)k, (double)d->n_sections);
        status = agl__page_section(&body, d, k, err);
        if (status == AGL_OK && agl_cancelled(d->ctx)) status = agl_fail(err, AGL_ECANCEL, "cancelled");
    }
    if (status == AGL_OK) status = agl__page_provenance(&body, d, err);
    if (status == AGL_OK) status = agl__page_first(t, d, err);
    agl__raw(t, body.data);
    agl__text_add(t,
                  "<footer>Made by agglo %s, offline. This file loads nothing from the "
                  "network.</footer>\n</main>\n<script>\n",
                  agl_version());
    agl__raw(t, agl__report_js);
    agl__raw(t, "</script>\n</body>\n</html>\n");
    bool failed = t->failed || body.failed;
    agl__text_free(&body);
    return status == AGL_OK && failed ? agl_fail_memory(err) : status;
}

static agl_status write_file(const char *aside, const char *path, const agl_text *t, agl_error *err) {
    FILE *f = fopen(aside, "wb");
    bool ok = f && fwrite(t->data, 1, t->length, f) == t->length;
    int why = errno;
    if (f && fclose(f) != 0 && ok) {
        ok = false;
        why = errno;
    }
    if (ok) return agl__land(aside, path, err);
    if (f) unlink(aside);
    return agl_fail(err, AGL_EIO, "cannot write '%s': %s", path, strerror(why));
}

agl_status agl__report_write(const char *out_html, const char *duckdb_path, const agl_ctx *ctx,
                             agl_error *err) {
    /* opening a missing file for reading would be DuckDB's own, longer message */
    if (access(duckdb_path, R_OK) != 0)
        return agl_fail(err, AGL_EIO, "cannot read '%s': %s", duckdb_path, strerror(errno));
    locale_t point = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    char *aside = agl__aside(out_html);
    if (!point || !aside) {
        if (point) freelocale(point);
        free(aside);
        return agl_fail_memory(err);
    }
    locale_t before = uselocale(point);
    agl_dossier d;
    agl_text page = {0};
    agl_status status = agl__dossier_load(&d, duckdb_path, ctx, err);
    if (status == AGL_OK) {
        status = compose(&page, &d, err);
        agl__dossier_free(&d);
    }
    if (status == AGL_OK) status = write_file(aside, out_html, &page, err);
    agl__text_free(&page);
    uselocale(before);
    freelocale(point);
    free(aside);
    return status;
}
