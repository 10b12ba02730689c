#include "agglo/communities.h"
#include "base/mem.h"
#include "kernel/network/hypergeometric.h"

typedef struct pair {
    int32_t community, value;
} pair;

static int by_pair(const void *a, const void *b) {
    const pair *x = a, *y = b;
    if (x->community != y->community) return x->community < y->community ? -1 : 1;
    return (x->value > y->value) - (x->value < y->value);
}

/* The known (community, value) pairs of the nodes, sorted; counts by value and by community. */
static size_t collect(pair *pairs, int32_t *of_value, int32_t *of_community, int32_t n,
                      const int32_t *community, const int32_t *value) {
    size_t known = 0;
    for (int32_t v = 0; v < n; v++) {
        if (value[v] < 0) continue;
        pairs[known++] = (pair){community[v], value[v]};
        of_value[value[v]]++;
        of_community[community[v]]++;
    }
    qsort(pairs, known, sizeof *pairs, by_pair);
    return known;
}

agl_status agl_community_profile(agl_profile_row **rows, size_t *n_rows, int32_t n, const int32_t *community,
                                 int32_t k, const int32_t *value, int32_t n_values, int32_t min_size,
                                 agl_error *err) {
    pair *pairs = AGL_NEW(pair, n);
    int32_t *of_value = AGL_NEW(int32_t, n_values), *of_community = AGL_NEW(int32_t, k);
    agl_profile_row *out = AGL_NEW(agl_profile_row, n);
    long double *log_factorial = agl__log_factorials((size_t)n);
    bool ok = pairs && of_value && of_community && out && log_factorial;
    size_t used = 0, known = ok ? collect(pairs, of_value, of_community, n, community, value) : 0;
    for (size_t begin = 0, end; begin < known; begin = end) {
        for (end = begin + 1; end < known && by_pair(&pairs[begin], &pairs[end]) == 0;)
            end++;
        int32_t c = pairs[begin].community, x = pairs[begin].value;
        if (of_community[c] < min_size) continue;
        out[used++] =
            (agl_profile_row){.community = c,
                              .value = x,
                              .actors = (int32_t)(end - begin),
                              .share = (double)(end - begin) / of_community[c],
                              .share_all = of_value[x] / (double)known,
                              .p = agl__hypergeometric_upper(end - begin, (size_t)of_value[x],
                                                             (size_t)of_community[c], known, log_factorial)};
    }
    free(pairs);
    free(of_value);
    free(of_community);
    free(log_factorial);
    if (!ok) {
        free(out);
        return agl_fail_memory(err);
    }
    *rows = out;
    *n_rows = used;
    return AGL_OK;
}
