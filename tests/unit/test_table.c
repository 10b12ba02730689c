/* Reading, parsing, aggregating and storing tables. */
#include "table/aggregate.h"
#include "table/db.h"
#include "table/number.h"
#include "table/read.h"
#include "table/write.h"
#include "unit.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/agglo-test-XXXXXX";
static agl_error err;

static const char *file(const char *name, const char *content) {
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    fputs(content, f);
    fclose(f);
    return path;
}

/* ---- numbers
 * ------------------------------------------------------------------------------------------------------- */

START_TEST(numbers_as_people_write_them) {
    const struct {
        const char *text;
        char decimal;
        double value; /* NAN = missing, INFINITY = suppressed, -1e99 = no number */
    } cases[] = {{"12.5", '.', 12.5},
                 {"12,5", ',', 12.5},
                 {"1.234,5", ',', 1234.5},
                 {"1,234.5", '.', 1234.5},
                 {"1 234", '.', 1234},
                 {"-3", '.', -3},
                 {"12.5 e", '.', 12.5},
                 {"7e3", '.', 7000},
                 {"", '.', NAN},
                 {"NA", '.', NAN},
                 {":", '.', NAN},
                 {"..", '.', NAN},
                 {"D", '.', INFINITY},
                 {"(S)", '.', INFINITY},
                 {": c", '.', INFINITY},
                 {"abc", '.', -1e99},
                 {"nan", '.', -1e99},
                 {"inf", '.', -1e99},
                 {"1.2.3x", '.', -1e99},
                 {"1'000", '.', 1000},
                 {"1\xc2\xa0"
                  "234",
                  '.', 1234},
                 {"0", '.', 0},
                 {"1e999", '.', -1e99}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double x;
        agl_state state;
        bool ok = agl__parse_number(&x, &state, cases[i].text, cases[i].decimal);
        double want = cases[i].value;
        ck_assert_msg(ok == (want != -1e99), "'%s'", cases[i].text);
        if (!ok) continue;
        agl_state wanted = isnan(want) ? AGL_MISSING : isinf(want) ? AGL_SUPPRESSED : AGL_PRESENT;
        ck_assert_msg(state == wanted, "'%s'", cases[i].text);
        if (wanted == AGL_PRESENT) ck_assert_msg(x == want, "'%s' gave %g", cases[i].text, x);
    }
}
END_TEST

START_TEST(decimal_sign_of_a_column) {
    static char a[] = "1.234", b[] = "5,5", c[] = "1,234", e[] = "5.5", f[] = "2,345";
    char *german[] = {a, b}, *english[] = {c, e}, *open[] = {c, f};
    agl_dict d = {2, german};
    ck_assert_int_eq(agl__decimal_sign(&d, '.'), ',');
    d.text = english;
    ck_assert_int_eq(agl__decimal_sign(&d, ','), '.');
    d.text = open;
    ck_assert_int_eq(agl__decimal_sign(&d, ','), ',');
    ck_assert_int_eq(agl__decimal_sign(&d, '.'), '.');
}
END_TEST

/* ---- reading
 * ------------------------------------------------------------------------------------------------------- */

static const agl_want wants[] = {
    {.role = "region", .type = AGL_WANT_KEY, .required = true},
    {.role = "value", .type = AGL_WANT_NUMBER, .required = true, .min = 0, .max = INFINITY},
    {.role = "year", .type = AGL_WANT_YEAR, .min = -INFINITY, .max = INFINITY},
    {.role = "start", .type = AGL_WANT_DATE, .min = -INFINITY, .max = INFINITY}};
static const char *const unique[] = {"region", "year"};

static agl_status read_file(agl_table **t, const char *path, const char *where, const char *aggregate) {
    agl_db *db;
    ck_assert_int_eq(agl__db_open(&db, NULL, false, NULL, &err), AGL_OK);
    agl_source s = {.paths = &path, .n_paths = 1, .where = where, .aggregate = aggregate};
    agl_status status = agl__read(t, db, &s, wants, 4, unique, 2, &err);
    agl__db_close(db);
    return status;
}

START_TEST(codes_keep_their_zeros) {
    agl_table *t;
    ck_assert_int_eq(
        read_file(&t, file("a.csv", "region,value,year\n02016,5,2019\n01001,0,2019\n"), NULL, NULL), AGL_OK);
    const agl_column *region = agl_table_column(t, "region"), *value = agl_table_column(t, "value");
    ck_assert_str_eq(agl_column_text(region, 0), "02016");
    ck_assert_int_eq(region->code[0], 1);
    ck_assert_double_eq(value->num[1], 0);
    ck_assert_ptr_null(agl_table_column(t, "start"));
    agl_table_free(t);
}
END_TEST

