#include "base/mem.h"
#include "study/store.h"
#include "study/study.h"
#include "table/text.h"
#include "table/write.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef struct execution {
    const agl_study *study;
    agl_db *db;
    const agl_ctx *ctx;
    bool fresh;
    agl_study_tell tell;
    void *arg;
    char **hashes; /* by step: hash of everything it depends on */
} execution;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- sources of a step
 * ------------------------------------------------------------------------------------------- */

typedef struct step_source {
    agl_source source;
    agl_pair columns[2 * AGL_MOST_COLUMNS];
    const char *table; /* the stored table when it comes from a step */
} step_source;

static const agl_study_source *find_input(const agl_study *s, const char *name) {
    for (size_t i = 0; i < s->n_inputs; i++)
        if (strcmp(s->inputs[i].name, name) == 0) return &s->inputs[i];
    return NULL;
}

/* The step's own columns come first, because the first pair of a role counts. Columns of an input that play
 * roles which this method does not know are left out: one input may feed several methods. */
static void add_pairs(step_source *to, const agl_pair *pairs, size_t n, const agl_input_spec *known) {
    for (size_t i = 0; i < n; i++) {
        bool taken = known && !agl__input_role(known, pairs[i].role);
        for (size_t k = 0; k < to->source.n_columns; k++)
            taken = taken || strcmp(to->columns[k].role, pairs[i].role) == 0;
        if (!taken) to->columns[to->source.n_columns++] = pairs[i];
    }
}

static void make_source(step_source *to, const execution *e, const agl_study_step *step, size_t k) {
    bool main_input = strcmp(step->inputs[k].input, step->method->inputs[0].name) == 0;
    const agl_study_source *in = find_input(e->study, step->inputs[k].ref);
    *to = (step_source){.table = step->inputs[k].table};
    to->source.columns = to->columns;
    if (main_input) {
        add_pairs(to, step->over.columns, step->over.n_columns, NULL);
        to->source.where = step->over.where;
        to->source.suppressed = step->over.suppressed;
        to->source.aggregate = step->over.aggregate;
    }
    if (step->inputs[k].step >= 0) {
        to->source.paths = &to->table;
        to->source.n_paths = 1;
        return;
    }
    add_pairs(to, in->columns, in->n_columns, agl__method_input(step->method, step->inputs[k].input));
    to->source.paths = in->paths;
    to->source.n_paths = in->n_paths;
    if (!to->source.where) to->source.where = in->where;
    if (!to->source.suppressed) to->source.suppressed = in->suppressed;
    if (!to->source.aggregate) to->source.aggregate = in->aggregate;
}

/* ---- hashing
 * ------------------------------------------------------------------------------------------------------- */

static void put_source(agl_text *t, const agl_source *s) {
    for (size_t i = 0; i < s->n_columns; i++)
        agl__text_add(t, "|%s=%s", s->columns[i].role, s->columns[i].column);
    agl__text_add(t, "|w=%s|s=%s|a=%s\n", s->where ? s->where : "", s->suppressed ? s->suppressed : "",
                  s->aggregate ? s->aggregate : "");
}

/* Everything that decides the step's result, as one hash; `inputs` becomes the hashes of the inputs as JSON.
 */
static agl_status hash_step(char **hash, agl_text *inputs, const execution *e, size_t index, agl_error *err) {
    const agl_study_step *step = &e->study->steps[index];
    agl_text all = {0}, sql = {0};
    agl_status status = AGL_OK;
    agl__text_add(&all, "%s|%s %s|%llu|%s\n", agl_version(), step->method->verb, step->method->name,
                  (unsigned long long)agl_seed(e->ctx), step->like ? step->like : "");
    for (size_t i = 0; i < step->n_options; i++)
        agl__text_add(&all, "%s=%s\n", step->options[i].role, step->options[i].column);
    agl__text_add(inputs, "{");
    for (size_t k = 0; k < step->n_inputs && status == AGL_OK; k++) {
        step_source s;
        char *content = NULL;
        make_source(&s, e, step, k);
        if (step->inputs[k].step < 0) status = agl__read_hash(&content, e->db, &s.source, err);
        if (status != AGL_OK) break;
        const char *known = content ? content : e->hashes[step->inputs[k].step];
        agl__text_add(inputs, "%s\"%s\": \"%s\"", k ? ", " : "", step->inputs[k].ref, known);
        agl__text_add(&all, "%s %s %s", step->inputs[k].input, step->inputs[k].ref, known);
        put_source(&all, &s.source);
        free(content);
    }
    agl__text_add(inputs, "}");
    if (status == AGL_OK) {
        agl__text_add(&sql, "SELECT sha256(");
        agl__text_literal(&sql, all.data ? all.data : "");
        agl__text_add(&sql, ")");
        status = all.failed || sql.failed || inputs->failed ? agl_fail_memory(err)
                                                            : agl__db_text(hash, e->db, err, "%s", sql.data);
    }
    agl__text_free(&all);
    agl__text_free(&sql);
    return status;
}

