#include "agglo/efficiency.h"
#include "base/mem.h"
#include "kernel/measure/cells.h"
#include "op/allocate/dea_input.h"

#include <math.h>
#include <string.h>

/** What is computed, in the order of technologies: those of technology t are start[t] .. start[t+1]-1. */
typedef struct work {
    const agl_dea_input *in;
    agl_dea_options options;
    size_t *start;
    uint32_t *member; /* n: unit of the input at each place */
    size_t *place;    /* n: and back */
    double *x, *y, *w;
    agl_dea dea;
    double *crs, *vrs, *nirs, *super, *sbm, *cost, *best, *corrected, *lo, *hi;
} work;

static const char *const rts_names[] = {"crs", "vrs", "nirs", "ndrs", "fdh"};

static agl_dea_options options_of(const agl_run *run) {
    agl_dea_options o = {.orientation = agl__run_is(run, "orientation", "output") ? AGL_OUTPUT : AGL_INPUT};
    for (int k = 0; k < 5; k++)
        if (agl__run_is(run, "rts", rts_names[k])) o.rts = (agl_rts)k;
    return o;
}

/** Options that one technology cannot serve. */
static agl_status check_options(const agl_run *run, const agl_dea_options *o, agl_error *err) {
    bool sbm = !agl__run_is(run, "sbm", "off");
    if (o->rts == AGL_FDH && (agl__run_flag(run, "super") || agl__run_integer(run, "bootstrap") > 0))
        return agl_fail(err, AGL_EUSAGE,
                        "--super and --bootstrap need a convex technology; choose another --rts than fdh");
    if (sbm && o->rts != AGL_CRS && o->rts != AGL_VRS)
        return agl_fail(err, AGL_EUSAGE, "--sbm is for --rts crs or vrs, not %s", rts_names[o->rts]);
    return AGL_OK;
}

static void work_free(work *k) {
    double *of[] = {k->x,
                    k->y,
                    k->w,
                    k->dea.score,
                    k->dea.slack_in,
                    k->dea.slack_out,
                    k->dea.weight_in,
                    k->dea.weight_out,
                    k->dea.lambda,
                    k->crs,
                    k->vrs,
                    k->nirs,
                    k->super,
                    k->sbm,
                    k->cost,
                    k->best,
                    k->corrected,
                    k->lo,
                    k->hi};
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        free(of[i]);
    free(k->start);
    free(k->member);
    free(k->place);
    free(k->dea.peer);
}

/** Units in the order of technologies. */
static agl_status lay_out(work *k, agl_error *err) {
    const agl_dea_input *in = k->in;
    agl_status status = agl__groups(&k->start, &k->member, in->slice, in->n_slices, in->n, err);
    if (status != AGL_OK) return status;
    k->place = AGL_NEW(size_t, in->n);
    k->x = AGL_NEW(double, in->n * in->m);
    k->y = AGL_NEW(double, in->n * in->s);
    if (in->w) k->w = AGL_NEW(double, in->n * in->m);
    if (!k->place || !k->x || !k->y || (in->w && !k->w)) return agl_fail_memory(err);
    for (size_t p = 0; p < in->n; p++) {
        size_t u = k->member[p];
        k->place[u] = p;
        memcpy(k->x + p * in->m, in->x + u * in->m, in->m * sizeof *in->x);
        memcpy(k->y + p * in->s, in->y + u * in->s, in->s * sizeof *in->y);
        if (in->w) memcpy(k->w + p * in->m, in->w + u * in->m, in->m * sizeof *in->w);
    }
    return AGL_OK;
}

