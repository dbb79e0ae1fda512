/* engine/zone/area_board.c - communes of one piece, numbered anew, with the links among them. */
#include <math.h>
#include "base/base.h"
#include "zone/area_board.h"

/* What an empty commune weighs, of the people of the whole territory. */
static const double empty_ratio = 1e-9;

void qz_board_done(struct qz_board *b) {
    for (size_t i = 0; i < COUNT(b->owned); i++)
        free(b->owned[i]);
}

struct making {
    const struct qz_land_of_communes *in;
    const size_t *link_first;
    uint32_t *local; /* of each commune of the territory; UINT32_MAX: of another piece */
    uint32_t *first, *neighbour;
    struct qz_link *links;
    double *people;
    uint8_t *may_seat;
};

static size_t number(struct making *m, const uint32_t *piece_of, uint32_t piece) {
    size_t n = 0;
    for (size_t i = 0; i < m->in->n; i++) {
        bool within = !piece_of || piece_of[i] == piece;
        m->local[i] = within ? (uint32_t)n++ : UINT32_MAX;
    }
    return n;
}

/* Room for as many links and neighbours as the communes have in all; a link to itself each. */
static int reserve(struct qz_ctx *ctx, struct making *m, size_t n, struct qz_board *b) {
    size_t n_links = n, n_neighbours = 0;
    for (size_t i = 0; i < m->in->n; i++)
        if (m->local[i] != UINT32_MAX) {
            n_links += m->link_first[i + 1] - m->link_first[i];
            n_neighbours += m->in->first[i + 1] - m->in->first[i];
        }
    b->owned[0] = m->first = qz_malloc(n + 1, sizeof *m->first);
    b->owned[1] = m->neighbour = qz_malloc(n_neighbours + 1, sizeof *m->neighbour);
    b->owned[2] = m->links = qz_malloc(n_links, sizeof *m->links);
    b->owned[3] = m->people = qz_malloc(n, sizeof *m->people);
    b->owned[4] = m->may_seat = qz_malloc(n, sizeof *m->may_seat);
    b->owned[5] = b->link_first = qz_malloc(n + 1, sizeof *b->link_first);
    b->owned[6] = b->commune = qz_malloc(n, sizeof *b->commune);
    b->owned[7] = b->weight = qz_malloc(n, sizeof *b->weight);
    for (size_t i = 0; i < COUNT(b->owned); i++)
        if (!b->owned[i])
            return qz_fail_nomem(ctx);
    return 0;
}

/* Links of a seat, by commune; its own stands in its place whether it was there or not. */
static size_t copy_links(const struct making *m, size_t seat, uint32_t far_ms, size_t n) {
    uint32_t self = m->local[seat];
    bool seen = false;
    for (size_t i = m->link_first[seat]; i < m->link_first[seat + 1]; i++) {
        const struct qz_link *l = &m->in->links[i];
        uint32_t from = m->local[l->origin];
        if (from == UINT32_MAX || from == self)
            continue;
        if (from > self && !seen) {
            m->links[n++] = (struct qz_link) { self, self, 0 };
            seen = true;
        }
        uint32_t ms = l->time_ms < far_ms ? l->time_ms : far_ms;
        m->links[n++] = (struct qz_link) { from, self, ms };
    }
    if (!seen)
        m->links[n++] = (struct qz_link) { self, self, 0 };
    return n;
}

static uint32_t copy_neighbours(const struct making *m, size_t commune, uint32_t n) {
    for (uint32_t i = m->in->first[commune]; i < m->in->first[commune + 1]; i++) {
        uint32_t next = m->in->neighbour[i];
        bool same = !m->in->unit || m->in->unit[commune] == m->in->unit[next];
        if (m->local[next] != UINT32_MAX && same)
            m->neighbour[n++] = m->local[next];
    }
    return n;
}

static void fill(const struct making *m, size_t n, double empty, struct qz_board *b) {
    size_t at = 0, n_links = 0;
    uint32_t n_neighbours = 0;
    for (size_t i = 0; i < m->in->n; i++) {
        if (m->local[i] == UINT32_MAX)
            continue;
        b->commune[at] = (uint32_t)i;
        m->people[at] = m->in->people[i];
        b->weight[at] = m->people[at] > empty ? m->people[at] : empty;
        m->may_seat[at] = !m->in->may_seat || m->in->may_seat[i];
        m->first[at] = n_neighbours;
        b->link_first[at++] = n_links;
        n_neighbours = copy_neighbours(m, i, n_neighbours);
        n_links = copy_links(m, i, b->far_ms, n_links);
    }
    m->first[n] = n_neighbours;
    b->link_first[n] = n_links;
    b->land = (struct qz_land_of_communes) { .n = n,
                                             .people = m->people,
                                             .first = m->first,
                                             .neighbour = m->neighbour,
                                             .links = m->links,
                                             .n_links = n_links,
                                             .may_seat = m->may_seat };
}

static void set_band(struct qz_board *b, double mean, double ratio) {
    double slack = b->mean_people * 1e-9; /* sums are rounded */
    b->balance_mean = mean;
    b->low_people = mean * (1 - ratio) - slack;
    b->high_people = mean * (1 + ratio) + slack;
}

/* Too large are communes above the band round the mean of what the others leave; each that is found
 * lowers that mean. Those above a mean are fewer than its areas, so that one area at least is left.
 */
static void find_balance(const struct qz_land_of_communes *in, double ratio, struct qz_board *b) {
    size_t n_large = 0, n_before;
    set_band(b, b->mean_people, ratio);
    do {
        double rest = 0;
        n_before = n_large;
        n_large = 0;
        for (size_t i = 0; i < in->n; i++) {
            bool large = in->people[i] > b->high_people;
            n_large += large;
            rest += large ? 0 : in->people[i];
        }
        if (n_large > n_before)
            set_band(b, rest / (double)(b->k - n_large), ratio);
    } while (n_large > n_before);
}

int qz_board_init(struct qz_ctx *ctx, const struct qz_land_of_communes *in,
                  const struct qz_areas_params *params, const size_t *link_first,
                  const uint32_t *piece_of, uint32_t piece, struct qz_board *ret) {
    qz_cleanup(qz_freep) uint32_t *local = qz_malloc(in->n, sizeof *local);
    struct qz_board b = { .k = params->k, .far_ms = params->far_ms };
    struct making m = { .in = in, .link_first = link_first, .local = local };
    double people = 0;
    if (!local)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < in->n; i++)
        people += in->people[i];
    b.mean_people = people / (double)params->k;
    find_balance(in, params->balance_ratio, &b);
    size_t n = number(&m, piece_of, piece);
    int e = reserve(ctx, &m, n, &b);
    if (e < 0) {
        qz_board_done(&b);
        return e;
    }
    fill(&m, n, people * empty_ratio, &b);
    *ret = b;
    return 0;
}
