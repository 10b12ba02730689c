/* The tables of 'measure define'. */
#ifndef AGL_OP_MEASURE_DEFINE_OUTPUT_H
#define AGL_OP_MEASURE_DEFINE_OUTPUT_H

#include "agglo/define.h"
#include "op/measure/define_input.h"

typedef struct agl_define_result {
    const agl_define_input *in;
    const agl_define_matrices *matrices;
    agl_definition d;
    const agl_dict *given;  /* names of the clusters when they were given; NULL when they were found */
    int32_t *given_code;    /* k: code in `given` */
    int32_t *compared;      /* n: group in the comparison, -1 = none; NULL without one */
    const agl_dict *others; /* names of the groups of the comparison */
    /* made by agl__define_name: */
    int32_t *code; /* k: code of the cluster in `codes` */
    const agl_dict *codes;
    size_t *order;    /* k: clusters in the order of their codes */
    agl_dict names;   /* k: largest industries of each */
    agl_dict centres; /* k: title of the most central industry, or the name that was given */
} agl_define_result;

/** Codes (the most central industry, or the name that was given) and names of the clusters. */
AGL_NODISCARD agl_status agl__define_name(agl_define_result *r, agl_error *err);
/** Fills all tables and tells the run what the reader should beware of. */
AGL_NODISCARD agl_status agl__define_output(agl_run *run, const agl_define_result *r, agl_error *err);
void agl__define_result_free(agl_define_result *r);

#endif
