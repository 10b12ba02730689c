#include "base/mem.h"
#include "study/study.h"
#include "study/yaml.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

const char *agl__study_keep(agl_study *s, const char *text) {
    char **grown = agl__grow(s->texts, &s->texts_capacity, s->n_texts + 1, sizeof *grown);
    if (!grown) return NULL;
    s->texts = grown;
    char *copy = strdup(text);
    if (copy) s->texts[s->n_texts++] = copy;
    return copy;
}

void agl__study_free(agl_study *s) {
    if (!s) return;
    for (size_t i = 0; i < s->n_texts; i++)
        free(s->texts[i]);
    for (size_t i = 0; i < s->n_steps; i++)
        for (size_t k = 0; k < s->steps[i].n_inputs; k++)
            free(s->steps[i].inputs[k].table);
    free(s->texts);
    free(s->inputs);
    free(s->labels);
    free(s->steps);
    free(s->sections);
    free(s->order);
    free(s->path);
    free(s->folder);
    free(s);
}

/* Text of a scalar node kept in the study; *out stays NULL when the node is not there. */
static agl_status text_of(const char **out, agl_study *s, agl_yaml *y, yaml_node_t *node, const char *what,
                          agl_error *err) {
    if (!node) return AGL_OK;
    const char *text = agl__yaml_text(node);
    if (!text)
        return agl_fail(err, AGL_EUSAGE, "%s line %d: %s must be a text", y->path, agl__yaml_line(node),
                        what);
    *out = agl__study_keep(s, text);
    return *out ? AGL_OK : agl_fail_memory(err);
}

/* A path relative to the study file. */
static agl_status path_of(const char **out, agl_study *s, agl_yaml *y, yaml_node_t *node, const char *what,
                          agl_error *err) {
    const char *text = NULL;
    agl_status status = text_of(&text, s, y, node, what, err);
    if (status != AGL_OK || !text) return status;
    char *full;
    if (text[0] == '/') {
        *out = text;
        return AGL_OK;
    }
    if (asprintf(&full, "%s%s", s->folder, text) < 0) return agl_fail_memory(err);
    *out = agl__study_keep(s, full);
    free(full);
    return *out ? AGL_OK : agl_fail_memory(err);
}

static agl_status paths_of(agl_study_source *to, agl_study *s, agl_yaml *y, yaml_node_t *node,
                           agl_error *err) {
    if (node->type == YAML_SCALAR_NODE) {
        to->n_paths = 1;
        return path_of(&to->paths[0], s, y, node, "path", err);
    }
    if (node->type != YAML_SEQUENCE_NODE)
        return agl_fail(err, AGL_EUSAGE, "%s line %d: path must be a file or a list of files", y->path,
                        agl__yaml_line(node));
    for (yaml_node_item_t *i = node->data.sequence.items.start; i < node->data.sequence.items.top; i++) {
        if (to->n_paths == AGL_MOST_PATHS)
            return agl_fail(err, AGL_EUSAGE, "%s line %d: more than %d paths; use a glob", y->path,
                            agl__yaml_line(node), AGL_MOST_PATHS);
        agl_status status =
            path_of(&to->paths[to->n_paths++], s, y, yaml_document_get_node(&y->document, *i), "path", err);
        if (status != AGL_OK) return status;
    }
    return AGL_OK;
}

/* key: value lines into pairs. */
static agl_status pairs_of(agl_pair *pairs, size_t *n, size_t most, agl_study *s, agl_yaml *y,
                           yaml_node_t *map, const char *what, agl_error *err) {
    if (!map) return AGL_OK;
    agl_status status = agl__yaml_check_map(y, map, what, NULL, 0, err);
    yaml_node_pair_t *pair = NULL;
    const char *key;
    yaml_node_t *value;
    while (status == AGL_OK && agl__yaml_next(y, map, &pair, &key, &value)) {
        if (*n == most)
            return agl_fail(err, AGL_EUSAGE, "%s line %d: too many %s", y->path, agl__yaml_line(map), what);
        pairs[*n].role = agl__study_keep(s, key);
        status = text_of(&pairs[*n].column, s, y, value, what, err);
        if (status == AGL_OK && (!pairs[*n].role || !pairs[*n].column)) status = agl_fail_memory(err);
        ++*n;
    }
    return status;
}

