/* The records of spec/VERB/METHOD.toml as constants. tools/spec.py checks the records and writes the tables
 * at build time; the command line, the help, the documents and the validation of studies all read them from
 * here. */
#ifndef AGL_OP_SPEC_H
#define AGL_OP_SPEC_H

#include "op/run.h"

typedef enum agl_role_type {
    AGL_ROLE_KEY,
    AGL_ROLE_NUMBER,
    AGL_ROLE_INTEGER,
    AGL_ROLE_DATE,
    AGL_ROLE_YEAR
} agl_role_type;

typedef enum agl_option_type {
    AGL_OPTION_NUMBER,
    AGL_OPTION_INTEGER,
    AGL_OPTION_TEXT,
    AGL_OPTION_CHOICE,
    AGL_OPTION_FLAG
} agl_option_type;

typedef struct agl_role_spec {
    const char *name, *unit, *meaning;
    agl_role_type type;
    bool required;
    double min, max; /* -inf, inf when unbounded */
} agl_role_spec;

typedef struct agl_input_spec {
    const char *name, *summary;
    bool required;
    const agl_role_spec *roles;
    size_t n_roles;
    const char *const *unique; /* roles that together may occur once */
    size_t n_unique;
} agl_input_spec;

typedef struct agl_option_spec {
    const char *name, *meaning;
    agl_option_type type;
    const char *default_text; /* NULL = none */
    double min, max;
    const char *const *choices;
    size_t n_choices;
} agl_option_spec;

typedef struct agl_output_column_spec {
    const char *name, *unit, *meaning;
    agl_type type;
    bool key, optional;
} agl_output_column_spec;

typedef struct agl_output_spec {
    const char *table, *summary, *rank;
    const agl_output_column_spec *columns;
    size_t n_columns;
} agl_output_spec;

typedef struct agl_example_spec {
    const char *command, *meaning;
} agl_example_spec;

typedef struct agl_finding_spec {
    int rank;
    const char *sql;
} agl_finding_spec;

typedef struct agl_chart_spec {
    const char *kind, *title, *x_title, *y_title, *note, *sql, *nodes;
} agl_chart_spec;

typedef struct agl_method {
    const char *verb, *name, *summary, *definition, *source, *computed;
    const char *const *warnings;
    size_t n_warnings;
    const char *const *likes;
    size_t n_likes;
    const agl_input_spec *inputs;
    size_t n_inputs;
    const agl_option_spec *options;
    size_t n_options;
    const agl_output_spec *outputs;
    size_t n_outputs;
    const agl_example_spec *examples;
    size_t n_examples;
    const agl_finding_spec *findings;
    size_t n_findings;
    const agl_chart_spec *charts;
    size_t n_charts;
    agl_status (*run)(agl_run *run, agl_error *err);
} agl_method;

/** All methods, ordered by verb (measure, network, allocate, track) and name. */
extern const agl_method agl__methods[];
extern const size_t agl__n_methods;

/** The method `verb name`, or an AGL_EUSAGE error that suggests the nearest one. */
AGL_NODISCARD agl_status agl__method_find(const agl_method **out, const char *verb, const char *name,
                                          agl_error *err);
const agl_input_spec *agl__method_input(const agl_method *method, const char *name);
const agl_option_spec *agl__method_option(const agl_method *method, const char *name);
const agl_output_spec *agl__method_output(const agl_method *method, const char *table);
const agl_role_spec *agl__input_role(const agl_input_spec *input, const char *role);

/** Of `names` the one nearest to `word` (Damerau-Levenshtein, at most 3 and less than half its length), or
 * NULL. */
const char *agl__nearest(const char *word, const char *const *names, size_t n);

#endif
