#include "op/network/measures.h"

#include "op/spec.h"

#include <stdio.h>
#include <string.h>

const char *const agl__measure_names[AGL_MEASURES] = {
    "degree",     "strength",       "betweenness", "closeness", "eigenvector", "pagerank",     "clustering",
    "constraint", "effective_size", "core",        "component", "community",   "participation"};

/* Sets wanted[] = value for each word of the list. */
static agl_status apply(bool wanted[AGL_MEASURES], const char *list, const char *option, bool value,
                        agl_error *err) {
    while (*list) {
        size_t length = strcspn(list, ", ");
        char word[64];
        snprintf(word, sizeof word, "%.*s", (int)length, list);
        int found = -1;
        for (int m = 0; m < AGL_MEASURES; m++)
            if (strcmp(word, agl__measure_names[m]) == 0) found = m;
        if (length > 0 && found < 0) {
            const char *near = agl__nearest(word, agl__measure_names, AGL_MEASURES);
            return agl_fail(err, AGL_EUSAGE, "option --%s: '%s' is no measure%s%s%s", option, word,
                            near ? "; did you mean '" : "; 'agglo network metrics --help' lists them",
                            near ? near : "", near ? "'?" : "");
        }
        if (length > 0) wanted[found] = value;
        list += length;
        list += strspn(list, ", ");
    }
    return AGL_OK;
}

agl_status agl__measures_wanted(bool wanted[AGL_MEASURES], const agl_run *run, agl_error *err) {
    const char *only = agl__run_text(run, "measures"), *skip = agl__run_text(run, "skip");
    for (int m = 0; m < AGL_MEASURES; m++)
        wanted[m] = !only;
    agl_status status = only ? apply(wanted, only, "measures", true, err) : AGL_OK;
    if (status == AGL_OK && skip) status = apply(wanted, skip, "skip", false, err);
    return status;
}
