/* What the siting of hubs in a network knows: nodes, candidates, distances. */
#ifndef AGL_OP_NETWORK_HUBS_H
#define AGL_OP_NETWORK_HUBS_H

#include "agglo/hubs.h"
#include "op/network/edge_input.h"

typedef struct agl__hub_input {
    agl_run *run;
    agl__edge_input in;
    size_t n, n_sites;
    bool key_player, cover, km;
    double *size;     /* n: demand of each node, 0 where none */
    double *cost;     /* n_sites */
    int32_t *site;    /* n_sites: nodes that may be hubs */
    int8_t *fixed;    /* n_sites */
    uint8_t *allowed; /* n: nodes that may be hubs */
    double *distance; /* n x n_sites; NULL for key players */
    double *place;    /* 2 n: longitudes and latitudes, NaN where unknown; NULL without the roles */
    double demand;    /* sum of size */
    double farthest;  /* largest finite distance */
    double unreachable;
} agl__hub_input;

/** Reads edges and nodes, picks the candidates and measures distances. */
AGL_NODISCARD agl_status agl__hub_input_new(agl__hub_input *out, agl_run *run, agl_error *err);
void agl__hub_input_free(agl__hub_input *h);

#endif