static agl_status filters_of(agl_study_source *to, agl_study *s, agl_yaml *y, yaml_node_t *map,
                             agl_error *err) {
    agl_status status = text_of(&to->where, s, y, agl__yaml_get(y, map, "where"), "where", err);
    if (status == AGL_OK)
        status = text_of(&to->suppressed, s, y, agl__yaml_get(y, map, "suppressed"), "suppressed", err);
    if (status == AGL_OK)
        status = text_of(&to->aggregate, s, y, agl__yaml_get(y, map, "aggregate"), "aggregate", err);
    return status;
}

/* ---- inputs and labels
 * ------------------------------------------------------------------------------------------- */

static agl_status parse_input(agl_study_source *in, agl_study *s, agl_yaml *y, yaml_node_t *node,
                              agl_error *err) {
    static const char *const known[] = {"path", "columns", "where", "suppressed", "aggregate"};
    char what[120];
    snprintf(what, sizeof what, "input '%.80s'", in->name);
    in->line = agl__yaml_line(node);
    if (node->type == YAML_SCALAR_NODE) return paths_of(in, s, y, node, err);
    agl_status status = agl__yaml_check_map(y, node, what, known, COUNT(known), err);
    if (status != AGL_OK) return status;
    yaml_node_t *path = agl__yaml_get(y, node, "path");
    if (!path) return agl_fail(err, AGL_EUSAGE, "%s line %d: %s needs a path", y->path, in->line, what);
    status = paths_of(in, s, y, path, err);
    if (status == AGL_OK)
        status = pairs_of(in->columns, &in->n_columns, AGL_MOST_COLUMNS, s, y,
                          agl__yaml_get(y, node, "columns"), "columns", err);
    return status == AGL_OK ? filters_of(in, s, y, node, err) : status;
}

static agl_status parse_label(agl_study_source *label, agl_study *s, agl_yaml *y, yaml_node_t *node,
                              agl_error *err) {
    static const char *const known[] = {"path", "from", "code", "name", "lon", "lat", "where"};
    static const char *const roles[] = {"code", "name", "lon", "lat"};
    char what[120];
    snprintf(what, sizeof what, "label '%.80s'", label->name);
    label->line = agl__yaml_line(node);
    agl_status status = agl__yaml_check_map(y, node, what, known, COUNT(known), err);
    yaml_node_t *path = agl__yaml_get(y, node, "path");
    if (status == AGL_OK) status = text_of(&label->from, s, y, agl__yaml_get(y, node, "from"), "from", err);
    if (status == AGL_OK && !path == !label->from)
        status = agl_fail(err, AGL_EUSAGE, "%s line %d: %s needs either a path or from: STEP.TABLE", y->path,
                          label->line, what);
    if (status == AGL_OK && path) status = paths_of(label, s, y, path, err);
    for (size_t i = 0; i < COUNT(roles) && status == AGL_OK; i++) {
        yaml_node_t *value = agl__yaml_get(y, node, roles[i]);
        if (!value) continue;
        agl_pair *p = &label->columns[label->n_columns++];
        p->role = roles[i];
        status = text_of(&p->column, s, y, value, roles[i], err);
    }
    return status == AGL_OK ? filters_of(label, s, y, node, err) : status;
}

typedef agl_status (*parse_source)(agl_study_source *, agl_study *, agl_yaml *, yaml_node_t *, agl_error *);

static agl_status parse_sources(agl_study_source **out, size_t *n, agl_study *s, agl_yaml *y,
                                yaml_node_t *map, const char *what, parse_source parse, agl_error *err) {
    if (!map) return AGL_OK;
    agl_status status = agl__yaml_check_map(y, map, what, NULL, 0, err);
    if (status != AGL_OK) return status;
    *out = AGL_NEW(agl_study_source, map->data.mapping.pairs.top - map->data.mapping.pairs.start);
    if (!*out) return agl_fail_memory(err);
    yaml_node_pair_t *pair = NULL;
    const char *key;
    yaml_node_t *value;
    while (status == AGL_OK && agl__yaml_next(y, map, &pair, &key, &value)) {
        agl_study_source *source = &(*out)[(*n)++];
        source->name = agl__study_keep(s, key);
        status = source->name ? parse(source, s, y, value, err) : agl_fail_memory(err);
    }
    return status;
}