static agl_status allocate(work *k, const agl_run *run, agl_error *err) {
    size_t n = k->in->n, m = k->in->m, s = k->in->s, width = m + s + 1;
    bool fdh = k->options.rts == AGL_FDH, boot = agl__run_integer(run, "bootstrap") > 0;
    struct {
        double **array;
        size_t size;
    } wanted[] = {{&k->dea.score, n},
                  {&k->dea.slack_in, n * m},
                  {&k->dea.slack_out, n * s},
                  {&k->dea.weight_in, n * m},
                  {&k->dea.weight_out, n * s},
                  {&k->dea.lambda, n * width},
                  {&k->crs, fdh ? 0 : n},
                  {&k->vrs, fdh ? 0 : n},
                  {&k->nirs, fdh ? 0 : n},
                  {&k->super, agl__run_flag(run, "super") ? n : 0},
                  {&k->sbm, agl__run_is(run, "sbm", "off") ? 0 : n},
                  {&k->cost, k->w && !fdh ? n : 0},
                  {&k->best, k->w && !fdh ? n * m : 0},
                  {&k->corrected, boot ? n : 0},
                  {&k->lo, boot ? n : 0},
                  {&k->hi, boot ? n : 0}};
    k->dea.peer = AGL_NEW(int32_t, n * width);
    bool complete = k->dea.peer != NULL;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (wanted[i].size > 0) complete = (*wanted[i].array = AGL_NEW(double, wanted[i].size)) && complete;
    return complete ? AGL_OK : agl_fail_memory(err);
}

/* ---- one technology
 * --------------------------------------------------------------------------------------------------- */

/** Scores under the returns to scale that the diagnosis compares; the one already known is copied. */
static agl_status scores_of(double *to, const work *k, size_t at, const agl_dea_units *units, agl_rts rts,
                            const agl_ctx *ctx, agl_error *err) {
    size_t n = units->inputs.rows;
    if (rts == k->options.rts) {
        memcpy(to + at, k->dea.score + at, n * sizeof *to);
        return AGL_OK;
    }
    agl_dea_options o = {.rts = rts, .orientation = k->options.orientation};
    agl_dea out = {.score = to + at};
    return agl_dea_radial(&out, units, NULL, &o, ctx, err);
}

static agl_status extras(const work *k, const agl_run *run, size_t at, const agl_dea_units *units,
                         agl_error *err) {
    const agl_ctx *ctx = agl__run_ctx(run);
    agl_status status = AGL_OK;
    if (k->super) status = agl_dea_super(k->super + at, units, &k->options, ctx, err);
    if (status == AGL_OK && k->sbm) {
        agl_dea_options o = k->options;
        o.orientation = agl__run_is(run, "sbm", "input")    ? AGL_INPUT
                        : agl__run_is(run, "sbm", "output") ? AGL_OUTPUT
                                                            : AGL_BOTH;
        status = agl_dea_sbm(k->sbm + at, units, &o, ctx, err);
    }
    if (status == AGL_OK && k->cost) {
        size_t m = k->in->m;
        agl_cmat prices = {k->w + at * m, units->inputs.rows, m, m};
        status = agl_dea_cost(k->cost + at, k->best + at * m, units, &prices, k->options.rts, ctx, err);
    }
    if (status == AGL_OK && k->corrected) {
        agl_dea_bootstrap_options b = {.replications = (size_t)agl__run_integer(run, "bootstrap"),
                                       .level = agl__run_number(run, "level")};
        agl_dea_interval out = {k->corrected + at, k->lo + at, k->hi + at, NULL};
        status = agl_dea_bootstrap(&out, k->dea.score + at, units, &k->options, &b, ctx, err);
    }
    return status;
}

static agl_status one_technology(work *k, const agl_run *run, size_t t, agl_error *err) {
    size_t at = k->start[t], n = k->start[t + 1] - at, m = k->in->m, s = k->in->s, width = m + s + 1;
    const agl_ctx *ctx = agl__run_ctx(run);
    agl_dea_units units = {{k->x + at * m, n, m, m}, {k->y + at * s, n, s, s}};
    agl_dea out = {k->dea.score + at,         k->dea.slack_in + at * m,   k->dea.slack_out + at * s,
                   k->dea.weight_in + at * m, k->dea.weight_out + at * s, k->dea.peer + at * width,
                   k->dea.lambda + at * width};
    agl_status status = agl_dea_radial(&out, &units, NULL, &k->options, ctx, err);
    if (status == AGL_OK && k->crs) status = scores_of(k->crs, k, at, &units, AGL_CRS, ctx, err);
    if (status == AGL_OK && k->vrs) status = scores_of(k->vrs, k, at, &units, AGL_VRS, ctx, err);
    if (status == AGL_OK && k->nirs) status = scores_of(k->nirs, k, at, &units, AGL_NIRS, ctx, err);
    return status == AGL_OK ? extras(k, run, at, &units, err) : status;
}

/* ---- the tables
 * ------------------------------------------------------------------------------------------------------- */

