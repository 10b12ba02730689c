/* Citations of a run: between classes as counts, or between works whose class and year a second table tells.
 */
#ifndef AGL_OP_NETWORK_INNOVATION_INPUT_H
#define AGL_OP_NETWORK_INNOVATION_INPUT_H

#include "agglo/innovation.h"
#include "op/network/ids.h"
#include "op/run.h"

typedef struct agl__innovation_input {
    bool works;        /* citing and cited are works; else classes */
    bool units;        /* citations are drawn with who makes them: works, or the role unit */
    agl__ids ids;      /* works, empty when they are classes */
    agl__ids classes;  /* empty when nothing says the class of a work */
    int32_t *class_of; /* of each work, -1 = not known; NULL when classes is empty */
    int32_t *year_of;  /* of each work, INT32_MIN = not known */
    size_t m;          /* citations between works */
    int32_t *citing, *cited;
    agl_citations citations; /* between classes; n = 0 when there are none */
    bool dated;              /* some citation has a year and an age of at least 1 */
    double *patents;         /* classes x years; NULL when not known */
    int32_t first_year, years;
} agl__innovation_input;

/** Reads the inputs data (citing, cited, value, year, age), documents (document, class, year) and patents
 * (class, year, patents), warns of what is left out. */
AGL_NODISCARD agl_status agl__innovation_input_new(agl__innovation_input *out, agl_run *run, agl_error *err);
void agl__innovation_input_free(agl__innovation_input *in);

#endif
