#include "report/columns.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

void agl__civil(int64_t days, int *year, int *month, int *day) {
    /* eras of 400 years, years that begin in March */
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, in_era = z - era * 146097;
    int64_t y = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int64_t in_year = in_era - (365 * y + y / 4 - y / 100), m = (5 * in_year + 2) / 153;
    *day = (int)(in_year - (153 * m + 2) / 5 + 1);
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = (int)(y + era * 400 + (*month <= 2));
}

bool agl__cell_present(const agl_column *column, size_t row) {
    if (column->state && column->state[row] != AGL_PRESENT) return false;
    return column->type == AGL_KEY ? column->code[row] >= 0 : isfinite(column->num[row]);
}

void agl__cell_text(agl_text *out, const agl_column *column, size_t row, int decimals) {
    if (!agl__cell_present(column, row)) return;
    if (column->type == AGL_KEY) {
        agl__raw(out, agl_column_text(column, row));
        return;
    }
    double v = column->num[row];
    if (column->type == AGL_DATE && fabs(v) < 1e9) {
        int y, m, d;
        agl__civil((int64_t)v, &y, &m, &d);
        agl__text_add(out, "%04d-%02d-%02d", y, m, d);
    } else if (column->type == AGL_BOOL) {
        agl__raw(out, v != 0 ? "yes" : "no");
    } else {
        agl__number(out, v, column->type == AGL_INT || v == floor(v) ? 0 : decimals);
    }
}

static double decimal_year(double days) {
    if (!isfinite(days) || fabs(days) > 1e9) return NAN;
    int y, m, d;
    agl__civil((int64_t)days, &y, &m, &d);
    return y + (m - 1) / 12.0 + (d - 1) / 372.0;
}

static double number_at(const agl_column *c, size_t row) {
    if (!agl__cell_present(c, row)) return NAN;
    return c->type == AGL_DATE ? decimal_year(c->num[row]) : c->num[row];
}

static agl_status find_numbers(const agl_column **found, const agl_table *table, const agl_columns_want *want,
                               agl_error *err) {
    for (size_t k = 0; want->numbers[k]; k++) {
        found[k] = agl_table_column(table, want->numbers[k]);
        if (!found[k] && k < want->n_needed)
            return agl_fail(err, AGL_EINTERNAL, "the query gives no column '%s'", want->numbers[k]);
        if (found[k] && found[k]->type == AGL_KEY)
            return agl_fail(err, AGL_EINTERNAL, "column '%s' of the query is text where a number is due",
                            want->numbers[k]);
    }
    return AGL_OK;
}

/** Rows to draw: those with all needed numbers, up to the limit. */
static size_t *choose_rows(agl_columns *out, const agl_table *table, const agl_column *const *found,
                           const agl_columns_want *want) {
    size_t *rows = AGL_NEW(size_t, table->rows);
    for (size_t i = 0; rows && i < table->rows; i++) {
        bool whole = true;
        for (size_t k = 0; k < want->n_needed; k++)
            whole = whole && agl__cell_present(found[k], i);
        if (!whole)
            out->dropped++;
        else if (out->n == want->limit)
            out->beyond++;
        else
            rows[out->n++] = i;
    }
    return rows;
}

static agl_status copy_numbers(agl_columns *out, const agl_column *const *found, const size_t *rows,
                               agl_error *err) {
    for (size_t k = 0; k < AGL_MAX_NUMBERS; k++) {
        if (!found[k]) continue;
        out->number[k] = AGL_NEW(double, out->n);
        if (!out->number[k]) return agl_fail_memory(err);
        bool any = false;
        for (size_t i = 0; i < out->n; i++) {
            out->number[k][i] = number_at(found[k], rows[i]);
            any = any || isfinite(out->number[k][i]);
        }
        if (!any) {
            free(out->number[k]);
            out->number[k] = NULL;
        }
    }
    return AGL_OK;
}

