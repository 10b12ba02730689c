#include "table/read.h"
#include "base/mem.h"
#include "table/aggregate.h"
#include "table/number.h"
#include "table/relation.h"
#include "table/table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NOT_READABLE 1e300 /* what the SQL below gives for a date or year that cannot be read */

typedef struct plan {
    agl_db *db;
    const agl_source *source;
    const agl_want *wants;
    size_t n_wants;
    agl_relation *relations;
    size_t n_relations;
    int *column;   /* [relation * n_wants + want] -> column, -1 = not there */
    bool *bound;   /* [want] */
    bool *as_text; /* [want] numbers read as text, because they are not plain throughout */
} plan;

static const char *paired(const agl_source *s, const char *role) {
    for (size_t i = 0; i < s->n_columns; i++)
        if (strcmp(s->columns[i].role, role) == 0) return s->columns[i].column;
    return NULL;
}

/* ---- binding roles to columns
 * ------------------------------------------------------------------------------------ */

static agl_status bind(plan *p, agl_error *err) {
    char columns[600];
    for (size_t w = 0; w < p->n_wants; w++) {
        const char *named = paired(p->source, p->wants[w].role);
        /* "role=" leaves an optional role unbound although a column has its name */
        bool unbound = named && !*named;
        const char *name = named && *named ? named : p->wants[w].role;
        if (unbound) named = NULL;
        for (size_t r = 0; r < p->n_relations; r++) {
            const agl_relation *rel = &p->relations[r];
            int column = unbound ? -1 : agl__relation_column(rel, name);
            p->column[r * p->n_wants + w] = column;
            if (column >= 0) p->bound[w] = true;
            if (column >= 0 || !(named || p->wants[w].required)) continue;
            agl__relation_columns_text(columns, sizeof columns, rel);
            const char *path = rel->format == AGL_OWN ? rel->table : rel->path;
            return named
                       ? agl_fail(err, AGL_EDATA, "%s has no column '%s' (role %s); its columns: %s", path,
                                  name, p->wants[w].role, columns)
                       : agl_fail(
                             err, AGL_EDATA,
                             "%s has no column for the role '%s'; name it with --col %s=COLUMN (columns: %s)",
                             path, name, name, columns);
        }
    }
    return AGL_OK;
}

static bool is_text_type(const char *type) {
    return strncmp(type, "VARCHAR", 7) == 0 || strncmp(type, "ENUM", 4) == 0;
}

static bool is_date_type(const char *type) {
    return strncmp(type, "DATE", 4) == 0 || strncmp(type, "TIMESTAMP", 9) == 0;
}

static bool is_number(agl_want_type type) { return type == AGL_WANT_NUMBER || type == AGL_WANT_INTEGER; }

/* Number columns that some file other than CSV holds as text are read as text everywhere. */
static void find_texts(plan *p) {
    for (size_t r = 0; r < p->n_relations; r++)
        for (size_t w = 0; w < p->n_wants; w++) {
            int c = p->column[r * p->n_wants + w];
            if (c >= 0 && is_number(p->wants[w].type) && p->relations[r].format != AGL_CSV &&
                is_text_type(p->relations[r].type[c]))
                p->as_text[w] = true;
        }
}

/* ---- SQL
 * ---------------------------------------------------------------------------------------------------------
 */

static void put_date(agl_text *sql, const agl_relation *r, int column) {
    bool date = is_date_type(r->type[column]);
    if (date)
        agl__text_add(sql, "CAST(");
    else
        agl__text_add(
            sql,
            "coalesce(try_cast(CAST("); /* by way of text: a condition makes DuckDB find types of its own */
    agl__text_identifier(sql, r->name[column]);
    if (date) {
        agl__text_add(sql, " AS DATE)");
        return;
    }
    agl__text_add(sql, " AS VARCHAR) AS DATE), CAST(try_strptime(CAST(");
    agl__text_identifier(sql, r->name[column]);
    agl__text_add(sql,
                  " AS VARCHAR), ['%%d/%%m/%%Y', '%%d.%%m.%%Y', '%%Y%%m%%d', '%%Y-%%m', '%%Y']) AS DATE))");
}

/* What people write where no date is known. */
#define MISSING_DATES "'', 'na', 'n/a', 'n.a.', 'null', 'none', ':', '.', '..', '-', '--', 'missing'"

