#include "op/spec.h"

#include <ctype.h>
#include <string.h>

const agl_input_spec *agl__method_input(const agl_method *m, const char *name) {
    for (size_t i = 0; i < m->n_inputs; i++)
        if (strcmp(m->inputs[i].name, name) == 0) return &m->inputs[i];
    return NULL;
}

const agl_option_spec *agl__method_option(const agl_method *m, const char *name) {
    for (size_t i = 0; i < m->n_options; i++)
        if (strcmp(m->options[i].name, name) == 0) return &m->options[i];
    return NULL;
}

const agl_output_spec *agl__method_output(const agl_method *m, const char *table) {
    for (size_t i = 0; i < m->n_outputs; i++)
        if (strcmp(m->outputs[i].table, table) == 0) return &m->outputs[i];
    return NULL;
}

const agl_role_spec *agl__input_role(const agl_input_spec *input, const char *role) {
    for (size_t i = 0; i < input->n_roles; i++)
        if (strcmp(input->roles[i].name, role) == 0) return &input->roles[i];
    return NULL;
}

/* Optimal string alignment distance of two short words; 99 when one is too long to be a name. */
static int distance(const char *a, const char *b) {
    enum { LIMIT = 40 };
    size_t n = strlen(a), m = strlen(b);
    int d[LIMIT + 1][LIMIT + 1];
    if (n > LIMIT || m > LIMIT) return 99;
    for (size_t i = 0; i <= n; i++) {
        for (size_t j = 0; j <= m; j++) {
            if (i == 0 || j == 0) {
                d[i][j] = (int)(i + j);
                continue;
            }
            int cost = tolower((unsigned char)a[i - 1]) != tolower((unsigned char)b[j - 1]);
            int best = d[i - 1][j - 1] + cost;
            if (d[i - 1][j] + 1 < best) best = d[i - 1][j] + 1;
            if (d[i][j - 1] + 1 < best) best = d[i][j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < best)
                best = d[i - 2][j - 2] + 1;
            d[i][j] = best;
        }
    }
    return d[n][m];
}

const char *agl__nearest(const char *word, const char *const *names, size_t n) {
    const char *best = NULL;
    int least = 4;
    for (size_t i = 0; i < n; i++) {
        int d = distance(word, names[i]);
        if (d < least && 2 * d <= (int)strlen(word)) {
            least = d;
            best = names[i];
        }
    }
    /* A shortened name ("spec") is meant just as often as a misspelt one. */
    for (size_t i = 0; i < n && !best && strlen(word) >= 3; i++)
        if (strncmp(names[i], word, strlen(word)) == 0) best = names[i];
    return best;
}

static bool is_verb(const char *word) {
    for (size_t i = 0; i < agl__n_methods; i++)
        if (strcmp(agl__methods[i].verb, word) == 0) return true;
    return false;
}

agl_status agl__method_find(const agl_method **out, const char *verb, const char *name, agl_error *err) {
    enum { MOST = 256 };
    const char *names[MOST], *verbs[MOST];
    size_t n = 0, v = 0;
    for (size_t i = 0; i < agl__n_methods && n < MOST; i++) {
        const agl_method *m = &agl__methods[i];
        if (strcmp(m->verb, verb) == 0 && strcmp(m->name, name) == 0) {
            *out = m;
            return AGL_OK;
        }
        verbs[v++] = m->verb;
        if (strcmp(m->verb, verb) == 0) names[n++] = m->name;
    }
    if (!is_verb(verb)) {
        const char *near = agl__nearest(verb, verbs, v);
        return agl_fail(err, AGL_EUSAGE, "unknown verb '%s'%s%s%s; 'agglo methods' lists all", verb,
                        near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    const char *near = agl__nearest(name, names, n);
    return agl_fail(err, AGL_EUSAGE, "unknown method '%s %s'%s%s%s; 'agglo methods' lists all", verb, name,
                    near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}
