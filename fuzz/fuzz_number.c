/* Numbers as people write them: whatever the text, the parser ends in a finite number, a state or a refusal.
 */
#include "table/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    if (!text) return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    char *cells[] = {text};
    char decimal = agl__decimal_sign(&(agl_dict){.n = 1, .text = cells}, ',');
    double value;
    agl_state state;
    if (decimal != '.' && decimal != ',') abort();
    if (agl__parse_number(&value, &state, text, decimal) && (state == AGL_PRESENT) != (bool)isfinite(value))
        abort();
    free(text);
    return 0;
}
