#include "cli/cli.h"

#include <string.h>

static int cmd_methods(int argc, char **argv) {
    agl__help_methods(stdout, argc > 0 ? argv[0] : NULL);
    return 0;
}

static int cmd_explain(int argc, char **argv) {
    const agl_method *method;
    agl_error err = {0};
    if (argc != 2) {
        agl_status status = agl_fail(&err, AGL_EUSAGE,
                                     "explain needs VERB METHOD, e.g. agglo explain measure specialization");
        (void)status;
        return agl__complain(NULL, &err);
    }
    if (agl__method_find(&method, argv[0], argv[1], &err) != AGL_OK) return agl__complain(NULL, &err);
    agl__help_explain(stdout, method);
    return 0;
}

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"run", agl__cmd_run}, {"report", agl__cmd_report}, {"methods", cmd_methods}, {"explain", cmd_explain}};

static bool is_verb(const char *word) {
    for (size_t i = 0; i < agl__n_methods; i++)
        if (strcmp(agl__methods[i].verb, word) == 0) return true;
    return false;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        agl__help_main(stderr);
        return 2;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        agl__help_main(stdout);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        agl__print_version(stdout);
        return 0;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[1], commands[i].name) == 0) return commands[i].run(argc - 2, argv + 2);
    if (is_verb(argv[1])) return agl__cmd_method(argv[1], argc - 2, argv + 2);

    const char *names[] = {"run", "report", "methods", "explain", "measure", "network", "allocate", "track"};
    const char *near = agl__nearest(argv[1], names, sizeof names / sizeof *names);
    agl_error err;
    agl_status status = agl_fail(&err, AGL_EUSAGE, "unknown command '%s'%s%s%s; 'agglo --help' lists them",
                                 argv[1], near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    (void)status;
    return agl__complain(NULL, &err);
}
