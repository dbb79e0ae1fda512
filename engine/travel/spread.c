/* engine/travel/spread.c - least time over a grid of ground: from the seeds outward, cell by cell.
 *
 * Cells wait in a ring of buckets, each as wide as the shortest move or a little more: cells of one
 * bucket hardly ever better one another, and one that was bettered after its turn gets another.
 * A label is the float sum of the moves from its seed, the least over all ways: as sums of floats
 * grow with their terms, it depends on no order.
 *
 * A cell looks at all its neighbours at once, four to a vector. The grid is read as the caller
 * holds it; cells at its edge look at a copy of their surroundings, with barriers beyond. */
#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>
#ifdef __SSE__
#include <xmmintrin.h>
#endif
#include "travel/travel.h"

#define always_inline inline __attribute__((always_inline))

const struct qz_spread_params qz_spread_params_default = {
    .moves = 16, .walk = QZ_WALK_TOBLER, .limit_s = INFINITY, .limit_m = INFINITY
};

/* ---- four floats */
typedef float v4 __attribute__((vector_size(16)));
typedef int32_t i4 __attribute__((vector_size(16)));
typedef uint32_t u4 __attribute__((vector_size(16)));

static always_inline v4 all(float x) { return (v4) { x, x, x, x }; }

static always_inline v4 load(const float *p) {
    v4 v;
    memcpy(&v, p, sizeof v);
    return v;
}

static always_inline v4 keep(v4 v, i4 where) { return (v4)((i4)v & where); }
static always_inline v4 pick(i4 where, v4 a, v4 b) {
    return (v4)(((i4)a & where) | ((i4)b & ~where));
}

static always_inline v4 least(v4 a, v4 b) {
#ifdef __SSE__
    return _mm_min_ps(a, b);
#else
    return pick(a < b, a, b);
#endif
}

/* A bit for each lane that is not 0. */
static always_inline unsigned bits(i4 lanes) {
#ifdef __SSE__
    return (unsigned)_mm_movemask_ps((__m128)lanes);
#else
    return (lanes[0] & 1u) | (lanes[1] & 2u) | (lanes[2] & 4u) | (lanes[3] & 8u);
#endif
}

/* ---- time on a slope, as a factor of that on the flat; slope = climb / distance on the map */
/* W. Tobler, Three presentations on geographical analysis and modeling, NCGIA technical report 93-1
 * (1993): 6 exp(-3.5 |slope + 0.05|) km/h; that is 2 to the |rate slope + shift| - shift, exactly 1
 * on the flat. No slope slows more than a million times. The power of 2 is good to 4e-6: its whole
 * part goes to the exponent, the rest (-1/2 to 1/2) through a polynomial. These numbers lie in
 * memory, four of each: gcc would spread a literal over a vector again at every use. */
#define TOBLER_RATE (3.5 * M_LOG2E)
struct tobler {
    v4 shift, most, round, p4, p3, p2, p1, one;
    i4 not_sign;
};
#define ALL(x) \
    { (float)(x), (float)(x), (float)(x), (float)(x) }
static const struct tobler tobler_numbers = {
    .shift = ALL(0.05 * TOBLER_RATE),
    .most = ALL(20),
    .round = ALL(0x1.8p23), /* what is added to it loses its fraction */
    .p4 = ALL(0.00958321655),
    .p3 = ALL(0.0559069877),
    .p2 = ALL(0.240240912),
    .p1 = ALL(0.693124077),
    .one = ALL(1),
    .not_sign = { INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX },
};

static always_inline v4 tobler(const struct tobler *k, v4 rated_slope) {
    v4 power = least(keep(rated_slope + k->shift, k->not_sign) - k->shift, k->most);
    v4 rounded = power + k->round, f = power - (rounded - k->round);
    v4 p = (((k->p4 * f + k->p3) * f + k->p2) * f + k->p1) * f + k->one;
    return (v4)((u4)p + ((u4)rounded << 23));
}

/* Naismith's rule as corrected by Aitken (1977) and Langmuir (1984): 0.72 s a metre of way, 6 s a
 * metre climbed, 1.9998 s less a metre down a gentle slope (to 12 degrees), as much more down a
 * steep one; the coefficients of GRASS r.walk. */
static always_inline v4 langmuir(v4 slope) {
    v4 down = pick(slope < all(-0.2125f), all((float)(-1.9998 / 0.72)),
                   all((float)(1.9998 / 0.72)));
    return 1 + slope * pick(slope < all(0), down, all((float)(6 / 0.72)));
}
static const double least_factor[] = {
    [QZ_WALK_TOBLER] = 0.8394, [QZ_WALK_LANGMUIR] = 1 - 0.2125 * 1.9998 / 0.72
};

