/* Tasks over threads with results that do not depend on the number of threads.
 *
 * The caller cuts the work into a fixed number of tasks (never derived from the thread count), each task
 * writes only to its own slot, and the caller combines the slots in order afterwards. Threads are started per
 * call: at some tens of microseconds a call that is cheaper than keeping a pool correct, and leaves no state
 * between calls. */
#ifndef AGL_BASE_PARALLEL_H
#define AGL_BASE_PARALLEL_H

#include "agglo/base.h"

/** One task. `worker` is in 0..agl_threads(ctx)-1 and may index per-thread scratch memory. */
typedef agl_status (*agl_task_fn)(void *arg, size_t task, int worker, agl_error *err);

/** Runs tasks 0..n_tasks-1. Stops early at the first failure or when cancelled (AGL_ECANCEL); when several
 * tasks fail the one with the lowest index is reported. `what` (may be NULL) labels the progress bar. */
AGL_NODISCARD agl_status agl__parallel(size_t n_tasks, agl_task_fn task, void *arg, const char *what,
                                       const agl_ctx *ctx, agl_error *err);

#endif
