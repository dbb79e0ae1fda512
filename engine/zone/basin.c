/* engine/zone/basin.c - a territory taken apart: communes that no zone can hold together, not even
 * through others, are decided apart. */
#include <string.h>
#include "zone/three15.h"

/* ---- which communes go together: a forest, the root is the lowest */
static uint32_t root_of(uint32_t *parent, uint32_t i) {
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

static void join_all(const struct qz_reach *reach, size_t n, uint32_t *parent) {
    for (uint32_t i = 0; i < n; i++)
        parent[i] = i;
    for (uint32_t s = 0; s < n; s++)
        for (uint32_t k = reach->first[s]; k < reach->first[s + 1]; k++) {
            uint32_t a = root_of(parent, s), b = root_of(parent, reach->items[k].at);
            parent[a > b ? a : b] = a > b ? b : a;
        }
}

/* local[]: the basin of each commune; first[]: how many it has. */
static void group(size_t n, const uint8_t *in_some, uint32_t *parent, struct qz_basins *b) {
    for (uint32_t i = 0; i < n; i++) {
        uint32_t root = root_of(parent, i);
        b->local[i] = QZ_NO_COMMUNE;
        if (!in_some[i])
            continue;
        if (root == i)
            b->first[b->n++] = 0;
        b->local[i] = root == i ? (uint32_t)b->n - 1 : b->local[root];
        b->first[b->local[i]]++;
    }
}

/* first[] from sizes to places; local[] to the number in the basin. */
static void sort(size_t n, struct qz_basins *b) {
    uint32_t at = 0;
    for (size_t k = 0; k < b->n; k++) {
        uint32_t size = b->first[k];
        b->first[k] = at;
        at += size;
    }
    b->first[b->n] = at;
    for (uint32_t i = 0; i < n; i++)
        if (b->local[i] != QZ_NO_COMMUNE)
            b->commune[b->first[b->local[i]]++] = i;
    memmove(b->first + 1, b->first, b->n * sizeof *b->first);
    b->first[0] = 0;
    for (size_t k = 0; k < b->n; k++)
        for (uint32_t i = b->first[k]; i < b->first[k + 1]; i++)
            b->local[b->commune[i]] = i - b->first[k];
}

int qz_basins_init(struct qz_ctx *ctx, const struct qz_land_of_communes *land,
                   const struct qz_reach *reach, struct qz_basins *ret) {
    size_t n = land->n;
    qz_cleanup(qz_freep) uint32_t *parent = qz_malloc(n, sizeof *parent);
    qz_cleanup(qz_freep) uint8_t *in_some = qz_calloc(n, 1);
    *ret = (struct qz_basins) { 0, qz_malloc(n + 1, sizeof *ret->first),
                                qz_malloc(n, sizeof *ret->commune),
                                qz_malloc(n, sizeof *ret->local) };
    if (!parent || !in_some || !ret->first || !ret->commune || !ret->local)
        return qz_fail_nomem(ctx);
    for (uint32_t k = 0; k < reach->first[n]; k++)
        in_some[reach->items[k].at] = 1;
    join_all(reach, n, parent);
    group(n, in_some, parent, ret);
    sort(n, ret);
    return 0;
}

void qz_basins_done(struct qz_basins *b) {
    free(b->first);
    free(b->commune);
    free(b->local);
}

/* ---- one basin */
static size_t count_reach(const struct qz_reach *reach, const uint32_t *commune, size_t n) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += reach->first[commune[i] + 1] - reach->first[commune[i]];
    return count;
}

static size_t count_neighbours(const struct qz_land_of_communes *land, const uint32_t *commune,
                               size_t n) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += land->first[commune[i] + 1] - land->first[commune[i]];
    return count;
}

/* Neighbours of the same basin: those that stand in commune[] where local[] says. */
static void fill_neighbours(const struct qz_land_of_communes *land, const uint32_t *local,
                            struct qz_basin *b) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < b->land.n; i++) {
        uint32_t from = b->commune[i];
        b->first[i] = count;
        for (uint32_t k = land->first[from]; k < land->first[from + 1]; k++) {
            uint32_t j = local[land->neighbour[k]];
            if (j < b->land.n && b->commune[j] == land->neighbour[k])
                b->neighbour[count++] = j;
        }
    }
    b->first[b->land.n] = count;
}