/* ---- the moves, as they lie in the vectors of a look: (row, column) from the cell; 0, 0: none */
enum { VECTORS = 6, LANES = 4 * VECTORS };
enum { ABOVE, BESIDE, BELOW, FAR_ABOVE, FAR_BELOW, FAR_EAST };
static const struct move {
    int8_t row, column;
} moves[LANES] = {
    [4 * ABOVE] = { 1, -2 },      { 1, -1 },  { 1, 0 },  { 1, 1 }, /* the first a knight's */
    [4 * BESIDE] = { 0, -1 },     { 0, 0 },   { 0, 1 },  { 0, 0 },
    [4 * BELOW] = { -1, -2 },     { -1, -1 }, { -1, 0 }, { -1, 1 },
    [4 * FAR_ABOVE] = { 2, -1 },  { 0, 0 },   { 2, 1 },  { 0, 0 },
    [4 * FAR_BELOW] = { -2, -1 }, { 0, 0 },   { -2, 1 }, { 0, 0 },
    [4 * FAR_EAST] = { 1, 2 },    { -1, 2 },  { 0, 0 },  { 0, 0 },
};

struct lanes {
    v4 per_friction[VECTORS]; /* metres by cells passed; INFINITY: no such move */
    v4 per_climb[VECTORS];    /* by metres of climb: what the walk's function takes */
    float metres[LANES];
    int64_t offset[LANES]; /* in the grid */
};

static void set_lanes(struct lanes *l, const struct qz_grid *grid,
                      const struct qz_spread_params *params) {
    double rate = params->walk == QZ_WALK_TOBLER ? TOBLER_RATE : 1;
    for (size_t k = 0; k < LANES; k++) {
        const struct move *m = &moves[k];
        int far = abs(m->row) + abs(m->column);
        bool open = far > 0 && far <= (params->moves == 16 ? 3 : 2);
        double metres = hypot(m->row, m->column) * grid->cell_m;
        l->per_friction[k / 4][k % 4] = open ? (float)(metres / (far == 3 ? 4 : 2)) : INFINITY;
        l->per_climb[k / 4][k % 4] = open ? (float)(rate / metres) : 0;
        l->metres[k] = (float)metres;
        l->offset[k] = (int64_t)m->row * grid->n_columns + m->column;
    }
}

/* ---- the front: cells that wait, by bucket
 * Only the number of the cell is kept; its label tells whether an entry is still worth its turn.
 * What lies beyond the ring waits in its last bucket and is put off again there. A bucket is a
 * list of chunks, known by where its next cell goes: chunks lie at whole multiples of their size,
 * so that this place tells which one it is and whether it is full. */
enum { RING = 1024, CHUNK_CELLS = 126, SLAB_CHUNKS = 128 };
struct chunk {
    struct chunk *before; /* full */
    uint32_t cells[CHUNK_CELLS];
};
static_assert(sizeof(struct chunk) == 512, "a power of 2");
struct slab {
    struct slab *before;
    char room[(SLAB_CHUNKS + 1) * sizeof(struct chunk)];
};
struct front {
    char *next[RING]; /* NULL: empty */
    uint64_t bucket;  /* the current one */
    size_t n_chunks;  /* that wait */
    struct chunk *free;
    struct slab *slabs;
    bool failed; /* memory ended */
};

static void add_slab(struct front *q) {
    struct slab *slab = qz_malloc(1, sizeof *slab);
    if (!slab) {
        q->failed = true;
        return;
    }
    slab->before = q->slabs;
    q->slabs = slab;
    size_t past = (uintptr_t)slab->room % sizeof(struct chunk);
    struct chunk *chunks = (void *)(slab->room + (sizeof(struct chunk) - past));
    for (size_t i = 0; i < SLAB_CHUNKS; i++) {
        chunks[i].before = q->free;
        q->free = &chunks[i];
    }
}

static void front_done(struct front *q) {
    while (q->slabs) {
        struct slab *slab = q->slabs;
        q->slabs = slab->before;
        free(slab);
    }
}

/* The last chunk is full, or there is none. */
static __attribute__((noinline)) char *add_chunk(struct front *q, char *next) {
    if (!q->free)
        add_slab(q);
    struct chunk *c = q->free;
    if (!c)
        return NULL;
    q->free = c->before;
    c->before = next ? (void *)(next - sizeof *c) : NULL;
    q->n_chunks++;
    return (char *)c->cells;
}