/* ---- steps
 * ---------------------------------------------------------------------------------------------------------
 */

static agl_status parse_method(agl_study_step *step, agl_yaml *y, yaml_node_t *node, agl_error *err) {
    char verb[64] = "", name[64] = "";
    const char *text = agl__yaml_text(node);
    if (!text || sscanf(text, "%63s %63s", verb, name) != 2)
        return agl_fail(err, AGL_EUSAGE, "%s line %d: step '%s' needs method: VERB METHOD", y->path,
                        step->line, step->name);
    agl_error cause;
    if (agl__method_find(&step->method, verb, name, &cause) == AGL_OK) return AGL_OK;
    return agl_fail(err, AGL_EUSAGE, "%s line %d: step '%s': %.500s", y->path, agl__yaml_line(node),
                    step->name, cause.message);
}

static agl_status add_ref(agl_study_step *step, agl_study *s, agl_yaml *y, const char *input,
                          yaml_node_t *value, agl_error *err) {
    if (step->n_inputs == AGL_MOST_INPUTS)
        return agl_fail(err, AGL_EUSAGE, "%s line %d: too many inputs", y->path, agl__yaml_line(value));
    if (!agl__method_input(step->method, input))
        return agl_fail(err, AGL_EUSAGE, "%s line %d: step '%s': %s %s has no input '%s'", y->path,
                        agl__yaml_line(value), step->name, step->method->verb, step->method->name, input);
    step->inputs[step->n_inputs].input = agl__study_keep(s, input);
    agl_status status = text_of(&step->inputs[step->n_inputs].ref, s, y, value, "an input", err);
    if (status == AGL_OK && !step->inputs[step->n_inputs].input) status = agl_fail_memory(err);
    step->n_inputs++;
    return status;
}

static agl_status parse_refs(agl_study_step *step, agl_study *s, agl_yaml *y, yaml_node_t *node,
                             agl_error *err) {
    yaml_node_t *main_input = agl__yaml_get(y, node, "input"), *others = agl__yaml_get(y, node, "inputs");
    agl_status status = AGL_OK;
    if (main_input) status = add_ref(step, s, y, step->method->inputs[0].name, main_input, err);
    yaml_node_pair_t *pair = NULL;
    const char *key;
    yaml_node_t *value;
    while (status == AGL_OK && others && agl__yaml_next(y, others, &pair, &key, &value))
        status = add_ref(step, s, y, key, value, err);
    if (status == AGL_OK && step->n_inputs == 0)
        status = agl_fail(err, AGL_EUSAGE, "%s line %d: step '%s' needs an input", y->path, step->line,
                          step->name);
    return status;
}

/* Options are tried on a run without data, so that a wrong one is found before anything is computed. */
static agl_status check_options(const agl_study_step *step, agl_yaml *y, agl_error *err) {
    agl_run *run;
    agl_error cause = {0};
    agl_status status = agl__run_new(&run, step->method, NULL, NULL, &cause);
    for (size_t i = 0; i < step->n_options && status == AGL_OK; i++)
        status = agl__run_set(run, step->options[i].role, step->options[i].column, &cause);
    if (status == AGL_OK && step->like) status = agl__run_set_like(run, step->like, &cause);
    if (status != AGL_OK)
        agl_fail(err, AGL_EUSAGE, "%s line %d: step '%s': %.500s", y->path, step->line, step->name,
                 cause.message);
    agl__run_free(run);
    return status == AGL_OK ? AGL_OK : AGL_EUSAGE;
}

