/* Pointwise order of curves, and the extreme-rank-length order of whole curves. */
#include "base/mem.h"
#include "kernel/geo/envelope.h"

#include <math.h>
#include <string.h>

typedef struct entry {
    double value;
    uint32_t curve;
} entry;

static int by_value(const void *a, const void *b) {
    const entry *p = a, *q = b;
    if (p->value != q->value) return p->value < q->value ? -1 : 1;
    return p->curve < q->curve ? -1 : p->curve > q->curve;
}

/* Fills column j from the m sorted entries. Ties share their counts. */
static void fill_column(agl_ordered *o, size_t j, const entry *column, size_t m) {
    double *sorted = o->sorted + j * o->curves;
    uint32_t *below = o->below + j * o->curves, *above = o->above + j * o->curves;
    o->valid[j] = m;
    for (size_t s = 0; s < o->curves; s++)
        below[s] = above[s] = UINT32_MAX;
    for (size_t i = 0; i < m;) {
        size_t end = i;
        while (end < m && column[end].value == column[i].value)
            end++;
        for (size_t k = i; k < end; k++) {
            sorted[k] = column[k].value;
            below[column[k].curve] = (uint32_t)end;
            above[column[k].curve] = (uint32_t)(m - i);
        }
        i = end;
    }
}

agl_status agl__order_curves(agl_ordered *out, agl_cmat sims, const double *observed, agl_error *err) {
    size_t curves = sims.rows + (observed ? 1 : 0), n = sims.cols;
    *out = (agl_ordered){.curves = curves,
                         .n = n,
                         .sorted = AGL_NEW(double, curves *n),
                         .below = AGL_NEW(uint32_t, curves * n),
                         .above = AGL_NEW(uint32_t, curves * n),
                         .valid = AGL_NEW(size_t, n)};
    entry *column = AGL_NEW(entry, curves);
    if (!out->sorted || !out->below || !out->above || !out->valid || !column) {
        free(column);
        agl__ordered_free(out);
        return agl_fail_memory(err);
    }
    for (size_t j = 0; j < n; j++) {
        size_t m = 0;
        for (size_t s = 0; s < curves; s++) {
            double v = s < sims.rows ? sims.data[s * sims.stride + j] : observed[j];
            if (!isnan(v)) column[m++] = (entry){v, (uint32_t)s};
        }
        qsort(column, m, sizeof *column, by_value);
        fill_column(out, j, column, m);
    }
    free(column);
    return AGL_OK;
}

void agl__ordered_free(agl_ordered *ordered) {
    free(ordered->sorted);
    free(ordered->below);
    free(ordered->above);
    free(ordered->valid);
    *ordered = (agl_ordered){0};
}

static int by_rank(const void *a, const void *b) {
    uint32_t p = *(const uint32_t *)a, q = *(const uint32_t *)b;
    return p < q ? -1 : p > q;
}

/* Twice the mean rank of curve s at every distance, from the nearer side, in ascending order. With `below`
 * values <= v, `above` values >= v and m values, below + above - m are tied with v, and the mean rank from
 * below is below - (tied - 1)/2. */
static void ranks_of_curve(uint32_t *ranks, const agl_ordered *o, size_t s) {
    for (size_t j = 0; j < o->n; j++) {
        uint32_t below = o->below[j * o->curves + s], above = o->above[j * o->curves + s];
        if (below == UINT32_MAX) {
            ranks[j] = UINT32_MAX;
            continue;
        }
        uint32_t tied = below + above - (uint32_t)o->valid[j];
        ranks[j] = 2 * (below < above ? below : above) - (tied - 1);
    }
    qsort(ranks, o->n, sizeof *ranks, by_rank);
}

typedef struct ranked {
    const uint32_t *ranks;
    size_t n;
    uint32_t curve;
} ranked;

static int compare_ranks(const ranked *p, const ranked *q) {
    for (size_t j = 0; j < p->n; j++)
        if (p->ranks[j] != q->ranks[j]) return p->ranks[j] < q->ranks[j] ? -1 : 1;
    return 0;
}

static int by_extremity(const void *a, const void *b) {
    int order = compare_ranks(a, b);
    if (order) return order;
    uint32_t p = ((const ranked *)a)->curve, q = ((const ranked *)b)->curve;
    return p < q ? -1 : p > q;
}

agl_status agl__erl_positions(uint32_t *position, const agl_ordered *ordered, agl_error *err) {
    size_t curves = ordered->curves, n = ordered->n;
    uint32_t *ranks = AGL_NEW(uint32_t, curves * n);
    ranked *order = AGL_NEW(ranked, curves);
    if (!ranks || !order) {
        free(ranks);
        free(order);
        return agl_fail_memory(err);
    }
    for (size_t s = 0; s < curves; s++) {
        ranks_of_curve(ranks + s * n, ordered, s);
        order[s] = (ranked){ranks + s * n, n, (uint32_t)s};
    }
    qsort(order, curves, sizeof *order, by_extremity);
    for (size_t i = 0; i < curves;) {
        size_t end = i + 1;
        while (end < curves && compare_ranks(&order[i], &order[end]) == 0)
            end++;
        for (; i < end; i++)
            position[order[i].curve] = (uint32_t)end;
    }
    free(ranks);
    free(order);
    return AGL_OK;
}