/* Where it is not wanted the cell is written all the same, and the next one over it: a branch that
 * cannot be foretold costs more. */
static always_inline void front_push(struct front *q, uint64_t bucket, uint32_t cell, bool wanted) {
    uint64_t last = q->bucket + RING - 1;
    char **next = &q->next[(bucket < last ? bucket : last) % RING];
    if ((uintptr_t)*next % sizeof(struct chunk) == 0) {
        char *first = add_chunk(q, *next);
        if (!first)
            return;
        *next = first;
    }
    memcpy(*next, &cell, sizeof cell);
    *next += wanted ? sizeof cell : 0;
}

/* A chunk of the lowest bucket, for the caller to give back, and how many cells it holds. */
static struct chunk *front_take(struct front *q, uint32_t *n) {
    if (q->n_chunks == 0 || q->failed)
        return NULL;
    while (!q->next[q->bucket % RING])
        q->bucket++;
    char **next = &q->next[q->bucket % RING];
    struct chunk *c = (void *)(*next - 1 - (uintptr_t)(*next - 1) % sizeof *c);
    *n = (uint32_t)(*next - (char *)c->cells) / (uint32_t)sizeof c->cells[0];
    *next = c->before ? (char *)(c->before + 1) : NULL;
    q->n_chunks--;
    return c;
}

static void front_give_back(struct front *q, struct chunk *c) {
    c->before = q->free;
    q->free = c;
}

/* ---- a look around */
struct spread {
    const struct qz_surface *ground;
    enum qz_walk walk;
    float *seconds;  /* `ceiling` where nobody has been: no better time is accepted */
    uint32_t *site;  /* NULL: not asked */
    float *walked_m; /* NULL: no limit */
    float ceiling, limit_m;
    float per_second;  /* buckets */
    double per_column; /* rows by cell number */
    struct lanes lanes;
    struct tobler tobler;
    struct front front;
};

/* Where a look reads: the grid itself, or a copy of a few rows. */
struct around {
    const float *friction, *seconds, *height;
    int64_t stride;
};
struct look {
    float seconds[LANES]; /* by each move */
    unsigned better;      /* the lanes that are worth it */
};

/* From a neighbour to the cell: that is the way people go. */
static always_inline v4 slopes_at(const struct spread *w, const struct around *a, int vector) {
    const float *h = a->height;
    int64_t up = a->stride;
    v4 there = vector == ABOVE       ? load(h + up - 2)
               : vector == BESIDE    ? load(h - 1)
               : vector == BELOW     ? load(h - up - 2)
               : vector == FAR_ABOVE ? load(h + 2 * up - 1)
               : vector == FAR_BELOW ? load(h - 2 * up - 1)
                                     : (v4) { h[up + 2], h[-up + 2], *h, *h };
    return (all(*h) - there) * w->lanes.per_climb[vector];
}

static always_inline void try_vector(const struct spread *w, const struct around *a, int vector,
                                     v4 friction, v4 known, bool sloping, bool tracked,
                                     struct look *ret) {
    v4 cost = friction * w->lanes.per_friction[vector];
    if (sloping) {
        v4 slope = slopes_at(w, a, vector);
        cost *= w->walk == QZ_WALK_TOBLER ? tobler(&w->tobler, slope) : langmuir(slope);
    }
    v4 seconds = all(*a->seconds) + cost;
    memcpy(&ret->seconds[4 * vector], &seconds, sizeof seconds);
    ret->better |= bits(tracked ? seconds <= known : seconds < known) << 4 * vector;
}

/* The diagonal moves that no barrier on either hand closes, and all others. */
static unsigned open_corners(const struct around *a) {
    const float *f = a->friction;
    bool north = isinf(f[a->stride]), south = isinf(f[-a->stride]);
    bool west = isinf(f[-1]), east = isinf(f[1]);
    return ~((unsigned)(north && west) << (4 * ABOVE + 1) |
             (unsigned)(north && east) << (4 * ABOVE + 3) |
             (unsigned)(south && west) << (4 * BELOW + 1) |
             (unsigned)(south && east) << (4 * BELOW + 3));
}

