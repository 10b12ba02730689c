/* The proof of a group of key players in small networks. */
#ifndef AGL_KERNEL_NETWORK_KEYGROUP_H
#define AGL_KERNEL_NETWORK_KEYGROUP_H

#include "agglo/hubs.h"

/** Largest network and group that agl__key_group_exact takes. */
enum { AGL__KEY_GROUP_NODES = 200, AGL__KEY_GROUP_SIZE = 12 };

/** Best group of `count` of the allowed nodes by branch and bound: branches take nodes by falling gain; f(S)
 * + the largest gains of those still free bounds what a branch can reach (f is submodular). `loss` holds, on
 * entry, the loss of a known group, and on success that of the best; member[] is written only when a better
 * one is found. *proven is false when the search was given up because it grew too long. */
AGL_NODISCARD agl_status agl__key_group_exact(double *loss, int32_t *member, bool *proven, const agl_graph *g,
                                              double decay, int32_t count, const uint8_t *allowed,
                                              const agl_ctx *ctx, agl_error *err);

#endif
