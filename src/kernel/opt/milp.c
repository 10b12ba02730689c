#include "kernel/opt/milp.h"

#include "base/mem.h"

#include <glpk.h>
#include <math.h>
#include <string.h>

/* ---- the problem as GLPK keeps it
 * -------------------------------------------------------------------------- */

/* GLPK ends the process on bad input, so that everything is checked before. */
static agl_status check(const agl__milp *p, agl_error *err) {
    for (size_t j = 0; j < p->columns; j++) {
        if (!isfinite(p->objective[j]))
            return agl_fail(err, AGL_EDATA, "the objective of variable %zu is not a finite number", j);
        if (p->lower && !(p->lower[j] <= p->upper[j]))
            return agl_fail(err, AGL_EDATA, "the bounds of variable %zu leave no value", j);
    }
    for (size_t i = 0; i < p->rows; i++)
        if (!(p->row_lower[i] <= p->row_upper[i]))
            return agl_fail(err, AGL_EDATA, "the bounds of constraint %zu leave no value", i);
    for (size_t e = 0; e < p->entries; e++) {
        if (p->row[e] < 0 || (size_t)p->row[e] >= p->rows || p->column[e] < 0 ||
            (size_t)p->column[e] >= p->columns)
            return agl_fail(err, AGL_EDATA, "entry %zu lies outside the matrix", e);
        if (!isfinite(p->value[e])) return agl_fail(err, AGL_EDATA, "entry %zu is not a finite number", e);
    }
    return AGL_OK;
}

static int kind_of_bounds(double lower, double upper) {
    if (isinf(lower) && isinf(upper)) return GLP_FR;
    if (isinf(lower)) return GLP_UP;
    if (isinf(upper)) return GLP_LO;
    return lower < upper ? GLP_DB : GLP_FX;
}

static agl_status load(glp_prob *lp, const agl__milp *p, bool relaxed, agl_error *err) {
    int *at = AGL_NEW(int, 2 * (p->entries + 1));
    double *value = AGL_NEW(double, p->entries + 1);
    if (!at || !value) {
        free(at);
        free(value);
        return agl_fail_memory(err);
    }
    int *column = at + p->entries + 1;
    glp_set_obj_dir(lp, p->maximise ? GLP_MAX : GLP_MIN);
    if (p->columns) glp_add_cols(lp, (int)p->columns);
    if (p->rows) glp_add_rows(lp, (int)p->rows);
    for (size_t j = 0; j < p->columns; j++) {
        double lower = p->lower ? p->lower[j] : 0, upper = p->lower ? p->upper[j] : 1;
        glp_set_obj_coef(lp, (int)j + 1, p->objective[j]);
        if (!relaxed && (!p->integer || p->integer[j])) glp_set_col_kind(lp, (int)j + 1, GLP_IV);
        glp_set_col_bnds(lp, (int)j + 1, kind_of_bounds(lower, upper), lower, upper);
    }
    for (size_t i = 0; i < p->rows; i++)
        glp_set_row_bnds(lp, (int)i + 1, kind_of_bounds(p->row_lower[i], p->row_upper[i]), p->row_lower[i],
                         p->row_upper[i]);
    for (size_t e = 0; e < p->entries; e++) { /* GLPK counts from 1 */
        at[e + 1] = p->row[e] + 1;
        column[e + 1] = p->column[e] + 1;
        value[e + 1] = p->value[e];
    }
    glp_load_matrix(lp, (int)p->entries, at, column, value);
    free(at);
    free(value);
    return AGL_OK;
}

/* ---- solving
 * ----------------------------------------------------------------------------------------------- */

static const char no_solution[] = "the constraints cannot hold together";

static agl_status relax(glp_prob *lp, agl_error *err) {
    glp_smcp how;
    glp_init_smcp(&how);
    how.msg_lev = GLP_MSG_OFF;
    how.meth = GLP_DUALP;
    glp_adv_basis(lp, 0);
    int failed = glp_simplex(lp, &how);
    if (failed == 0 && glp_get_status(lp) != GLP_OPT) { /* the other method decides */
        how.meth = GLP_PRIMAL;
        failed = glp_simplex(lp, &how);
    }
    int status = glp_get_status(lp);
    if (failed == 0 && status == GLP_OPT) return AGL_OK;
    if (failed == 0 && status == GLP_UNBND)
        return agl_fail(err, AGL_ECONV, "the problem has no finite optimum");
    if (failed == 0 && (status == GLP_NOFEAS || status == GLP_INFEAS))
        return agl_fail(err, AGL_ECONV, no_solution);
    return agl_fail(err, AGL_ECONV, "the simplex method failed; scale the amounts to similar sizes");
}

typedef struct search {
    const agl_ctx *ctx;
    double bound;
    bool cancelled;
} search;

static void watch(glp_tree *tree, void *arg) {
    search *s = arg;
    int best = glp_ios_best_node(tree);
    if (best) s->bound = glp_ios_node_bound(tree, best);
    if (!agl_cancelled(s->ctx)) return;
    s->cancelled = true;
    glp_ios_terminate(tree);
}