/* Friction is summed over the two cells of a move, or the four that a knight's touches. */
static always_inline void look_around(const struct spread *w, const struct around *a, bool sixteen,
                                      bool sloping, bool tracked, struct look *ret) {
    const float *f = a->friction, *t = a->seconds;
    int64_t up = a->stride;
    v4 here = all(*f), beside = load(f - 1);
    v4 above = load(f + up - 2), below = load(f - up - 2);
    v4 to_above = here + above, to_below = here + below;
    ret->better = 0;
    if (sixteen) {
        const i4 first = { -1, 0, 0, 0 };
        v4 above_1 = load(f + up - 1), below_1 = load(f - up - 1);
        to_above += keep(above_1 + beside, first);
        to_below += keep(below_1 + beside, first);
        try_vector(w, a, FAR_ABOVE, (here + load(f + 2 * up - 1)) + (above_1 + all(f[up])),
                   load(t + 2 * up - 1), sloping, tracked, ret);
        try_vector(w, a, FAR_BELOW, (here + load(f - 2 * up - 1)) + (below_1 + all(f[-up])),
                   load(t - 2 * up - 1), sloping, tracked, ret);
        try_vector(w, a, FAR_EAST,
                   (here + (v4) { f[up + 2], f[-up + 2] }) +
                       ((v4) { f[up + 1], f[-up + 1] } + all(f[1])),
                   (v4) { t[up + 2], t[-up + 2] }, sloping, tracked, ret);
    }
    try_vector(w, a, ABOVE, to_above, load(t + up - 2), sloping, tracked, ret);
    try_vector(w, a, BELOW, to_below, load(t - up - 2), sloping, tracked, ret);
    try_vector(w, a, BESIDE, here + beside, load(t - 1), sloping, tracked, ret);
    if (isinf(f[-1] + f[1] + f[up] + f[-up]))
        ret->better &= open_corners(a);
}

/* Near the edge of the grid: barriers beyond it. */
enum { COPY_STRIDE = 8, COPY = 5 * COPY_STRIDE };
struct copy {
    float friction[COPY], seconds[COPY], height[COPY];
};
static struct around copy_around(const struct spread *w, int64_t row, int64_t column,
                                 struct copy *c) {
    const struct qz_surface *g = w->ground;
    memset(c, 0, sizeof *c);
    for (int64_t i = 0; i < COPY; i++) {
        int64_t y = row + i / COPY_STRIDE - 2, x = column + i % COPY_STRIDE - 2;
        c->friction[i] = INFINITY;
        if (y < 0 || x < 0 || y >= g->grid.n_rows || x >= g->grid.n_columns)
            continue;
        size_t k = (size_t)y * g->grid.n_columns + (size_t)x;
        c->friction[i] = g->s_per_m[k];
        c->seconds[i] = w->seconds[k];
        c->height[i] = g->height_m ? g->height_m[k] : 0;
    }
    size_t middle = 2 * COPY_STRIDE + 2;
    return (struct around) { c->friction + middle, c->seconds + middle, c->height + middle,
                             COPY_STRIDE };
}

/* ---- the search */
static always_inline uint64_t bucket_of(const struct spread *w, float seconds) {
    return (uint64_t)(int64_t)(seconds * w->per_second);
}

/* Lower time wins; of equal times the lower site, of equal sites the shorter way. */
static always_inline bool wins(const struct spread *w, uint32_t from, uint32_t to, float seconds,
                               size_t lane) {
    float walked_m = w->walked_m ? w->walked_m[from] + w->lanes.metres[lane] : 0;
    if (seconds >= w->ceiling || walked_m > w->limit_m)
        return false;
    if (seconds == w->seconds[to]) {
        if (w->site && w->site[from] != w->site[to])
            return w->site[from] < w->site[to];
        return w->walked_m && walked_m < w->walked_m[to];
    }
    return true;
}

static always_inline void follow(struct spread *w, uint32_t from, const struct look *l,
                                 bool tracked) {
    for (unsigned better = l->better; better; better &= better - 1) {
        size_t lane = (size_t)__builtin_ctz(better);
        uint32_t to = (uint32_t)(from + w->lanes.offset[lane]);
        float seconds = l->seconds[lane], before = w->seconds[to];
        if (tracked) {
            if (!wins(w, from, to, seconds, lane))
                continue;
            if (w->site)
                w->site[to] = w->site[from];
            if (w->walked_m)
                w->walked_m[to] = w->walked_m[from] + w->lanes.metres[lane];
        }
        w->seconds[to] = seconds;
        uint64_t bucket = bucket_of(w, seconds);
        /* where it had a label of that bucket, it waits there: not in the current one */
        bool waits = (before * w->per_second < (float)(bucket + 1)) & (before != w->ceiling) &
                     (bucket != w->front.bucket);
        front_push(&w->front, bucket, to, !waits);
    }
}

