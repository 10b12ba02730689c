/* agglo/base.h - status, error object, context, views: what every other part of the library stands on.
 *
 * Conventions of the whole library
 *   - Every call that can fail returns agl_status and takes, last, a nullable agl_error that receives one
 * line of text.
 *   - Arguments: outputs first, const inputs, an options struct (NULL = defaults), the context, the error.
 *   - The library never prints, exits or aborts. Memory it hands out is released by the matching agl_x_free,
 *     plain arrays by free().
 *   - A NULL context means: all cores, seed 1, no progress, no cancelling.
 */
#ifndef AGGLO_BASE_H
#define AGGLO_BASE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AGL_NODISCARD    __attribute__((warn_unused_result))
#define AGL_PRINTF(f, a) __attribute__((format(printf, f, a)))

/** Outcome of a call. The values 2 to 5 are also the exit codes of the command. */
typedef enum agl_status {
    AGL_OK = 0,
    AGL_EUSAGE = 2,   /**< unknown method or option, option out of range */
    AGL_EDATA = 3,    /**< the data cannot be used as they are */
    AGL_ECONV = 4,    /**< no convergence, or an infeasible problem */
    AGL_EIO = 5,      /**< a file cannot be read or written */
    AGL_ENOMEM = 6,   /**< memory exhausted */
    AGL_ECANCEL = 7,  /**< cancelled by the caller */
    AGL_EINTERNAL = 8 /**< a defect of agglo itself */
} agl_status;

/** One line: what is wrong, where (file, row, column), what would mend it. */
typedef struct agl_error {
    agl_status status;
    char message[1024];
} agl_error;

/** Fills `err` (may be NULL) and returns `status`, so that `return agl_fail(...)` reads as one step. */
agl_status agl_fail(agl_error *err, agl_status status, const char *format, ...) AGL_PRINTF(3, 4);

/** The usual failure of an allocation. */
agl_status agl_fail_memory(agl_error *err);

/** What a computation needs to know of its surroundings. Shared by threads, never written by the library. */
typedef struct agl_ctx {
    int threads;               /**< worker threads; 0 = one per core */
    uint64_t seed;             /**< seed of every random number; results depend on it, never on `threads` */
    const atomic_bool *cancel; /**< becomes true when the caller wants to stop; may be NULL */
    /** Called from one thread at a time with done <= total; may be NULL. */
    void (*progress)(void *arg, const char *what, double done, double total);
    void *progress_arg;
} agl_ctx;

#define AGL_CTX_INIT                                                                                         \
    { .threads = 0, .seed = 1, .cancel = NULL, .progress = NULL, .progress_arg = NULL }

/** Threads to use: ctx->threads, or the number of cores when that is 0 or ctx is NULL. */
int agl_threads(const agl_ctx *ctx);
/** Seed of the context, 1 when ctx is NULL. */
uint64_t agl_seed(const agl_ctx *ctx);
/** True when the caller asked to stop. Cheap; long loops ask it about every millisecond. */
bool agl_cancelled(const agl_ctx *ctx);
/** Reports progress when the context wants it. */
void agl_progress(const agl_ctx *ctx, const char *what, double done, double total);

/** Dense row-major matrix, not owned: element (i, j) is data[i * stride + j]. */
typedef struct agl_mat {
    double *data;
    size_t rows, cols, stride;
} agl_mat;

/** The same, read only. */
typedef struct agl_cmat {
    const double *data;
    size_t rows, cols, stride;
} agl_cmat;

/** Version of the library, e.g. "0.1.0". */
const char *agl_version(void);

#ifdef __cplusplus
}
#endif
#endif