static agl_status parse_step(agl_study_step *step, agl_study *s, agl_yaml *y, yaml_node_t *node,
                             agl_error *err) {
    static const char *const known[] = {"method",     "input",     "inputs",  "columns", "where",
                                        "suppressed", "aggregate", "options", "like"};
    char what[120];
    snprintf(what, sizeof what, "step '%.80s'", step->name);
    step->line = agl__yaml_line(node);
    agl_status status = agl__yaml_check_map(y, node, what, known, COUNT(known), err);
    if (status == AGL_OK) status = parse_method(step, y, agl__yaml_get(y, node, "method"), err);
    if (status == AGL_OK) status = parse_refs(step, s, y, node, err);
    if (status == AGL_OK) status = filters_of(&step->over, s, y, node, err);
    if (status == AGL_OK)
        status = pairs_of(step->over.columns, &step->over.n_columns, AGL_MOST_COLUMNS, s, y,
                          agl__yaml_get(y, node, "columns"), "columns", err);
    if (status == AGL_OK)
        status = pairs_of(step->options, &step->n_options, AGL_MOST_OPTIONS, s, y,
                          agl__yaml_get(y, node, "options"), "options", err);
    if (status == AGL_OK) status = text_of(&step->like, s, y, agl__yaml_get(y, node, "like"), "like", err);
    return status == AGL_OK ? check_options(step, y, err) : status;
}

static agl_status parse_steps(agl_study *s, agl_yaml *y, yaml_node_t *map, agl_error *err) {
    if (!map) return agl_fail(err, AGL_EUSAGE, "%s has no steps", y->path);
    agl_status status = agl__yaml_check_map(y, map, "steps", NULL, 0, err);
    if (status != AGL_OK) return status;
    s->steps = AGL_NEW(agl_study_step, map->data.mapping.pairs.top - map->data.mapping.pairs.start);
    if (!s->steps) return agl_fail_memory(err);
    yaml_node_pair_t *pair = NULL;
    const char *key;
    yaml_node_t *value;
    while (status == AGL_OK && agl__yaml_next(y, map, &pair, &key, &value)) {
        agl_study_step *step = &s->steps[s->n_steps++];
        step->name = agl__study_keep(s, key);
        status = step->name ? parse_step(step, s, y, value, err) : agl_fail_memory(err);
        if (status == AGL_OK &&
            strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != strlen(key))
            status = agl_fail(err, AGL_EUSAGE, "%s line %d: step name '%s': use letters, digits and _",
                              y->path, step->line, key);
    }
    return status;
}

/* ---- sections
 * ------------------------------------------------------------------------------------------------------ */

/* "a, b, c" of the steps, with `inputs` of the inputs before them. */
static void known_names(char *out, size_t size, const agl_study *s, bool inputs) {
    size_t used = 0, first = inputs ? s->n_inputs : 0;
    out[0] = '\0';
    for (size_t i = 0; i < first + s->n_steps && used + 40 < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%.30s", i ? ", " : "",
                                 i < first ? s->inputs[i].name : s->steps[i - first].name);
}

/** The tables that a section draws from the results: a list of {title, note, sql}. */
static agl_status section_tables(agl_study_section *section, agl_study *s, agl_yaml *y, yaml_node_t *list,
                                 agl_error *err) {
    static const char *const known[] = {"title", "note", "sql"};
    if (!list) return AGL_OK;
    if (list->type != YAML_SEQUENCE_NODE)
        return agl_fail(err, AGL_EUSAGE,
                        "%s line %d: tables of a section must be a list of title, note and sql", y->path,
                        agl__yaml_line(list));
    agl_status status = AGL_OK;
    for (yaml_node_item_t *i = list->data.sequence.items.start;
         i < list->data.sequence.items.top && status == AGL_OK; i++) {
        yaml_node_t *node = yaml_document_get_node(&y->document, *i);
        if (section->n_tables == AGL_MOST_SECTION_TABLES)
            return agl_fail(err, AGL_EUSAGE, "%s line %d: a section takes at most %d tables", y->path,
                            agl__yaml_line(node), AGL_MOST_SECTION_TABLES);
        const char **to[] = {&section->tables[section->n_tables].title,
                             &section->tables[section->n_tables].note,
                             &section->tables[section->n_tables].sql};
        section->n_tables++;
        status = agl__yaml_check_map(y, node, "table of a section", known, COUNT(known), err);
        for (size_t k = 0; k < COUNT(known) && status == AGL_OK; k++)
            status = text_of(to[k], s, y, agl__yaml_get(y, node, known[k]), known[k], err);
        if (status == AGL_OK && (!*to[0] || !*to[2]))
            return agl_fail(err, AGL_EUSAGE, "%s line %d: a table of a section needs a title and sql",
                            y->path, agl__yaml_line(node));
    }
    return status;
}