static agl_status copy_texts(agl_columns *out, const agl_table *table, const agl_columns_want *want,
                             const size_t *rows, agl_error *err) {
    agl_text pool = {0};
    size_t *at = AGL_NEW(size_t, out->n * AGL_MAX_TEXTS);
    agl_status status = AGL_OK;
    for (size_t k = 0; at && want->texts && want->texts[k]; k++) {
        const agl_column *c = agl_table_column(table, want->texts[k]);
        bool any = false;
        for (size_t i = 0; c && i < out->n; i++) {
            at[k * out->n + i] = pool.length;
            any = any || agl__cell_present(c, rows[i]);
            agl__cell_text(&pool, c, rows[i], 3);
            agl__text_put(&pool, "", 1);
        }
        if (any && !(out->text[k] = AGL_NEW(const char *, out->n))) status = agl_fail_memory(err);
    }
    if (!at || pool.failed) status = agl_fail_memory(err);
    out->pool = pool.data;
    for (size_t k = 0; status == AGL_OK && k < AGL_MAX_TEXTS; k++)
        for (size_t i = 0; out->text[k] && i < out->n; i++)
            out->text[k][i] = pool.data + at[k * out->n + i];
    free(at);
    return status;
}

agl_status agl__columns_load(agl_columns *out, const agl_table *table, const agl_columns_want *want,
                             agl_error *err) {
    *out = (agl_columns){0};
    const agl_column *found[AGL_MAX_NUMBERS] = {0};
    agl_status status = find_numbers(found, table, want, err);
    if (status != AGL_OK) return status;
    size_t *rows = choose_rows(out, table, found, want);
    status = rows ? copy_numbers(out, found, rows, err) : agl_fail_memory(err);
    if (status == AGL_OK) status = copy_texts(out, table, want, rows, err);
    free(rows);
    if (status != AGL_OK) agl__columns_free(out);
    return status;
}

void agl__columns_free(agl_columns *c) {
    for (size_t k = 0; k < AGL_MAX_NUMBERS; k++)
        free(c->number[k]);
    for (size_t k = 0; k < AGL_MAX_TEXTS; k++)
        free(c->text[k]);
    free(c->pool);
    *c = (agl_columns){0};
}

void agl__columns_note(agl_text *notes, const agl_columns *c, const char *things) {
    agl_text some = {0};
    agl__text_add(&some, "of the %s", things);
    if (c->dropped) {
        agl__count(notes, c->dropped, some.data, some.data);
        agl__raw(notes,
                 c->dropped == 1 ? " has no value and is left out. " : " have no value and are left out. ");
    }
    if (c->beyond) {
        agl__count(notes, c->beyond, some.data, some.data);
        agl__raw(notes,
                 c->beyond == 1 ? " is not drawn for want of room. " : " are not drawn for want of room. ");
    }
    notes->failed |= some.failed;
    agl__text_free(&some);
}

size_t agl__distinct(const char **name, size_t *count, int *of, const char *const *text, size_t n) {
    size_t distinct = 0;
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < distinct && strcmp(name[k], text[i]) != 0)
            k++;
        if (k == distinct) name[distinct++] = text[i];
        count[k]++;
        of[i] = (int)k;
    }
    return distinct;
}

/** Gives the most frequent of `distinct` names the numbers 0.., the others the number AGL_N_COLOURS. */
static void keep_largest(agl_groups *out, const char **name, size_t *count, int *number, size_t distinct) {
    for (size_t k = 0; k < distinct; k++)
        number[k] = AGL_N_COLOURS;
    for (int c = 0; c < AGL_N_COLOURS; c++) {
        size_t best = 0;
        for (size_t k = 1; k < distinct; k++)
            if (count[k] > count[best]) best = k;
        number[best] = c;
        count[best] = 0;
        out->name[c] = name[best];
    }
    out->name[AGL_N_COLOURS] = "all others";
    out->n = AGL_N_COLOURS + 1;
}

agl_status agl__groups_make(agl_groups *out, const char *const *text, size_t n, agl_error *err) {
    *out = (agl_groups){0};
    out->of = AGL_NEW(int, n);
    const char **name = AGL_NEW(const char *, n);
    size_t *count = AGL_NEW(size_t, n);
    int *number = AGL_NEW(int, n);
    agl_status status = out->of && name && count && number ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK && text) {
        size_t distinct = agl__distinct(name, count, out->of, text, n);
        if (distinct > AGL_N_COLOURS) {
            keep_largest(out, name, count, number, distinct);
            for (size_t i = 0; i < n; i++)
                out->of[i] = number[out->of[i]];
        } else {
            out->n = distinct;
            for (size_t k = 0; k < distinct; k++)
                out->name[k] = *name[k] ? name[k] : "not stated";
        }
    }
    free(name);
    free(count);
    free(number);
    if (status != AGL_OK) {
        free(out->of);
        out->of = NULL;
    }
    return status;
}
