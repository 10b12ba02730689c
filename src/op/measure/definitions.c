#include "op/measure/definitions.h"
#include "base/mem.h"

/** Row of the definitions for every industry of the data, -1 where there is none. */
static agl_status find_definitions(int32_t *row_of, const agl_dict *industries, const agl_column *defined,
                                   size_t rows, agl_error *err) {
    size_t found = 0;
    for (size_t i = 0; i < industries->n; i++)
        row_of[i] = -1;
    for (size_t row = 0; row < rows; row++) {
        int32_t code = agl_dict_find(industries, defined->dict.text[defined->code[row]]);
        if (code < 0) continue;
        row_of[code] = (int32_t)row;
        found++;
    }
    return found
               ? AGL_OK
               : agl_fail(
                     err, AGL_EDATA,
                     "no industry of the data is in the definitions (the data have %s, the definitions %s): "
                     "do both use the same codes, with the same number of digits?",
                     industries->n ? industries->text[0] : "none",
                     defined->dict.n ? defined->dict.text[0] : "none");
}

/** Looks up the row of the definitions of every industry, then gives every row of the data its cluster (and
 * kind). */
static agl_status map_rows(agl_mapped *m, const agl_run *run, const agl_column *cluster,
                           const agl_column *kind, agl_error *err) {
    agl_cell_columns *c = &m->columns;
    int32_t *row_of = AGL_NEW(int32_t, c->industries->n);
    m->cluster = AGL_NEW(int32_t, c->rows);
    if (kind) m->basis = AGL_NEW(int32_t, c->rows);
    agl_status status = row_of && m->cluster && (m->basis || !kind) ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK)
        status = find_definitions(row_of, c->industries, agl__run_column(run, "definitions", "industry"),
                                  agl__run_input(run, "definitions")->rows, err);
    for (size_t i = 0; i < c->rows && status == AGL_OK; i++) {
        int32_t row = row_of[c->industry[i]];
        m->cluster[i] = row < 0 ? -1 : cluster->code[row];
        if (kind) m->basis[i] = row < 0 ? -1 : kind->code[row];
    }
    free(row_of);
    return status;
}

agl_status agl__definitions_apply(agl_mapped *m, const agl_run *run, agl_error *err) {
    if (!agl__run_input(run, "definitions")) return AGL_OK;
    const agl_column *cluster = agl__run_column(run, "definitions", "cluster");
    const agl_column *kind = agl__run_column(run, "definitions", "kind");
    if (kind && m->columns.basis)
        return agl_fail(err, AGL_EDATA,
                        "both the data (basis) and the definitions (kind) tell traded from local: "
                        "leave one of them out");
    agl_status status = map_rows(m, run, cluster, kind, err);
    m->columns.industry = m->cluster, m->columns.industries = &cluster->dict;
    if (kind) m->columns.basis = m->basis, m->columns.bases = &kind->dict;
    return status;
}

void agl__mapped_free(agl_mapped *m) {
    free(m->cluster);
    free(m->basis);
    m->cluster = m->basis = NULL;
}