/** Efficiency from 0 to 1 whichever the orientation. */
static double share(const work *k, double score) {
    return k->options.orientation == AGL_OUTPUT ? 1 / score : score;
}

enum { CONSTANT, DECREASING, INCREASING };
static const char *const returns_names[] = {"constant", "decreasing", "increasing"};

/** Where the unit would leave scale inefficiency: too small (increasing), too large (decreasing), or neither.
 */
static int32_t returns_to_scale(const work *k, size_t p) {
    double crs = share(k, k->crs[p]), vrs = share(k, k->vrs[p]), nirs = share(k, k->nirs[p]);
    if (crs >= vrs * (1 - 1e-9)) return CONSTANT;
    return nirs >= vrs * (1 - 1e-9) ? DECREASING : INCREASING;
}

/** True when nothing can be saved or gained at all: score 1 and no slack. */
static bool efficient(const work *k, size_t p) {
    size_t m = k->in->m, s = k->in->s;
    bool none = k->dea.score[p] == 1;
    for (size_t i = 0; i < m; i++)
        none = none && k->dea.slack_in[p * m + i] <= 1e-9 * k->x[p * m + i];
    for (size_t r = 0; r < s; r++)
        none = none && k->dea.slack_out[p * s + r] <= 1e-9 * fmax(k->y[p * s + r], 1e-300);
    return none;
}

static agl_status drop_unused(agl_table *t, const work *k, agl_error *err) {
    const struct {
        const double *array;
        const char *column;
    } optional[] = {{k->crs, "scale_efficiency"}, {k->crs, "returns"},
                    {k->super, "super_score"},    {k->sbm, "sbm"},
                    {k->cost, "cost_efficiency"}, {k->corrected, "corrected"},
                    {k->lo, "efficiency_lo"},     {k->hi, "efficiency_hi"}};
    for (size_t i = 0; i < sizeof optional / sizeof *optional; i++) {
        agl_status status = optional[i].array ? AGL_OK : agl__run_drop_column(t, optional[i].column, err);
        if (status != AGL_OK) return status;
    }
    return AGL_OK;
}

/** How many units have each unit as a peer (itself not counted). */
static void count_service(double *served, const work *k) {
    size_t width = k->in->m + k->in->s + 1;
    for (size_t t = 0; t < k->in->n_slices; t++)
        for (size_t p = k->start[t]; p < k->start[t + 1]; p++)
            for (size_t a = 0; a < width && k->dea.peer[p * width + a] >= 0; a++) {
                size_t peer = k->start[t] + (size_t)k->dea.peer[p * width + a];
                if (peer != p) served[k->member[peer]]++;
            }
}

static void fill_units(agl_table *t, const work *k) {
    double *score = agl__run_num(t, "score"), *eff = agl__run_num(t, "efficiency"),
           *full = agl__run_num(t, "efficient");
    for (size_t u = 0; u < k->in->n; u++) {
        size_t p = k->place[u];
        score[u] = k->dea.score[p];
        eff[u] = share(k, k->dea.score[p]);
        full[u] = efficient(k, p);
        if (k->crs) agl__run_num(t, "scale_efficiency")[u] = share(k, k->crs[p]) / share(k, k->vrs[p]);
        if (k->super) agl__run_num(t, "super_score")[u] = k->super[p];
        if (k->sbm) agl__run_num(t, "sbm")[u] = k->sbm[p];
        if (k->cost) agl__run_num(t, "cost_efficiency")[u] = k->cost[p];
        if (!k->corrected) continue;
        bool output = k->options.orientation == AGL_OUTPUT;
        agl__run_num(t, "corrected")[u] = share(k, k->corrected[p]);
        agl__run_num(t, "efficiency_lo")[u] = share(k, output ? k->hi[p] : k->lo[p]);
        agl__run_num(t, "efficiency_hi")[u] = share(k, output ? k->lo[p] : k->hi[p]);
    }
    count_service(agl__run_num(t, "serves"), k);
}

