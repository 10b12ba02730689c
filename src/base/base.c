#include "agglo/base.h"
#include "base/mem.h"
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

agl_status agl_fail(agl_error *err, agl_status status, const char *format, ...) {
    if (err) {
        va_list args;
        va_start(args, format);
        vsnprintf(err->message, sizeof err->message, format, args);
        va_end(args);
        err->status = status;
    }
    return status;
}

agl_status agl_fail_memory(agl_error *err) {
    return agl_fail(err, AGL_ENOMEM,
                    "out of memory: close other programs, filter the input or use a larger machine");
}

int agl_threads(const agl_ctx *ctx) {
    if (ctx && ctx->threads > 0) return ctx->threads;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores > 0 ? (int)cores : 1;
}

uint64_t agl_seed(const agl_ctx *ctx) { return ctx ? ctx->seed : 1; }

bool agl_cancelled(const agl_ctx *ctx) {
    return ctx && ctx->cancel && atomic_load_explicit(ctx->cancel, memory_order_relaxed);
}

void agl_progress(const agl_ctx *ctx, const char *what, double done, double total) {
    if (ctx && ctx->progress) ctx->progress(ctx->progress_arg, what, done, total);
}

const char *agl_version(void) { return AGL_VERSION; }

void *agl__grow(void *array, size_t *capacity, size_t need, size_t size) {
    if (need <= *capacity) return array;
    size_t wanted = *capacity ? *capacity : 16;
    while (wanted < need) {
        if (wanted > SIZE_MAX / 2) return NULL;
        wanted *= 2;
    }
    void *grown = reallocarray(array, wanted, size);
    if (grown) *capacity = wanted;
    return grown;
}
