/* A study: raw files in, a DuckDB file of result tables out. Read from study.yaml (docs/study.md). libyaml
 * rather than libcyaml: options are free maps, which a fixed schema cannot hold, and errors must name the
 * line. */
#ifndef AGL_STUDY_STUDY_H
#define AGL_STUDY_STUDY_H

#include "op/invoke.h"

enum { AGL_MOST_PATHS = 16, AGL_MOST_COLUMNS = 40, AGL_MOST_INPUTS = 8, AGL_MOST_OPTIONS = 40 };

/** Files (or an earlier step's table) with the columns that play roles. Texts belong to the study. */
typedef struct agl_study_source {
    const char *name; /* in inputs: its name; in labels: the kind */
    int line;         /* where the study file says so */
    const char *paths[AGL_MOST_PATHS];
    size_t n_paths;
    agl_pair columns[AGL_MOST_COLUMNS];
    size_t n_columns;
    const char *where, *suppressed, *aggregate;
    const char *from; /* "step.table" instead of paths, or NULL */
} agl_study_source;

typedef struct agl_study_step {
    const char *name;
    int line;
    const agl_method *method;
    struct {
        const char *input; /* of the method */
        const char *ref;   /* name of a study input, STEP or STEP.TABLE */
        ptrdiff_t step;    /* index of the step it comes from, -1 = a study input */
        char *table;       /* stored table when it comes from a step */
    } inputs[AGL_MOST_INPUTS];
    size_t n_inputs;
    agl_study_source over; /* columns, where, suppressed, aggregate that add to the main input's own */
    agl_pair options[AGL_MOST_OPTIONS]; /* role = option, column = value */
    size_t n_options;
    const char *like;
} agl_study_step;

#define AGL_MOST_SECTION_TABLES 8

typedef struct agl_study_section {
    const char *title, *text;
    const char *steps; /* comma-joined names */
    struct {
        const char *title, *note, *sql;
    } tables[AGL_MOST_SECTION_TABLES]; /* drawn from the results of several steps */
    size_t n_tables;
} agl_study_section;

typedef struct agl_study {
    char *path, *folder;
    const char *title, *subtitle, *description, *author, *date, *language;
    const char *output, *report; /* full paths */
    const char *boundaries;      /* full path or NULL */
    bool has_seed;
    uint64_t seed;
    agl_study_source *inputs, *labels;
    size_t n_inputs, n_labels;
    agl_study_step *steps;
    size_t n_steps;
    agl_study_section *sections;
    size_t n_sections;
    size_t *order; /* steps in the order in which they run */
    char **texts;  /* everything the pointers above point to */
    size_t n_texts, texts_capacity;
} agl_study;

/** Reads and checks a study file: unknown keys, methods, options, missing steps and cycles are AGL_EUSAGE
 * errors that name the line. */
AGL_NODISCARD agl_status agl__study_read(agl_study **out, const char *path, agl_error *err);
void agl__study_free(agl_study *study);
/** Copies a text into the study; NULL when memory is exhausted. */
const char *agl__study_keep(agl_study *study, const char *text);

/** What a run tells its caller, a line a step. */
typedef void (*agl_study_tell)(void *arg, const char *line);

/** Runs the steps whose inputs, options or version changed, and writes all results to study->output, all or
 * nothing. `fresh` runs every step. */
AGL_NODISCARD agl_status agl__study_run(const agl_study *study, bool fresh, agl_study_tell tell, void *arg,
                                        const agl_ctx *ctx, agl_error *err);

#endif
