#include "study/study.h"
#include "cli/cli.h"
#include "report/report.h"

#include <stdlib.h>
#include <string.h>

static void print_line(void *arg, const char *line) {
    const agl_common *common = arg;
    agl__progress_end();
    if (!common->quiet) fprintf(stderr, "%s\n", line);
}

static void help_run(FILE *out) {
    fputs("usage: agglo run study.yaml [--fresh] [--no-report] [--seed N] [--threads N] [--quiet] "
          "[--json-errors]\n\n"
          "Runs the steps of a study whose inputs, options or version changed, stores all result tables with "
          "their provenance in\n"
          "one DuckDB file and writes the dossier. --fresh runs every step. The study file is described in "
          "docs/study.md.\n",
          out);
}

typedef struct arguments {
    agl_common common;
    const char *path, *out;
    bool fresh, no_report, seeded, help;
} arguments;

/* Options of run and report; `flags` says whether --fresh and --no-report are known, else -o is. */
static agl_status parse(arguments *a, const char *command, bool flags, int argc, char **argv,
                        agl_error *err) {
    agl_status status = AGL_OK;
    for (int i = 0; i < argc && status == AGL_OK; i++) {
        bool taken;
        a->seeded = a->seeded || agl__is_option(argv[i], "seed");
        status = agl__common_option(&taken, &a->common, argc, argv, &i, err);
        if (status != AGL_OK || taken) continue;
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            a->help = true;
        else if (flags && strcmp(argv[i], "--fresh") == 0)
            a->fresh = true;
        else if (flags && strcmp(argv[i], "--no-report") == 0)
            a->no_report = true;
        else if (!flags && strcmp(argv[i], "-o") == 0)
            status = agl__option_value(&a->out, argc, argv, &i, err);
        else if (argv[i][0] == '-' || a->path)
            status = agl_fail(err, AGL_EUSAGE, "%s takes one file; it does not know '%s' (agglo %s --help)",
                              command, argv[i], command);
        else
            a->path = argv[i];
    }
    if (status == AGL_OK && !a->path && !a->help)
        status = agl_fail(err, AGL_EUSAGE, "%s needs a file; agglo %s --help says more", command, command);
    return status;
}

int agl__cmd_run(int argc, char **argv) {
    arguments a = {.common = {.ctx = AGL_CTX_INIT}};
    agl_error err = {0};
    agl_study *study = NULL;
    agl_status status = parse(&a, "run", true, argc, argv, &err);
    if (status == AGL_OK && a.help) {
        help_run(stdout);
        return 0;
    }
    if (status == AGL_OK) status = agl__study_read(&study, a.path, &err);
    if (status == AGL_OK) {
        if (study->has_seed && !a.seeded) a.common.ctx.seed = study->seed;
        agl__watch(&a.common);
        status = agl__study_run(study, a.fresh, print_line, &a.common, &a.common.ctx, &err);
    }
    if (status == AGL_OK && !a.no_report)
        status = agl__report_write(study->report, study->output, &a.common.ctx, &err);
    agl__progress_end();
    if (status == AGL_OK && !a.common.quiet) {
        printf("results  %s\n", study->output);
        if (!a.no_report) printf("dossier  %s\n", study->report);
    }
    agl__study_free(study);
    return status == AGL_OK ? 0 : agl__complain(&a.common, &err);
}

int agl__cmd_report(int argc, char **argv) {
    arguments a = {.common = {.ctx = AGL_CTX_INIT}, .out = "report.html"};
    agl_error err = {0};
    agl_status status = parse(&a, "report", false, argc, argv, &err);
    if (status == AGL_OK && a.help) {
        puts("usage: agglo report study.duckdb [-o report.html]\n\nWrites the dossier from the results of a "
             "study.");
        return 0;
    }
    agl__watch(&a.common);
    if (status == AGL_OK) status = agl__report_write(a.out, a.path, &a.common.ctx, &err);
    if (status == AGL_OK && !a.common.quiet) printf("dossier  %s\n", a.out);
    return status == AGL_OK ? 0 : agl__complain(&a.common, &err);
}