static always_inline void prefetch(const struct spread *w, uint32_t cell, bool sixteen,
                                   bool sloping) {
    int64_t up = w->ground->grid.n_columns;
    for (int64_t row = sixteen ? -2 : -1; row <= (sixteen ? 2 : 1); row++) {
        __builtin_prefetch(w->seconds + cell + row * up);
        __builtin_prefetch(w->ground->s_per_m + cell + row * up);
        if (sloping)
            __builtin_prefetch(w->ground->height_m + cell + row * up);
    }
}

static always_inline void take_turn(struct spread *w, uint32_t cell, bool sixteen, bool sloping,
                                    bool tracked) {
    uint64_t bucket = bucket_of(w, w->seconds[cell]);
    if (bucket != w->front.bucket) {
        if (bucket > w->front.bucket)
            front_push(&w->front, bucket, cell, true); /* was put off */
        return;                                        /* or had its turn in a lower bucket */
    }
    const struct qz_surface *g = w->ground;
    uint32_t row = (uint32_t)((cell + 0.5) * w->per_column),
             column = cell - row * g->grid.n_columns;
    struct around a = { g->s_per_m + cell, w->seconds + cell, sloping ? g->height_m + cell : NULL,
                        g->grid.n_columns };
    struct copy copy;
    if (row < 2 || column < 2 || row + 2 >= g->grid.n_rows || column + 2 >= g->grid.n_columns)
        a = copy_around(w, row, column, &copy);
    struct look look;
    look_around(w, &a, sixteen, sloping, tracked, &look);
    follow(w, cell, &look, tracked);
}

static always_inline void run(struct spread *w, bool sixteen, bool sloping, bool tracked) {
    enum { AHEAD = 6 };
    uint32_t n;
    for (struct chunk *c; (c = front_take(&w->front, &n));) {
        for (uint32_t i = 0; i < n; i++) {
            if (i + AHEAD < n)
                prefetch(w, c->cells[i + AHEAD], sixteen, sloping);
            take_turn(w, c->cells[i], sixteen, sloping, tracked);
        }
        front_give_back(&w->front, c);
    }
}

static void run_all(struct spread *w, bool sixteen) {
    bool sloping = w->ground->height_m, tracked = w->site || w->walked_m;
    if (sixteen)
        sloping   ? tracked ? run(w, true, true, true) : run(w, true, true, false)
          : tracked ? run(w, true, false, true)
                  : run(w, true, false, false);
    else
        sloping   ? tracked ? run(w, false, true, true) : run(w, false, true, false)
          : tracked ? run(w, false, false, true)
                  : run(w, false, false, false);
}

/* ---- before and after */
static int fail_at(struct qz_ctx *ctx, const struct qz_grid *g, size_t cell, const char *what,
                   double value) {
    return qz_fail(
        ctx, QZ_E_RANGE,
        "%s of %g at row %zu, column %zu of the grid, counted from the south-west: not usable",
        what, value, cell / g->n_columns, cell % g->n_columns);
}

static inline uint32_t bits_of(float x) {
    uint32_t b;
    memcpy(&b, &x, sizeof b);
    return b;
}

static const uint32_t INFINITE_BITS = 0x7f800000; /* beyond it: NaN, then all that is negative */

static int check_friction(struct qz_ctx *ctx, const struct qz_surface *g, size_t n,
                          float *ret_least) {
    uint32_t least = UINT32_MAX, most = 0; /* as positive floats lie, so do their bits */
    for (size_t i = 0; i < n; i++) {
        uint32_t b = bits_of(g->s_per_m[i]);
        least = b < least ? b : least;
        most = b > most ? b : most;
    }
    for (size_t i = 0; (least == 0 || most > INFINITE_BITS) && i < n; i++)
        if (!(g->s_per_m[i] > 0))
            return fail_at(ctx, &g->grid, i, "a friction", g->s_per_m[i]);
    memcpy(ret_least, &least, sizeof least);
    return 0;
}

static int check_heights(struct qz_ctx *ctx, const struct qz_surface *g, size_t n) {
    for (size_t i = 0; g->height_m && i < n; i++)
        if (!isfinite(g->height_m[i]) && !isinf(g->s_per_m[i]))
            return fail_at(ctx, &g->grid, i, "a height", g->height_m[i]);
    return 0;
}

