/* engine/network/turns.c - arcs between junctions, and the copies of junctions that forbid turns.
 */
#include <string.h>
#include "network/network.h"

static uint32_t way_ms(const struct qz_chain *c, bool back) {
    return back ? c->ms_backward : c->ms_forward;
}

/* Where a way is entered, and where it comes out. */
static uint32_t entry_of(const struct qz_chain *c, bool back) { return back ? c->to : c->from; }
static uint32_t exit_of(const struct qz_chain *c, bool back) { return back ? c->start : c->end; }

bool qz_network_may_turn(const struct qz_network *net, uint32_t copy, uint32_t way) {
    uint32_t low = net->forbid_first[copy], high = net->forbid_first[copy + 1];
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (net->forbid[middle] == way)
            return false;
        if (net->forbid[middle] < way)
            low = middle + 1;
        else
            high = middle;
    }
    return true;
}

/* ---- arcs; a way back to where it was entered shortens nothing and gives none */
struct arcs {
    struct qz_network *net;
    uint32_t *at; /* where the next arc of each head goes; while counting, one further on */
    bool counting;
};

static void add_arc(struct arcs *a, uint32_t tail, uint32_t head, uint32_t ms) {
    if (tail == head)
        return;
    if (a->counting)
        a->at[head + 1]++;
    else
        a->net->in[a->at[head]++] = (struct qz_arc) { tail, ms };
}

static void add_way(struct arcs *a, uint32_t chain, bool back) {
    struct qz_network *net = a->net;
    const struct qz_chain *c = &net->chains[chain];
    uint32_t ms = way_ms(c, back), entry = entry_of(c, back);
    if (ms == QZ_CLOSED_WAY)
        return;
    net->max_arc_ms = ms > net->max_arc_ms ? ms
                                           : net->max_arc_ms; /* a loop's too: sites stand on it */
    add_arc(a, entry, exit_of(c, back), ms);
    for (uint32_t k = net->copy_first ? net->copy_first[entry] : 0;
         net->copy_first && k < net->copy_first[entry + 1]; k++)
        if (qz_network_may_turn(net, k, 2 * chain + back))
            add_arc(a, (uint32_t)net->n_junctions + k, exit_of(c, back), ms);
}

static void add_all(struct arcs *a) {
    for (uint32_t i = 0; i < a->net->n_chains; i++) {
        add_way(a, i, false);
        add_way(a, i, true);
    }
}

int qz_network_make_arcs(struct qz_ctx *ctx, struct qz_network *net) {
    size_t n = net->n_junctions + net->n_copies;
    free(net->in_first);
    free(net->in);
    net->in = NULL;
    net->n_heads = n;
    net->in_first = qz_calloc(n + 2, sizeof *net->in_first);
    if (!net->in_first)
        return qz_fail_nomem(ctx);
    struct arcs a = { net, net->in_first + 1,
                      true }; /* shifted by one: filling moves it into place */
    add_all(&a);
    for (size_t v = 0; v < n; v++)
        a.at[v + 1] += a.at[v];
    net->n_arcs = a.at[n];
    net->in = qz_malloc_wide(net->n_arcs, sizeof *net->in);
    if (!net->in)
        return qz_fail_nomem(ctx);
    a.counting = false;
    add_all(&a);
    return 0;
}

/* ---- copies */
size_t qz_network_ways(const struct qz_network *net, uint32_t v, bool leaving, uint32_t *ways) {
    size_t n = 0;
    for (uint32_t k = net->incident_first[v]; k < net->incident_first[v + 1]; k++) {
        uint32_t chain = net->incident[k];
        const struct qz_chain *c = &net->chains[chain];
        if (k > net->incident_first[v] && net->incident[k - 1] == chain)
            continue; /* a loop stands twice */
        bool forward = c->ms_forward != QZ_CLOSED_WAY && (leaving ? c->from : c->to) == v;
        bool back = c->ms_backward != QZ_CLOSED_WAY && (leaving ? c->to : c->from) == v;
        if (forward)
            ways[n++] = 2 * chain;
        if (back)
            ways[n++] = 2 * chain + 1;
    }
    return n;
}

static uint32_t arrival(const struct qz_network *net, uint32_t way) {
    const struct qz_chain *c = &net->chains[way / 2];
    return way & 1 ? c->from : c->to;
}

struct order {
    uint32_t junction;
    struct qz_turn turn;
};

static int by_junction(const void *va, const void *vb) {
    const struct order *a = va, *b = vb;
    if (a->junction != b->junction)
        return a->junction < b->junction ? -1 : 1;
    if (a->turn.by != b->turn.by)
        return a->turn.by < b->turn.by ? -1 : 1;
    return (a->turn.onto > b->turn.onto) - (a->turn.onto < b->turn.onto);
}

/* Turns by junction, by way, without repeats. */
static size_t sort_turns(const struct qz_network *net, const struct qz_turn *turns, size_t n,
                         struct order *sorted) {
    for (size_t i = 0; i < n; i++)
        sorted[i] = (struct order) { arrival(net, turns[i].by), turns[i] };
    qsort(sorted, n, sizeof *sorted, by_junction);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || by_junction(&sorted[i], &sorted[kept - 1]) != 0)
            sorted[kept++] = sorted[i];
    return kept;
}

/* One copy for each restricted way of arrival. */
static void add_copies(struct qz_network *net, const struct order *sorted, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || sorted[i].turn.by != sorted[i - 1].turn.by) {
            struct qz_chain *c = &net->chains[sorted[i].turn.by / 2];
            *(sorted[i].turn.by & 1 ? &c->start
                                    : &c->end) = (uint32_t)(net->n_junctions + net->n_copies);
            net->copy_first[sorted[i].junction + 1]++;
            net->forbid_first[net->n_copies++] = (uint32_t)i;
        }
        net->forbid[i] = sorted[i].turn.onto;
    }
    net->forbid_first[net->n_copies] = (uint32_t)n;
    net->n_forbidden = n;
    for (size_t v = 0; v < net->n_junctions; v++)
        net->copy_first[v + 1] += net->copy_first[v];
}

int qz_network_forbid(struct qz_ctx *ctx, struct qz_network *net, struct qz_turn *turns, size_t n) {
    if (n == 0)
        return 0;
    qz_cleanup(qz_freep) struct order *sorted = qz_malloc(n, sizeof *sorted);
    net->copy_first = qz_calloc(net->n_junctions + 1, sizeof *net->copy_first);
    net->forbid_first = qz_calloc(n + 1, sizeof *net->forbid_first);
    net->forbid = qz_calloc(n, sizeof *net->forbid);
    if (!sorted || !net->copy_first || !net->forbid_first || !net->forbid)
        return qz_fail_nomem(ctx);
    add_copies(net, sorted, sort_turns(net, turns, n, sorted));
    return qz_network_make_arcs(ctx, net);
}