START_TEST(semicolons_commas_and_states) {
    agl_table *t;
    ck_assert_int_eq(
        read_file(&t, file("b.csv", "\xef\xbb\xbfregion;value\nA;1.234,5\nB;:\nC;(D)\nD;0\n"), NULL, NULL),
        AGL_OK);
    const agl_column *v = agl_table_column(t, "value");
    ck_assert_double_eq(v->num[0], 1234.5);
    ck_assert_int_eq(v->state[1], AGL_MISSING);
    ck_assert_int_eq(v->state[2], AGL_SUPPRESSED);
    ck_assert_int_eq(v->state[3], AGL_PRESENT);
    ck_assert(isnan(v->num[1]) && isnan(v->num[2]));
    agl_table_free(t);
}
END_TEST

START_TEST(dates_and_years) {
    agl_table *t;
    ck_assert_int_eq(
        read_file(&t,
                  file("c.csv", "region,value,year,start\nA,1,2019-05-01,1970-01-02\nB,1,2020,\nC,1,,2000\n"),
                  NULL, NULL),
        AGL_OK);
    const agl_column *y = agl_table_column(t, "year"), *d = agl_table_column(t, "start");
    ck_assert_double_eq(y->num[0], 2019);
    ck_assert_double_eq(d->num[0], 1);
    ck_assert(isnan(d->num[1]) && isnan(y->num[2]));
    ck_assert_double_eq(d->num[2], 10957);
    agl_table_free(t);
}
END_TEST

/* Rows come in the order of the file, whatever the threads: sums and the lines in messages depend on it. The
 * year is read by way of text, with its list of words for what is missing. */
START_TEST(rows_keep_their_order) {
    enum { ROWS = 200000 };
    char path[128];
    snprintf(path, sizeof path, "%s/long.csv", folder);
    FILE *f = fopen(path, "w");
    fputs("region,value,year\n", f);
    for (int i = 0; i < ROWS; i++)
        fprintf(f, "%0100d,%d,%d-01-01\n", i % 7, i, 2000 + i % 20); /* enough for several scans */
    fclose(f);
    const char *paths[] = {path};
    const agl_source source = {.paths = paths, .n_paths = 1};
    for (int threads = 1; threads <= 4; threads += 3) {
        agl_ctx ctx = AGL_CTX_INIT;
        ctx.threads = threads;
        agl_db *db;
        agl_table *t;
        ck_assert_int_eq(agl__db_open(&db, NULL, false, &ctx, &err), AGL_OK);
        ck_assert_msg(agl__read(&t, db, &source, wants, 3, NULL, 0, &err) == AGL_OK, "%s", err.message);
        ck_assert_uint_eq(t->rows, ROWS);
        const double *value = agl_table_column(t, "value")->num;
        for (int i = 0; i < ROWS; i++)
            ck_assert_msg(value[i] == i, "%d threads: row %d holds %g", threads, i, value[i]);
        agl_table_free(t);
        agl__db_close(db);
    }
    unlink(path);
}
END_TEST

START_TEST(errors_name_file_and_line) {
    agl_table *t;
    ck_assert_int_eq(read_file(&t, file("d.csv", "region,value\nA,1\nB,x\n"), NULL, NULL), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "d.csv line 3, column value: 'x' is not a number"));
    ck_assert_int_eq(read_file(&t, file("e.csv", "region,value\nA,1\nB,-2\n"), NULL, NULL), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "e.csv line 3, column value: negative value -2"));
    ck_assert_int_eq(
        read_file(&t, file("f.csv", "region,value,year\nA,1,2000\nB,1,2000\nA,2,2000\n"), "value > 0", NULL),
        AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "duplicate key region=A year=2000"));
    ck_assert_ptr_nonnull(strstr(err.message, "line 2 and "));
    ck_assert_ptr_nonnull(strstr(err.message, "line 4"));
    ck_assert_int_eq(read_file(&t, file("g.csv", "place,value\nA,1\n"), NULL, NULL), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "no column for the role 'region'"));
    ck_assert_int_eq(read_file(&t, file("h.csv", "region,value,year\nA,1,soon\n"), NULL, NULL), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "not a year"));
}
END_TEST

START_TEST(where_and_aggregate) {
    agl_table *t;
    const char *path = file(
        "i.csv", "region,value,year,kind\nA,1,2000,x\nB,5,2000,x\nA,2,2000,x\nA,100,2000,y\nB,D,2000,x\n");
    ck_assert_int_eq(read_file(&t, path, "kind = 'x'", "sum"), AGL_OK);
    ck_assert_uint_eq(t->rows, 2);
    ck_assert_double_eq(agl_table_column(t, "value")->num[0], 3);
    ck_assert_double_eq(agl_table_column(t, "value")->num[1], 5);
    agl_table_free(t);
    ck_assert_int_eq(read_file(&t, path, "kind = 'x'", "mean"), AGL_OK);
    ck_assert_double_eq(agl_table_column(t, "value")->num[0], 1.5);
    agl_table_free(t);
    ck_assert_int_eq(read_file(&t, path, "kind = 'q'", NULL), AGL_EDATA);
}
END_TEST

