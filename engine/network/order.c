/* engine/network/order.c - places along a Hilbert curve, so that neighbours share cache lines. */
#include <string.h>
#include "network/network.h"

struct place {
    uint32_t key, id;
};

/* Index of cell (x, y) of a 65536 x 65536 grid on the Hilbert curve. */
static uint32_t hilbert(uint32_t x, uint32_t y) {
    uint32_t d = 0;
    for (uint32_t s = 1u << 15; s > 0; s >>= 1) {
        uint32_t rx = (x & s) != 0, ry = (y & s) != 0;
        d += s * s * ((3 * rx) ^ ry);
        if (ry == 0) {
            if (rx == 1) {
                x = 65535 - x;
                y = 65535 - y;
            }
            uint32_t swap = x;
            x = y;
            y = swap;
        }
    }
    return d;
}

/* Least significant byte first; stable, so that equal keys keep their order. */
static void radix_sort(struct place *places, struct place *spare, size_t n) {
    for (unsigned shift = 0; shift < 32; shift += 8) {
        size_t at[257] = { 0 };
        for (size_t i = 0; i < n; i++)
            at[(places[i].key >> shift & 255) + 1]++;
        for (size_t k = 0; k < 256; k++)
            at[k + 1] += at[k];
        for (size_t i = 0; i < n; i++)
            spare[at[places[i].key >> shift & 255]++] = places[i];
        memcpy(places, spare, n * sizeof *places);
    }
}

int qz_network_hilbert(struct qz_ctx *ctx, const struct qz_xy *at, size_t n, uint32_t *order) {
    qz_cleanup(qz_freep) struct place *places = qz_malloc(n, sizeof *places);
    qz_cleanup(qz_freep) struct place *spare = qz_malloc(n, sizeof *spare);
    if (!places || !spare)
        return qz_fail_nomem(ctx);
    struct qz_box box = qz_box_empty;
    for (size_t i = 0; i < n; i++)
        qz_box_add(&box, at[i]);
    double width = box.max_x_m - box.min_x_m, height = box.max_y_m - box.min_y_m;
    double side = width > height ? width : height, scale = side > 0 ? 65535 / side : 0;
    for (size_t i = 0; i < n; i++)
        places[i] = (struct place) { hilbert((uint32_t)((at[i].x_m - box.min_x_m) * scale),
                                             (uint32_t)((at[i].y_m - box.min_y_m) * scale)),
                                     (uint32_t)i };
    if (n)
        radix_sort(places, spare, n);
    for (size_t i = 0; i < n; i++)
        order[i] = places[i].id;
    return 0;
}
