/* Walking a YAML document with errors that name file and line. */
#ifndef AGL_STUDY_YAML_H
#define AGL_STUDY_YAML_H

#include "agglo/base.h"

#include <yaml.h>

typedef struct agl_yaml {
    const char *path;
    yaml_document_t document;
} agl_yaml;

AGL_NODISCARD agl_status agl__yaml_load(agl_yaml *y, const char *path, agl_error *err);

/** Line of a node, from 1. */
int agl__yaml_line(const yaml_node_t *node);
/** Value of a key of a map, NULL when not there. */
yaml_node_t *agl__yaml_get(agl_yaml *y, yaml_node_t *map, const char *key);
/** Text of a scalar, NULL for other nodes and for null. */
const char *agl__yaml_text(const yaml_node_t *node);
/** Fails unless `node` is a map whose keys are all among the n known ones. */
AGL_NODISCARD agl_status agl__yaml_check_map(agl_yaml *y, yaml_node_t *node, const char *what,
                                             const char *const *known, size_t n, agl_error *err);

/** Walks the pairs of a map: *pair starts at NULL. False at the end. */
bool agl__yaml_next(agl_yaml *y, yaml_node_t *map, yaml_node_pair_t **pair, const char **key,
                    yaml_node_t **value);

#endif