static void put_expression(agl_text *sql, const plan *p, size_t relation, size_t want) {
    const agl_relation *r = &p->relations[relation];
    int column = p->column[relation * p->n_wants + want];
    agl_want_type type = p->wants[want].type;
    if (column < 0) {
        agl__text_add(sql, "CAST(NULL AS %s)",
                      type == AGL_WANT_KEY || p->as_text[want] ? "VARCHAR" : "DOUBLE");
    } else if (type == AGL_WANT_KEY || p->as_text[want]) {
        agl__text_add(sql, "CAST(");
        agl__text_identifier(sql, r->name[column]);
        agl__text_add(sql, " AS VARCHAR)");
    } else if (is_number(type) ||
               (type == AGL_WANT_YEAR && !is_text_type(r->type[column]) && !is_date_type(r->type[column]))) {
        agl__text_add(sql, "CAST(");
        agl__text_identifier(sql, r->name[column]);
        agl__text_add(sql, " AS DOUBLE)");
    } else {
        agl__text_add(sql, "CASE WHEN ");
        agl__text_identifier(sql, r->name[column]);
        agl__text_add(sql, " IS NULL OR lower(trim(CAST(");
        agl__text_identifier(sql, r->name[column]);
        agl__text_add(sql, " AS VARCHAR))) IN (%s) THEN NULL ELSE CAST(coalesce(", MISSING_DATES);
        if (type == AGL_WANT_YEAR) {
            agl__text_add(sql, "try_cast(CAST(");
            agl__text_identifier(sql, r->name[column]);
            agl__text_add(sql, " AS VARCHAR) AS DOUBLE), year(");
        } else {
            agl__text_add(sql, "datediff('day', DATE '1970-01-01', ");
        }
        put_date(sql, r, column);
        agl__text_add(sql, "), %g) AS DOUBLE) END", NOT_READABLE);
    }
    agl__text_add(sql, " AS ");
    agl__text_identifier(sql, p->wants[want].role);
}

static void put_from(agl_text *sql, const plan *p, size_t relation, bool all_text) {
    const agl_relation *r = &p->relations[relation];
    bool sniff = p->source->where || p->source->suppressed;
    agl_as *as = AGL_NEW(agl_as, r->n_columns);
    if (!as) {
        sql->failed = true;
        return;
    }
    for (size_t w = 0; w < p->n_wants; w++) {
        int c = p->column[relation * p->n_wants + w];
        if (c < 0 || as[c] == AGL_AS_TEXT) continue;
        /* Years and dates keep the type that DuckDB finds when a condition compares them: "year >= 2015". */
        bool compared = sniff && (p->wants[w].type == AGL_WANT_YEAR || p->wants[w].type == AGL_WANT_DATE);
        if (!compared)
            as[c] = is_number(p->wants[w].type) && !p->as_text[w] && !all_text ? AGL_AS_NUMBER : AGL_AS_TEXT;
    }
    agl__relation_from(sql, r, as, sniff);
    free(as);
}

/* "ROLE: condition" withholds the values of one role; a bare condition only says why missing numbers are
 * missing. */
static const char *suppressed_condition(char *role, size_t size, const plan *p) {
    const char *text = p->source->suppressed;
    for (size_t w = 0; w < p->n_wants; w++) {
        size_t n = strlen(p->wants[w].role);
        if (strncmp(text, p->wants[w].role, n) != 0 || text[n] != ':') continue;
        snprintf(role, size, "%s", p->wants[w].role);
        return text + n + 1;
    }
    role[0] = '\0';
    return text;
}

static void put_select(agl_text *sql, const plan *p, size_t relation) {
    size_t written = 0;
    agl__text_add(sql, "SELECT ");
    for (size_t w = 0; w < p->n_wants; w++) {
        if (!p->bound[w]) continue;
        if (written++) agl__text_add(sql, ", ");
        put_expression(sql, p, relation, w);
    }
    char role[64];
    if (p->source->suppressed)
        agl__text_add(sql, "%scoalesce(%s, false) AS agl_suppressed", written ? ", " : "",
                      suppressed_condition(role, sizeof role, p));
    agl__text_add(sql, " FROM ");
    put_from(sql, p, relation, false);
    if (p->source->where) agl__text_add(sql, " WHERE (%s)", p->source->where);
}

static agl_status run_select(agl_table **out, plan *p, agl_error *err) {
    agl_text sql = {0};
    for (size_t r = 0; r < p->n_relations; r++) {
        if (r) agl__text_add(&sql, " UNION ALL ");
        put_select(&sql, p, r);
    }
    agl_error cause = {0};
    agl_status status = sql.failed ? agl_fail_memory(&cause) : agl__db_query(out, p->db, sql.data, &cause);
    agl__text_free(&sql);
    if (status == AGL_OK) return AGL_OK;
    bool sql_is_wrong = strstr(cause.message, "Parser Error") || strstr(cause.message, "Binder Error") ||
                        strstr(cause.message, "Catalog Error");
    if (p->source->where && sql_is_wrong)
        return agl_fail(err, AGL_EUSAGE, "the condition --where \"%.200s\" cannot be used: %.600s",
                        p->source->where, cause.message);
    return agl__relation_fail(err, &p->relations[0], &cause);
}

