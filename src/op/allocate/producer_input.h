/* From input columns to producers: which rows enter, and the markets that they form. */
#ifndef AGL_OP_ALLOCATE_PRODUCER_INPUT_H
#define AGL_OP_ALLOCATE_PRODUCER_INPUT_H

#include "agglo/misallocation.h"
#include "op/run.h"

/** Rows of the input "data" that enter, with dense codes. Arrays of n values. */
typedef struct agl_producer_input {
    size_t n, rows;      /* rows that enter; rows of the input */
    uint32_t *row;       /* row of the input */
    int32_t *trimmed_to; /* 0, or -1 for a row that was trimmed */
    double *output, *labour, *capital;
    int32_t *industry, *year, *firm; /* firm NULL without the role; industry 0 throughout without the role */
    const agl_dict *industries;      /* NULL without the role */
    size_t n_industries, n_years;
    double *years;         /* ascending; NULL without the role */
    double *capital_share; /* n_industries */
    bool derived;          /* output and inputs were made from tfpr and tfpq */
} agl_producer_input;

/** Reads and checks; warns of rows left out. Free the result in any case. */
AGL_NODISCARD agl_status agl__producer_input(agl_producer_input *in, agl_run *run,
                                             const agl_misallocation_options *o, agl_error *err);
void agl__producer_input_free(agl_producer_input *in);

/** Markets of an industry in a year in a place, in the order of place, year and industry. */
typedef struct agl_market_set {
    agl_producers firms; /* with market and capital_share of this set */
    size_t n_groups;     /* pairs of place and year */
    int32_t *market;     /* n */
    double *capital_share;
    int32_t *group, *industry; /* per market: group, industry */
    int32_t *place, *year;     /* per group */
} agl_market_set;

/** place[i] < 0 leaves row i out. With place = in->industry the markets are those of the nation and each is a
 * group. */
AGL_NODISCARD agl_status agl__market_set(agl_market_set *set, const agl_producer_input *in,
                                         const int32_t *place, size_t n_places, agl_error *err);
void agl__market_set_free(agl_market_set *set);

#endif