START_TEST(suppressed_by_condition) {
    agl_table *t;
    agl_db *db;
    const char *path = file("j.csv", "region,value,flag\nA,0,1\nB,,1\nC,,0\nD,5,0\n");
    ck_assert_int_eq(agl__db_open(&db, NULL, false, NULL, &err), AGL_OK);
    agl_source s = {.paths = &path, .n_paths = 1, .suppressed = "flag = 1"};
    ck_assert_int_eq(agl__read(&t, db, &s, wants, 4, NULL, 0, &err), AGL_OK);
    const agl_column *v = agl_table_column(t, "value");
    ck_assert(v->state[0] == AGL_PRESENT && v->state[1] == AGL_SUPPRESSED && v->state[2] == AGL_MISSING);
    agl_table_free(t);
    s.suppressed = "value: flag = 1";
    ck_assert_int_eq(agl__read(&t, db, &s, wants, 4, NULL, 0, &err), AGL_OK);
    v = agl_table_column(t, "value");
    ck_assert(v->state[0] == AGL_SUPPRESSED && isnan(v->num[0]) && v->state[2] == AGL_MISSING &&
              v->num[3] == 5);
    agl_table_free(t);
    agl__db_close(db);
}
END_TEST

/* ---- writing
 * ------------------------------------------------------------------------------------------------------- */

static agl_table *small(void) {
    agl_table *t;
    agl_column *c;
    const char *const names[] = {"a \"quoted\", name", "b"};
    ck_assert_int_eq(agl_table_new(&t, "small", 3, &err), AGL_OK);
    ck_assert_int_eq(agl_table_add(&c, t, "key", AGL_KEY, &err), AGL_OK);
    ck_assert_int_eq(agl_dict_set(&c->dict, names, 2, &err), AGL_OK);
    c->code[1] = 1;
    c->code[2] = -1;
    ck_assert_int_eq(agl_table_add(&c, t, "x", AGL_NUM, &err), AGL_OK);
    c->num[0] = 0.1;
    c->num[1] = 1.0 / 3;
    c->num[2] = NAN;
    return t;
}

START_TEST(doubles_and_texts_round_trip) {
    static const char *const endings[] = {"csv", "tsv", "parquet", "json", "duckdb"};
    agl_table *t = small(), *back;
    agl_db *db;
    ck_assert_int_eq(agl__db_open(&db, NULL, false, NULL, &err), AGL_OK);
    for (size_t i = 0; i < 5; i++) {
        char path[128];
        const char *p = path;
        snprintf(path, sizeof path, "%s/small.%s", folder, endings[i]);
        ck_assert_int_eq(agl__write(path, db, (const agl_table *const *)&t, 1, &err), AGL_OK);
        const agl_want w[] = {{.role = "key", .type = AGL_WANT_KEY},
                              {.role = "x", .type = AGL_WANT_NUMBER, .min = -INFINITY, .max = INFINITY}};
        agl_source s = {.paths = &p, .n_paths = 1};
        ck_assert_msg(agl__read(&back, db, &s, w, 2, NULL, 0, &err) == AGL_OK, "%s: %s", endings[i],
                      err.message);
        ck_assert_uint_eq(back->rows, 3);
        ck_assert_str_eq(agl_column_text(&back->columns[0], 0), "a \"quoted\", name");
        ck_assert_int_eq(back->columns[0].code[2], -1);
        ck_assert_double_eq(back->columns[1].num[0], 0.1);
        ck_assert_double_eq(back->columns[1].num[1], 1.0 / 3);
        ck_assert(isnan(back->columns[1].num[2]));
        agl_table_free(back);
    }
    agl__db_close(db);
    agl_table_free(t);
}
END_TEST

START_TEST(unknown_ending_leaves_nothing) {
    agl_table *t = small();
    agl_db *db;
    char path[128];
    snprintf(path, sizeof path, "%s/small.docx", folder);
    ck_assert_int_eq(agl__db_open(&db, NULL, false, NULL, &err), AGL_OK);
    ck_assert_int_eq(agl__write(path, db, (const agl_table *const *)&t, 1, &err), AGL_EUSAGE);
    ck_assert_int_ne(access(path, F_OK), 0);
    agl__db_close(db);
    agl_table_free(t);
}
END_TEST

int main(void) {
    if (!mkdtemp(folder)) return 1;
    Suite *s = suite_create("table");
    TCase *t = tcase_create("table");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, numbers_as_people_write_them);
    tcase_add_test(t, decimal_sign_of_a_column);
    tcase_add_test(t, codes_keep_their_zeros);
    tcase_add_test(t, semicolons_commas_and_states);
    tcase_add_test(t, dates_and_years);
    tcase_add_test(t, errors_name_file_and_line);
    tcase_add_test(t, where_and_aggregate);
    tcase_add_test(t, suppressed_by_condition);
    tcase_add_test(t, rows_keep_their_order);
    tcase_add_test(t, doubles_and_texts_round_trip);
    tcase_add_test(t, unknown_ending_leaves_nothing);
    suite_add_tcase(s, t);
    int rc = unit_main(s);
    char command[160];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command) == 0 ? rc : 1;
}
