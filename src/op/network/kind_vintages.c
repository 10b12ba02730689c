/* Kinds whose codes change their meaning over time: a code of 2003 need not mean what it means in 2015. */
#include "base/mem.h"
#include "op/network/kinds.h"

#include <math.h>
#include <string.h>
#include <strings.h>

typedef struct vintage {
    int32_t code, kind; /* of the codes of the rows */
    double from, until;
    size_t row; /* of the input kinds */
} vintage;

static int by_code_and_time(const void *a, const void *b) {
    const vintage *x = a, *y = b;
    if (x->code != y->code) return x->code < y->code ? -1 : 1;
    if (x->from != y->from) return x->from < y->from ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static int32_t kind_named(const char *name) {
    for (int32_t k = 0; k < AGL_KINDS; k++)
        if (strcasecmp(name, agl__kind_names[k]) == 0) return k;
    return -1;
}

/* The rows of the input kinds, by code and time. */
static agl_status read_vintages(vintage *out, size_t *n, const agl_run *run, const agl_dict *codes,
                                agl_error *err) {
    const agl_column *code = agl__run_column(run, "kinds", "code"),
                     *kind = agl__run_column(run, "kinds", "kind");
    const agl_column *from = agl__run_column(run, "kinds", "from"),
                     *until = agl__run_column(run, "kinds", "until");
    *n = 0;
    for (size_t i = 0; i < agl__run_input(run, "kinds")->rows; i++) {
        vintage v = {.row = i, .code = agl_dict_find(codes, agl_column_text(code, i))};
        v.kind = kind_named(agl_column_text(kind, i));
        v.from = from && !isnan(from->num[i]) ? from->num[i] : -INFINITY;
        v.until = until && !isnan(until->num[i]) ? until->num[i] : INFINITY;
        if (v.kind < 0)
            return agl__run_fail_row(run, "kinds", i, "kind", err,
                                     "'%s' is no kind; use firm, university, institute, government or other",
                                     agl_column_text(kind, i));
        if (v.until < v.from)
            return agl__run_fail_row(run, "kinds", i, "until", err, "the code ends before it begins");
        if (v.code >= 0) out[(*n)++] = v;
    }
    if (*n > 1) qsort(out, *n, sizeof *out, by_code_and_time);
    for (size_t k = 1; k < *n; k++)
        if (out[k].code == out[k - 1].code && out[k].from <= out[k - 1].until)
            return agl__run_fail_row(run, "kinds", out[k].row, "from", err,
                                     "code '%s' has two meanings in the same year; let the years not overlap",
                                     codes->text[out[k].code]);
    return AGL_OK;
}

/* The meaning of a code in a year, -1 when there is none; `plain` where the input says nothing of the code. A
 * row without a year has the meaning that holds without a beginning and an end. */
static int32_t meaning(const vintage *v, const size_t *offset, const int32_t *plain, int32_t code,
                       double year) {
    if (offset[code] == offset[code + 1]) return plain[code];
    for (size_t k = offset[code]; k < offset[code + 1]; k++)
        if (isnan(year) ? isinf(v[k].from) && isinf(v[k].until) : v[k].from <= year && year <= v[k].until)
            return v[k].kind;
    return -1;
}

/* Where the meanings of each code begin among the sorted ones. */
static size_t *index_codes(const vintage *v, size_t n, size_t n_codes) {
    size_t *offset = AGL_NEW(size_t, n_codes + 1);
    for (size_t k = 0; offset && k < n; k++)
        offset[v[k].code + 1]++;
    for (size_t c = 0; offset && c < n_codes; c++)
        offset[c + 1] += offset[c];
    return offset;
}

agl_status agl__kind_vintages(int32_t *kind, agl_run *run, const agl_dict *codes, const int32_t *code,
                              const double *year, size_t rows, agl_error *err) {
    size_t n = 0, outside = 0;
    const agl_table *table = agl__run_input(run, "kinds");
    vintage *v = AGL_NEW(vintage, table ? table->rows : 0);
    size_t *offset = NULL;
    int32_t *plain = NULL;
    agl_status status = v ? agl__kinds_of(&plain, run, codes, err) : agl_fail_memory(err);
    if (status == AGL_OK && table) status = read_vintages(v, &n, run, codes, err);
    if (status == AGL_OK && !(offset = index_codes(v, n, codes->n))) status = agl_fail_memory(err);
    for (size_t i = 0; status == AGL_OK && i < rows; i++) {
        int32_t c = code[i];
        kind[i] = c < 0 ? -1 : meaning(v, offset, plain, c, year ? year[i] : (double)NAN);
        outside += c >= 0 && kind[i] < 0;
    }
    if (status == AGL_OK && outside > 0)
        agl__run_warn(
            run,
            "%zu rows have a kind whose code has no meaning in their year (or no year) in the table "
            "of kinds; they do not count for the kind of their actor",
            outside);
    free(plain);
    free(offset);
    free(v);
    return status;
}
