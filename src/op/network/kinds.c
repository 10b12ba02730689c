#include "op/network/kinds.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

const char *const agl__kind_names[AGL_KINDS] = {"firm", "government", "institute", "other", "university"};

static const struct {
    const char *code;
    int32_t kind;
} built_in[] = {{"HES", AGL_KIND_UNIVERSITY},
                {"PRC", AGL_KIND_FIRM},
                {"REC", AGL_KIND_INSTITUTE},
                {"PUB", AGL_KIND_GOVERNMENT},
                {"OTH", AGL_KIND_OTHER}};

/* The kind of that name, -1 when there is none. */
static int32_t kind_named(const char *name) {
    for (int32_t k = 0; k < AGL_KINDS; k++)
        if (strcasecmp(name, agl__kind_names[k]) == 0) return k;
    return -1;
}

static int32_t known_kind(const char *code) {
    for (size_t i = 0; i < sizeof built_in / sizeof *built_in; i++)
        if (strcasecmp(code, built_in[i].code) == 0) return built_in[i].kind;
    return kind_named(code);
}

static agl_status from_input(int32_t *kind, const agl_run *run, const agl_dict *codes, agl_error *err) {
    const agl_column *code = agl__run_column(run, "kinds", "code"),
                     *name = agl__run_column(run, "kinds", "kind");
    if (!code || !name) return AGL_OK;
    for (size_t row = 0; row < agl__run_input(run, "kinds")->rows; row++) {
        int32_t known = kind_named(agl_column_text(name, row));
        if (known < 0)
            return agl__run_fail_row(run, "kinds", row, "kind", err,
                                     "'%s' is no kind; use firm, university, institute, government or other",
                                     agl_column_text(name, row));
        for (size_t c = 0; c < codes->n; c++) /* some five rows: no need to search faster */
            if (strcmp(codes->text[c], agl_column_text(code, row)) == 0) kind[c] = known;
    }
    return AGL_OK;
}

agl_status agl__kinds_of(int32_t **kind, agl_run *run, const agl_dict *codes, agl_error *err) {
    int32_t *of = AGL_NEW(int32_t, codes->n);
    if (!of) return agl_fail_memory(err);
    for (size_t c = 0; c < codes->n; c++)
        of[c] = -1;
    agl_status status = from_input(of, run, codes, err);
    if (status != AGL_OK) {
        free(of);
        return status;
    }
    char named[120] = "";
    size_t unknown = 0, used = 0;
    for (size_t c = 0; c < codes->n; c++) {
        if (of[c] < 0) of[c] = known_kind(codes->text[c]);
        if (of[c] >= 0) continue;
        of[c] = AGL_KIND_OTHER;
        if (unknown++ < 4)
            used += (size_t)snprintf(named + used, sizeof named - used, "%s%.24s", used ? ", " : "",
                                     codes->text[c]);
    }
    if (unknown > 0)
        agl__run_warn(
            run,
            "%zu kind%s of actor %s not known and counted as other: %s%s; name them in a file for --kinds",
            unknown, unknown > 1 ? "s" : "", unknown > 1 ? "are" : "is", named, unknown > 4 ? ", ..." : "");
    *kind = of;
    return AGL_OK;
}
