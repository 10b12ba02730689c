#include "agglo/spillover.h"

#include <math.h>

double agl_rd_stock(size_t *filled, const double *flow, size_t m, double delta, double growth) {
    size_t first = 0, last = m, gaps = 0;
    if (filled) *filled = 0;
    while (first < m && isnan(flow[first]))
        first++;
    while (last > first && isnan(flow[last - 1]))
        last--;
    if (first == last) return NAN;
    double stock = flow[first] / (growth + delta);
    for (size_t t = first + 1, known = first; t < m; t++) {
        double r = t < last ? flow[t] : 0;
        if (isnan(r)) { /* between the known flows at `known` and `next` */
            size_t next = t;
            while (isnan(flow[next]))
                next++;
            r = flow[known] + (flow[next] - flow[known]) * (double)(t - known) / (double)(next - known);
            gaps++;
        } else if (t < last) {
            known = t;
        }
        stock = (1 - delta) * stock + r;
    }
    if (filled) *filled = gaps;
    return stock;
}
