#include "cli/cli.h"

#include <math.h>
#include <string.h>
#include <time.h>

enum { WIDEST = 32 };

static void cell_text(char *out, size_t size, const agl_column *c, size_t row) {
    if (c->type == AGL_KEY) {
        const char *text = agl_column_text(c, row);
        snprintf(out, size, "%s", text ? text : "");
    } else if (isnan(c->num[row])) {
        out[0] = '\0';
    } else if (c->type == AGL_BOOL) {
        snprintf(out, size, "%s", c->num[row] != 0 ? "yes" : "no");
    } else if (c->type == AGL_DATE) {
        time_t t = (time_t)c->num[row] * 86400;
        struct tm day;
        gmtime_r(&t, &day);
        strftime(out, size, "%Y-%m-%d", &day);
    } else if (c->type == AGL_INT) {
        snprintf(out, size, "%.0f", c->num[row]);
    } else {
        snprintf(out, size, "%.6g", c->num[row]);
    }
}

/* Columns on the screen of a UTF-8 text: continuation bytes take none. */
static int width_of(const char *s) {
    int n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

static void put_cell(FILE *out, const char *text, int width, bool left) {
    int n = width_of(text), shown = 0;
    if (!left)
        for (int i = n; i < width; i++)
            fputc(' ', out);
    for (const char *s = text; *s; s++) {
        if (((unsigned char)*s & 0xC0) != 0x80 && ++shown > width) break;
        fputc(*s, out);
    }
    if (left)
        for (int i = n; i < width; i++)
            fputc(' ', out);
}

void agl__print_table(FILE *out, const agl_table *t, size_t most) {
    char text[256];
    int width[128];
    size_t rows = t->rows < most ? t->rows : most, columns = t->n_columns < 128 ? t->n_columns : 128;
    for (size_t j = 0; j < columns; j++) {
        width[j] = width_of(t->columns[j].name);
        for (size_t row = 0; row < rows; row++) {
            cell_text(text, sizeof text, &t->columns[j], row);
            int n = width_of(text);
            if (n > width[j]) width[j] = n < WIDEST ? n : WIDEST;
        }
    }
    for (size_t j = 0; j < columns; j++) {
        if (j) fputs("  ", out);
        put_cell(out, t->columns[j].name, width[j], t->columns[j].type == AGL_KEY);
    }
    fputc('\n', out);
    for (size_t row = 0; row < rows; row++) {
        for (size_t j = 0; j < columns; j++) {
            if (j) fputs("  ", out);
            cell_text(text, sizeof text, &t->columns[j], row);
            put_cell(out, text, width[j], t->columns[j].type == AGL_KEY);
        }
        fputc('\n', out);
    }
    if (t->rows > rows) fprintf(out, "... %zu more rows; write them all with -o FILE\n", t->rows - rows);
}
