/* dossier.h - what a study's DuckDB file says, in the form in which the pages need it. */
#ifndef AGL_REPORT_DOSSIER_H
#define AGL_REPORT_DOSSIER_H

#include "op/spec.h"
#include "table/db.h"

/** One row of the table provenance. Texts belong to agl_dossier.provenance; NULL when missing. */
typedef struct agl_step {
    const char *name, *like, *version, *warnings;
    const agl_method *method;
    const char **stored; /* name of the stored table for each output of the method; NULL = not stored */
    double seed, rows_in, rows_used, rows_dropped, seconds; /* NaN when missing */
    bool shown;                                             /* stands in a section */
} agl_step;

/** How sure a sentence is. */
typedef enum agl_sure {
    AGL_SURE_UNTESTED,
    AGL_SURE_NO,  /* not distinguishable from chance */
    AGL_SURE_YES, /* distinguishable */
    AGL_SURE_CARE /* speaks of results that are not distinguishable */
} agl_sure;

typedef struct agl_finding {
    char *text;
    agl_sure sure;
    int rank;
    size_t step;
} agl_finding;

typedef struct agl_section {
    char *title, *text; /* text may be NULL */
    size_t *steps, n_steps;
    int number; /* in the study file; 0 = made for steps that stand in no section there */
} agl_section;

/** The chart that is shown on the first page as well. */
typedef struct agl_lead {
    int preference; /* 0 = none yet */
    size_t chart, step;
    double height; /* in user units */
    const char *title;
} agl_lead;

typedef struct agl_dossier {
    agl_db *db;
    const agl_ctx *ctx;
    const char *path;                         /* of the DuckDB file, as given */
    agl_table *provenance, *study, *boundary; /* boundary NULL when there is none */
    char **names;                             /* owned stored-table names */
    size_t n_names;
    agl_step *steps;
    size_t n_steps;
    agl_section *sections;
    size_t n_sections;
    agl_finding *findings; /* by question, rank, step */
    size_t n_findings;
    size_t n_charts; /* drawn so far; gives the charts their ids */
    agl_lead lead;
} agl_dossier;

/** The four questions, in the order of the verbs. */
typedef struct agl_question {
    const char *verb, *name, *text;
} agl_question;
extern const agl_question agl__questions[4];

/** Reads study, provenance and sections, and makes ready what the SQL of the records refers to (query.h). */
AGL_NODISCARD agl_status agl__dossier_load(agl_dossier *out, const char *path, const agl_ctx *ctx,
                                           agl_error *err);
void agl__dossier_free(agl_dossier *d);

/** Value of a key of the table study; NULL when absent or empty. */
const char *agl__study_value(const agl_dossier *d, const char *key);
/** Runs all finding queries. */
AGL_NODISCARD agl_status agl__findings_collect(agl_dossier *d, agl_error *err);

#endif
