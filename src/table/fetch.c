#include "table/fetch.h"
#include "base/intern.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

const char *agl__sql_type(agl_type type) {
    static const char *const names[] = {"VARCHAR", "DOUBLE", "BIGINT", "BOOLEAN", "DATE"};
    return names[type];
}

static agl_type type_of(duckdb_type type) {
    switch (type) {
    case DUCKDB_TYPE_VARCHAR:
    case DUCKDB_TYPE_ENUM:
        return AGL_KEY;
    case DUCKDB_TYPE_BOOLEAN:
        return AGL_BOOL;
    case DUCKDB_TYPE_DATE:
    case DUCKDB_TYPE_TIMESTAMP:
        return AGL_DATE;
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
    case DUCKDB_TYPE_DECIMAL:
        return AGL_NUM;
    default:
        return AGL_INT;
    }
}

/* One numeric value of a vector as double. */
static double number_at(const void *data, duckdb_type type, idx_t i) {
    switch (type) {
    case DUCKDB_TYPE_BOOLEAN:
        return ((const bool *)data)[i];
    case DUCKDB_TYPE_TINYINT:
        return ((const int8_t *)data)[i];
    case DUCKDB_TYPE_UTINYINT:
        return ((const uint8_t *)data)[i];
    case DUCKDB_TYPE_SMALLINT:
        return ((const int16_t *)data)[i];
    case DUCKDB_TYPE_USMALLINT:
        return ((const uint16_t *)data)[i];
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_DATE:
        return ((const int32_t *)data)[i];
    case DUCKDB_TYPE_UINTEGER:
        return ((const uint32_t *)data)[i];
    case DUCKDB_TYPE_BIGINT:
        return (double)((const int64_t *)data)[i];
    case DUCKDB_TYPE_UBIGINT:
        return (double)((const uint64_t *)data)[i];
    case DUCKDB_TYPE_TIMESTAMP:
        return floor((double)((const int64_t *)data)[i] / 86400e6);
    case DUCKDB_TYPE_FLOAT:
        return ((const float *)data)[i];
    case DUCKDB_TYPE_DOUBLE:
        return ((const double *)data)[i];
    case DUCKDB_TYPE_HUGEINT:
        return duckdb_hugeint_to_double(((const duckdb_hugeint *)data)[i]);
    default:
        return NAN;
    }
}

/* DECIMAL columns hold scaled integers of a width that depends on their precision. */
static double decimal_scale(duckdb_type *storage, duckdb_vector vector) {
    duckdb_logical_type type = duckdb_vector_get_column_type(vector);
    *storage = duckdb_decimal_internal_type(type);
    double scale = pow(10, -(double)duckdb_decimal_scale(type));
    duckdb_destroy_logical_type(&type);
    return scale;
}

static agl_status take_text(agl_column *c, agl_intern *in, duckdb_vector vector, size_t at, idx_t n,
                            agl_error *err) {
    duckdb_string_t *data = duckdb_vector_get_data(vector);
    uint64_t *valid = duckdb_vector_get_validity(vector);
    for (idx_t i = 0; i < n; i++) {
        if (valid && !duckdb_validity_row_is_valid(valid, i)) {
            c->code[at + i] = -1;
            continue;
        }
        c->code[at + i] =
            agl__intern_add(in, duckdb_string_t_data(&data[i]), duckdb_string_t_length(data[i]));
        if (c->code[at + i] < 0) return agl_fail_memory(err);
    }
    return AGL_OK;
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* Makes the texts of `in` the sorted dictionary of the column and rewrites its codes. */
static agl_status sort_dict(agl_column *c, const agl_intern *in, size_t rows, agl_error *err) {
    size_t n = (size_t)in->n;
    const char **texts = AGL_NEW(const char *, n);
    int32_t *fresh = AGL_NEW(int32_t, n);
    agl_status status = texts && fresh ? AGL_OK : agl_fail_memory(err);
    for (size_t i = 0; i < n && status == AGL_OK; i++)
        texts[i] = agl__intern_text(in, (int32_t)i);
    if (status == AGL_OK) {
        qsort(texts, n, sizeof *texts, by_text);
        status = agl_dict_set(&c->dict, texts, n, err);
    }
    if (status == AGL_OK) {
        for (size_t i = 0; i < n; i++)
            fresh[agl__intern_find(in, texts[i], strlen(texts[i]))] = (int32_t)i;
        for (size_t row = 0; row < rows; row++)
            if (c->code[row] >= 0) c->code[row] = fresh[c->code[row]];
    }
    free(texts);
    free(fresh);
    return status;
}

static agl_status mark_missing(agl_column *c, size_t row, size_t rows, agl_error *err) {
    if (!c->state && !(c->state = AGL_NEW(uint8_t, rows))) return agl_fail_memory(err);
    c->state[row] = AGL_MISSING;
    return AGL_OK;
}

static agl_status take_numbers(agl_column *c, duckdb_type type, duckdb_vector vector, size_t at, idx_t n,
                               size_t rows, agl_error *err) {
    const void *data = duckdb_vector_get_data(vector);
    uint64_t *valid = duckdb_vector_get_validity(vector);
    double scale = type == DUCKDB_TYPE_DECIMAL ? decimal_scale(&type, vector) : 1;
    for (idx_t i = 0; i < n; i++) {
        if (valid && !duckdb_validity_row_is_valid(valid, i)) {
            c->num[at + i] = NAN;
            agl_status status = mark_missing(c, at + i, rows, err);
            if (status != AGL_OK) return status;
        } else {
            c->num[at + i] = number_at(data, type, i) * scale;
        }
    }
    return AGL_OK;
}

static agl_status add_columns(agl_table *t, duckdb_result *result, agl_error *err) {
    idx_t n = duckdb_column_count(result);
    for (idx_t j = 0; j < n; j++) {
        agl_status status = agl_table_add(NULL, t, duckdb_column_name(result, j),
                                          type_of(duckdb_column_type(result, j)), err);
        if (status != AGL_OK) return status;
    }
    return AGL_OK;
}

static agl_status take_chunk(agl_table *t, agl_intern *interns, duckdb_result *result,
                             duckdb_data_chunk chunk, size_t at, agl_error *err) {
    idx_t n = duckdb_data_chunk_get_size(chunk);
    for (size_t j = 0; j < t->n_columns; j++) {
        duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, j);
        agl_column *c = &t->columns[j];
        agl_status status = c->type == AGL_KEY
                                ? take_text(c, &interns[j], vector, at, n, err)
                                : take_numbers(c, duckdb_column_type(result, j), vector, at, n, t->rows, err);
        if (status != AGL_OK) return status;
    }
    return AGL_OK;
}