static agl_status parse_section(agl_study_section *section, agl_study *s, agl_yaml *y, yaml_node_t *node,
                                agl_error *err) {
    static const char *const known[] = {"title", "text", "steps", "tables"};
    agl_status status = agl__yaml_check_map(y, node, "section", known, COUNT(known), err);
    if (status == AGL_OK)
        status = text_of(&section->title, s, y, agl__yaml_get(y, node, "title"), "title", err);
    if (status == AGL_OK) status = text_of(&section->text, s, y, agl__yaml_get(y, node, "text"), "text", err);
    if (status == AGL_OK) status = section_tables(section, s, y, agl__yaml_get(y, node, "tables"), err);
    yaml_node_t *steps = status == AGL_OK ? agl__yaml_get(y, node, "steps") : NULL;
    char joined[2000] = "";
    size_t used = 0;
    if (steps && steps->type != YAML_SEQUENCE_NODE)
        return agl_fail(err, AGL_EUSAGE, "%s line %d: steps of a section must be a list", y->path,
                        agl__yaml_line(steps));
    for (yaml_node_item_t *i = steps ? steps->data.sequence.items.start : NULL;
         steps && i < steps->data.sequence.items.top; i++) {
        yaml_node_t *item = yaml_document_get_node(&y->document, *i);
        const char *name = agl__yaml_text(item);
        bool found = false;
        for (size_t k = 0; name && k < s->n_steps; k++)
            found = found || strcmp(s->steps[k].name, name) == 0;
        if (!found) {
            char names[400];
            known_names(names, sizeof names, s, false);
            return agl_fail(err, AGL_EUSAGE,
                            "%s line %d: the section names a step '%s' that is not there; the steps: %s",
                            y->path, agl__yaml_line(item), name ? name : "", names);
        }
        if (used + strlen(name) + 2 < sizeof joined)
            used += (size_t)snprintf(joined + used, sizeof joined - used, "%s%s", used ? "," : "", name);
    }
    section->steps = agl__study_keep(s, joined);
    return status == AGL_OK && !section->steps ? agl_fail_memory(err) : status;
}

static agl_status parse_sections(agl_study *s, agl_yaml *y, yaml_node_t *list, agl_error *err) {
    if (!list) return AGL_OK;
    if (list->type != YAML_SEQUENCE_NODE)
        return agl_fail(err, AGL_EUSAGE, "%s line %d: sections must be a list", y->path,
                        agl__yaml_line(list));
    s->sections = AGL_NEW(agl_study_section, list->data.sequence.items.top - list->data.sequence.items.start);
    if (!s->sections) return agl_fail_memory(err);
    agl_status status = AGL_OK;
    for (yaml_node_item_t *i = list->data.sequence.items.start;
         i < list->data.sequence.items.top && status == AGL_OK; i++)
        status =
            parse_section(&s->sections[s->n_sections++], s, y, yaml_document_get_node(&y->document, *i), err);
    return status;
}

/* ---- what feeds what
 * ----------------------------------------------------------------------------------------------- */

static ptrdiff_t step_index(const agl_study *s, const char *name, size_t length) {
    for (size_t i = 0; i < s->n_steps; i++)
        if (strlen(s->steps[i].name) == length && strncmp(s->steps[i].name, name, length) == 0)
            return (ptrdiff_t)i;
    return -1;
}