static agl_status write_units(agl_run *run, const work *k, agl_error *err) {
    agl_table *t;
    size_t *of = AGL_NEW(size_t, k->in->n);
    if (!of) return agl_fail_memory(err);
    for (size_t u = 0; u < k->in->n; u++)
        of[u] = u;
    agl_status status = agl__run_output(&t, run, "units", k->in->n, err);
    if (status == AGL_OK) status = agl__dea_keys(t, k->in, of, err);
    if (status == AGL_OK) status = drop_unused(t, k, err);
    int32_t *code = NULL;
    agl_dict returns = {0};
    if (status == AGL_OK && k->crs) status = agl_dict_set(&returns, returns_names, 3, err);
    if (status == AGL_OK && k->crs) status = agl__run_key(&code, t, "returns", &returns, err);
    for (size_t u = 0; code && u < k->in->n; u++)
        code[u] = returns_to_scale(k, k->place[u]);
    if (status == AGL_OK) fill_units(t, k);
    agl_dict_free(&returns);
    free(of);
    return status;
}

/** Value on the frontier: the radial change, then the slack. */
static double target(const work *k, size_t p, size_t v) {
    size_t m = k->in->m, s = k->in->s;
    double score = k->dea.score[p];
    if (v < m)
        return k->x[p * m + v] * (k->options.orientation == AGL_INPUT ? score : 1) -
               k->dea.slack_in[p * m + v];
    v -= m;
    return k->y[p * s + v] * (k->options.orientation == AGL_OUTPUT ? score : 1) + k->dea.slack_out[p * s + v];
}

static agl_status target_keys(int32_t **variable, int32_t **kind, agl_table *t, const work *k,
                              agl_error *err) {
    static const char *const kinds[] = {"input", "output"};
    agl_dict dict = {0};
    size_t *of = AGL_NEW(size_t, t->rows), width = k->in->m + k->in->s;
    for (size_t r = 0; of && r < t->rows; r++)
        of[r] = r / width;
    agl_status status = of ? agl__dea_keys(t, k->in, of, err) : agl_fail_memory(err);
    if (status == AGL_OK) status = agl_dict_set(&dict, kinds, 2, err);
    if (status == AGL_OK) status = agl__run_key(kind, t, "kind", &dict, err);
    if (status == AGL_OK) status = agl__run_key(variable, t, "variable", &k->in->variables, err);
    agl_dict_free(&dict);
    free(of);
    return status;
}

static agl_status write_targets(agl_run *run, const work *k, agl_error *err) {
    size_t m = k->in->m, s = k->in->s, width = m + s;
    agl_table *t;
    int32_t *variable, *kind;
    agl_status status = agl__run_output(&t, run, "targets", k->in->n * width, err);
    if (status == AGL_OK) status = target_keys(&variable, &kind, t, k, err);
    if (status == AGL_OK && !k->best) status = agl__run_drop_column(t, "least_cost", err);
    if (status != AGL_OK) return status;
    double *value = agl__run_num(t, "value"), *goal = agl__run_num(t, "target"),
           *slack = agl__run_num(t, "slack"), *change = agl__run_num(t, "change_share"),
           *price = agl__run_num(t, "shadow_price"), *best = k->best ? agl__run_num(t, "least_cost") : NULL;
    for (size_t r = 0; r < t->rows; r++) {
        size_t p = k->place[r / width], v = k->in->show[r % width];
        bool input = v < m;
        kind[r] = !input;
        variable[r] = agl_dict_find(&k->in->variables, k->in->names[v]);
        value[r] = input ? k->x[p * m + v] : k->y[p * s + v - m];
        goal[r] = target(k, p, v);
        slack[r] = input ? k->dea.slack_in[p * m + v] : k->dea.slack_out[p * s + v - m];
        change[r] = value[r] > 0 ? goal[r] / value[r] - 1 : NAN;
        price[r] = k->options.rts == AGL_FDH ? NAN
                   : input                   ? k->dea.weight_in[p * m + v]
                                             : k->dea.weight_out[p * s + v - m];
        if (best) best[r] = input ? k->best[p * m + v] : NAN;
    }
    return AGL_OK;
}

typedef struct link {
    int32_t code; /* of the peer's name, for the order of rows */
    uint32_t peer;
    double lambda;
} link;

static int by_code(const void *a, const void *b) {
    const link *p = a, *q = b;
    if (p->code != q->code) return p->code < q->code ? -1 : 1;
    return (p->peer > q->peer) - (p->peer < q->peer);
}