/* ---- running
 * ------------------------------------------------------------------------------------------------------- */

static agl_status run_step(agl_run **out, const execution *e, const agl_study_step *step, agl_error *err) {
    agl_run *run = NULL;
    step_source *sources = AGL_NEW(step_source, step->n_inputs);
    if (!sources) return agl_fail_memory(err);
    agl_status status = agl__run_new(&run, step->method, e->db, e->ctx, err);
    for (size_t i = 0; i < step->n_options && status == AGL_OK; i++)
        status = agl__run_set(run, step->options[i].role, step->options[i].column, err);
    if (status == AGL_OK && step->like) status = agl__run_set_like(run, step->like, err);
    for (size_t k = 0; k < step->n_inputs && status == AGL_OK; k++) {
        make_source(&sources[k], e, step, k);
        status = agl__run_bind(run, step->inputs[k].input, &sources[k].source, err);
    }
    if (status == AGL_OK) status = agl__run_execute(run, err);
    free(sources); /* the run looks at its sources only while it executes */
    if (status != AGL_OK) {
        agl__run_free(run);
        return status;
    }
    *out = run;
    return AGL_OK;
}

static void tell(const execution *e, size_t at, const agl_study_step *step, double seconds) {
    char line[300];
    if (!e->tell) return;
    if (seconds < 0)
        snprintf(line, sizeof line, "[%zu/%zu] %s: unchanged", at + 1, e->study->n_steps, step->name);
    else
        snprintf(line, sizeof line, "[%zu/%zu] %s: %s %s, %.1f s", at + 1, e->study->n_steps, step->name,
                 step->method->verb, step->method->name, seconds);
    e->tell(e->arg, line);
}

static agl_status do_step(execution *e, size_t at, agl_error *err) {
    size_t index = e->study->order[at];
    const agl_study_step *step = &e->study->steps[index];
    agl_text inputs = {0};
    agl_run *run = NULL;
    agl_error cause = {0};
    bool unchanged = false;
    double start = now();
    agl_status status = hash_step(&e->hashes[index], &inputs, e, index, &cause);
    if (status == AGL_OK && !e->fresh)
        status = agl__store_unchanged(&unchanged, e->db, step->name, e->hashes[index], &cause);
    if (status == AGL_OK && !unchanged) status = run_step(&run, e, step, &cause);
    if (status == AGL_OK && !unchanged)
        status =
            agl__store_run(e->db, step, run, e->hashes[index], inputs.data, now() - start, e->ctx, &cause);
    if (status == AGL_OK) status = agl__store_position(e->db, step->name, at + 1, &cause);
    if (status == AGL_OK)
        tell(e, at, step, unchanged ? -1 : now() - start);
    else if (status == AGL_ECANCEL || status == AGL_ENOMEM)
        (void)agl_fail(err, status, "%s", cause.message);
    else
        (void)agl_fail(err, status, "step '%s': %.900s", step->name, cause.message);
    agl__run_free(run);
    agl__text_free(&inputs);
    return status;
}

static agl_status do_all(execution *e, agl_error *err) {
    e->hashes = AGL_NEW(char *, e->study->n_steps);
    if (!e->hashes) return agl_fail_memory(err);
    agl_status status = agl__store_prepare(e->db, e->study, err);
    for (size_t i = 0; i < e->study->n_steps && status == AGL_OK; i++)
        status = do_step(e, i, err);
    if (status == AGL_OK) status = agl__store_frame(e->db, e->study, err);
    if (status == AGL_OK) status = agl__db_exec(e->db, err, "CHECKPOINT");
    for (size_t i = 0; i < e->study->n_steps; i++)
        free(e->hashes[i]);
    free(e->hashes);
    return status;
}

/* The results are built on a copy beside their place, so that a run that fails or is cancelled leaves the old
 * ones. */
agl_status agl__study_run(const agl_study *study, bool fresh, agl_study_tell tell_line, void *arg,
                          const agl_ctx *ctx, agl_error *err) {
    execution e = {.study = study, .ctx = ctx, .fresh = fresh, .tell = tell_line, .arg = arg};
    char *aside = agl__aside(study->output);
    if (!aside) return agl_fail_memory(err);
    agl_status status = AGL_OK;
    if (access(study->output, F_OK) == 0) status = agl__copy_file(study->output, aside, err);
    if (status == AGL_OK) status = agl__db_open(&e.db, aside, false, ctx, err);
    if (status == AGL_OK) status = do_all(&e, err);
    agl__db_close(e.db);
    if (status == AGL_OK)
        status = agl__land(aside, study->output, err);
    else
        unlink(aside);
    char *wal;
    if (asprintf(&wal, "%s.wal", aside) > 0) {
        unlink(wal);
        free(wal);
    }
    free(aside);
    return status;
}
