/* The command: what its parts share. */
#ifndef AGL_CLI_CLI_H
#define AGL_CLI_CLI_H

#include "op/spec.h"

#include <stdio.h>

/** Options that every command takes. */
typedef struct agl_common {
    agl_ctx ctx;
    bool quiet, json_errors;
} agl_common;

/** Exit code of a status: 0, 2 usage, 3 data, 4 no convergence, 5 I/O or memory, 130 cancelled, 70 defect. */
int agl__exit_code(agl_status status);
/** Prints the error as one line (or as JSON) on stderr and returns the exit code. */
int agl__complain(const agl_common *common, const agl_error *err);

/** Makes Ctrl-C and TERM set the context's cancel flag, and hangs the progress bar on it (only when stderr is
 * a terminal and not --quiet). */
void agl__watch(agl_common *common);
/** Removes the progress bar from the screen. */
void agl__progress_end(void);

/** Takes argv[*i] (and its value) when it is --seed, --threads, --quiet or --json-errors; *taken says
 * whether. */
AGL_NODISCARD agl_status agl__common_option(bool *taken, agl_common *common, int argc, char **argv, int *i,
                                            agl_error *err);
/** The value of option argv[*i]: "--name=value" or the next argument. */
AGL_NODISCARD agl_status agl__option_value(const char **value, int argc, char **argv, int *i, agl_error *err);
/** True when argv[i] is --name or --name=value. */
bool agl__is_option(const char *argument, const char *name);

/* ---- commands (argv starts behind the command's name) ---- */
int agl__cmd_method(const char *verb, int argc, char **argv);
int agl__cmd_run(int argc, char **argv);
int agl__cmd_report(int argc, char **argv);

/* ---- texts ---- */
void agl__help_main(FILE *out);
void agl__help_methods(FILE *out, const char *verb); /**< NULL = all verbs */
void agl__help_method(FILE *out, const agl_method *method);
void agl__help_explain(FILE *out, const agl_method *method);
void agl__print_version(FILE *out);
/** The table in columns, at most `most` rows. */
void agl__print_table(FILE *out, const agl_table *table, size_t most);

#endif
