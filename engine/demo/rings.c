/* engine/demo/rings.c - roundabouts: a crossing opened into a one-way circle, run
 * counter-clockwise. */
#include <math.h>
#include "demo/streets.h"

enum { MOST_LEGS = 16 };
static const double radius_m = 17, pi = 3.141592653589793;

struct leg {
    double bearing_rad;
    size_t stretch;
    bool at_start; /* the stretch begins here */
};

static int by_bearing(const void *a, const void *b) {
    const struct leg *x = a, *y = b;
    return x->bearing_rad < y->bearing_rad ? -1 : x->bearing_rad > y->bearing_rad;
}

static struct qz_xy on_circle(struct qz_xy centre, double bearing_rad) {
    return qz_hex_round((struct qz_xy) { centre.x_m + radius_m * cos(bearing_rad),
                                         centre.y_m + radius_m * sin(bearing_rad) });
}

static size_t find_legs(const struct qz_streets *g, uint32_t crossing, struct leg *ret) {
    size_t n = 0;
    struct qz_xy c = g->crossings[crossing].at;
    for (size_t k = 0; k < g->n_stretches && n < MOST_LEGS; k++) {
        const struct qz_stretch *e = &g->stretches[k];
        if (!e->kept || (e->from != crossing && e->to != crossing))
            continue;
        bool start = e->from == crossing;
        struct qz_xy next = g->points[start ? e->first + 1 : e->first + e->n - 2];
        ret[n++] = (struct leg) { atan2(next.y_m - c.y_m, next.x_m - c.x_m), k, start };
    }
    qsort(ret, n, sizeof *ret, by_bearing);
    return n;
}

static bool well_apart(const struct leg *legs, size_t n) {
    for (size_t i = 0; i < n; i++) {
        double gap = legs[(i + 1) % n].bearing_rad - legs[i].bearing_rad +
                     (i + 1 == n ? 2 * pi : 0);
        if (gap < 0.15)
            return false;
    }
    return true;
}

static void arc(struct qz_streets *g, uint32_t crossing, double from_rad, double to_rad) {
    struct qz_xy centre = g->crossings[crossing].at;
    struct qz_stretch *e = qz_streets_add(g, crossing, crossing, QZ_ROAD_RING);
    if (!e)
        return;
    e->kept = e->town = true;
    int n = (int)((to_rad - from_rad) / 0.6) + 1;
    for (int i = 0; i < n; i++)
        qz_streets_point(g, on_circle(centre, from_rad + (to_rad - from_rad) * i / n));
    qz_streets_point(g, on_circle(centre, to_rad > pi ? to_rad - 2 * pi : to_rad));
}

static void open_ring(struct qz_streets *g, uint32_t crossing) {
    struct leg legs[MOST_LEGS];
    size_t n = find_legs(g, crossing, legs);
    if (n < 3 || n == MOST_LEGS || !well_apart(legs, n))
        return;
    for (size_t i = 0; i < n; i++) {
        const struct qz_stretch *e = &g->stretches[legs[i].stretch];
        g->points[legs[i].at_start ? e->first : e->first + e->n - 1] = on_circle(
            g->crossings[crossing].at, legs[i].bearing_rad);
    }
    for (size_t i = 0; i < n && !g->failed; i++)
        arc(g, crossing, legs[i].bearing_rad,
            i + 1 < n ? legs[i + 1].bearing_rad : legs[0].bearing_rad + 2 * pi);
}

void qz_rings_open(struct qz_streets *g) {
    for (uint32_t i = 0; i < g->n_crossings && !g->failed; i++)
        if (g->crossings[i].ring)
            open_ring(g, i);
}
