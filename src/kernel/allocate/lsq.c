#include "kernel/allocate/lsq.h"
#include "base/mem.h"

#include <math.h>

#define BLOCK_ROWS 256 /* with 20 columns the block is 40 KB: it stays in the cache */
#define COLLINEAR  1e-10

agl_status agl__lsq_new(agl_lsq *s, size_t width, agl_error *err) {
    *s = (agl_lsq){.width = width, .block = BLOCK_ROWS};
    s->a = AGL_NEW(double, (width + s->block) * width);
    s->tau = AGL_NEW(double, width);
    return s->a && s->tau ? AGL_OK : agl_fail_memory(err);
}

void agl__lsq_free(agl_lsq *s) {
    free(s->a);
    free(s->tau);
    *s = (agl_lsq){0};
}

/** Householder step for column j of R on top of the block. Above the block only row j takes part: R is
 * triangular. */
static void reflect(agl_lsq *s, size_t j) {
    size_t w = s->width;
    double *block = s->a + w * w, *top = s->a + j * w, sum = 0;
    for (size_t i = 0; i < s->waiting; i++)
        sum += block[i * w + j] * block[i * w + j];
    if (!(sum > 0)) return;
    double alpha = top[j], norm = sqrt(alpha * alpha + sum), beta = alpha >= 0 ? -norm : norm;
    double v0 = alpha - beta, scale = 2 / (v0 * v0 + sum);
    /* tau[c] = scale * v'a_c for the columns right of j */
    for (size_t c = j + 1; c < w; c++)
        s->tau[c] = v0 * top[c];
    for (size_t i = 0; i < s->waiting; i++) {
        const double *row = block + i * w;
        for (size_t c = j + 1; c < w; c++)
            s->tau[c] += row[j] * row[c];
    }
    for (size_t c = j + 1; c < w; c++) {
        s->tau[c] *= scale;
        top[c] -= s->tau[c] * v0;
    }
    for (size_t i = 0; i < s->waiting; i++) {
        double *row = block + i * w, v = row[j];
        for (size_t c = j + 1; c < w; c++)
            row[c] -= s->tau[c] * v;
        row[j] = 0;
    }
    top[j] = beta;
}

static void fold(agl_lsq *s) {
    for (size_t j = 0; j < s->width; j++)
        reflect(s, j);
    s->waiting = 0;
}

void agl__lsq_push(agl_lsq *s) {
    s->rows++;
    if (++s->waiting == s->block) fold(s);
}

/** Solves the x by x triangle at the upper left of `r` (row length w) for right-hand side column y. A
 * diagonal element far below its column's length says that the column depends on those before it. */
static bool back_substitute(double *b, const double *r, size_t w, size_t x, size_t y) {
    for (size_t j = 0; j < x; j++) {
        double length = 0;
        for (size_t i = 0; i <= j; i++)
            length += r[i * w + j] * r[i * w + j];
        if (!(fabs(r[j * w + j]) > COLLINEAR * sqrt(length))) return false;
    }
    for (size_t j = x; j-- > 0;) {
        double v = r[j * w + y];
        for (size_t c = j + 1; c < x; c++)
            v -= r[j * w + c] * b[c];
        b[j] = v / r[j * w + j];
        if (!isfinite(b[j])) return false;
    }
    return true;
}

bool agl__lsq_solve(double *b, agl_lsq *s, size_t x) {
    fold(s);
    return s->rows >= x && back_substitute(b, s->a, s->width, x, s->width - 1);
}
