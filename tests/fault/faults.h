/* What the fault tests share: allocations of the library that fail on demand, and cancelling at one of them.
 * The linker sends the library's allocations through the functions below (-Wl,--wrap); those of DuckDB, GLPK
 * and other libraries are their own business. The countdowns are not atomic: one thread only. */
#ifndef AGL_TESTS_FAULTS_H
#define AGL_TESTS_FAULTS_H

#include "../unit/unit.h"
#include "agglo/base.h"

#include <stdarg.h>
#include <string.h>

static long countdown = -1;    /* allocations until one fails; -1 = never */
static long cancel_after = -1; /* allocations until the run is cancelled; -1 = never */
static long allocations;       /* so far */
static atomic_bool cancel;

static long alive; /* blocks allocated and not freed */

static bool fails(void) {
    allocations++;
    if (cancel_after >= 0 && cancel_after-- == 0) atomic_store(&cancel, true);
    return countdown >= 0 && countdown-- == 0;
}

void __real_free(void *p);
void __wrap_free(void *p);
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_reallocarray(void *p, size_t n, size_t size);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);
FILE *__real_open_memstream(char **text, size_t *length);
FILE *__wrap_open_memstream(char **text, size_t *length);
int __wrap_asprintf(char **out, const char *format, ...) AGL_PRINTF(2, 3);
int __wrap_vasprintf(char **out, const char *format, va_list args) AGL_PRINTF(2, 0);
int __real_vasprintf(char **out, const char *format, va_list args) AGL_PRINTF(2, 0);

static void *counted(void *p) {
    alive += p != NULL;
    return p;
}

void *__wrap_malloc(size_t n) { return fails() ? NULL : counted(__real_malloc(n)); }
void *__wrap_calloc(size_t n, size_t size) { return fails() ? NULL : counted(__real_calloc(n, size)); }
void *__wrap_reallocarray(void *p, size_t n, size_t size) {
    void *grown = fails() ? NULL : __real_reallocarray(p, n, size);
    return p ? grown : counted(grown);
}
char *__wrap_strdup(const char *s) { return fails() ? NULL : (char *)counted(__real_strdup(s)); }
char *__wrap_strndup(const char *s, size_t n) {
    return fails() ? NULL : (char *)counted(__real_strndup(s, n));
}
int __wrap_vasprintf(char **out, const char *format, va_list args) {
    int n = fails() ? -1 : __real_vasprintf(out, format, args);
    alive += n >= 0;
    return n;
}
void __wrap_free(void *p) {
    alive -= p != NULL;
    __real_free(p);
}
int __wrap_asprintf(char **out, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = __wrap_vasprintf(out, format, args);
    va_end(args);
    return n;
}
FILE *__wrap_open_memstream(char **text, size_t *length) {
    FILE *f = fails() ? NULL : __real_open_memstream(text, length);
    alive += f != NULL; /* the text, which the caller frees */
    return f;
}

#endif
