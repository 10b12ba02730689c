#include "agglo/grouping.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

/** Groups still to be joined; each lives in the row of its smallest member. */
typedef struct forest {
    double *d; /* n x n */
    size_t *size, *chain;
    bool *gone;
    size_t n, length; /* of the chain */
    agl_linkage_method method;
} forest;

/** The group nearest to i; the one before i on the chain wins a tie, or the chain might never end. */
static size_t nearest(const forest *f, size_t i, size_t before) {
    size_t best = before;
    for (size_t j = 0; j < f->n; j++) {
        if (j == i || f->gone[j]) continue;
        if (best == SIZE_MAX || f->d[i * f->n + j] < f->d[i * f->n + best]) best = j;
    }
    return best;
}

static double joined(const forest *f, size_t i, size_t j, size_t l) {
    double ni = (double)f->size[i], nj = (double)f->size[j], nl = (double)f->size[l];
    double il = f->d[i * f->n + l], jl = f->d[j * f->n + l], ij = f->d[i * f->n + j];
    if (f->method == AGL_LINKAGE_AVERAGE) return (ni * il + nj * jl) / (ni + nj);
    return ((ni + nl) * il + (nj + nl) * jl - nl * ij) / (ni + nj + nl);
}

/** Joins b to a, a < b. */
static void join(forest *f, size_t a, size_t b) {
    for (size_t l = 0; l < f->n; l++)
        if (!f->gone[l] && l != a && l != b) f->d[a * f->n + l] = f->d[l * f->n + a] = joined(f, a, b, l);
    f->size[a] += f->size[b];
    f->gone[b] = true;
}

/** Follows nearest neighbours until two groups are nearest to each other, and joins them. */
static agl_merge next_merge(forest *f) {
    if (f->length == 0)
        for (size_t i = 0; i < f->n; i++)
            if (!f->gone[i]) {
                f->chain[f->length++] = i;
                break;
            }
    for (;;) {
        size_t tip = f->chain[f->length - 1], before = f->length > 1 ? f->chain[f->length - 2] : SIZE_MAX;
        size_t next = nearest(f, tip, before);
        if (next != before) {
            f->chain[f->length++] = next;
            continue;
        }
        f->length -= 2;
        size_t a = tip < before ? tip : before, b = tip < before ? before : tip;
        agl_merge m = {(int32_t)a, (int32_t)b, f->d[a * f->n + b]};
        join(f, a, b);
        return m;
    }
}

static int by_height(const void *left, const void *right) {
    const agl_merge *a = left, *b = right;
    if (a->height != b->height) return a->height < b->height ? -1 : 1;
    if (a->a != b->a) return a->a < b->a ? -1 : 1;
    return (a->b > b->b) - (a->b < b->b);
}

agl_status agl_linkage(agl_merge *merges, const double *d, size_t n, agl_linkage_method method,
                       const agl_ctx *ctx, agl_error *err) {
    forest f = {.n = n, .method = method};
    agl_status status = AGL_OK;
    if (n > INT32_MAX) return agl_fail(err, AGL_EDATA, "%zu objects are too many", n);
    for (size_t k = 0; k < n * n; k++)
        if (!(d[k] >= 0) || isinf(d[k]))
            return agl_fail(err, AGL_EDATA, "the distance of objects %zu and %zu is %g, not a number >= 0",
                            k / n, k % n, d[k]);
    f.d = AGL_NEW(double, n *n);
    f.size = AGL_NEW(size_t, n);
    f.chain = AGL_NEW(size_t, n + 1);
    f.gone = AGL_NEW(bool, n);
    if (!f.d || !f.size || !f.chain || !f.gone) {
        status = agl_fail_memory(err);
        goto out;
    }
    memcpy(f.d, d, n * n * sizeof *d);
    for (size_t i = 0; i < n; i++)
        f.size[i] = 1;
    for (size_t k = 0; k + 1 < n; k++) {
        if (k % 64 == 0 && agl_cancelled(ctx)) {
            status = agl_fail(err, AGL_ECANCEL, "cancelled");
            goto out;
        }
        merges[k] = next_merge(&f);
    }
    if (n > 1) qsort(merges, n - 1, sizeof *merges, by_height);
out:
    free(f.d);
    free(f.size);
    free(f.chain);
    free(f.gone);
    return status;
}

static int32_t root(int32_t *parent, int32_t i) {
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

agl_status agl_linkage_cut(int32_t *cluster, const agl_merge *merges, size_t n, size_t k, agl_error *err) {
    if (k == 0 || k > n) return agl_fail(err, AGL_EUSAGE, "%zu clusters of %zu objects cannot be made", k, n);
    int32_t *parent = AGL_NEW(int32_t, n), *number = AGL_NEW(int32_t, n), next = 0;
    if (!parent || !number) {
        free(parent);
        free(number);
        return agl_fail_memory(err);
    }
    for (size_t i = 0; i < n; i++)
        parent[i] = (int32_t)i, number[i] = -1;
    for (size_t m = 0; m < n - k; m++) {
        int32_t a = root(parent, merges[m].a), b = root(parent, merges[m].b);
        parent[a > b ? a : b] = a > b ? b : a;
    }
    for (size_t i = 0; i < n; i++) {
        int32_t r = root(parent, (int32_t)i);
        if (number[r] < 0) number[r] = next++;
        cluster[i] = number[r];
    }
    free(parent);
    free(number);
    return AGL_OK;
}
