/* Threads, random numbers, sums, errors: the promises that every kernel relies on. */
#include "base/intern.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "base/sum.h"
#include "unit.h"

#include <string.h>

/* ---- parallel
 * ------------------------------------------------------------------------------------------------------ */

typedef struct sums {
    double part[64];
    size_t fail_at; /* task that fails, or 64 */
} sums;

static agl_status draw_sum(void *arg, size_t task, int worker, agl_error *err) {
    sums *s = arg;
    (void)worker;
    if (task >= s->fail_at) return agl_fail(err, AGL_EDATA, "task %zu", task);
    agl_rng r = agl__rng(7, (uint32_t)task, 0);
    for (int i = 0; i < 1000; i++)
        s->part[task] += agl__rng_normal(&r);
    return AGL_OK;
}

START_TEST(same_bits_for_any_thread_count) {
    sums one = {.fail_at = 64}, many = {.fail_at = 64};
    agl_ctx c1 = AGL_CTX_INIT, c7 = AGL_CTX_INIT;
    c1.threads = 1;
    c7.threads = 7;
    ck_assert_int_eq(agl__parallel(64, draw_sum, &one, NULL, &c1, NULL), AGL_OK);
    ck_assert_int_eq(agl__parallel(64, draw_sum, &many, NULL, &c7, NULL), AGL_OK);
    ck_assert_int_eq(memcmp(one.part, many.part, sizeof one.part), 0);
}
END_TEST

START_TEST(first_failure_is_reported) {
    sums s = {.fail_at = 3};
    agl_error err = {0};
    agl_ctx c = AGL_CTX_INIT;
    c.threads = 1;
    ck_assert_int_eq(agl__parallel(64, draw_sum, &s, NULL, &c, &err), AGL_EDATA);
    ck_assert_str_eq(err.message, "task 3");
}
END_TEST

START_TEST(cancel_stops) {
    atomic_bool stop = true;
    sums s = {.fail_at = 64};
    agl_error err = {0};
    agl_ctx c = AGL_CTX_INIT;
    c.cancel = &stop;
    ck_assert_int_eq(agl__parallel(64, draw_sum, &s, NULL, &c, &err), AGL_ECANCEL);
    ck_assert_double_eq(s.part[0], 0);
}
END_TEST

static double last_progress;
static void note_progress(void *arg, const char *what, double done, double total) {
    (void)arg, (void)what;
    ck_assert_double_ge(done, 1);
    ck_assert_double_le(done, total);
    if (done > last_progress) last_progress = done;
}

START_TEST(progress_reaches_the_end) {
    sums s = {.fail_at = 64};
    agl_ctx c = AGL_CTX_INIT;
    c.progress = note_progress;
    ck_assert_int_eq(agl__parallel(64, draw_sum, &s, "summing", &c, NULL), AGL_OK);
    ck_assert_double_eq(last_progress, 64);
}
END_TEST

/* ---- random numbers
 * ------------------------------------------------------------------------------------------------ */

START_TEST(philox_known_answer) {
    /* Random123 1.14, kat_vectors, philox4x32 10: zero counter and key. */
    philox4x32_ctr_t c = {{0, 0, 0, 0}};
    philox4x32_key_t k = {{0, 0}};
    philox4x32_ctr_t r = philox4x32(c, k);
    ck_assert_uint_eq(r.v[0], 0x6627e8d5);
    ck_assert_uint_eq(r.v[3], 0x9b00dbd8);
}
END_TEST

START_TEST(uniform_and_below_are_fair) {
    agl_rng r = agl__rng(1, 2, 3);
    double sum = 0, squares = 0;
    size_t count[7] = {0};
    const int n = 70000;
    for (int i = 0; i < n; i++) {
        double u = agl__rng_unit(&r);
        ck_assert(u > 0 && u < 1);
        sum += u;
        squares += u * u;
        count[agl__rng_below(&r, 7)]++;
    }
    ck_assert_double_eq_tol(sum / n, 0.5, 0.005);
    ck_assert_double_eq_tol(squares / n, 1.0 / 3, 0.005);
    double chi2 = 0;
    for (int i = 0; i < 7; i++)
        chi2 += ((double)count[i] - 10000) * ((double)count[i] - 10000) / 10000;
    ck_assert_double_lt(chi2, 22.46); /* 0.1 % point at 6 degrees of freedom */
}
END_TEST

START_TEST(streams_differ) {
    agl_rng a = agl__rng(1, 0, 0), b = agl__rng(1, 1, 0), c = agl__rng(1, 0, 1), d = agl__rng(2, 0, 0);
    uint64_t x = agl__rng_u64(&a);
    ck_assert(x != agl__rng_u64(&b) && x != agl__rng_u64(&c) && x != agl__rng_u64(&d));
}
END_TEST

/* ---- sums and memory
 * ----------------------------------------------------------------------------------------------- */

START_TEST(compensated_sum) {
    double x[] = {1, 1e100, 1, -1e100};
    ck_assert_double_eq(agl__sum(x, 4), 2);
    double tenth[1000];
    for (int i = 0; i < 1000; i++)
        tenth[i] = 0.1;
    ck_assert_double_eq(agl__sum(tenth, 1000), 100.0);
}
END_TEST

START_TEST(grow_doubles_and_keeps) {
    size_t capacity = 0;
    int *a = NULL;
    for (int i = 0; i < 1000; i++) {
        int *g = agl__grow(a, &capacity, (size_t)i + 1, sizeof *a);
        ck_assert_ptr_nonnull(g);
        a = g;
        a[i] = i;
    }
    ck_assert_int_eq(a[0] + a[999], 999);
    ck_assert_uint_eq(capacity, 1024);
    size_t huge = 1;
    ck_assert_ptr_null(agl__grow(NULL, &huge, SIZE_MAX, 8));
    free(a);
}
END_TEST

START_TEST(intern_survives_growth) {
    agl_intern in = {0};
    char text[32];
    for (int i = 0; i < 20000; i++) {
        int n = snprintf(text, sizeof text, "key-%d", (i * 7919) % 5000),
            id = agl__intern_add(&in, text, (size_t)n);
        ck_assert_int_eq(id, i % 5000);
        ck_assert_str_eq(agl__intern_text(&in, id), text);
        ck_assert_int_eq(agl__intern_add(&in, text, (size_t)n), id);
    }
    ck_assert_int_eq(in.n, 5000);
    ck_assert_int_eq(agl__intern_find(&in, "no such key", 11), -1);
    ck_assert_int_eq(agl__intern_add(&in, "", 0), 5000);
    agl__intern_free(&in);
}
END_TEST

START_TEST(error_without_object) {
    ck_assert_int_eq(agl_fail(NULL, AGL_EIO, "nobody %s", "listens"), AGL_EIO);
    ck_assert_int_eq(agl_fail_memory(NULL), AGL_ENOMEM);
}
END_TEST

int main(void) {
    Suite *s = suite_create("base");
    TCase *t = tcase_create("base");
    tcase_add_test(t, same_bits_for_any_thread_count);
    tcase_add_test(t, first_failure_is_reported);
    tcase_add_test(t, cancel_stops);
    tcase_add_test(t, progress_reaches_the_end);
    tcase_add_test(t, philox_known_answer);
    tcase_add_test(t, uniform_and_below_are_fair);
    tcase_add_test(t, streams_differ);
    tcase_add_test(t, compensated_sum);
    tcase_add_test(t, grow_doubles_and_keeps);
    tcase_add_test(t, intern_survives_growth);
    tcase_add_test(t, error_without_object);
    suite_add_tcase(s, t);
    return unit_main(s);
}