/* Plain numbers are read by DuckDB in parallel; when one cell is not plain, all number columns are read again
 * as text and parsed here, which tells missing, suppressed and wrong apart and can name the cell. */
static agl_status select_rows(agl_table **out, plan *p, agl_error *err) {
    agl_error first = {0};
    agl_status status = run_select(out, p, &first);
    bool plain = !strstr(first.message, "converting column") && !strstr(first.message, "onversion Error") &&
                 !strstr(first.message, "Could not convert");
    if (status == AGL_OK || plain) {
        if (err && status != AGL_OK) *err = first;
        return status;
    }
    for (size_t w = 0; w < p->n_wants; w++)
        p->as_text[w] = is_number(p->wants[w].type);
    return run_select(out, p, err);
}

/* ---- after reading: texts to numbers, checks
 * --------------------------------------------------------------------- */

static agl_status fail_cell(const plan *p, size_t row, const char *role, agl_error *err, const char *what,
                            const char *cure) {
    char where[400];
    agl__read_locate(where, sizeof where, p->db, p->source, row);
    const char *column = paired(p->source, role);
    return agl_fail(err, AGL_EDATA, "%s, column %s: %s; %s", where, column ? column : role, what, cure);
}

static agl_status parse_column(agl_table *t, const plan *p, const char *role, agl_error *err) {
    agl_column *c = agl_table_column_mut(t, role);
    size_t n = c->dict.n;
    double *value = AGL_NEW(double, n), *num = AGL_NEW(double, t->rows);
    uint8_t *state = AGL_NEW(uint8_t, n), *states = AGL_NEW(uint8_t, t->rows);
    agl_status status = AGL_OK;
    if (!value || !num || !state || !states) {
        status = agl_fail_memory(err);
        goto out;
    }
    char delimiter = p->relations[0].format == AGL_CSV ? p->relations[0].delimiter : ',';
    char decimal = agl__decimal_sign(&c->dict, delimiter == ',' ? '.' : ',');
    for (size_t i = 0; i < n; i++) {
        agl_state s;
        if (!agl__parse_number(&value[i], &s, c->dict.text[i], decimal)) s = (agl_state)9;
        state[i] = (uint8_t)s;
    }
    for (size_t row = 0; row < t->rows; row++) {
        int32_t code = c->code[row];
        num[row] = code < 0 ? NAN : value[code];
        states[row] = code < 0 ? AGL_MISSING : state[code];
        if (states[row] != 9) continue;
        char what[160];
        snprintf(what, sizeof what, "'%.60s' is not a number", c->dict.text[code]);
        status = fail_cell(p, row, role, err, what,
                           "correct the cell, leave it empty or filter it out with --where");
        goto out;
    }
    free(c->code);
    agl_dict_free(&c->dict);
    c->code = NULL;
    c->type = AGL_NUM;
    c->num = num;
    c->state = states;
    num = NULL;
    states = NULL;
out:
    free(value);
    free(num);
    free(state);
    free(states);
    return status;
}

/* What is wrong with a number, as text; false when nothing is. */
static bool wrong_number(char *what, size_t size, const agl_want *want, double x) {
    bool whole = want->type == AGL_WANT_INTEGER || want->type == AGL_WANT_YEAR;
    if (x == NOT_READABLE)
        snprintf(what, size, "this is not a %s", want->type == AGL_WANT_YEAR ? "year" : "date (YYYY-MM-DD)");
    else if (!isfinite(x))
        snprintf(what, size, "%s is not a number that can be used", isnan(x) ? "NaN" : "infinity");
    else if (whole && x != floor(x))
        snprintf(what, size, "%g is not a whole number", x);
    else if (x < want->min && want->min == 0)
        snprintf(what, size, "negative %s %g", want->role, x);
    else if (x < want->min || x > want->max)
        snprintf(what, size, "%s %g is outside %g to %g", want->role, x, want->min, want->max);
    else
        return false;
    return true;
}

static agl_status check_column(const agl_table *t, const plan *p, const agl_want *want, agl_error *err) {
    const agl_column *c = agl_table_column(t, want->role);
    for (size_t row = 0; row < t->rows; row++) {
        char what[200];
        if (c->state && c->state[row] != AGL_PRESENT) continue;
        if (wrong_number(what, sizeof what, want, c->num[row]))
            return fail_cell(p, row, want->role, err, what,
                             "correct the cell, leave it empty or filter it out with --where");
    }
    return AGL_OK;
}