/* Splits "STEP.TABLE" (or "STEP" of a method with one table); *step = -1 when no step is named so. */
static agl_status resolve_table(char **table, ptrdiff_t *step, const agl_study *s, const char *ref, int line,
                                agl_error *err) {
    const char *dot = strchr(ref, '.');
    *step = step_index(s, ref, dot ? (size_t)(dot - ref) : strlen(ref));
    if (*step < 0) return AGL_OK;
    const agl_method *m = s->steps[*step].method;
    const agl_output_spec *o = dot ? agl__method_output(m, dot + 1) : m->n_outputs == 1 ? m->outputs : NULL;
    if (!o) {
        char names[300] = "";
        for (size_t i = 0, used = 0; i < m->n_outputs && used + 40 < sizeof names; i++)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s.%.30s", i ? ", " : "",
                                     s->steps[*step].name, m->outputs[i].table);
        return agl_fail(err, AGL_EUSAGE, "%s line %d: '%s' names no table; known: %s", s->path, line, ref,
                        names);
    }
    return asprintf(table, "::%s_%s", s->steps[*step].name, o->table) < 0 ? agl_fail_memory(err) : AGL_OK;
}

static agl_status resolve_refs(agl_study *s, agl_error *err) {
    for (size_t i = 0; i < s->n_steps; i++) {
        agl_study_step *step = &s->steps[i];
        for (size_t k = 0; k < step->n_inputs; k++) {
            const char *ref = step->inputs[k].ref;
            bool found = false;
            step->inputs[k].step = -1;
            for (size_t j = 0; j < s->n_inputs; j++)
                found = found || strcmp(s->inputs[j].name, ref) == 0;
            if (found) continue;
            agl_status status =
                resolve_table(&step->inputs[k].table, &step->inputs[k].step, s, ref, step->line, err);
            if (status != AGL_OK) return status;
            if (step->inputs[k].step >= 0) continue;
            char names[400];
            known_names(names, sizeof names, s, true);
            return agl_fail(
                err, AGL_EUSAGE,
                "%s line %d: step '%s' takes '%s', which is neither an input nor a step; known: %s", s->path,
                step->line, step->name, ref, names);
        }
    }
    return AGL_OK;
}

static bool is_ready(const agl_study_step *step, const bool *done) {
    for (size_t k = 0; k < step->n_inputs; k++)
        if (step->inputs[k].step >= 0 && !done[step->inputs[k].step]) return false;
    return true;
}

static agl_status fail_cycle(const agl_study *s, const bool *done, agl_error *err) {
    char names[300] = "";
    for (size_t i = 0, used = 0; i < s->n_steps && used + 40 < sizeof names; i++)
        if (!done[i])
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%.30s", used ? ", " : "",
                                     s->steps[i].name);
    return agl_fail(err, AGL_EUSAGE, "%s: these steps wait for each other in a cycle: %s", s->path, names);
}

/* Steps in the order of the file, each after those that feed it. */
static agl_status find_order(agl_study *s, agl_error *err) {
    bool *done = AGL_NEW(bool, s->n_steps);
    s->order = AGL_NEW(size_t, s->n_steps);
    if (!done || !s->order) {
        free(done);
        return agl_fail_memory(err);
    }
    size_t n = 0;
    for (bool moved = true; moved && n < s->n_steps;) {
        moved = false;
        for (size_t i = 0; i < s->n_steps; i++) {
            if (done[i] || !is_ready(&s->steps[i], done)) continue;
            done[i] = moved = true;
            s->order[n++] = i;
        }
    }
    agl_status status = n < s->n_steps ? fail_cycle(s, done, err) : AGL_OK;
    free(done);
    return status;
}

/* ---- the file
 * ------------------------------------------------------------------------------------------------------ */

static agl_status parse_head(agl_study *s, agl_yaml *y, yaml_node_t *root, agl_error *err) {
    const struct {
        const char *key;
        const char **to;
        bool path;
    } heads[] = {{"title", &s->title, false},
                 {"subtitle", &s->subtitle, false},
                 {"description", &s->description, false},
                 {"author", &s->author, false},
                 {"date", &s->date, false},
                 {"language", &s->language, false},
                 {"output", &s->output, true},
                 {"report", &s->report, true},
                 {"boundaries", &s->boundaries, true}};
    agl_status status = AGL_OK;
    for (size_t i = 0; i < COUNT(heads) && status == AGL_OK; i++) {
        yaml_node_t *node = agl__yaml_get(y, root, heads[i].key);
        if (node && node->type == YAML_MAPPING_NODE && heads[i].path) node = agl__yaml_get(y, node, "path");
        status = heads[i].path ? path_of(heads[i].to, s, y, node, heads[i].key, err)
                               : text_of(heads[i].to, s, y, node, heads[i].key, err);
    }
    const char *seed = NULL;
    if (status == AGL_OK) status = text_of(&seed, s, y, agl__yaml_get(y, root, "seed"), "seed", err);
    if (status != AGL_OK || !seed) return status;
    char *end;
    s->seed = strtoull(seed, &end, 10);
    s->has_seed = true;
    return *end || seed[0] == '-'
               ? agl_fail(err, AGL_EUSAGE, "%s: seed must be a whole number, not '%s'", s->path, seed)
               : AGL_OK;
}