agl_status agl__fetch(agl_table **out, duckdb_result *result, const char *name, agl_error *err) {
    agl_table *t = NULL;
    agl_intern *interns = NULL;
    size_t rows = duckdb_row_count(result), at = 0;
    agl_status status = agl_table_new(&t, name, rows, err);
    if (status == AGL_OK) status = add_columns(t, result, err);
    if (status != AGL_OK) goto out;

    interns = AGL_NEW(agl_intern, t->n_columns);
    if (!interns) {
        status = agl_fail_memory(err);
        goto out;
    }

    while (at < rows) {
        duckdb_data_chunk chunk = duckdb_fetch_chunk(*result);
        if (!chunk) break;
        status = take_chunk(t, interns, result, chunk, at, err);
        at += duckdb_data_chunk_get_size(chunk);
        duckdb_destroy_data_chunk(&chunk);
        if (status != AGL_OK) goto out;
    }
    for (size_t j = 0; j < t->n_columns && status == AGL_OK; j++)
        if (t->columns[j].type == AGL_KEY) status = sort_dict(&t->columns[j], &interns[j], rows, err);
out:
    for (size_t j = 0; interns && j < t->n_columns; j++)
        agl__intern_free(&interns[j]);
    free(interns);
    if (status != AGL_OK) {
        agl_table_free(t);
        return status;
    }
    *out = t;
    return AGL_OK;
}

/* ---- the other way
 * ---------------------------------------------------------------------------------------------- */

static void put_texts(const agl_column *c, duckdb_vector vector, size_t at, size_t n) {
    for (size_t i = 0; i < n; i++) {
        int32_t code = c->code[at + i];
        if (code < 0) {
            duckdb_vector_ensure_validity_writable(vector);
            duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vector), i);
        } else {
            duckdb_vector_assign_string_element(vector, i, c->dict.text[code]);
        }
    }
}

static void put_numbers(const agl_column *c, duckdb_vector vector, size_t at, size_t n) {
    void *data = duckdb_vector_get_data(vector);
    for (size_t i = 0; i < n; i++) {
        double x = c->num[at + i];
        if (isnan(x)) {
            duckdb_vector_ensure_validity_writable(vector);
            duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vector), i);
            continue;
        }
        switch (c->type) {
        case AGL_INT:
            ((int64_t *)data)[i] = (int64_t)llround(x);
            break;
        case AGL_BOOL:
            ((bool *)data)[i] = x != 0;
            break;
        case AGL_DATE:
            ((int32_t *)data)[i] = (int32_t)x;
            break;
        default:
            ((double *)data)[i] = x;
            break;
        }
    }
}

static duckdb_data_chunk new_chunk(const agl_table *t) {
    static const duckdb_type types[] = {DUCKDB_TYPE_VARCHAR, DUCKDB_TYPE_DOUBLE, DUCKDB_TYPE_BIGINT,
                                        DUCKDB_TYPE_BOOLEAN, DUCKDB_TYPE_DATE};
    duckdb_logical_type *logical = AGL_NEW(duckdb_logical_type, t->n_columns);
    if (!logical) return NULL;
    for (size_t j = 0; j < t->n_columns; j++)
        logical[j] = duckdb_create_logical_type(types[t->columns[j].type]);
    duckdb_data_chunk chunk = duckdb_create_data_chunk(logical, t->n_columns);
    for (size_t j = 0; j < t->n_columns; j++)
        duckdb_destroy_logical_type(&logical[j]);
    free(logical);
    return chunk;
}

agl_status agl__append(duckdb_appender appender, const agl_table *t, agl_error *err) {
    agl_status status = AGL_OK;
    for (size_t at = 0; at < t->rows && status == AGL_OK;) {
        size_t n = t->rows - at < duckdb_vector_size() ? t->rows - at : duckdb_vector_size();
        duckdb_data_chunk chunk = new_chunk(t);
        if (!chunk) {
            status = agl_fail_memory(err);
            break;
        }
        for (size_t j = 0; j < t->n_columns; j++) {
            duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, j);
            if (t->columns[j].type == AGL_KEY)
                put_texts(&t->columns[j], vector, at, n);
            else
                put_numbers(&t->columns[j], vector, at, n);
        }
        duckdb_data_chunk_set_size(chunk, n);
        if (duckdb_append_data_chunk(appender, chunk) != DuckDBSuccess)
            status = agl_fail(err, AGL_EIO, "cannot store table '%s': %s", t->name,
                              duckdb_appender_error(appender));
        duckdb_destroy_data_chunk(&chunk);
        at += n;
    }
    return status;
}
