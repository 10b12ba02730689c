/* The parts of agl_recommend: the back-test and the list. */
#ifndef AGL_KERNEL_NETWORK_RECOMMEND_H
#define AGL_KERNEL_NETWORK_RECOMMEND_H

#include "kernel/network/linkmodel.h"

/** Trains as if it were the end of options->train_until and ranks the candidates of then. */
AGL_NODISCARD agl_status agl__recommend_test(agl_backtest **out, const agl__history *history,
                                             const agl_recommend_options *options, const agl_ctx *ctx,
                                             agl_error *err);
void agl__backtest_free(agl_backtest *test);

/** Fills n, link and crowded of *out from the candidates of `today`. */
AGL_NODISCARD agl_status agl__recommend_list(agl_recommendations *out, const agl__scorer *scorer,
                                             agl__window *today, const agl_recommend_options *options,
                                             const agl_ctx *ctx, agl_error *err);

#endif