/* Output and report beside the study file: NAME.duckdb and report.html. */
static agl_status default_places(agl_study *s, agl_error *err) {
    char *text;
    const char *base = s->path + strlen(s->folder), *dot = strrchr(base, '.');
    if (!s->output) {
        if (asprintf(&text, "%s%.*s.duckdb", s->folder, (int)(dot ? (size_t)(dot - base) : strlen(base)),
                     base) < 0)
            return agl_fail_memory(err);
        s->output = agl__study_keep(s, text);
        free(text);
    }
    if (!s->report) {
        if (asprintf(&text, "%sreport.html", s->folder) < 0) return agl_fail_memory(err);
        s->report = agl__study_keep(s, text);
        free(text);
    }
    if (!s->title) s->title = agl__study_keep(s, base);
    return s->output && s->report && s->title ? AGL_OK : agl_fail_memory(err);
}

static agl_status parse(agl_study *s, agl_yaml *y, agl_error *err) {
    static const char *const known[] = {"title",    "subtitle",   "description", "author",  "date",
                                        "language", "output",     "report",      "seed",    "inputs",
                                        "labels",   "boundaries", "steps",       "sections"};
    yaml_node_t *root = yaml_document_get_root_node(&y->document);
    agl_status status = agl__yaml_check_map(y, root, "the study", known, COUNT(known), err);
    if (status == AGL_OK) status = parse_head(s, y, root, err);
    if (status == AGL_OK)
        status = parse_sources(&s->inputs, &s->n_inputs, s, y, agl__yaml_get(y, root, "inputs"), "inputs",
                               parse_input, err);
    if (status == AGL_OK)
        status = parse_sources(&s->labels, &s->n_labels, s, y, agl__yaml_get(y, root, "labels"), "labels",
                               parse_label, err);
    if (status == AGL_OK) status = parse_steps(s, y, agl__yaml_get(y, root, "steps"), err);
    if (status == AGL_OK) status = parse_sections(s, y, agl__yaml_get(y, root, "sections"), err);
    if (status == AGL_OK) status = resolve_refs(s, err);
    if (status == AGL_OK) status = find_order(s, err);
    for (size_t i = 0; i < s->n_labels && status == AGL_OK; i++) {
        if (!s->labels[i].from) continue;
        char *table = NULL;
        ptrdiff_t step;
        status = resolve_table(&table, &step, s, s->labels[i].from, s->labels[i].line, err);
        if (status == AGL_OK && step < 0)
            status = agl_fail(err, AGL_EUSAGE, "%s line %d: label '%s' comes from '%s', which is no step",
                              s->path, s->labels[i].line, s->labels[i].name, s->labels[i].from);
        if (status == AGL_OK && !(s->labels[i].paths[0] = agl__study_keep(s, table)))
            status = agl_fail_memory(err);
        s->labels[i].n_paths = 1;
        free(table);
    }
    return status == AGL_OK ? default_places(s, err) : status;
}

agl_status agl__study_read(agl_study **out, const char *path, agl_error *err) {
    agl_yaml y;
    agl_status status = agl__yaml_load(&y, path, err);
    if (status != AGL_OK) return status;
    agl_study *s = AGL_NEW(agl_study, 1);
    const char *slash = strrchr(path, '/');
    if (s) {
        s->path = strdup(path);
        s->folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup("");
    }
    status = s && s->path && s->folder ? parse(s, &y, err) : agl_fail_memory(err);
    yaml_document_delete(&y.document);
    if (status != AGL_OK) {
        agl__study_free(s);
        return status;
    }
    *out = s;
    return AGL_OK;
}
