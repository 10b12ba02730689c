/* One-mode projection by accumulation: for each actor the members of its projects are added up in a dense
 * array, then read out in order. Sorting all sum k(k-1)/2 pairs was tried on paper and left out: it needs
 * them all in memory, and a project of 5,000 members alone has 12 million. */
#include "agglo/graph.h"
#include "base/mem.h"
#include "base/parallel.h"

#include <string.h>

enum { N_TASKS = 128 };

typedef struct tie {
    double weight;
    int32_t target, projects, slice, first, last;
} tie;

/* Ties of a range of source actors, made by one task. */
typedef struct part {
    int32_t begin, end; /* source actors */
    tie *ties;
    size_t n, capacity;
    size_t *until; /* end - begin: ties[..until[i]) belong to sources up to begin + i */
} part;

/* Memory of one thread. */
typedef struct scratch {
    tie *sum;          /* n_actors: tie of the present source with each actor; projects = 0 when untouched */
    uint64_t *touched; /* n_actors: keys to sort */
    uint64_t *turn;    /* projects of one actor by slice */
    size_t turn_capacity;
    tie *sorted;
    size_t sorted_capacity;
} scratch;

typedef struct projection {
    const agl_incidence *inc;
    agl_project_facts facts;
    bool fractional;
    double min_weight;
    part parts[N_TASKS];
    scratch *scratch;
    const agl_ctx *ctx;
} projection;

