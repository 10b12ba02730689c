#include "report/report.h"
__attribute__((weak)) agl_status agl__report_write(const char *o, const char *d, const agl_ctx *c,
                                                   agl_error *e) {
    (void)o, (void)d, (void)c;
    return agl_fail(e, AGL_EINTERNAL, "no report yet");
}