static agl_status branch(glp_prob *lp, search *s, const agl__milp_options *o, agl_error *err) {
    glp_iocp how;
    glp_init_iocp(&how);
    how.msg_lev = GLP_MSG_OFF;
    how.gmi_cuts = how.mir_cuts = how.cov_cuts = how.clq_cuts = GLP_ON;
    how.mip_gap = o->gap;
    if (o->seconds > 0) how.tm_lim = (int)fmin(o->seconds * 1000, 2e9);
    how.cb_func = watch;
    how.cb_info = s;
    s->bound = glp_get_obj_val(lp);
    int stopped = glp_intopt(lp, &how), status = glp_mip_status(lp);
    if (s->cancelled) return agl_fail(err, AGL_ECANCEL, "cancelled");
    if (status == GLP_NOFEAS || (stopped == 0 && status == GLP_UNDEF))
        return agl_fail(err, AGL_ECONV, no_solution);
    if (status != GLP_OPT && status != GLP_FEAS)
        return agl_fail(err, AGL_ECONV, "no solution was found in %g seconds; allow more time", o->seconds);
    if (status == GLP_OPT) s->bound = glp_mip_obj_val(lp);
    return AGL_OK;
}

static void prices(agl__milp_result *out, glp_prob *lp, const agl__milp *p) {
    for (size_t i = 0; out->dual && i < p->rows; i++)
        out->dual[i] = glp_get_row_dual(lp, (int)i + 1);
    for (size_t j = 0; out->reduced && j < p->columns; j++)
        out->reduced[j] = glp_get_col_dual(lp, (int)j + 1);
}

static void solution(agl__milp_result *out, glp_prob *lp, const agl__milp *p, bool whole) {
    out->objective = 0; /* from the rounded values: the solver's are off by its tolerance */
    for (size_t j = 0; j < p->columns; j++) {
        double x = whole ? glp_mip_col_val(lp, (int)j + 1) : glp_get_col_prim(lp, (int)j + 1);
        if (whole && (!p->integer || p->integer[j])) x = round(x);
        out->objective += p->objective[j] * x;
        if (out->x) out->x[j] = x;
    }
}

agl_status agl__milp_solve(agl__milp_result *out, const agl__milp *problem, const agl__milp_options *options,
                           const agl_ctx *ctx, agl_error *err) {
    agl__milp_options o = {0};
    if (options) o = *options;
    agl_status status = check(problem, err);
    if (status != AGL_OK) return status;
    out->objective = out->bound = out->gap = out->relaxation = 0;
    if (problem->columns == 0) return AGL_OK;
    /* GLPK keeps an environment for each thread; one that a host program made for itself is left alone. */
    bool ours = glp_init_env() == 0;
    int terminal = glp_term_out(GLP_OFF);
    glp_prob *lp = glp_create_prob();
    search s = {.ctx = ctx};
    status = load(lp, problem, o.relaxed, err);
    if (status == AGL_OK) status = relax(lp, err);
    if (status == AGL_OK) {
        out->relaxation = glp_get_obj_val(lp);
        prices(out, lp, problem);
        if (!o.relaxed) status = branch(lp, &s, &o, err);
    }
    if (status == AGL_OK) {
        solution(out, lp, problem, !o.relaxed);
        out->bound = o.relaxed ? out->objective : s.bound;
        double distance = fabs(out->bound - out->objective);
        if (distance <= 1e-9 * fabs(out->objective)) out->bound = out->objective, distance = 0;
        out->gap = distance > 0 ? distance / fabs(out->objective) : 0;
    }
    glp_delete_prob(lp);
    glp_term_out(terminal);
    if (ours) glp_free_env();
    return status;
}

/* ---- conflicts
 * --------------------------------------------------------------------------------------------- */

static agl_status has_solution(bool *yes, const agl__milp *p, bool relaxed, const agl_ctx *ctx,
                               agl_error *err) {
    agl__milp_result r = {0};
    agl_error why = {0};
    const agl__milp_options o = {.relaxed = relaxed, .gap = 1e9, .seconds = 10};
    agl_status status = agl__milp_solve(&r, p, &o, ctx, &why);
    *yes = status == AGL_OK;
    if (status == AGL_OK) return AGL_OK;
    if (status == AGL_ECONV && strcmp(why.message, no_solution) == 0) return AGL_OK;
    return agl_fail(err, status, "%s", why.message);
}

agl_status agl__milp_conflict(uint8_t *in_conflict, const agl__milp *problem, size_t asked,
                              const agl_ctx *ctx, agl_error *err) {
    size_t m = problem->rows;
    double *bounds = AGL_NEW(double, 2 * m), *nothing = AGL_NEW(double, problem->columns);
    bool feasible = true, relaxed = true;
    agl_status status = bounds && nothing ? AGL_OK : agl_fail_memory(err);
    agl__milp p = *problem;
    if (status == AGL_OK) {
        memcpy(bounds, problem->row_lower, m * sizeof *bounds);
        memcpy(bounds + m, problem->row_upper, m * sizeof *bounds);
        p.row_lower = bounds, p.row_upper = bounds + m, p.objective = nothing;
        memset(in_conflict, 0, asked);
        status = has_solution(&feasible, &p, true, ctx, err);
    }
    if (status == AGL_OK && feasible) {
        relaxed = false;
        status = has_solution(&feasible, &p, false, ctx, err);
    }
    for (size_t i = 0; status == AGL_OK && !feasible && i < asked; i++) {
        bool without;
        bounds[i] = -INFINITY, bounds[m + i] = INFINITY;
        status = has_solution(&without, &p, relaxed, ctx, err);
        if (status != AGL_OK || !without) continue; /* it does not matter: it stays away */
        in_conflict[i] = 1;
        bounds[i] = problem->row_lower[i], bounds[m + i] = problem->row_upper[i];
    }
    free(bounds);
    free(nothing);
    return status;
}