static int ascending(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void sort_keys(uint64_t *key, size_t n) {
    if (n > 1) qsort(key, n, sizeof *key, ascending);
}

/* Order-preserving map of int32 to uint32, so that a key of two signed halves sorts as one unsigned number.
 */
static uint64_t high_half(int32_t x) { return (uint64_t)((uint32_t)x ^ 0x80000000u) << 32; }

static int32_t earlier(int32_t a, int32_t b) {
    if (a == INT32_MIN || b == INT32_MIN) return a == INT32_MIN ? b : a;
    return a < b ? a : b;
}

static int32_t later(int32_t a, int32_t b) { return a > b ? a : b; } /* INT32_MIN, unknown, loses by itself */

/* Adds project p to the ties of `source` with the members behind it. */
static void add_project(const projection *j, scratch *s, size_t *n_touched, int32_t source, int32_t p) {
    const agl_incidence *inc = j->inc;
    size_t begin = inc->project_offset[p], end = inc->project_offset[p + 1];
    double weight = j->fractional ? 1.0 / (double)(end - begin - 1) : 1.0;
    int32_t start = j->facts.start ? j->facts.start[p] : INT32_MIN,
            stop = j->facts.end ? j->facts.end[p] : INT32_MIN;
    for (size_t i = end; i-- > begin && inc->actor[i] > source;) {
        int32_t b = inc->actor[i];
        tie *t = &s->sum[b];
        if (t->projects == 0) {
            *t = (tie){.target = b, .first = INT32_MIN, .last = INT32_MIN};
            s->touched[(*n_touched)++] = (uint64_t)(uint32_t)b;
        }
        t->weight += weight;
        t->projects++;
        t->first = earlier(t->first, start);
        t->last = later(t->last, stop);
    }
}

/* Appends the accumulated ties of one slice, ascending by target, and clears the accumulator. */
static agl_status flush(const projection *j, part *out, scratch *s, size_t n_touched, int32_t slice,
                        agl_error *err) {
    if (n_touched == 0) return AGL_OK;
    sort_keys(s->touched, n_touched);
    tie *grown = agl__grow(out->ties, &out->capacity, out->n + n_touched, sizeof *grown);
    if (!grown) return agl_fail_memory(err);
    out->ties = grown;
    double threshold = j->min_weight * (1 - 1e-12); /* three thirds are one */
    for (size_t i = 0; i < n_touched; i++) {
        tie *t = &s->sum[s->touched[i]];
        t->slice = slice;
        if (t->weight >= threshold) out->ties[out->n++] = *t;
        t->projects = 0;
    }
    return AGL_OK;
}

/* Ties of one source came slice by slice; bring them into the order (target, slice). */
static agl_status merge_slices(part *out, scratch *s, size_t begin, agl_error *err) {
    size_t n = out->n - begin;
    if (n < 2) return AGL_OK;
    uint64_t *key = AGL_NEW(uint64_t, n);
    tie *sorted = agl__grow(s->sorted, &s->sorted_capacity, n, sizeof *sorted);
    if (sorted) s->sorted = sorted;
    if (!key || !sorted) {
        free(key);
        return agl_fail_memory(err);
    }
    for (size_t i = 0; i < n; i++)
        key[i] = high_half(out->ties[begin + i].target) | i;
    sort_keys(key, n);
    for (size_t i = 0; i < n; i++)
        sorted[i] = out->ties[begin + (uint32_t)key[i]];
    memcpy(out->ties + begin, sorted, n * sizeof *sorted);
    free(key);
    return AGL_OK;
}

static agl_status sliced_source(const projection *j, part *out, scratch *s, int32_t source, agl_error *err) {
    const agl_incidence *inc = j->inc;
    size_t begin = inc->actor_offset[source], n = 0;
    size_t count = inc->actor_offset[source + 1] - begin;
    uint64_t *turn = agl__grow(s->turn, &s->turn_capacity, count, sizeof *turn);
    if (!turn) return count ? agl_fail_memory(err) : AGL_OK;
    s->turn = turn;
    for (size_t i = 0; i < count; i++) {
        int32_t p = inc->project[begin + i];
        if (j->facts.slice[p] != INT32_MIN) turn[n++] = high_half(j->facts.slice[p]) | (uint32_t)p;
    }
    sort_keys(turn, n);
    size_t first = out->n;
    for (size_t i = 0; i < n;) {
        uint64_t high = turn[i] >> 32;
        int32_t slice = j->facts.slice[(uint32_t)turn[i]];
        size_t n_touched = 0;
        for (; i < n && turn[i] >> 32 == high; i++)
            add_project(j, s, &n_touched, source, (int32_t)(uint32_t)turn[i]);
        agl_status status = flush(j, out, s, n_touched, slice, err);
        if (status != AGL_OK) return status;
    }
    return merge_slices(out, s, first, err);
}

static agl_status plain_source(const projection *j, part *out, scratch *s, int32_t source, agl_error *err) {
    const agl_incidence *inc = j->inc;
    size_t n_touched = 0;
    for (size_t i = inc->actor_offset[source]; i < inc->actor_offset[source + 1]; i++)
        add_project(j, s, &n_touched, source, inc->project[i]);
    return flush(j, out, s, n_touched, 0, err);
}

static agl_status project_part(void *arg, size_t task, int worker, agl_error *err) {
    projection *j = arg;
    part *out = &j->parts[task];
    scratch *s = &j->scratch[worker];
    size_t n = (size_t)(out->end - out->begin);
    if (!s->sum) s->sum = AGL_NEW(tie, j->inc->n_actors);
    if (!s->touched) s->touched = AGL_NEW(uint64_t, j->inc->n_actors);
    out->until = AGL_NEW(size_t, n);
    if (!s->sum || !s->touched || !out->until) return agl_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        if (agl_cancelled(j->ctx)) return agl_fail(err, AGL_ECANCEL, "cancelled");
        int32_t source = out->begin + (int32_t)i;
        agl_status status =
            j->facts.slice ? sliced_source(j, out, s, source, err) : plain_source(j, out, s, source, err);
        if (status != AGL_OK) return status;
        out->until[i] = out->n;
    }
    return AGL_OK;
}

/* Cuts the actors into N_TASKS ranges of about equal work; work of an actor = members of its projects. */
static void cut(projection *j) {
    const agl_incidence *inc = j->inc;
    double total = 0, done = 0;
    for (int32_t p = 0; p < inc->n_projects; p++) {
        double k = (double)(inc->project_offset[p + 1] - inc->project_offset[p]);
        total += k * k;
    }
    int32_t actor = 0;
    for (size_t t = 0; t < N_TASKS; t++) {
        j->parts[t].begin = actor;
        double limit = total * (double)(t + 1) / N_TASKS;
        while (actor < inc->n_actors && (done < limit || t == N_TASKS - 1)) {
            for (size_t i = inc->actor_offset[actor]; i < inc->actor_offset[actor + 1]; i++)
                done +=
                    (double)(inc->project_offset[inc->project[i] + 1] - inc->project_offset[inc->project[i]]);
            actor++;
        }
        j->parts[t].end = actor;
    }
}

