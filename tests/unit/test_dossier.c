/* The dossier as a whole: every record's sentences and charts run on tables of every shape that its method
 * can store, the page is well-formed and self-contained, and nothing half-written is left. */
#include "report/page.h"
#include "report/query.h"
#include "report/report.h"
#include "report_xml.h"
#include "unit.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "dossier-test-XXXXXX";

static const char *path_of(const char *name) {
    static char path[4][256];
    static int next;
    char *p = path[next++ % 4];
    snprintf(p, 256, "%s/%s", folder, name);
    return p;
}

static void make_folder(void) {
    strcpy(folder, "dossier-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(void) {
    static const char *const files[] = {"s.duckdb", "s.duckdb.wal", "r.html", "again.html", "bad.duckdb"};
    for (size_t k = 0; k < sizeof files / sizeof *files; k++)
        unlink(path_of(files[k]));
    rmdir(folder);
}

static void run_sql(agl_db *db, const char *sql) {
    agl_error err = {0};
    ck_assert_msg(agl__db_exec(db, &err, "%s", sql) == AGL_OK, "%s in %s", err.message, sql);
}

/** SQL for a made-up value of a column in row i. */
static void value_sql(agl_text *sql, const agl_output_column_spec *c) {
    switch (c->type) {
    case AGL_KEY:
        agl__text_add(sql, "'k' || (i %% 23)");
        break;
    case AGL_BOOL:
        agl__text_add(sql, "i %% 3 <> 0");
        break;
    case AGL_DATE:
        agl__text_add(sql, "DATE '2015-01-01' + (i::INTEGER)");
        break;
    case AGL_INT:
        if (strstr(c->name, "year"))
            agl__text_add(sql, "2015 + i %% 4");
        else
            agl__text_add(sql, "i * 7 %% 101");
        break;
    default:
        agl__text_add(sql, "(i * 37 %% 101) / 50.0");
        break;
    }
    agl__text_add(sql, " AS \"%s\"", c->name);
}

/** What the stored tables look like. */
enum shape { FULL, EMPTY, ONE_ROW, NULLS, WITHOUT_OPTIONAL, N_SHAPES };

static void store_output(agl_db *db, const char *table, const agl_output_spec *o, enum shape shape) {
    static const int rows[N_SHAPES] = {
        [FULL] = 120, [EMPTY] = 0, [ONE_ROW] = 1, [NULLS] = 40, [WITHOUT_OPTIONAL] = 120};
    agl_text sql = {0};
    agl__text_add(&sql, "CREATE TABLE \"%s\" AS SELECT ", table);
    bool any = false;
    for (size_t c = 0; c < o->n_columns; c++) {
        if (shape == WITHOUT_OPTIONAL && o->columns[c].optional) continue;
        agl__text_add(&sql, "%s", any ? ", " : "");
        any = true;
        bool null = shape == NULLS && !o->columns[c].key;
        if (null)
            agl__text_add(&sql, "CASE WHEN i %% 2 = 0 THEN NULL ELSE \"%s\" END AS \"%s\"",
                          o->columns[c].name, o->columns[c].name);
        else
            agl__text_add(&sql, "\"%s\"", o->columns[c].name);
    }
    agl__text_add(&sql, " FROM (SELECT i");
    for (size_t c = 0; c < o->n_columns; c++) {
        agl__text_add(&sql, ", ");
        value_sql(&sql, &o->columns[c]);
    }
    agl__text_add(&sql, " FROM range(%d) t(i))", rows[shape]);
    run_sql(db, sql.data);
    agl__text_free(&sql);
}

static void store_frame(agl_db *db) {
    run_sql(db, "CREATE TABLE provenance(step VARCHAR, verb VARCHAR, method VARCHAR, options VARCHAR, "
                "\"like\" VARCHAR, seed BIGINT, "
                "version VARCHAR, input_hashes VARCHAR, rows_in BIGINT, rows_used BIGINT, rows_dropped "
                "BIGINT, warnings VARCHAR, "
                "seconds DOUBLE, tables VARCHAR, position INTEGER);"
                "CREATE TABLE label(kind VARCHAR, code VARCHAR, name VARCHAR, lon DOUBLE, lat DOUBLE);"
                "INSERT INTO label SELECT kind, 'k' || i, 'Name <' || i || '> & \"co\"', i / 2.0, 45 + i / "
                "3.0 FROM range(20) r(i), "
                "(VALUES ('region'), ('industry'), ('actor')) v(kind);"
                "CREATE TABLE study(key VARCHAR, value VARCHAR);"
                "INSERT INTO study VALUES ('title', 'Clusters of <A & B>'), ('description', 'One.' || "
                "chr(10) || chr(10) || 'Two.'),"
                "('section.010.title', 'Last'), ('section.002.title', 'First & foremost'), "
                "('section.002.steps', 's0 , s1');"
                "CREATE TABLE boundary(kind VARCHAR, ring INTEGER, seq INTEGER, lon DOUBLE, lat DOUBLE);"
                "INSERT INTO boundary VALUES ('c', 0, 0, 0, 44), ('c', 0, 1, 9, 44), ('c', 0, 2, 9, 51), "
                "('c', 1, 0, 2, 2), ('c', 1, 1, 3, 3);");
}

/** A study file with one step for each method. */
static void make_study(enum shape shape) {
    agl_db *db;
    ck_assert_int_eq(agl__db_open(&db, path_of("s.duckdb"), false, NULL, NULL), AGL_OK);
    store_frame(db);
    for (size_t m = 0; m < agl__n_methods; m++) {
        agl_text tables = {0}, sql = {0};
        for (size_t k = 0; k < agl__methods[m].n_outputs; k++) {
            char table[128];
            snprintf(table, sizeof table, "s%zu_%s", m, agl__methods[m].outputs[k].table);
            store_output(db, table, &agl__methods[m].outputs[k], shape);
            agl__text_add(&tables, "%s%s=%s", k ? "\n" : "", agl__methods[m].outputs[k].table, table);
        }
        agl__text_add(&sql,
                      "INSERT INTO provenance VALUES ('s%zu', '%s', '%s', '{\"level\": \"0.95\"}', NULL, 1, "
                      "'0', '{\"a.csv\": \"123\"}', "
                      "10, 9, 1, 'First <warning>' || chr(10) || 'second', 0.5, '%s', %zu)",
                      m, agl__methods[m].verb, agl__methods[m].name, tables.data ? tables.data : "", m);
        run_sql(db, sql.data);
        agl__text_free(&tables);
        agl__text_free(&sql);
    }
    agl__db_close(db);
}

static char *read_file(const char *path) {
    FILE *f = fopen(path, "rb");
    ck_assert_ptr_nonnull(f);
    fseek(f, 0, SEEK_END);
    long n = ftell(f);
    rewind(f);
    char *text = calloc((size_t)n + 1, 1);
    ck_assert_uint_eq(fread(text, 1, (size_t)n, f), (size_t)n);
    fclose(f);
    return text;
}

static size_t files_in_folder(void) {
    DIR *d = opendir(folder);
    size_t n = 0;
    for (struct dirent *e; (e = readdir(d));)
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

/** Every drawing is well-formed and nothing is loaded from elsewhere. */
static void check_page(const char *html) {
    for (const char *at = html; (at = strstr(at, "<svg ")); at++) {
        const char *end = strstr(at, "</svg>");
        ck_assert_ptr_nonnull(end);
        char *one = strndup(at, (size_t)(end - at) + 6);
        xml x;
        ck_assert_msg(xml_well_formed(&x, one), "%s", x.why);
        free(one);
    }
    static const char *const loads[] = {"<link",  " src=",   "href=\"http", "url(http",
                                        "url(\"", "@import", "<iframe",     "<object"};
    for (size_t k = 0; k < sizeof loads / sizeof *loads; k++)
        ck_assert_msg(strstr(html, loads[k]) == NULL, "the page loads something: %s", loads[k]);
    ck_assert_ptr_null(strstr(html, "<A & B>"));
}

/** Equal to the last byte; a page is too long for a message, so the message shows where they part. */
static void check_same(const char *a, const char *b) {
    size_t at = 0;
    while (a[at] && a[at] == b[at])
        at++;
    size_t from = at > 100 ? at - 100 : 0;
    ck_assert_msg(a[at] == b[at], "the pages part at byte %zu: '%.200s' and '%.200s'", at, a + from,
                  b + from);
}

START_TEST(every_record_runs) {
    agl_error err = {0};
    make_study((enum shape)_i);
    agl_status status = agl__report_write(path_of("r.html"), path_of("s.duckdb"), NULL, &err);
    ck_assert_msg(status == AGL_OK, "shape %d: %s", _i, err.message);
    char *html = read_file(path_of("r.html"));
    check_page(html);
    ck_assert_ptr_nonnull(strstr(html, "Clusters of &lt;A &amp; B&gt;"));
    const char *first = strstr(html, "<h2>First &amp; foremost"), *last = strstr(html, "<h2>Last");
    ck_assert(first && last && first < last);
    ck_assert_ptr_nonnull(strstr(html, "First &lt;warning&gt;"));
    if (_i == FULL) { /* the same file gives the same bytes */
        ck_assert_int_eq(agl__report_write(path_of("again.html"), path_of("s.duckdb"), NULL, &err), AGL_OK);
        char *again = read_file(path_of("again.html"));
        check_same(html, again);
        free(again);
    }
    free(html);
    ck_assert_uint_eq(files_in_folder(), _i == FULL ? 3 : 2);
}
END_TEST

START_TEST(failure_leaves_the_old_dossier) {
    agl_error err = {0};
    FILE *f = fopen(path_of("r.html"), "w");
    fputs("old", f);
    fclose(f);
    ck_assert_int_eq(agl__report_write(path_of("r.html"), path_of("s.duckdb"), NULL, &err),
                     AGL_EIO); /* not there */
    agl_db *db;
    ck_assert_int_eq(agl__db_open(&db, path_of("s.duckdb"), false, NULL, NULL), AGL_OK);
    run_sql(db, "CREATE TABLE other(i INTEGER)");
    agl__db_close(db);
    ck_assert_int_ne(agl__report_write(path_of("r.html"), path_of("s.duckdb"), NULL, &err), AGL_OK);
    ck_assert_ptr_nonnull(strstr(err.message, "no study file"));
    char *old = read_file(path_of("r.html"));
    ck_assert_str_eq(old, "old");
    free(old);
    ck_assert_uint_eq(files_in_folder(), 2);
}
END_TEST

START_TEST(unwritable_place_is_said) {
    agl_error err = {0};
    make_study(EMPTY);
    ck_assert_int_eq(agl__report_write("no/such/folder/r.html", path_of("s.duckdb"), NULL, &err), AGL_EIO);
    ck_assert_ptr_nonnull(strstr(err.message, "no/such/folder/r.html"));
}
END_TEST

START_TEST(queries_see_what_is_promised) {
    agl_error err = {0};
    agl_dossier d;
    make_study(WITHOUT_OPTIONAL);
    ck_assert_int_eq(agl__dossier_load(&d, path_of("s.duckdb"), NULL, &err), AGL_OK);
    static const char *const cases[][2] = {
        {"fmt_int(1234567.4)", "1\xe2\x80\xaf"
                               "234\xe2\x80\xaf"
                               "567"},
        {"fmt_int(-2019)", "\xe2\x88\x92"
                           "2019"},
        {"fmt_num(12345.678, 1)", "12\xe2\x80\xaf"
                                  "345.7"},
        {"fmt_num(0.5, 2)", "0.50"},
        {"fmt_num(NULL, 2)", NULL},
        {"fmt_int('nan'::DOUBLE)", NULL},
        {"fmt_pct(0.234)", "23%"},
        {"fmt_pct(0.0234)", "2.3%"},
        {"fmt_pct(0.00001)", "less than 0.1%"},
        {"fmt_pct(0)", "0.0%"},
        {"fmt_p(0.0002)", "p < 0.001"},
        {"fmt_p(0.0312)", "p = 0.031"},
        {"fmt_list(['a'])", "a"},
        {"fmt_list(['a', NULL, 'b', 'c'])", "a, b and c"},
        {"fmt_list([])", NULL},
        {"label('region', 'k3')", "Name <3> & \"co\""},
        {"label('region', 'unknown')", "unknown"},
        {"label('region', 17)", "17"},
        {"label_lon('region', 'k3')::VARCHAR", "1.5"},
        {"label_lat('region', 'unknown')::VARCHAR", NULL},
        /* columns of the outer query are not captured by the label table */
        {"(SELECT string_agg(label(kind, code), '/') FROM (SELECT 'region' AS kind, 'k3' AS code))",
         "Name <3> & \"co\""}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char *text = NULL;
        ck_assert_msg(agl__db_text(&text, d.db, &err, "SELECT %s", cases[k][0]) == AGL_OK, "%s: %s",
                      cases[k][0], err.message);
        if (cases[k][1])
            ck_assert_msg(text && strcmp(text, cases[k][1]) == 0, "%s gives %s", cases[k][0],
                          text ? text : "NULL");
        else
            ck_assert_msg(text == NULL, "%s gives %s", cases[k][0], text);
        free(text);
    }
    agl__dossier_free(&d);
}
END_TEST

START_TEST(bad_sql_names_the_record) {
    static const agl_output_column_spec columns[] = {{"region", "", "Region", AGL_KEY, true, false}};
    static const agl_output_spec outputs[] = {{"t", "T", NULL, columns, 1}, {"u", "U", NULL, columns, 1}};
    static const agl_method method = {
        .verb = "measure", .name = "made_up", .outputs = outputs, .n_outputs = 2};
    const char *stored[] = {"other", NULL};
    const agl_step step = {.name = "s", .method = &method, .stored = stored};
    agl_error err = {0};
    agl_table *rows;
    char *sql;
    bool missing;
    agl_dossier d;
    make_study(EMPTY);
    ck_assert_int_eq(agl__dossier_load(&d, path_of("s.duckdb"), NULL, &err), AGL_OK);
    ck_assert_int_eq(agl__query_run(&rows, &d, &step, "SELECT nonsense", "finding 3", &err), AGL_EINTERNAL);
    ck_assert_ptr_nonnull(strstr(err.message, "measure/made_up, finding 3"));
    ck_assert_ptr_nonnull(strstr(err.message, "nonsense"));
    ck_assert_int_eq(agl__query_run(&rows, &d, &step, "SELECT * FROM {nowhere}", "chart 1", &err),
                     AGL_EINTERNAL);
    ck_assert_ptr_nonnull(strstr(err.message, "{nowhere}"));
    ck_assert_int_eq(agl__query_run(&rows, &d, &step, "SELECT * FROM {u}", "chart 1", &err), AGL_OK);
    ck_assert_ptr_null(rows);
    ck_assert_int_eq(
        agl__query_expand(&sql, &missing, &step, "SELECT {'a': 1}, format('{:,}', 2), '{}' FROM {t}", &err),
        AGL_OK);
    ck_assert_str_eq(sql, "SELECT {'a': 1}, format('{:,}', 2), '{}' FROM \"agl__s_t\"");
    ck_assert(!missing);
    free(sql);
    agl__dossier_free(&d);
}
END_TEST

int main(void) {
    Suite *s = suite_create("dossier");
    TCase *t = tcase_create("dossier");
    tcase_add_checked_fixture(t, make_folder, remove_folder);
    tcase_add_loop_test(t, every_record_runs, 0, N_SHAPES);
    tcase_add_test(t, failure_leaves_the_old_dossier);
    tcase_add_test(t, unwritable_place_is_said);
    tcase_add_test(t, queries_see_what_is_promised);
    tcase_add_test(t, bad_sql_names_the_record);
    tcase_set_timeout(t, 300);
    suite_add_tcase(s, t);
    return unit_main(s);
}
