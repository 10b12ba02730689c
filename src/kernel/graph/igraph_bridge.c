#include "kernel/graph/igraph_bridge.h"

#include <pthread.h>

/* igraph's own state is global, so this is too. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Neither aborts nor frees: in igraph 0.10.2 (Debian 12) freeing what is on the clean-up stack after an error
 * crashes in some functions, Leiden among them, so what a failed call leaves behind is dropped instead (see
 * agl__igraph_call). For the same reason igraph is not interrupted: it is asked to stop between calls only.
 */
static void ignore_error(const char *reason, const char *file, int line, igraph_error_t code) {
    (void)reason;
    (void)file;
    (void)line;
    (void)code;
}

static igraph_error_t fill(agl__igraph *out, const agl_graph *g) {
    igraph_vector_int_t ends; /* the two ends of every edge, one after another */
    igraph_integer_t m = (igraph_integer_t)agl_graph_edges(g), at = 0;
    IGRAPH_CHECK(igraph_vector_int_init(&ends, 2 * m));
    IGRAPH_FINALLY(igraph_vector_int_destroy, &ends);
    IGRAPH_CHECK(igraph_vector_init(&out->weight, g->weight ? m : 0));
    IGRAPH_FINALLY(igraph_vector_destroy, &out->weight);
    for (int32_t v = 0; v < g->n; v++)
        for (size_t a = g->offset[v]; a < g->offset[v + 1]; a++) {
            if (!g->directed && g->neighbour[a] < v) continue;
            if (g->weight) VECTOR(out->weight)[at] = g->weight[a];
            VECTOR(ends)[2 * at] = v;
            VECTOR(ends)[2 * at + 1] = g->neighbour[a];
            at++;
        }
    out->weights = g->weight ? &out->weight : NULL;
    IGRAPH_CHECK(igraph_create(&out->graph, &ends, g->n, g->directed));
    igraph_vector_int_destroy(&ends);
    IGRAPH_FINALLY_CLEAN(2); /* out now belongs to the caller */
    return IGRAPH_SUCCESS;
}

static igraph_error_t convert_and_work(agl__igraph_fn work, void *arg, const agl_graph *graph) {
    agl__igraph copy = {.weights = NULL};
    igraph_error_t code = fill(&copy, graph);
    if (code != IGRAPH_SUCCESS) return code;
    code = work(arg, &copy);
    igraph_destroy(&copy.graph);
    igraph_vector_destroy(&copy.weight);
    return code;
}

static agl_status translate(igraph_error_t code, agl_error *err) {
    if (code == IGRAPH_SUCCESS) return AGL_OK;
    if (code == IGRAPH_ENOMEM) return agl_fail_memory(err);
    return agl_fail(err, AGL_EINTERNAL, "igraph: %s", igraph_strerror(code));
}

agl_status agl__igraph_call(agl__igraph_fn work, void *arg, const agl_graph *graph, const agl_ctx *ctx,
                            agl_error *err) {
    if (agl_cancelled(ctx)) return agl_fail(err, AGL_ECANCEL, "cancelled");
    pthread_mutex_lock(&lock);
    int on_stack = IGRAPH_FINALLY_STACK_SIZE();
    igraph_error_handler_t *errors = igraph_set_error_handler(ignore_error);
    igraph_warning_handler_t *warnings = igraph_set_warning_handler(igraph_warning_handler_ignore);
    igraph_interruption_handler_t *interruption = igraph_set_interruption_handler(NULL);
    igraph_rng_t *outer = igraph_rng_default(), kept = *outer, own;
    igraph_error_t code = igraph_rng_init(&own, &igraph_rngtype_mt19937);
    if (code == IGRAPH_SUCCESS) {
        igraph_rng_seed(&own, (igraph_uint_t)agl_seed(ctx));
        igraph_rng_set_default(&own);
        code = convert_and_work(work, arg, graph);
        *outer = kept; /* some versions copy the generator, others point at it: this undoes either */
        igraph_rng_set_default(outer);
        igraph_rng_destroy(&own);
    }
    if (IGRAPH_FINALLY_STACK_SIZE() > on_stack) IGRAPH_FINALLY_CLEAN(IGRAPH_FINALLY_STACK_SIZE() - on_stack);
    igraph_set_interruption_handler(interruption);
    igraph_set_warning_handler(warnings);
    igraph_set_error_handler(errors);
    pthread_mutex_unlock(&lock);
    return translate(code, err);
}
