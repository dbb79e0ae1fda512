/* tests/stops.h - a stop that must be found, or be off any road: never a failure. */
#pragma once
#include "check.h"
#include "travel/travel.h"

static inline struct qz_stop stop_at(struct qz_ctx *ctx, const struct qz_network *net,
                                     const struct qz_travel_params *params, struct qz_xy place) {
    struct qz_stop stop = { .edge = UINT32_MAX };
    CHECK(qz_stop_at(ctx, net, params, place, &stop) == 0);
    return stop;
}
