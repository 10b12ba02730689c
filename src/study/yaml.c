#include "study/yaml.h"
#include "op/spec.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

agl_status agl__yaml_load(agl_yaml *y, const char *path, agl_error *err) {
    FILE *f = fopen(path, "rb");
    if (!f) return agl_fail(err, AGL_EIO, "cannot read '%s': %s", path, strerror(errno));
    yaml_parser_t parser;
    agl_status status = AGL_OK;
    if (!yaml_parser_initialize(&parser)) {
        fclose(f);
        return agl_fail_memory(err);
    }
    y->path = path;
    yaml_parser_set_input_file(&parser, f);
    if (!yaml_parser_load(&parser, &y->document)) {
        status = agl_fail(err, AGL_EUSAGE, "%s line %zu: not valid YAML: %s", path,
                          parser.problem_mark.line + 1, parser.problem ? parser.problem : "unreadable");
    } else if (!yaml_document_get_root_node(&y->document)) {
        status = agl_fail(err, AGL_EUSAGE, "%s is empty", path);
        yaml_document_delete(&y->document);
    }
    yaml_parser_delete(&parser);
    fclose(f);
    return status;
}

int agl__yaml_line(const yaml_node_t *node) { return node ? (int)node->start_mark.line + 1 : 0; }

const char *agl__yaml_text(const yaml_node_t *node) {
    if (!node || node->type != YAML_SCALAR_NODE) return NULL;
    const char *text = (const char *)node->data.scalar.value;
    bool plain = node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return plain && (!*text || strcmp(text, "null") == 0 || strcmp(text, "~") == 0) ? NULL : text;
}

bool agl__yaml_next(agl_yaml *y, yaml_node_t *map, yaml_node_pair_t **pair, const char **key,
                    yaml_node_t **value) {
    if (!map || map->type != YAML_MAPPING_NODE) return false;
    *pair = *pair ? *pair + 1 : map->data.mapping.pairs.start;
    if (*pair >= map->data.mapping.pairs.top) return false;
    yaml_node_t *k = yaml_document_get_node(&y->document, (*pair)->key);
    *value = yaml_document_get_node(&y->document, (*pair)->value);
    *key = k && k->type == YAML_SCALAR_NODE ? (const char *)k->data.scalar.value : "?";
    return true;
}

yaml_node_t *agl__yaml_get(agl_yaml *y, yaml_node_t *map, const char *key) {
    yaml_node_pair_t *pair = NULL;
    const char *k;
    yaml_node_t *value;
    while (agl__yaml_next(y, map, &pair, &k, &value))
        if (strcmp(k, key) == 0) return value;
    return NULL;
}

agl_status agl__yaml_check_map(agl_yaml *y, yaml_node_t *node, const char *what, const char *const *known,
                               size_t n, agl_error *err) {
    if (node->type != YAML_MAPPING_NODE)
        return agl_fail(err, AGL_EUSAGE, "%s line %d: %s must be a map of 'key: value' lines", y->path,
                        agl__yaml_line(node), what);
    yaml_node_pair_t *pair = NULL;
    const char *key;
    yaml_node_t *value;
    while (agl__yaml_next(y, node, &pair, &key, &value)) {
        bool found = n == 0;
        for (size_t i = 0; i < n; i++)
            found = found || strcmp(known[i], key) == 0;
        int line = agl__yaml_line(yaml_document_get_node(&y->document, pair->key));
        if (agl__yaml_get(y, node, key) != value)
            return agl_fail(err, AGL_EUSAGE, "%s line %d: '%s' stands twice in %s", y->path, line, key, what);
        if (found) continue;
        const char *near = agl__nearest(key, known, n);
        return agl_fail(err, AGL_EUSAGE, "%s line %d: unknown key '%s' in %s%s%s%s", y->path, line, key, what,
                        near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    return AGL_OK;
}
