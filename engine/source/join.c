/* engine/source/join.c - roads of several deliveries as one; what borders repeat is kept once. */
#include <math.h>
#include <string.h>
#include "source/source.h"

struct join {
    struct qz_roads *all;
    size_t mask, n_repeated;
    uint32_t *slots; /* road + 1 by its ends, 0: free */
};

/* ---- the same line, to the millimetre, drawn either way */
static bool same_place(struct qz_xy a, struct qz_xy b) {
    return llround(a.x_m * 1000) == llround(b.x_m * 1000) &&
           llround(a.y_m * 1000) == llround(b.y_m * 1000);
}

static size_t points_of(const struct qz_roads *r, size_t i) {
    return r->items[i + 1].first_point - r->items[i].first_point;
}

static bool same_line(const struct qz_xy *a, const struct qz_xy *b, size_t n) {
    bool along = true, against = true;
    for (size_t k = 0; k < n && (along || against); k++) {
        along = along && same_place(a[k], b[k]);
        against = against && same_place(a[k], b[n - 1 - k]);
    }
    return along || against;
}

static uint64_t hash_place(struct qz_xy p) {
    uint64_t h = (uint64_t)llround(p.x_m * 1000) * 0x9e3779b97f4a7c15u ^
                 (uint64_t)llround(p.y_m * 1000) * 0xc2b2ae3d27d4eb4fu;
    h ^= h >> 29;
    return h * 0xbf58476d1ce4e5b9u;
}

/* Both ends alike, so that the drawing's direction does not count. */
static size_t hash_line(const struct qz_xy *points, size_t n) {
    uint64_t h = hash_place(points[0]) + hash_place(points[n - 1]) + n;
    return (size_t)(h ^ h >> 32);
}

/* The same road in an earlier delivery (below `end`), or UINT32_MAX; *slot: where it would go. */
static uint32_t find_repeated(const struct join *j, const struct qz_xy *points, size_t n,
                              size_t end, size_t *slot) {
    const struct qz_roads *all = j->all;
    size_t i = hash_line(points, n) & j->mask;
    for (; j->slots[i]; i = (i + 1) & j->mask) {
        uint32_t road = j->slots[i] - 1;
        if (road < end && points_of(all, road) == n &&
            same_line(all->points + all->items[road].first_point, points, n))
            return road;
    }
    *slot = i;
    return UINT32_MAX;
}

/* ---- room for all, asked once */
static int make_room(struct qz_ctx *ctx, struct qz_roads *const *parts, size_t n, struct join *j) {
    size_t n_roads = 0, n_points = 0, n_classes = 0, n_restrictions = 0, size = 16;
    for (size_t i = 0; i < n; i++) {
        n_roads += parts[i]->n;
        n_points += parts[i]->n_points;
        n_classes += parts[i]->n_classes;
        n_restrictions += parts[i]->n_restrictions;
        if ((parts[i]->node_id == NULL) != (parts[0]->node_id == NULL))
            return qz_fail(ctx, QZ_E_DATA,
                           "[roads]: OpenStreetMap files cannot be joined with files of another "
                           "kind: give one kind");
    }
    if (n_points > UINT32_MAX - 1)
        return qz_fail(ctx, QZ_E_RANGE, "[roads]: more than 4 billion points; give fewer files");
    while (size < n_roads * 2)
        size *= 2;
    struct qz_roads *all = j->all = qz_calloc(1, sizeof *all);
    j->mask = size - 1;
    j->slots = qz_calloc(size, sizeof *j->slots);
    if (!all || !j->slots || qz_pool_new(ctx, &all->texts) < 0)
        return qz_fail_nomem(ctx);
    all->items = qz_calloc(n_roads + 1, sizeof *all->items);
    all->points = qz_malloc(n_points, sizeof *all->points);
    all->class_name = qz_calloc(n_classes, sizeof *all->class_name);
    all->restrictions = qz_malloc(n_restrictions, sizeof *all->restrictions);
    bool ids = parts[0]->node_id != NULL;
    all->node_id = ids ? qz_malloc(n_points, sizeof *all->node_id) : NULL;
    return all->items && all->points && all->class_name && all->restrictions &&
                   (all->node_id || !ids)
               ? 0
               : qz_fail_nomem(ctx);
}

