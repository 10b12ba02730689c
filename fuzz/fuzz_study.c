/* Study files: whatever the bytes, agl__study_read gives a study in a runnable order or one line of error. */
#include "study/study.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each step comes after the steps that feed it, and comes once. */
static void check_order(const agl_study *s) {
    bool *done = calloc(s->n_steps + 1, sizeof *done);
    for (size_t i = 0; done && i < s->n_steps; i++) {
        const agl_study_step *step = &s->steps[s->order[i]];
        for (size_t k = 0; k < step->n_inputs; k++)
            if (step->inputs[k].step >= 0 && !done[step->inputs[k].step]) abort();
        if (done[s->order[i]]) abort();
        done[s->order[i]] = true;
    }
    free(done);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static char path[64];
    if (!path[0]) snprintf(path, sizeof path, "/tmp/agglo-fuzz-%d.yaml", (int)getpid());
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(data, 1, size, f) != size || fclose(f) != 0) abort();
    agl_error err = {0};
    agl_study *study = NULL;
    agl_status status = agl__study_read(&study, path, &err);
    if (status == AGL_OK)
        check_order(study);
    else if (!err.message[0] || status == AGL_EINTERNAL)
        abort();
    agl__study_free(study);
    unlink(path);
    return 0;
}
