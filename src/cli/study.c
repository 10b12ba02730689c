#include "cli/cli.h"
#include "report/report.h"
#include "study/study.h"

#include <stdlib.h>
#include <string.h>

static void print_line(void *arg, const char *line) {
    const agl_common *common = arg;
    agl__progress_end();
    if (!common->quiet) fprintf(stderr, "%s\n", line);
}

static void help_run(FILE *out) {
    fputs("usage: agglo run study.yaml [--fresh] [--no-report] [--seed N] [--threads N] [--quiet] [--json-errors]\n\n"
          "Runs the steps of a study whose inputs, options or version changed, stores all result tables with their provenance in\n"
          "one DuckDB file and writes the dossier. --fresh runs every step. The study file is described in docs/study.md.\n",
          out);
}

int agl__cmd_run(int argc, char **argv) {
    agl_common common = {.ctx = AGL_CTX_INIT};
    agl_error err = {0};
    agl_study *study = NULL;
    const char *path = NULL;
    bool fresh = false, report = true, seeded = false;
    agl_status status = AGL_OK;
    for (int i = 0; i < argc && status == AGL_OK; i++) {
        bool taken;
        seeded = seeded || agl__is_option(argv[i], "seed");
        status = agl__common_option(&taken, &common, argc, argv, &i, &err);
        if (status != AGL_OK || taken) continue;
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            help_run(stdout);
            return 0;
        }
        if (strcmp(argv[i], "--fresh") == 0)
            fresh = true;
        else if (strcmp(argv[i], "--no-report") == 0)
            report = false;
        else if (argv[i][0] == '-' || path)
            status = agl_fail(&err, AGL_EUSAGE, "run takes one study file; it does not know '%s' (agglo run --help)", argv[i]);
        else
            path = argv[i];
    }
    if (status == AGL_OK && !path) status = agl_fail(&err, AGL_EUSAGE, "run needs a study file, e.g. agglo run study.yaml");
    if (status == AGL_OK) status = agl__study_read(&study, path, &err);
    if (status == AGL_OK) {
        if (study->has_seed && !seeded) common.ctx.seed = study->seed;
        agl__watch(&common);
        status = agl__study_run(study, fresh, print_line, &common, &common.ctx, &err);
    }
    if (status == AGL_OK && report) status = agl__report_write(study->report, study->output, &common.ctx, &err);
    agl__progress_end();
    if (status == AGL_OK && !common.quiet) {
        printf("results  %s\n", study->output);
        if (report) printf("dossier  %s\n", study->report);
    }
    agl__study_free(study);
    return status == AGL_OK ? 0 : agl__complain(&common, &err);
}

int agl__cmd_report(int argc, char **argv) {
    agl_common common = {.ctx = AGL_CTX_INIT};
    agl_error err = {0};
    const char *path = NULL, *out = "report.html";
    agl_status status = AGL_OK;
    for (int i = 0; i < argc && status == AGL_OK; i++) {
        bool taken;
        status = agl__common_option(&taken, &common, argc, argv, &i, &err);
        if (status != AGL_OK || taken) continue;
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            puts("usage: agglo report study.duckdb [-o report.html]\n\nWrites the dossier from the results of a study.");
            return 0;
        }
        if (strcmp(argv[i], "-o") == 0)
            status = agl__option_value(&out, argc, argv, &i, &err);
        else if (argv[i][0] == '-' || path)
            status = agl_fail(&err, AGL_EUSAGE, "report takes one result file; it does not know '%s'", argv[i]);
        else
            path = argv[i];
    }
    if (status == AGL_OK && !path) status = agl_fail(&err, AGL_EUSAGE, "report needs the result file of a study, e.g. study.duckdb");
    agl__watch(&common);
    if (status == AGL_OK) status = agl__report_write(out, path, &common.ctx, &err);
    if (status == AGL_OK && !common.quiet) printf("dossier  %s\n", out);
    return status == AGL_OK ? 0 : agl__complain(&common, &err);
}
