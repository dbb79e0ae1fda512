/* engine/demo/land.c - claims hexagons for the territory, outward from its centre, then islands. */
#include <math.h>
#include "demo/country.h"
#include "demo/dice.h"
#include "demo/heap.h"

enum { COMMUNES_PER_ISLAND = 2, SMALL_TERRITORY = 100, COMMUNES_PER_FERRY = 4000 };

static void claim(struct qz_country *c, uint32_t i, struct qz_hex h, bool island) {
    c->communes[i] = (struct qz_commune) { .hex = h, .island = island, .ferry = QZ_NOWHERE };
    c->cells[qz_country_cell(c, h)] = i;
}

static bool is_sea(const struct qz_country *c, struct qz_hex h) {
    return qz_terrain_is_sea(&c->terrain, qz_hex_lattice(&c->map, h));
}

static struct qz_hex hex_of_cell(const struct qz_country *c, uint32_t cell) {
    int32_t width = 2 * c->radius + 1, r = (int32_t)cell / width - c->radius;
    return (struct qz_hex) { (int32_t)cell % width - c->radius - (r - (r & 1)) / 2, r };
}

static int offer(struct qz_ctx *ctx, const struct qz_country *c, struct qz_heap *front,
                 uint8_t *seen, struct qz_hex h) {
    size_t cell = qz_country_cell(c, h);
    if (cell == SIZE_MAX || seen[cell] || is_sea(c, h))
        return 0;
    seen[cell] = 1;
    double key = qz_terrain_remoteness(&c->terrain, qz_hex_lattice(&c->map, h));
    return qz_heap_push(ctx, front, key, (uint32_t)cell);
}

static int claim_mainland(struct qz_ctx *ctx, struct qz_country *c, size_t n, uint8_t *seen,
                          struct qz_heap *front) {
    struct qz_heap_entry e;
    int r = offer(ctx, c, front, seen, (struct qz_hex) { 0, 0 });
    for (uint32_t i = 0; r == 0 && i < n; i++) {
        if (!qz_heap_pop(front, &e))
            return qz_fail(ctx, QZ_E_RANGE, "demo: no land for %zu communes", n);
        struct qz_hex h = hex_of_cell(c, e.item);
        claim(c, i, h, false);
        for (int side = 0; r == 0 && side < QZ_HEX_SIDES; side++)
            r = offer(ctx, c, front, seen, qz_hex_beyond(h, side));
    }
    return r;
}

/* Open sea all around: no land next to it, nor next to its neighbours. */
static bool is_offshore(const struct qz_country *c, struct qz_hex h) {
    for (int q = -2; q <= 2; q++)
        for (int r = -2; r <= 2; r++) {
            struct qz_hex at = { h.q + q, h.r + r };
            if (qz_hex_distance(h, at) > 2)
                continue;
            uint32_t i = qz_country_at(c, at);
            if (i != QZ_NOWHERE && !c->communes[i].island)
                return false;
        }
    return is_sea(c, h) && qz_country_at(c, h) == QZ_NOWHERE;
}

/* The westernmost commune of a row when it looks at the sea. */
static uint32_t coast_of_row(const struct qz_country *c, int32_t row) {
    for (int32_t column = -c->radius; column <= c->radius; column++) {
        struct qz_hex h = { column - (row - (row & 1)) / 2, row };
        uint32_t i = qz_country_at(c, h);
        if (i != QZ_NOWHERE)
            return !c->communes[i].island && is_sea(c, qz_hex_beyond(h, QZ_HEX_W)) ? i : QZ_NOWHERE;
    }
    return QZ_NOWHERE;
}

/* Puts an island in the sea west of a row, with the ferry between; false: no room there. */
static bool claim_island(struct qz_country *c, int32_t row, uint32_t first, uint32_t n) {
    uint32_t coast = coast_of_row(c, row);
    if (coast == QZ_NOWHERE)
        return false;
    struct qz_hex h = c->communes[coast].hex;
    for (int away = 3; away < 7; away++) {
        struct qz_hex at = { h.q - away, h.r };
        if (qz_country_cell(c, at) == SIZE_MAX || !is_offshore(c, at))
            continue;
        claim(c, first, at, true);
        c->communes[coast].ferry = first;
        c->communes[coast].port = QZ_HEX_W;
        c->communes[first].ferry = coast;
        c->communes[first].port = QZ_HEX_E;
        static const int more[] = { QZ_HEX_NW, QZ_HEX_W, QZ_HEX_SW };
        uint32_t made = 1;
        for (size_t k = 0; k < COUNT(more) && made < n; k++) {
            struct qz_hex next = qz_hex_beyond(at, more[k]);
            if (qz_country_cell(c, next) != SIZE_MAX && is_offshore(c, next))
                claim(c, first + made++, next, true);
        }
        return made == n;
    }
    return false;
}

/* Rows are tried from the middle of the coast outward, or from the island's own part of it. */
static int claim_islands(struct qz_ctx *ctx, struct qz_country *c, uint32_t first,
                         uint32_t n_islands, uint32_t each) {
    for (uint32_t k = 0; k < n_islands; k++) {
        int32_t reach = c->radius / 2;
        int32_t start = (int32_t)(2 * reach * (k + 0.62) / n_islands) - reach;
        bool done = false;
        for (int32_t try = 0; !done && try < 2 * reach; try++)
            done = claim_island(c, start + (try & 1 ? -(try + 1) / 2 : try / 2), first + k * each,
                                each);
        if (!done)
            return qz_fail(ctx, QZ_E_RANGE, "demo: this seed leaves no room for an island");
    }
    return 0;
}

static void meet_neighbours(struct qz_country *c) {
    for (uint32_t i = 0; i < c->n; i++)
        for (int side = 0; side < QZ_HEX_SIDES; side++)
            c->communes[i].beyond[side] = qz_country_at(c, qz_hex_beyond(c->communes[i].hex, side));
}

int qz_land_claim(struct qz_ctx *ctx, struct qz_country *c) {
    size_t width = 2 * (size_t)c->radius + 1;
    uint32_t each = c->n < SMALL_TERRITORY ? 1 : COMMUNES_PER_ISLAND;
    uint32_t n_islands = 1 + (uint32_t)(c->n / COMMUNES_PER_FERRY);
    uint32_t mainland = (uint32_t)c->n - n_islands * each;
    qz_cleanup(qz_freep) uint8_t *seen = qz_calloc(width * width, 1);
    qz_cleanup(qz_heap_done) struct qz_heap front = { 0 };
    if (!seen)
        return qz_fail_nomem(ctx);
    int r = claim_mainland(ctx, c, mainland, seen, &front);
    if (r < 0 || (r = claim_islands(ctx, c, mainland, n_islands, each)) < 0)
        return r;
    meet_neighbours(c);
    return 0;
}