static int check_params(struct qz_ctx *ctx, const struct qz_spread_params *p) {
    if (p->moves != 8 && p->moves != 16)
        return qz_fail(ctx, QZ_E_RANGE, "people move to 8 or 16 neighbours, not %u", p->moves);
    if (!(p->limit_s > 0))
        return qz_fail(ctx, QZ_E_RANGE, "a cut-off of %g s: give more than 0", (double)p->limit_s);
    if (!(p->limit_m >= 0))
        return qz_fail(ctx, QZ_E_RANGE, "a walk of at most %g m: give 0 or more", p->limit_m);
    return 0;
}

/* As wide as the shortest move, or twice that where a cell may have two turns (most have one all
 * the same); but not so narrow, where one fast cell lies among slow ones, that most stay empty. */
static float buckets_per_second(const struct spread *w, size_t n, float least) {
    double sum = 0, passable = 0;
    for (size_t i = 0; i < n; i += 64)
        if (!isinf(w->ground->s_per_m[i])) {
            sum += w->ground->s_per_m[i];
            passable++;
        }
    double mean = passable > 0 ? sum / passable : 1;
    double width = w->walked_m ? fmax(least, mean / RING) : fmax(2 * least, mean / 16);
    if (w->ground->height_m)
        width *= least_factor[w->walk];
    return (float)(1 / (width * w->ground->grid.cell_m));
}

static int take_seed(struct qz_ctx *ctx, struct spread *w, size_t cell) {
    const float most = 1e9f; /* thirty years: what buckets can count */
    float seed = w->seconds[cell];
    if (!(seed >= 0) || (seed > most && !isinf(seed)))
        return fail_at(ctx, &w->ground->grid, cell, "a seed", seed);
    if (seed < w->ceiling) {
        front_push(&w->front, bucket_of(w, seed), (uint32_t)cell, true);
        return 0;
    }
    w->seconds[cell] = w->ceiling;
    if (w->site)
        w->site[cell] = QZ_NO_SITE;
    return 0;
}

static int take_seeds(struct qz_ctx *ctx, struct spread *w, size_t n) {
    const v4 nothing = all(INFINITY);
    int r = 0;
    for (size_t i = 0; i < n && r == 0;) {
        if (isinf(w->ceiling) && i + 4 <= n && bits(load(w->seconds + i) == nothing) == 15)
            i += 4; /* mostly */
        else
            r = take_seed(ctx, w, i++);
    }
    return r;
}

static void put_back_infinity(float *seconds, size_t n, float ceiling) {
    for (size_t i = 0; i < n && !isinf(ceiling); i++)
        seconds[i] = seconds[i] == ceiling ? INFINITY : seconds[i];
}

int qz_spread(struct qz_ctx *ctx, const struct qz_surface *ground,
              const struct qz_spread_params *params, float *seconds, uint32_t *site) {
    size_t n = (size_t)ground->grid.n_columns * ground->grid.n_rows;
    if (n >= UINT32_MAX)
        return qz_fail(ctx, QZ_E_RANGE, "a grid of %zu cells: at most %u can be searched", n,
                       UINT32_MAX - 1);
    qz_cleanup(qz_freep) float *walked_m = isinf(params->limit_m) ? NULL
                                                                  : qz_calloc(n, sizeof *walked_m);
    qz_cleanup(qz_freep) struct spread *w = qz_calloc(1, sizeof *w);
    if (!w || (!walked_m && !isinf(params->limit_m)))
        return qz_fail_nomem(ctx);
    w->ground = ground;
    w->walk = params->walk;
    w->tobler = tobler_numbers;
    w->seconds = seconds;
    w->site = site;
    w->walked_m = walked_m;
    w->limit_m = (float)params->limit_m;
    w->ceiling = nextafterf(params->limit_s, INFINITY);
    if (site || walked_m) /* where equal times count, one that no move gives */
        w->ceiling = fminf(w->ceiling, FLT_MAX);
    float least = 1;
    int r = check_params(ctx, params);
    if (r == 0)
        r = check_friction(ctx, ground, n, &least);
    if (r == 0)
        r = check_heights(ctx, ground, n);
    if (r < 0)
        return r;
    w->per_column = 1.0 / ground->grid.n_columns;
    w->per_second = buckets_per_second(w, n, least);
    set_lanes(&w->lanes, &ground->grid, params);
    r = take_seeds(ctx, w, n);
    if (r == 0)
        run_all(w, params->moves == 16);
    if (r == 0 && w->front.failed)
        r = qz_fail_nomem(ctx);
    front_done(&w->front);
    put_back_infinity(seconds, n, w->ceiling);
    return r;
}