static agl_status ties_new(agl_ties *out, size_t n, bool sliced, bool timed, agl_error *err) {
    *out = (agl_ties){.n = n,
                      .source = AGL_NEW(int32_t, n),
                      .target = AGL_NEW(int32_t, n),
                      .weight = AGL_NEW(double, n),
                      .projects = AGL_NEW(int32_t, n)};
    bool complete = out->source && out->target && out->weight && out->projects;
    if (sliced) complete = (out->slice = AGL_NEW(int32_t, n)) && complete;
    if (timed) complete = (out->first = AGL_NEW(int32_t, n)) && complete;
    if (timed) complete = (out->last = AGL_NEW(int32_t, n)) && complete;
    return complete ? AGL_OK : agl_fail_memory(err);
}

/* Copies the ties of a part to the rows from `row` on. */
static void copy_part(agl_ties *out, size_t row, const part *p) {
    for (size_t i = 0, source = 0; i < p->n; i++, row++) {
        while (p->until[source] <= i)
            source++;
        out->source[row] = p->begin + (int32_t)source;
        out->target[row] = p->ties[i].target;
        out->weight[row] = p->ties[i].weight;
        out->projects[row] = p->ties[i].projects;
        if (out->slice) out->slice[row] = p->ties[i].slice;
        if (out->first) out->first[row] = p->ties[i].first;
        if (out->last) out->last[row] = p->ties[i].last;
    }
}

static agl_status collect(agl_ties *out, const projection *j, agl_error *err) {
    size_t n = 0, row = 0;
    for (size_t t = 0; t < N_TASKS; t++)
        n += j->parts[t].n;
    agl_status status = ties_new(out, n, j->facts.slice != NULL, j->facts.start || j->facts.end, err);
    for (size_t t = 0; status == AGL_OK && t < N_TASKS; row += j->parts[t++].n)
        copy_part(out, row, &j->parts[t]);
    return status;
}

static void parts_free(projection *j, size_t workers) {
    for (size_t t = 0; t < N_TASKS; t++) {
        free(j->parts[t].ties);
        free(j->parts[t].until);
    }
    for (size_t w = 0; w < workers; w++) {
        free(j->scratch[w].sum);
        free(j->scratch[w].touched);
        free(j->scratch[w].turn);
        free(j->scratch[w].sorted);
    }
    free(j->scratch);
    free(j);
}

agl_status agl_project(agl_ties *out, const agl_incidence *incidence, agl_projection_weight weight,
                       double min_weight, const agl_project_facts *facts, const agl_ctx *ctx,
                       agl_error *err) {
    *out = (agl_ties){0};
    size_t workers = (size_t)agl_threads(ctx);
    projection *j = AGL_NEW(projection, 1);
    if (j) j->scratch = AGL_NEW(scratch, workers);
    if (!j || !j->scratch) {
        free(j);
        return agl_fail_memory(err);
    }
    j->inc = incidence;
    if (facts) j->facts = *facts;
    j->fractional = weight == AGL_WEIGHT_FRACTIONAL;
    j->min_weight = min_weight;
    j->ctx = ctx;
    cut(j);
    agl_status status = agl__parallel(N_TASKS, project_part, j, "projecting", ctx, err);
    if (status == AGL_OK) status = collect(out, j, err);
    if (status != AGL_OK) agl_ties_free(out);
    parts_free(j, workers);
    return status;
}

void agl_ties_free(agl_ties *ties) {
    if (!ties) return;
    free(ties->source);
    free(ties->target);
    free(ties->weight);
    free(ties->projects);
    free(ties->slice);
    free(ties->first);
    free(ties->last);
    *ties = (agl_ties){0};
}
