/* The main of every unit test: runs one Check suite, prints what failed and a last line "N passed, N failed".
 */
#ifndef AGL_TESTS_UNIT_H
#define AGL_TESTS_UNIT_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static inline int unit_main(Suite *suite) {
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_SILENT);
    int run = srunner_ntests_run(runner), failed = srunner_ntests_failed(runner);
    TestResult **failures = srunner_failures(runner);
    for (int i = 0; i < failed; i++)
        printf("not ok %s: %s line %d: %s\n", tr_tcname(failures[i]), tr_lfile(failures[i]),
               tr_lno(failures[i]), tr_msg(failures[i]));
    free(failures);
    srunner_free(runner);
    printf("%d passed, %d failed\n", run - failed, failed);
    return failed == 0 && run > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