static void fill_reach(const struct qz_reach *reach, const uint32_t *local, struct qz_basin *b) {
    uint32_t count = 0, n = (uint32_t)b->land.n;
    for (uint32_t s = 0; s < n; s++) {
        b->seat_first[s] = count;
        for (uint32_t k = reach->first[b->commune[s]]; k < reach->first[b->commune[s] + 1]; k++) {
            uint32_t i = local[reach->items[k].at];
            b->by_seat[count++] = (struct qz_reached) { i, reach->items[k].ms };
            b->commune_first[i + 1]++;
        }
    }
    b->seat_first[n] = count;
    for (uint32_t i = 0; i < n; i++)
        b->commune_first[i + 1] += b->commune_first[i];
    for (uint32_t s = 0; s < n; s++)
        for (uint32_t k = b->seat_first[s]; k < b->seat_first[s + 1]; k++)
            b->by_commune[b->commune_first[b->by_seat[k].at]++] = (struct qz_reached) {
                s, b->by_seat[k].ms
            };
    memmove(b->commune_first + 1, b->commune_first, n * sizeof *b->commune_first);
    b->commune_first[0] = 0;
}

static int allocate(struct qz_ctx *ctx, size_t n, size_t n_reach, size_t n_neighbours,
                    struct qz_basin *b) {
    b->commune = qz_malloc(n, sizeof *b->commune);
    b->people = qz_malloc(n, sizeof *b->people);
    b->first = qz_malloc(n + 1, sizeof *b->first);
    b->neighbour = qz_malloc(n_neighbours + 1, sizeof *b->neighbour);
    b->seat_first = qz_malloc(n + 1, sizeof *b->seat_first);
    b->commune_first = qz_calloc(n + 1, sizeof *b->commune_first);
    b->by_seat = qz_malloc(n_reach, sizeof *b->by_seat);
    b->by_commune = qz_malloc(n_reach, sizeof *b->by_commune);
    return b->commune && b->people && b->first && b->neighbour && b->seat_first &&
                   b->commune_first && b->by_seat && b->by_commune
               ? 0
               : qz_fail_nomem(ctx);
}

int qz_basin_init(struct qz_ctx *ctx, const struct qz_three15_params *params,
                  const struct qz_land_of_communes *land, const struct qz_reach *reach,
                  const struct qz_basins *basins, size_t k, struct qz_basin *ret) {
    const uint32_t *commune = basins->commune + basins->first[k];
    size_t n = basins->first[k + 1] - basins->first[k];
    *ret = (struct qz_basin) { .params = *params };
    int r = allocate(ctx, n, count_reach(reach, commune, n), count_neighbours(land, commune, n),
                     ret);
    if (r < 0)
        return r;
    ret->land = (struct qz_land_of_communes) {
        .n = n, .people = ret->people, .first = ret->first, .neighbour = ret->neighbour
    };
    for (size_t i = 0; i < n; i++) {
        ret->commune[i] = commune[i];
        ret->people[i] = land->people[commune[i]];
    }
    fill_neighbours(land, basins->local, ret);
    fill_reach(reach, basins->local, ret);
    return 0;
}

void qz_basin_done(struct qz_basin *b) {
    free(b->commune);
    free(b->people);
    free(b->first);
    free(b->neighbour);
    free(b->seat_first);
    free(b->commune_first);
    free(b->by_seat);
    free(b->by_commune);
}

uint32_t qz_basin_ms(const struct qz_basin *b, uint32_t commune, uint32_t seat) {
    uint32_t low = b->commune_first[commune], high = b->commune_first[commune + 1];
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (b->by_commune[middle].at < seat)
            low = middle + 1;
        else
            high = middle;
    }
    return low < b->commune_first[commune + 1] && b->by_commune[low].at == seat
               ? b->by_commune[low].ms
               : QZ_UNREACHED_MS;
}
