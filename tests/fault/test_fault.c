/* Faults on the whole road of one method: the k-th allocation fails, the caller cancels, the disk is full.
 * Each must end in a clear error, leak nothing (the sanitizer build watches) and leave no half-written file.
 * The methods one by one are in test_fault_ops.c. */
#include "faults.h"
#include "op/invoke.h"
#include "table/write.h"

#include <dirent.h>
#include <errno.h>
#include <unistd.h>

static char folder[] = "/tmp/agglo-fault-XXXXXX";
static char path[128], out[128];

static void write_data(void) {
    snprintf(path, sizeof path, "%s/jobs.csv", folder);
    snprintf(out, sizeof out, "%s/out.csv", folder);
    FILE *f = fopen(path, "w");
    fputs("region,industry,value\n", f);
    for (int r = 0; r < 7; r++)
        for (int i = 0; i < 5; i++)
            fprintf(f, "r%d,i%d,%d\n", r, i, (r * 7 + i * 3) % 11);
    fclose(f);
}

static int files_in_folder(void) {
    int n = 0;
    DIR *d = opendir(folder);
    for (struct dirent *e; (e = readdir(d));)
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

/* The whole road of one method: options, reading, computing, writing. */
static agl_status whole_road(agl_db *db, const agl_ctx *ctx, const char *to, agl_error *err) {
    const agl_method *method;
    agl_run *run = NULL;
    const char *paths[] = {path};
    agl_source source = {.paths = paths, .n_paths = 1};
    agl_status status = agl__method_find(&method, "measure", "specialization", err);
    if (status == AGL_OK) status = agl__run_new(&run, method, db, ctx, err);
    if (status == AGL_OK) status = agl__run_bind(run, "data", &source, err);
    if (status == AGL_OK) status = agl__run_execute(run, err);
    if (status == AGL_OK) {
        const agl_table *t = agl__run_output_at(run, 0);
        status = agl__write(to, db, &t, 1, err);
    }
    agl__run_free(run);
    return status;
}

START_TEST(every_allocation_may_fail) {
    agl_db *db;
    agl_ctx ctx = AGL_CTX_INIT;
    agl_error err = {0};
    ctx.threads = 1; /* the countdown is not atomic */
    write_data();
    ck_assert_int_eq(agl__db_open(&db, NULL, false, &ctx, &err), AGL_OK);
    long k = 0;
    agl_status status = AGL_ENOMEM;
    for (; k < 5000 && status != AGL_OK; k++) {
        unlink(out);
        countdown = k;
        err = (agl_error){0};
        status = whole_road(db, &ctx, out, &err);
        countdown = -1;
        if (status == AGL_OK) break;
        ck_assert_msg(status == AGL_ENOMEM || status == AGL_EIO, "allocation %ld: status %d: %s", k, status,
                      err.message);
        ck_assert_msg(err.message[0], "allocation %ld failed without a message", k);
        ck_assert_msg(files_in_folder() == 1, "allocation %ld left a file behind", k);
    }
    ck_assert_int_eq(status, AGL_OK);
    ck_assert_int_gt(k, 50); /* the faults were really injected */
    agl__db_close(db);
}
END_TEST

START_TEST(full_disk) {
    agl_db *db;
    agl_error err = {0};
    write_data();
    ck_assert_int_eq(agl__db_open(&db, NULL, false, NULL, &err), AGL_OK);
    if (access("/dev/full", W_OK) == 0) ck_assert_int_eq(agl__copy_file(path, "/dev/full", &err), AGL_EIO);
    ck_assert_int_eq(whole_road(db, NULL, "/proc/none/out.csv", &err), AGL_EIO);
    ck_assert_ptr_nonnull(strstr(err.message, "/proc/none/out.csv"));
    agl__db_close(db);
}
END_TEST

START_TEST(cancelled_run_writes_nothing) {
    agl_db *db;
    agl_ctx ctx = AGL_CTX_INIT;
    agl_error err = {0};
    write_data();
    ctx.cancel = &cancel;
    ck_assert_int_eq(agl__db_open(&db, NULL, false, &ctx, &err), AGL_OK);
    atomic_store(&cancel, true);
    unlink(out);
    ck_assert_int_eq(whole_road(db, &ctx, out, &err), AGL_ECANCEL);
    ck_assert_int_eq(files_in_folder(), 1);
    agl__db_close(db);
}
END_TEST

int main(void) {
    if (!mkdtemp(folder)) return 1;
    Suite *s = suite_create("fault");
    TCase *t = tcase_create("fault");
    tcase_set_timeout(t, 300);
    tcase_add_test(t, every_allocation_may_fail);
    tcase_add_test(t, full_disk);
    tcase_add_test(t, cancelled_run_writes_nothing);
    suite_add_tcase(s, t);
    int rc = unit_main(s);
    char command[160];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command) == 0 ? rc : 1;
}
