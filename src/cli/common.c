#include "cli/cli.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int agl__exit_code(agl_status status) {
    switch (status) {
    case AGL_OK:
        return 0;
    case AGL_EUSAGE:
        return 2;
    case AGL_EDATA:
        return 3;
    case AGL_ECONV:
        return 4;
    case AGL_EIO:
    case AGL_ENOMEM:
        return 5;
    case AGL_ECANCEL:
        return 130;
    case AGL_EINTERNAL:
        break;
    }
    return 70;
}

static const char *kind_of(agl_status status) {
    static const char *const kinds[] = {"ok", "",       "usage",     "data",    "convergence",
                                        "io", "memory", "cancelled", "internal"};
    return kinds[status];
}

static void put_json_text(FILE *out, const char *s) {
    fputc('"', out);
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            fprintf(out, "\\%c", *s);
        else if ((unsigned char)*s < 32)
            fprintf(out, "\\u%04x", *s);
        else
            fputc(*s, out);
    }
    fputc('"', out);
}

int agl__complain(const agl_common *common, const agl_error *err) {
    int code = agl__exit_code(err->status);
    agl__progress_end();
    if (common && common->json_errors) {
        fprintf(stderr, "{\"error\": {\"code\": %d, \"kind\": \"%s\", \"message\": ", code,
                kind_of(err->status));
        put_json_text(stderr, err->message);
        fputs("}}\n", stderr);
    } else {
        fprintf(stderr, "agglo: %s\n", err->message);
    }
    return code;
}

/* ---- cancelling and progress
 * --------------------------------------------------------------------------------------- */

static atomic_bool cancelled;
static struct {
    struct timespec start;
    double last; /* second of the last drawing */
    bool drawn;
    char what[64];
} bar;

static void on_signal(int number) {
    (void)number;
    atomic_store(&cancelled, true);
}

static double seconds_since(const struct timespec *start) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) * 1e-9;
}

/* Draws at most ten times a second, and nothing in the first second. */
static void draw(void *arg, const char *what, double done, double total) {
    (void)arg;
    if (strncmp(bar.what, what, sizeof bar.what - 1) != 0) {
        snprintf(bar.what, sizeof bar.what, "%s", what);
        clock_gettime(CLOCK_MONOTONIC, &bar.start);
        bar.last = 0;
    }
    double t = seconds_since(&bar.start), share = total > 0 ? done / total : 0;
    if (t < 1 || t - bar.last < 0.1) return;
    bar.last = t;
    bar.drawn = true;
    double left = share > 0 ? t * (1 - share) / share : 0;
    int full = (int)(share * 30);
    fprintf(stderr, "\r%-24.24s [%.*s%*s] %3.0f %%  %.3g/s  %.0f s left \033[K", what, full,
            "##############################", 30 - full, "", share * 100, t > 0 ? done / t : 0, left);
    fflush(stderr);
}

void agl__progress_end(void) {
    if (bar.drawn) fputs("\r\033[K", stderr);
    bar.drawn = false;
}

void agl__watch(agl_common *common) {
    /* The second Ctrl-C falls through to the default action: a way out when something hangs. */
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    common->ctx.cancel = &cancelled;
    if (!common->quiet && isatty(2)) common->ctx.progress = draw;
}

/* ---- options
 * ------------------------------------------------------------------------------------------------------- */

bool agl__is_option(const char *argument, const char *name) {
    size_t n = strlen(name);
    return strncmp(argument, "--", 2) == 0 && strncmp(argument + 2, name, n) == 0 &&
           (argument[n + 2] == '\0' || argument[n + 2] == '=');
}

agl_status agl__option_value(const char **value, int argc, char **argv, int *i, agl_error *err) {
    const char *equals = strncmp(argv[*i], "--", 2) == 0 ? strchr(argv[*i], '=') : NULL;
    if (equals) {
        *value = equals + 1;
        return AGL_OK;
    }
    if (*i + 1 >= argc) return agl_fail(err, AGL_EUSAGE, "option %s needs a value", argv[*i]);
    *value = argv[++*i];
    return AGL_OK;
}

static agl_status whole(long long *out, const char *text, const char *name, long long least, long long most,
                        agl_error *err) {
    char *end;
    errno = 0;
    *out = strtoll(text, &end, 10);
    if (end == text || *end || errno || *out < least || *out > most)
        return agl_fail(err, AGL_EUSAGE, "option --%s needs a whole number from %lld to %lld, not '%s'", name,
                        least, most, text);
    return AGL_OK;
}

agl_status agl__common_option(bool *taken, agl_common *common, int argc, char **argv, int *i,
                              agl_error *err) {
    const char *value = NULL;
    long long number;
    agl_status status = AGL_OK;
    *taken = true;
    if (strcmp(argv[*i], "--quiet") == 0 || strcmp(argv[*i], "-q") == 0) {
        common->quiet = true;
    } else if (strcmp(argv[*i], "--json-errors") == 0) {
        common->json_errors = true;
    } else if (agl__is_option(argv[*i], "seed")) {
        status = agl__option_value(&value, argc, argv, i, err);
        if (status == AGL_OK) status = whole(&number, value, "seed", 0, INT64_MAX, err);
        if (status == AGL_OK) common->ctx.seed = (uint64_t)number;
    } else if (agl__is_option(argv[*i], "threads")) {
        status = agl__option_value(&value, argc, argv, i, err);
        if (status == AGL_OK) status = whole(&number, value, "threads", 1, 1024, err);
        if (status == AGL_OK) common->ctx.threads = (int)number;
    } else {
        *taken = false;
    }
    return status;
}
