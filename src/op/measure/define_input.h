/* What 'measure define' reads: industries in rows, regions in columns, and what is known of them beside that.
 */
#ifndef AGL_OP_MEASURE_DEFINE_INPUT_H
#define AGL_OP_MEASURE_DEFINE_INPUT_H

#include "op/measure/cell_input.h"

typedef struct agl_define_input {
    agl_cell_input cells;
    const agl_dict *dict;   /* industries of the data */
    size_t n, regions;      /* industries to be grouped */
    int32_t *code;          /* n: their codes in dict, ascending */
    int32_t *index;         /* dict->n: place among the n, -1 = left out */
    double *employment;     /* n x regions: mean over the years; NaN where no year is known */
    double *establishments; /* the same, or NULL */
    double *region_total;   /* regions: employment of all industries, chosen or not */
    double *total;          /* n: employment of the industry */
    const char **title;     /* n: title or code */
} agl_define_input;

/** Reads the data and picks the industries: those of the inputs "industries" and "definitions" when they are
 * given, present in at least `min-regions` regions. Warns of what is left out. AGL_EDATA when fewer than four
 * are left. Free the result in any case. */
AGL_NODISCARD agl_status agl__define_input(agl_define_input *out, agl_run *run, agl_error *err);
void agl__define_input_free(agl_define_input *in);

/** Place among the n industries of every code of another column of industries, -1 where there is none;
 * `found` counts the industries that are met. NULL when memory is exhausted. */
int32_t *agl__define_places(const agl_define_input *in, const agl_column *column, size_t *found);

/** Groups of a grouping file (inputs "definitions" and "compare": industry, cluster): code of the cluster of
 * each of the n industries in the file's own dictionary, -1 where the file does not name it. AGL_EDATA when
 * it names none. */
AGL_NODISCARD agl_status agl__define_groups(int32_t *group, agl_run *run, const char *input,
                                            const agl_define_input *in, agl_error *err);

/** The most similarity matrices there are. */
enum { AGL_DEFINE_MATRICES = 5 };

/** Similarity matrices on the common scale, and the names of them. */
typedef struct agl_define_matrices {
    size_t n;
    double *matrix[AGL_DEFINE_MATRICES];
    const char *name[AGL_DEFINE_MATRICES];
} agl_define_matrices;

/** Makes the matrices that the inputs and the option `use` ask for. Warns of unknown pairs and of a matrix
 * that falls into parts. Free the result in any case. */
AGL_NODISCARD agl_status agl__define_matrices(agl_define_matrices *out, agl_run *run,
                                              const agl_define_input *in, agl_error *err);
void agl__define_matrices_free(agl_define_matrices *m);

#endif
