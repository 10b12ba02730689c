#include "base/parallel.h"
#include "base/mem.h"

#include <pthread.h>

typedef struct job {
    size_t n_tasks;
    agl_task_fn task;
    void *arg;
    const char *what;
    const agl_ctx *ctx;
    atomic_size_t next, done;
    atomic_bool stop;
    pthread_mutex_t lock; /* guards the three fields below and the progress call */
    agl_status status;
    size_t failed_task;
    agl_error error;
} job;

typedef struct worker {
    job *job;
    int index;
    pthread_t thread;
} worker;

static void record_failure(job *j, size_t task, agl_status status, const agl_error *error) {
    pthread_mutex_lock(&j->lock);
    if (j->status == AGL_OK || task < j->failed_task) {
        j->status = status;
        j->failed_task = task;
        j->error = *error;
    }
    pthread_mutex_unlock(&j->lock);
    atomic_store(&j->stop, true);
}

static void report(job *j) {
    size_t done = atomic_fetch_add(&j->done, 1) + 1;
    if (!j->what || !j->ctx || !j->ctx->progress) return;
    pthread_mutex_lock(&j->lock);
    agl_progress(j->ctx, j->what, (double)done, (double)j->n_tasks);
    pthread_mutex_unlock(&j->lock);
}

static void *work(void *arg) {
    worker *w = arg;
    job *j = w->job;
    while (!atomic_load(&j->stop)) {
        size_t task = atomic_fetch_add(&j->next, 1);
        if (task >= j->n_tasks) break;
        agl_error error = {.status = AGL_OK, .message = ""};
        agl_status status = agl_cancelled(j->ctx) ? agl_fail(&error, AGL_ECANCEL, "cancelled")
                                                  : j->task(j->arg, task, w->index, &error);
        if (status != AGL_OK)
            record_failure(j, task, status, &error);
        else
            report(j);
    }
    return NULL;
}

agl_status agl__parallel(size_t n_tasks, agl_task_fn task, void *arg, const char *what, const agl_ctx *ctx,
                         agl_error *err) {
    if (n_tasks == 0) return AGL_OK;
    size_t n = (size_t)agl_threads(ctx);
    if (n > n_tasks) n = n_tasks;
    worker *workers = AGL_NEW(worker, n);
    if (!workers) return agl_fail_memory(err);
    job j = {.n_tasks = n_tasks, .task = task, .arg = arg, .what = what, .ctx = ctx, .status = AGL_OK};
    pthread_mutex_init(&j.lock, NULL);

    size_t started = 0;
    for (size_t i = 0; i < n; i++)
        workers[i] = (worker){.job = &j, .index = (int)i};
    for (size_t i = 1; i < n; i++, started++)
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            break; /* fewer threads, same result */
    work(&workers[0]);
    for (size_t i = 1; i <= started; i++)
        pthread_join(workers[i].thread, NULL);

    pthread_mutex_destroy(&j.lock);
    free(workers);
    if (j.status != AGL_OK && err) *err = j.error;
    return j.status;
}
