/* engine/isochrone/simplify.c - fewer vertices, the same topology: a vertex leaves only when the
 * triangle it makes with its neighbours holds no other vertex, so that no line can cross another.
 */
#include "isochrone/mesh.h"

/* > 0: p lies left of the way from a to b. Exact. */
static int64_t side_of(struct qz_mesh_point a, struct qz_mesh_point b, struct qz_mesh_point p) {
    return (int64_t)(b.x - a.x) * (p.y - a.y) - (int64_t)(p.x - a.x) * (b.y - a.y);
}

static double distance2(struct qz_mesh_point a, struct qz_mesh_point b, struct qz_mesh_point p) {
    double bx = b.x - a.x, by = b.y - a.y, px = p.x - a.x, py = p.y - a.y;
    double along = (px * bx + py * by) / (bx * bx + by * by);
    along = along < 0 ? 0 : along > 1 ? 1 : along;
    px -= along * bx;
    py -= along * by;
    return px * px + py * py;
}

struct triangle {
    struct qz_mesh_point a, b, c; /* counterclockwise */
    uint32_t corner[3];
};

static int32_t least(int32_t a, int32_t b, int32_t c) {
    int32_t m = a < b ? a : b;
    return m < c ? m : c;
}
static int32_t most(int32_t a, int32_t b, int32_t c) { return -least(-a, -b, -c); }

/* A vertex on its border counts as within. */
static bool holds(const struct triangle *t, struct qz_mesh_point p) {
    return side_of(t->a, t->b, p) >= 0 && side_of(t->b, t->c, p) >= 0 &&
           side_of(t->c, t->a, p) >= 0;
}

/* The first vertex of a row at this column of cells or after it: a row's vertices rise by cell. */
static uint32_t first_at(const struct qz_mesh *m, uint32_t row, int32_t column) {
    uint32_t low = m->row_first[row], high = m->row_first[row + 1];
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (m->vertices[middle].x >> QZ_MESH_CELL_BITS < column)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_empty(const struct qz_mesh_lines *l, const struct triangle *t) {
    const struct qz_mesh *m = l->mesh;
    int32_t min_x = least(t->a.x, t->b.x, t->c.x), max_x = most(t->a.x, t->b.x, t->c.x);
    int32_t from = least(t->a.y, t->b.y, t->c.y) >> QZ_MESH_CELL_BITS,
            to = most(t->a.y, t->b.y, t->c.y) >> QZ_MESH_CELL_BITS;
    for (int32_t row = from; row <= to; row++) {
        uint32_t end = m->row_first[row + 1];
        for (uint32_t v = first_at(m, (uint32_t)row, min_x >> QZ_MESH_CELL_BITS);
             v < end && m->vertices[v].x <= (max_x | (QZ_MESH_CELL - 1)); v++)
            if (l->state[v] != QZ_MESH_GONE && v != t->corner[0] && v != t->corner[1] &&
                v != t->corner[2] && holds(t, m->vertices[v]))
                return false;
    }
    return true;
}

/* What was taken out on the way to the next vertex that is still there stays near the line a b. */
static bool is_near(const struct qz_mesh_lines *l, uint32_t from, uint32_t v,
                    struct qz_mesh_point a, struct qz_mesh_point b, double most2) {
    while (l->state[v] == QZ_MESH_GONE) {
        if (distance2(a, b, l->mesh->vertices[v]) > most2)
            return false;
        uint32_t next = l->drawn[v][l->drawn[v][0] == from];
        from = v;
        v = next;
    }
    return true;
}

static bool are_linked(const struct qz_mesh_lines *l, uint32_t u, uint32_t w) {
    return l->state[u] == QZ_MESH_LINE && (l->link[u][0] == w || l->link[u][1] == w);
}

static bool may_go(const struct qz_mesh_lines *l, uint32_t v, double most2) {
    const struct qz_mesh_point *at = l->mesh->vertices;
    uint32_t u = l->link[v][0], w = l->link[v][1];
    if (distance2(at[u], at[w], at[v]) > most2)
        return false;
    /* A line of its own between two nodes keeps a vertex: another may run straight from one to the
     * other. */
    if ((l->state[u] == QZ_MESH_NODE && l->state[w] == QZ_MESH_NODE) || are_linked(l, u, w) ||
        are_linked(l, w, u))
        return false;
    if (!is_near(l, v, l->drawn[v][0], at[u], at[w], most2) ||
        !is_near(l, v, l->drawn[v][1], at[u], at[w], most2))
        return false;
    bool left = side_of(at[u], at[v], at[w]) >= 0;
    struct triangle t = { at[left ? u : w], at[v], at[left ? w : u], { u, v, w } };
    return is_empty(l, &t);
}

static void relink(struct qz_mesh_lines *l, uint32_t u, uint32_t old, uint32_t to) {
    if (l->state[u] == QZ_MESH_LINE)
        l->link[u][l->link[u][0] != old] = to;
}

/* Neighbours of a vertex that left stay for this turn: the loss is spread evenly, and a long line
 * is halved each time rather than eaten from one end. */
static size_t sweep(struct qz_mesh_lines *l, uint32_t *left, size_t *n, uint8_t *turn_of,
                    uint8_t turn, double most2) {
    size_t kept = 0, before = *n;
    for (size_t i = 0; i < before; i++) {
        uint32_t v = left[i];
        if (turn_of[v] == turn || !may_go(l, v, most2)) {
            left[kept++] = v;
            continue;
        }
        uint32_t u = l->link[v][0], w = l->link[v][1];
        relink(l, u, v, w);
        relink(l, w, v, u);
        l->state[v] = QZ_MESH_GONE;
        turn_of[u] = turn_of[w] = turn;
    }
    *n = kept;
    return before - kept;
}

int qz_mesh_simplify(struct qz_ctx *ctx, struct qz_mesh_lines *l, double tolerance) {
    static const double shares[] = { 1 / 16.0, 1 / 4.0, 1 / 2.0,
                                     1 }; /* what matters least, first */
    size_t n_vertices = l->mesh->n_vertices, n = 0;
    qz_cleanup(qz_freep) uint32_t *left = qz_malloc(n_vertices, sizeof *left);
    qz_cleanup(qz_freep) uint8_t *turn_of = qz_calloc(n_vertices, sizeof *turn_of);
    if (!left || !turn_of)
        return qz_fail_nomem(ctx);
    for (uint32_t v = 0; v < n_vertices; v++)
        if (l->state[v] == QZ_MESH_LINE)
            left[n++] = v;
    uint8_t turn = 0;
    for (size_t i = 0; i < COUNT(shares); i++) {
        double most2 = shares[i] * tolerance * shares[i] * tolerance;
        size_t gone;
        do { /* until a turn takes fewer than one in 32; 200 turns are never reached */
            gone = sweep(l, left, &n, turn_of, ++turn, most2);
        } while (gone * 32 > n && turn < 200);
    }
    return 0;
}