static agl_status mark_suppressed(agl_table *t, const plan *p, agl_error *err) {
    const agl_column *flag = agl_table_column(t, "agl_suppressed");
    char role[64];
    suppressed_condition(role, sizeof role, p);
    for (size_t j = 0; j < t->n_columns; j++) {
        agl_column *c = &t->columns[j];
        if (c == flag || c->type != AGL_NUM || (role[0] && strcmp(role, c->name) != 0)) continue;
        if (!c->state && !(c->state = AGL_NEW(uint8_t, t->rows))) return agl_fail_memory(err);
        for (size_t row = 0; row < t->rows; row++)
            if (flag->num[row] != 0 && (role[0] || c->state[row] == AGL_MISSING)) {
                c->state[row] = AGL_SUPPRESSED;
                c->num[row] = NAN;
            }
    }
    agl__table_drop(t, "agl_suppressed");
    return AGL_OK;
}

static agl_status convert(agl_table *t, plan *p, agl_error *err) {
    for (size_t w = 0; w < p->n_wants; w++) {
        if (!p->bound[w]) continue;
        const agl_want *want = &p->wants[w];
        agl_status status = AGL_OK;
        if (p->as_text[w]) status = parse_column(t, p, want->role, err);
        if (status == AGL_OK && want->type != AGL_WANT_KEY) status = check_column(t, p, want, err);
        if (status != AGL_OK) return status;
        agl_column *c = agl_table_column_mut(t, want->role);
        if (want->type == AGL_WANT_DATE) c->type = AGL_DATE;
        if (want->type == AGL_WANT_YEAR || want->type == AGL_WANT_INTEGER) c->type = AGL_INT;
    }
    return p->source->suppressed ? mark_suppressed(t, p, err) : AGL_OK;
}

static agl_status one_row_a_key(agl_table **t, const plan *p, const char *const *unique, size_t n_unique,
                                agl_error *err) {
    if (n_unique == 0) return AGL_OK;
    if (p->source->aggregate) return agl__aggregate(t, unique, n_unique, p->source->aggregate, err);
    bool found;
    size_t a, b;
    agl_status status = agl__find_duplicate(&found, &a, &b, *t, unique, n_unique, err);
    if (status != AGL_OK || !found) return status;
    char first[300], second[300], key[200] = "";
    agl__read_locate(first, sizeof first, p->db, p->source, a);
    agl__read_locate(second, sizeof second, p->db, p->source, b);
    for (size_t i = 0, used = 0; i < n_unique && used + 50 < sizeof key; i++) {
        const agl_column *c = agl_table_column(*t, unique[i]);
        if (!c) continue;
        const char *text = c->type == AGL_KEY ? agl_column_text(c, a) : NULL;
        used += (size_t)(c->type == AGL_KEY ? snprintf(key + used, sizeof key - used, "%s%s=%.30s",
                                                       used ? " " : "", unique[i], text ? text : "")
                                            : snprintf(key + used, sizeof key - used, "%s%s=%g",
                                                       used ? " " : "", unique[i], c->num[a]));
    }
    return agl_fail(err, AGL_EDATA,
                    "duplicate key %s in %s and %s; combine rows with --aggregate sum (or mean, max, min)",
                    key, first, second);
}

static agl_status check_not_empty(const agl_table *t, const plan *p, agl_error *err) {
    if (t->rows > 0) return AGL_OK;
    const agl_relation *r = &p->relations[0];
    const char *path = r->format == AGL_OWN ? r->table : r->path;
    return p->source->where
               ? agl_fail(err, AGL_EDATA, "no row of %s satisfies --where %s", path, p->source->where)
               : agl_fail(err, AGL_EDATA, "%s has a header but no rows", path);
}

static void plan_free(plan *p) {
    agl__relations_free(p->relations, p->n_relations, p->db);
    free(p->column);
    free(p->bound);
    free(p->as_text);
}