/** Peers of the unit, in the order of their names. */
static size_t peers_of(link *to, const work *k, size_t u) {
    size_t width = k->in->m + k->in->s + 1, p = k->place[u], n = 0, first = k->start[k->in->slice[u]];
    for (; n < width && k->dea.peer[p * width + n] >= 0; n++) {
        uint32_t peer = k->member[first + (size_t)k->dea.peer[p * width + n]];
        to[n] = (link){k->in->unit[peer], peer, k->dea.lambda[p * width + n]};
    }
    qsort(to, n, sizeof *to, by_code);
    return n;
}

static agl_status write_peers(agl_run *run, const work *k, agl_error *err) {
    size_t width = k->in->m + k->in->s + 1, rows = 0, n = k->in->n;
    for (size_t c = 0; c < n * width; c++)
        rows += k->dea.peer[c] >= 0;
    agl_table *t;
    size_t *of = AGL_NEW(size_t, rows);
    int32_t *peer;
    agl_status status = of ? agl__run_output(&t, run, "peers", rows, err) : agl_fail_memory(err);
    bool dated = k->in->has_year && k->in->n_slices == 1; /* a peer of another year is possible */
    link l[2 * AGL_DEA_MOST + 1];
    for (size_t u = 0, r = 0; status == AGL_OK && u < n; u++)
        for (size_t a = peers_of(l, k, u); a > 0; a--)
            of[r++] = u;
    if (status == AGL_OK) status = agl__dea_keys(t, k->in, of, err);
    if (status == AGL_OK) status = agl__run_key(&peer, t, "peer", k->in->units, err);
    if (status == AGL_OK && !dated) status = agl__run_drop_column(t, "peer_year", err);
    double *lambda = status == AGL_OK ? agl__run_num(t, "lambda") : NULL;
    double *year = status == AGL_OK && dated ? agl__run_num(t, "peer_year") : NULL;
    for (size_t u = 0, r = 0; status == AGL_OK && u < n; u++) {
        size_t peers = peers_of(l, k, u);
        for (size_t a = 0; a < peers; a++, r++) {
            peer[r] = l[a].code;
            lambda[r] = l[a].lambda;
            if (year) year[r] = k->in->year[l[a].peer];
        }
    }
    free(of);
    return status;
}

static void warn(agl_run *run, const work *k) {
    size_t no_super = 0, no_sbm = 0, no_cost = 0, no_interval = 0;
    for (size_t p = 0; p < k->in->n; p++) {
        no_super += k->super && isnan(k->super[p]);
        no_sbm += k->sbm && isnan(k->sbm[p]);
        no_cost += k->cost && isnan(k->cost[p]);
        no_interval += k->lo && isnan(k->lo[p]);
    }
    if (no_super)
        agl__run_warn(
            run,
            "%zu units have no super-efficiency: without them, the other units cannot make what they make",
            no_super);
    if (no_sbm)
        agl__run_warn(run, "%zu units have no slacks-based measure because an input or output is zero",
                      no_sbm);
    if (no_cost)
        agl__run_warn(run,
                      "%zu units have no cost efficiency because a price is missing or their cost is zero",
                      no_cost);
    if (no_interval)
        agl__run_warn(
            run, "%zu units have no interval: most replications of the bootstrap cannot make what they make",
            no_interval);
}

agl_status agl_op_allocate_efficiency(agl_run *run, agl_error *err);

agl_status agl_op_allocate_efficiency(agl_run *run, agl_error *err) {
    agl_dea_input in;
    work k = {.in = &in, .options = options_of(run)};
    agl_status status = agl__dea_input(&in, run, agl__run_is(run, "frontier", "pooled"), err);
    if (status == AGL_OK) status = check_options(run, &k.options, err);
    if (status == AGL_OK) status = lay_out(&k, err);
    if (status == AGL_OK) status = allocate(&k, run, err);
    for (size_t t = 0; status == AGL_OK && t < in.n_slices; t++)
        status = one_technology(&k, run, t, err);
    if (status == AGL_OK) status = write_units(run, &k, err);
    if (status == AGL_OK) status = write_targets(run, &k, err);
    if (status == AGL_OK) status = write_peers(run, &k, err);
    if (status == AGL_OK) {
        warn(run, &k);
        status = agl__dea_warn_small(run, &in, err);
    }
    work_free(&k);
    agl__dea_input_free(&in);
    return status;
}