/* ---- one delivery after the other */
static int join_classes(struct qz_ctx *ctx, struct qz_roads *all, const struct qz_roads *part,
                        uint32_t *to) {
    for (size_t c = 0; c < part->n_classes; c++) {
        uint32_t k = 0;
        while (k < all->n_classes && strcmp(all->class_name[k], part->class_name[c]) != 0)
            k++;
        if (k == all->n_classes) {
            const char *name = part->class_name[c];
            all->class_name[k] = qz_pool_add(all->texts, name, strlen(name));
            if (!all->class_name[k])
                return qz_fail_nomem(ctx);
            all->n_classes++;
        }
        to[c] = k;
    }
    return 0;
}

static void add_road(struct qz_roads *all, const struct qz_roads *part, size_t i,
                     const uint32_t *class_to) {
    size_t from = part->items[i].first_point, n = points_of(part, i);
    struct qz_road *road = &all->items[all->n++];
    *road = part->items[i];
    road->class_id = class_to[road->class_id];
    road->first_point = (uint32_t)all->n_points;
    memcpy(all->points + all->n_points, part->points + from, n * sizeof *all->points);
    if (all->node_id)
        memcpy(all->node_id + all->n_points, part->node_id + from, n * sizeof *all->node_id);
    all->n_points += n;
    road[1].first_point = (uint32_t)all->n_points;
}

static int join_part(struct qz_ctx *ctx, struct join *j, const struct qz_roads *part) {
    struct qz_roads *all = j->all;
    qz_cleanup(qz_freep) uint32_t *class_to = qz_malloc(part->n_classes, sizeof *class_to);
    qz_cleanup(qz_freep) uint32_t *road_to = qz_malloc(part->n, sizeof *road_to);
    int r = class_to && road_to ? join_classes(ctx, all, part, class_to) : qz_fail_nomem(ctx);
    if (r < 0)
        return r;
    size_t earlier = all->n, slot = 0; /* a delivery may repeat itself: that is its own business */
    for (size_t i = 0; i < part->n; i++) {
        const struct qz_xy *points = part->points + part->items[i].first_point;
        road_to[i] = find_repeated(j, points, points_of(part, i), earlier, &slot);
        j->n_repeated += road_to[i] != UINT32_MAX;
        if (road_to[i] != UINT32_MAX)
            continue;
        road_to[i] = (uint32_t)all->n;
        j->slots[slot] = road_to[i] + 1;
        add_road(all, part, i, class_to);
    }
    for (size_t i = 0; i < part->n_restrictions; i++) {
        struct qz_restriction x = part->restrictions[i];
        x.from_road = road_to[x.from_road];
        x.to_road = road_to[x.to_road];
        all->restrictions[all->n_restrictions++] = x;
    }
    return 0;
}

int qz_roads_join(struct qz_ctx *ctx, struct qz_roads **parts, size_t n, struct qz_issues *issues,
                  struct qz_roads **ret) {
    struct join j = { 0 };
    int r = make_room(ctx, parts, n, &j);
    for (size_t i = 0; i < n && r == 0; i++) {
        r = join_part(ctx, &j, parts[i]);
        parts[i] = qz_roads_free(parts[i]);
    }
    free(j.slots);
    if (r == 0 && j.n_repeated)
        r = qz_issue_add(ctx, issues, QZ_SEVERITY_NOTE, "roads", 0, NULL, "repeated_roads",
                         "%zu roads stand in several files with the same line: kept once",
                         j.n_repeated);
    if (r < 0)
        qz_roads_free(j.all);
    else
        *ret = j.all;
    return r;
}