agl_status agl__read(agl_table **out, agl_db *db, const agl_source *source, const agl_want *wants,
                     size_t n_wants, const char *const *unique, size_t n_unique, agl_error *err) {
    plan p = {.db = db, .source = source, .wants = wants, .n_wants = n_wants};
    agl_table *t = NULL;
    agl_status status =
        agl__relations_open(&p.relations, &p.n_relations, db, source->paths, source->n_paths, err);
    if (status != AGL_OK) return status;
    p.column = AGL_NEW(int, p.n_relations *n_wants);
    p.bound = AGL_NEW(bool, n_wants);
    p.as_text = AGL_NEW(bool, n_wants);
    if (!p.column || !p.bound || !p.as_text) status = agl_fail_memory(err);
    if (status == AGL_OK) status = bind(&p, err);
    if (status == AGL_OK) {
        find_texts(&p);
        status = select_rows(&t, &p, err);
    }
    if (status == AGL_OK) status = check_not_empty(t, &p, err);
    if (status == AGL_OK) status = convert(t, &p, err);
    if (status == AGL_OK) status = one_row_a_key(&t, &p, unique, n_unique, err);
    plan_free(&p);
    if (status != AGL_OK) {
        agl_table_free(t);
        return status;
    }
    *out = t;
    return AGL_OK;
}

/* ---- for error messages
 * ------------------------------------------------------------------------------------------ */

/* Number (from 1) of the row-th selected row within relation r; 0 when the relation selects fewer. `seen`
 * becomes how many it selects in that case. */
static size_t original_row(agl_db *db, const agl_relation *r, const char *where, size_t row, size_t *seen) {
    agl_text sql = {0};
    char *answer = NULL;
    agl_error ignored;
    size_t number = 0;
    agl__text_add(&sql, "SELECT n FROM (SELECT row_number() OVER () AS n, * FROM ");
    agl__relation_from(&sql, r, NULL, where != NULL);
    agl__text_add(&sql, ") WHERE (%s) LIMIT 1 OFFSET %zu", where ? where : "true", row);
    if (!sql.failed && agl__db_text(&answer, db, &ignored, "%s", sql.data) == AGL_OK && answer)
        number = strtoull(answer, NULL, 10);
    free(answer);
    agl__text_free(&sql);
    if (number) return number;
    agl__text_add(&sql, "SELECT count(*) FROM ");
    agl__relation_from(&sql, r, NULL, where != NULL);
    agl__text_add(&sql, " WHERE (%s)", where ? where : "true");
    if (!sql.failed && agl__db_text(&answer, db, &ignored, "%s", sql.data) == AGL_OK && answer)
        *seen = strtoull(answer, NULL, 10);
    free(answer);
    agl__text_free(&sql);
    return 0;
}

void agl__read_locate(char *out, size_t size, agl_db *db, const agl_source *source, size_t row) {
    agl_relation *relations = NULL;
    size_t n = 0;
    agl_error ignored;
    snprintf(out, size, "row %zu", row + 1);
    if (source->aggregate) return; /* the rows of the file are gone */
    if (agl__relations_open(&relations, &n, db, source->paths, source->n_paths, &ignored) != AGL_OK) return;
    for (size_t r = 0; r < n; r++) {
        size_t seen = 0, number = original_row(db, &relations[r], source->where, row, &seen);
        if (number && relations[r].format == AGL_CSV) {
            snprintf(out, size, "%s line %zu", relations[r].path, number + 1);
            break;
        }
        if (number) {
            snprintf(out, size, "%s%s%s row %zu", relations[r].path, relations[r].table ? "::" : "",
                     relations[r].table ? relations[r].table : "", number);
            break;
        }
        row -= seen < row ? seen : row;
    }
    agl__relations_free(relations, n, db);
}

agl_status agl__read_hash(char **out, agl_db *db, const agl_source *source, agl_error *err) {
    agl_relation *relations = NULL;
    size_t n = 0;
    agl_status status = agl__relations_open(&relations, &n, db, source->paths, source->n_paths, err);
    if (status != AGL_OK) return status;
    agl_text sql = {0};
    agl__text_add(&sql, "SELECT sha256(string_agg(h, '')) FROM (SELECT '' AS h");
    for (size_t r = 0; r < n; r++) {
        if (relations[r].format == AGL_OWN) {
            agl__text_add(
                &sql,
                " UNION ALL SELECT sha256(coalesce(string_agg(CAST(t AS VARCHAR), chr(10)), '')) FROM ");
            agl__text_identifier(&sql, relations[r].table);
            agl__text_add(&sql, " t");
        } else {
            agl__text_add(&sql, " UNION ALL SELECT sha256(content) FROM read_blob(");
            agl__text_literal(&sql, relations[r].path);
            agl__text_add(&sql, ")");
        }
    }
    agl__text_add(&sql, ")");
    status = sql.failed ? agl_fail_memory(err) : agl__db_text(out, db, err, "%s", sql.data);
    agl__text_free(&sql);
    agl__relations_free(relations, n, db);
    return status;
}
