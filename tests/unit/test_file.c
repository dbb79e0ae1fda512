/* tests/unit/test_file.c - networks in files: every array comes back, nothing damaged gets through;
 * graphs of two tables */
#include <string.h>
#include "base/base.h"
#include "check.h"
#include "io/table.h"
#include "lines.h"
#include "scratch.h"
#include "travel/travel.h"

static struct qz_ctx *ctx;

static void grid_of_roads(struct lines *l, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k + 1 < n; k++) {
            lines_add_straight(l, (i + k) % 5 ? PLAIN : SLOW, i % 3 == 0, 100 * k, 100 * i,
                               100 * k + 100, 100 * i);
            lines_add_straight(l, PLAIN, 0, 100 * i, 100 * k, 100 * i, 100 * k + 100);
        }
}

static struct qz_network *make_network(uint32_t n) {
    struct lines l = { 0 };
    grid_of_roads(&l, n);
    struct qz_network *net = lines_network(ctx, &l, 0);
    const struct qz_network_about about = { "EPSG:2154", "osm-car", "roads.gpkg", NULL };
    CHECK(qz_network_describe(ctx, net, &about) == 0);
    lines_done(&l);
    return net;
}

/* ---- saved and opened */
static void check_same(const struct qz_network *a, const struct qz_network *b) {
    for (size_t i = 0; i < qz_network_n_arrays; i++) {
        const struct qz_network_array *t = &qz_network_arrays[i];
        size_t n = qz_network_array_n(a, t);
        CHECK(n == qz_network_array_n(b, t));
        CHECK(n == 0 ||
              memcmp(*qz_network_array_at(a, t), *qz_network_array_at(b, t), n * t->size) == 0);
    }
    for (size_t i = 0; i < qz_network_n_scalars; i++) {
        const struct qz_network_scalar *t = &qz_network_scalars[i];
        CHECK(memcmp((const char *)a + t->at, (const char *)b + t->at, t->size) == 0);
    }
    CHECK(strcmp(a->about.crs, b->about.crs) == 0 && strcmp(a->about.speeds, b->about.speeds) == 0);
    CHECK(strcmp(a->about.source, b->about.source) == 0 && *b->about.source_sha256 == 0);
}

/* The table must not forget an array: what it counts is all of the struct but for the pointers to
 * texts, pool and file. */
static void check_table(void) {
    size_t held = qz_network_n_arrays * sizeof(void *) + sizeof(struct qz_network_about) +
                  2 * sizeof(void *);
    for (size_t i = 0; i < qz_network_n_scalars; i++)
        held += qz_network_scalars[i].size;
    CHECK_NEAR((double)held, sizeof(struct qz_network), 7, "what the tables hold");
}

static void check_saved(const struct qz_network *net, const char *path) {
    struct qz_network *back = NULL;
    CHECK(qz_network_save(ctx, net, path, false) == 0);
    CHECK(qz_network_save(ctx, net, path, false) == QZ_E_EXISTS);
    CHECK(qz_network_save(ctx, net, path, true) == 0);
    CHECK(qz_network_open(ctx, path, &back) == 0);
    CHECK(qz_network_verify(ctx, back) == 0 && back->file->whole);
    check_same(net, back);
    CHECK(qz_network_save(ctx, back, scratch_path("again.qzn"), true) == 0);
    CHECK(scratch_same(path, scratch_path("again.qzn"))); /* the same bytes, padding and all */
    qz_network_free(back);
}

static void check_random(void) {
    struct qz_dice d = qz_dice_of(7, 0);
    for (int i = 0; i < 200; i++) {
        struct lines l = { 0 };
        lines_random(&l, &d);
        struct qz_network *net = lines_network(ctx, &l, 500), *back = NULL;
        CHECK(qz_network_save(ctx, net, scratch_path("random.qzn"), true) == 0);
        CHECK(qz_network_open(ctx, scratch_path("random.qzn"), &back) == 0);
        check_same(net, back);
        qz_network_free(back);
        qz_network_free(net);
        lines_done(&l);
    }
}

/* ---- the same answers, block by block */
struct answers {
    uint32_t ms[50], site[50];
};

/* From this many places to two sites. 0, or the code. */
static int ask(const struct qz_network *net, double side_m, struct answers *a) {
    struct qz_stop sites[2], origins[COUNT(a->ms)];
    int e = qz_stop_at(ctx, net, &qz_travel_params_default, (struct qz_xy) { 130, 20 }, &sites[0]);
    if (e == 0)
        e = qz_stop_at(ctx, net, &qz_travel_params_default,
                       (struct qz_xy) { side_m - 130, side_m - 20 }, &sites[1]);
    for (size_t i = 0; i < COUNT(origins) && e == 0; i++)
        e = qz_stop_at(
            ctx, net, &qz_travel_params_default,
            (struct qz_xy) { side_m * (double)i / COUNT(origins),
                             side_m * (double)(i * 7 % COUNT(origins)) / COUNT(origins) },
            &origins[i]);
    return e < 0 ? e
                 : qz_travel_nearest(ctx, net, sites, 2, origins, COUNT(origins), a->ms, a->site);
}

static size_t n_verified(const struct qz_network *net) {
    size_t n = 0;
    for (size_t b = 0; b < net->file->n_blocks; b++)
        n += net->file->verified[b / 64] >> b % 64 & 1;
    return n;
}

static void check_lazy(void) {
    enum { SIDE = 120 };
    struct qz_network *net = make_network(SIDE), *back = NULL;
    const char *path = scratch_path("lazy.qzn");
    struct answers want, got;
    CHECK(qz_network_save(ctx, net, path, true) == 0);
    CHECK(ask(net, SIDE * 100, &want) == 0);
    CHECK(qz_network_open(ctx, path, &back) == 0);
    CHECK(n_verified(back) == 0 && back->file->n_blocks > 20);
    CHECK(ask(back, SIDE * 100, &got) == 0);
    CHECK(memcmp(&want, &got, sizeof got) == 0);
    struct qz_search *s = NULL;
    struct qz_stop stop;
    qz_network_free(back);
    CHECK(qz_network_open(ctx, path, &back) == 0);
    CHECK(qz_stop_at(ctx, back, &qz_travel_params_default, (struct qz_xy) { 50, 0 }, &stop) == 0);
    CHECK(qz_search_new(ctx, back, &s) == 0);
    CHECK(qz_search_towards(ctx, s, &stop, 1, 60000) == 0);
    CHECK(qz_search_n_settled(s) > 5 && n_verified(back) < back->file->n_blocks / 2);
    CHECK(!back->file->whole);
    qz_search_free(s);
    qz_network_free(back);
    qz_network_free(net);
}

/* ---- damaged: refused at opening, or before the block is used; never another answer */
static const char *spoilt(const char *bytes, size_t n) {
    return scratch_bytes("spoilt.qzn", bytes, n);
}

static void check_flips(void) {
    enum { SIDE = 30 };
    struct qz_network *net = make_network(SIDE);
    size_t n = 0, refused = 0, caught = 0;
    struct answers want, got;
    CHECK(qz_network_save(ctx, net, scratch_path("whole.qzn"), true) == 0);
    CHECK(ask(net, SIDE * 100, &want) == 0);
    char *bytes = scratch_read(scratch_path("whole.qzn"), &n);
    struct qz_dice d = qz_dice_of(11, 0);
    /* every byte of the fixed head, then one in every stretch of 97 */
    for (size_t at = 0; at < n; at += at < 300 ? 1 : 97) {
        struct qz_network *back = NULL;
        size_t where = at < 300 ? at : at + qz_dice_below(&d, 97);
        if (where >= n)
            break;
        int bit = 1 << qz_dice_below(&d, 8);
        bytes[where] = (char)(bytes[where] ^ bit);
        int e = qz_network_open(ctx, spoilt(bytes, n), &back);
        if (e == 0) {
            e = ask(back, SIDE * 100, &got);
            CHECK(e == QZ_E_FORMAT || memcmp(&want, &got, sizeof got) == 0);
            caught += e == QZ_E_FORMAT;
            CHECK(qz_network_verify(ctx, back) == QZ_E_FORMAT);
            CHECK(strstr(qz_ctx_error(ctx), "damaged at block"));
        } else {
            refused++;
            CHECK(e == QZ_E_FORMAT && back == NULL);
        }
        qz_network_free(back);
        bytes[where] = (char)(bytes[where] ^ bit);
    }
    CHECK(refused >= 300 && caught > 1000);
    free(bytes);
    qz_network_free(net);
}

/* Cut anywhere: at each section's start and end, in the head, after one byte. */
static void check_cuts(void) {
    struct qz_network *net = make_network(12), *back = NULL;
    size_t n = 0;
    const char *path = scratch_path("whole.qzn");
    CHECK(qz_network_save(ctx, net, path, true) == 0);
    char *bytes = scratch_read(path, &n);
    size_t cuts[64] = { 1, 7, 8, 12, 16, 40, 55, 56, 57, 300, 4095, 4096, n - 1 }, n_cuts = 13;
    CHECK(qz_network_open(ctx, path, &back) == 0);
    for (size_t i = 0; i < qz_network_n_arrays; i++) {
        const struct qz_network_array *a = &qz_network_arrays[i];
        if (!qz_network_array_given(back, a))
            continue;
        size_t from = (size_t)((uint8_t *)*qz_network_array_at(back, a) - back->file->map);
        cuts[n_cuts++] = from;
        cuts[n_cuts++] = from + qz_network_array_n(back, a) * a->size - 1;
    }
    qz_network_free(back);
    for (size_t i = 0; i < n_cuts; i++) {
        back = NULL;
        CHECK(qz_network_open(ctx, spoilt(bytes, cuts[i]), &back) == QZ_E_FORMAT && !back);
        CHECK(strstr(qz_ctx_error(ctx), "cut short") && strstr(qz_ctx_error(ctx), "spoilt.qzn"));
    }
    CHECK(qz_network_open(ctx, spoilt(bytes, 0), &back) == QZ_E_FORMAT);
    char *longer = calloc(n + 10, 1);
    memcpy(longer, bytes, n);
    CHECK(qz_network_open(ctx, spoilt(longer, n + 10), &back) == QZ_E_FORMAT);
    free(longer);
    free(bytes);
    qz_network_free(net);
}

static void check_foreign(void) {
    static const struct {
        const char *name;
        size_t at, n;
        const char *bytes, *says;
    } cases[] = {
        { "another format", 0, 8, "SQLite f", "is not a network" },
        { "ends of lines converted", 4, 3, "\n\x1a\n", "is not a network" },
        { "the other byte order", 8, 8, "\x01\x02\x03\x04\0\0\0\1", "other byte order" },
        { "no byte order at all", 8, 4, "\0\0\0\0", "damaged in its head" },
        { "a later version", 12, 4, "\x02\0\0\0", "another version" },
        { "other arrays", 16, 4, "\x02\0\0\0", "another version" },
    };
    struct qz_network *net = make_network(5), *back = NULL;
    size_t n = 0;
    CHECK(qz_network_save(ctx, net, scratch_path("whole.qzn"), true) == 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *bytes = scratch_read(scratch_path("whole.qzn"), &n);
        memcpy(bytes + cases[i].at, cases[i].bytes, cases[i].n);
        CHECK(qz_network_open(ctx, spoilt(bytes, n), &back) == QZ_E_FORMAT);
        CHECK_NEAR(strstr(qz_ctx_error(ctx), cases[i].says) != NULL, 1, 0, cases[i].name);
        free(bytes);
    }
    CHECK(qz_network_open(ctx, scratch_path("nowhere.qzn"), &back) == QZ_E_IO);
    CHECK(qz_network_open(ctx, scratch_path("."), &back) == QZ_E_IO);
    CHECK(qz_network_open(ctx, scratch_text("text.qzn", "nodes"), &back) == QZ_E_FORMAT);
    CHECK(back == NULL);
    qz_network_free(net);
}

static void check_memory_ends(void) {
    struct qz_network *net = make_network(5);
    const char *path = scratch_path("memory.qzn");
    int e = QZ_E_NOMEM;
    for (size_t n = 0; e == QZ_E_NOMEM && n < 100; n++) {
        qz_memory_fail_after(n);
        e = qz_network_save(ctx, net, path, true);
        qz_memory_fail_after(SIZE_MAX);
        CHECK(e == 0 || !scratch_exists(path));
    }
    CHECK(e == 0);
    struct qz_network *back = NULL;
    for (size_t n = 0; !back && n < 100; n++) {
        qz_memory_fail_after(n);
        e = qz_network_open(ctx, path, &back);
        qz_memory_fail_after(SIZE_MAX);
        CHECK(back ? e == 0 : e == QZ_E_NOMEM);
    }
    qz_network_free(back);
    qz_network_free(net);
}

/* ---- graphs of two tables */
static struct qz_issues issues;
static struct qz_crs *lambert;

static int read_graph(const char *nodes, const char *edges, struct qz_graph **ret) {
    const struct qz_input in[2] = { { .file = nodes, .crs = "EPSG:2154" }, { .file = edges } };
    struct qz_input_report reports[2];
    qz_issues_done(&issues);
    CHECK(qz_issues_init(ctx, &issues) == 0);
    return qz_graph_read(ctx, &in[0], &in[1], lambert, &issues, &reports[0], &reports[1], ret);
}

static size_t n_issues(const char *code) {
    size_t n = 0;
    for (size_t i = 0; i < issues.n; i++)
        n += strcmp(issues.items[i].code, code) == 0;
    return n;
}

static const char nodes_csv[] = "id,x,y\nA,600000,6500000\nB,600100,6500000\nC,600100,6500200\n"
                                "D,600100,6500000\nA,1,1\nE,here,6500000\nF,600900,6500900\n";

static void check_graph(void) {
    static const char edges_csv[] =
        "from,to,seconds,length_m\n"
        "A,B,10.0004,120\nB,A,12.5,120\n" /* one road, both ways */
        "B,C,7,\nB,C,6.9996,\nB,C,9,\n"   /* the fastest */
        "C,D,3,250\nD,C,3,300\n"          /* two roads */
        "A,C,0,\n"                        /* no time at all is a time */
        "A,Z,5,\nA,C,-1,\nA,C,nan,\nA,C,soon,\nA,C,1e9,\nA,C,,\nB,B,5,\n,"
        "B,5,\n";
    static const struct qz_graph_edge want[] = {
        { 0, 1, 10000, 12500, 120 },     { 0, 2, 0, UINT32_MAX, 223.60679774997897 },
        { 1, 2, 7000, UINT32_MAX, 200 }, { 2, 3, 3000, UINT32_MAX, 250 },
        { 2, 3, UINT32_MAX, 3000, 300 },
    };
    struct qz_graph *g = NULL;
    CHECK(read_graph(scratch_text("nodes.csv", nodes_csv), scratch_text("edges.csv", edges_csv),
                     &g) == 0); /* 8 of 16 rows are bad: just as many as may be */
    CHECK(g && g->n_edges == COUNT(want));
    for (size_t i = 0; g && i < COUNT(want); i++) {
        CHECK(g->edges[i].from == want[i].from && g->edges[i].to == want[i].to);
        CHECK(g->edges[i].ms_forward == want[i].ms_forward);
        CHECK(g->edges[i].ms_backward == want[i].ms_backward);
        CHECK_NEAR(g->edges[i].length_m, want[i].length_m, 1e-9, "length");
    }
    CHECK(n_issues("unknown_node") == 2 && n_issues("bad_seconds") == 5);
    CHECK(n_issues("self_loop") == 1 && n_issues("repeated_edge") == 1);
    CHECK(n_issues("repeated_node") == 1 && n_issues("no_place") == 1);
    qz_graph_free(g);
}

/* B and D stand at one place and are not joined; F has no edge and is no node of the network. */
static void check_graph_network(void) {
    struct qz_graph *g = NULL;
    struct qz_network *net = NULL;
    CHECK(read_graph(scratch_text("nodes.csv", nodes_csv),
                     scratch_text("edges.csv", "from,to,seconds\nA,B,1\nB,A,1\nC,D,2\nD,C,2\n"),
                     &g) == 0);
    const struct qz_network_params params = { 0 };
    CHECK(qz_network_from_graph(ctx, &params, g, &net) == 0);
    CHECK(net && net->n_nodes == 4 && net->n_islands == 2 && net->n_edges == 2);
    qz_network_free(net);
    qz_graph_free(g);
    const struct qz_graph none = { 0 };
    net = NULL;
    CHECK(qz_network_from_graph(ctx, &qz_network_params_default, &none, &net) == QZ_E_DATA && !net);
}

static void check_graph_errors(void) {
    static const struct {
        const char *nodes, *edges;
        int code;
        const char *says;
    } cases[] = {
        { "id,x\nA,1\n", "from,to,seconds\n", QZ_E_FORMAT, "x and y" },
        { "name,x,y\nA,1,1\n", "from,to,seconds\n", QZ_E_FORMAT, "'id'" },
        { "id,x,y\nA,1,1\nB,2,2\n", "from,seconds\nA,3\n", QZ_E_FORMAT, "'to'" },
        { "id,x,y\nA,1,1\nB,2,2\n", "from,to\nA,B\n", QZ_E_FORMAT, "'seconds'" },
        { "id,x,y\nA,1,1\nB,2,2\n", "from,to,seconds\n", QZ_E_DATA, "no row" },
        { "id,x,y\nA,1,1\nB,2,2\n", "from,to,seconds\nA,C,1\n", QZ_E_DATA, "1 of 1 rows" },
        { "id,x,y\n", "from,to,seconds\nA,C,1\n", QZ_E_DATA, "no row" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct qz_graph *g = NULL;
        CHECK(read_graph(scratch_text("n.csv", cases[i].nodes),
                         scratch_text("e.csv", cases[i].edges), &g) == cases[i].code);
        CHECK(g == NULL);
        CHECK_NEAR(strstr(qz_ctx_error(ctx), cases[i].says) != NULL, 1, 0, qz_ctx_error(ctx));
    }
}

/* ---- dumped and read again: the same times between the same places, to the millisecond */
static uint32_t node_at(const struct qz_network *net, struct qz_xy at) {
    for (uint32_t v = 0; v < net->n_nodes; v++)
        if (qz_distance_m(net->node_at[v], at) < 0.00075) /* written to the millimetre */
            return v;
    return UINT32_MAX;
}

enum { MOST_NODES = 64 };
/* By Bellman and Ford, from every node to one; UINT64_MAX / 4: no way. */
static void slow_times(const struct qz_network *net, uint32_t to, uint64_t *ms) {
    bool better = true;
    for (size_t v = 0; v < net->n_nodes; v++)
        ms[v] = UINT64_MAX / 4;
    ms[to] = 0;
    while (better) {
        better = false;
        for (size_t i = 0; i < net->n_edges; i++) {
            const struct qz_edge *e = &net->edges[i];
            if (e->ms_forward != QZ_CLOSED_WAY && ms[e->to] + e->ms_forward < ms[e->from]) {
                ms[e->from] = ms[e->to] + e->ms_forward;
                better = true;
            }
            if (e->ms_backward != QZ_CLOSED_WAY && ms[e->from] + e->ms_backward < ms[e->to]) {
                ms[e->to] = ms[e->from] + e->ms_backward;
                better = true;
            }
        }
    }
}

static void check_same_times(const struct qz_network *a, const struct qz_network *b) {
    uint64_t of_a[MOST_NODES], of_b[MOST_NODES];
    for (uint32_t to = 0; to < a->n_nodes; to++) {
        uint32_t there = node_at(b, a->node_at[to]);
        slow_times(a, to, of_a);
        if (there != UINT32_MAX)
            slow_times(b, there, of_b);
        for (uint32_t v = 0; v < a->n_nodes; v++) {
            uint32_t w = node_at(b, a->node_at[v]);
            bool lost = there == UINT32_MAX || w == UINT32_MAX; /* it had but loops */
            CHECK(v == to || (lost ? of_a[v] == UINT64_MAX / 4 : of_a[v] == of_b[w]));
        }
    }
}

static void check_dump(void) {
    struct qz_dice d = qz_dice_of(5, 0);
    size_t n_read = 0;
    for (int i = 0; i < 60; i++) {
        struct lines l = { 0 };
        struct qz_graph *g = NULL;
        struct qz_network *back = NULL;
        lines_random(&l, &d);
        struct qz_network *net = lines_network(ctx, &l, 0);
        CHECK(net->n_nodes <= MOST_NODES);
        CHECK(qz_network_dump(ctx, net, scratch_path("dump"), true) == 0);
        CHECK(qz_network_dump(ctx, net, scratch_path("dump"), false) == QZ_E_EXISTS);
        int e = read_graph(scratch_path("dump/nodes.csv"), scratch_path("dump/edges.csv"), &g);
        CHECK(e == 0 || e == QZ_E_DATA); /* only loops: no row */
        CHECK(n_issues("unknown_node") + n_issues("bad_seconds") + n_issues("self_loop") == 0);
        if (e == 0 && qz_network_from_graph(ctx, &qz_network_params_default, g, &back) == 0) {
            check_same_times(net, back);
            n_read++;
        }
        qz_network_free(back);
        qz_graph_free(g);
        qz_network_free(net);
        lines_done(&l);
    }
    CHECK(n_read > 50);
    CHECK(scratch_entries(scratch_path("dump")) == 2);
}

/* ---- with turns that are not allowed: copies of junctions, in the file and in the dump */
static void forbid_some(struct qz_network *net, struct qz_dice *d) {
    struct qz_turn turns[16];
    size_t n = 0;
    for (uint32_t v = 0; v < net->n_junctions && n < COUNT(turns); v++) {
        uint32_t by[128], onto[128];
        size_t n_by = qz_network_ways(net, v, false, by),
               n_onto = qz_network_ways(net, v, true, onto);
        if (n_by == 0 || n_onto == 0 || !qz_dice_chance(d, 0.7))
            continue;
        turns[n].by = by[qz_dice_below(d, (uint32_t)n_by)];
        turns[n++].onto = onto[qz_dice_below(d, (uint32_t)n_onto)];
    }
    CHECK(qz_network_forbid(ctx, net, turns, n) == 0);
}

enum { MOST_HEADS = 128 };
static bool stands_at(const struct qz_network *net, uint32_t head, uint32_t junction) {
    return head == junction || (net->copy_first && head >= net->n_junctions &&
                                head - net->n_junctions >= net->copy_first[junction] &&
                                head - net->n_junctions < net->copy_first[junction + 1]);
}

/* Over arcs: from each junction or copy to a junction. */
static void slow_arcs(const struct qz_network *net, uint32_t to, uint64_t *ms) {
    bool better = true;
    for (uint32_t h = 0; h < net->n_heads; h++)
        ms[h] = stands_at(net, h, to) ? 0 : UINT64_MAX / 4;
    while (better) {
        better = false;
        for (uint32_t h = 0; h < net->n_heads; h++)
            for (uint32_t k = net->in_first[h]; k < net->in_first[h + 1]; k++)
                if (ms[h] + net->in[k].ms < ms[net->in[k].head]) {
                    ms[net->in[k].head] = ms[h] + net->in[k].ms;
                    better = true;
                }
    }
}

/* From the place of one junction to that of another, whatever stands there. A dumped bend that a
 * copy leads to is a node of its own with three roads: there cars may turn round, which a bend of
 * the compiled network forbids. So a dump without bends is exact, and one with bends never slower.
 */
static uint64_t slow_places(const struct qz_network *net, struct qz_xy from, struct qz_xy to) {
    uint64_t best = UINT64_MAX / 4, ms[MOST_HEADS];
    for (uint32_t v = 0; v < net->n_nodes; v++) {
        if (qz_distance_m(net->node_at[v], to) >= 0.00075)
            continue;
        slow_times(net, v, ms);
        for (uint32_t w = 0; w < net->n_nodes; w++)
            if (qz_distance_m(net->node_at[w], from) < 0.00075 && ms[w] < best)
                best = ms[w];
    }
    return best;
}

static void check_turns(void) {
    struct qz_dice d = qz_dice_of(9, 0);
    size_t n_copies = 0;
    for (int i = 0; i < 300; i++) {
        struct lines l = { 0 };
        struct qz_graph *g = NULL;
        struct qz_network *back = NULL, *dumped = NULL;
        uint64_t ms[MOST_HEADS];
        lines_random(&l, &d);
        struct qz_network *net = lines_network(ctx, &l, 0);
        forbid_some(net, &d);
        n_copies += net->n_copies;
        CHECK(net->n_heads <= MOST_HEADS);
        CHECK(qz_network_save(ctx, net, scratch_path("turns.qzn"), true) == 0);
        CHECK(qz_network_open(ctx, scratch_path("turns.qzn"), &back) == 0);
        check_same(net, back);
        CHECK((back->copy_first == NULL) == (net->n_copies == 0));
        CHECK(qz_network_dump(ctx, back, scratch_path("turns"), true) == 0);
        if (read_graph(scratch_path("turns/nodes.csv"), scratch_path("turns/edges.csv"), &g) == 0 &&
            qz_network_from_graph(ctx, &qz_network_params_default, g, &dumped) == 0)
            for (uint32_t to = 0; to < net->n_junctions; to++) {
                slow_arcs(net, to, ms);
                for (uint32_t v = 0; v < net->n_junctions; v++) {
                    uint64_t got = slow_places(dumped, net->node_at[v], net->node_at[to]);
                    bool bends = net->n_nodes > net->n_junctions;
                    CHECK(v == to || (bends ? got <= ms[v] : got == ms[v]));
                }
            }
        qz_network_free(dumped);
        qz_network_free(back);
        qz_graph_free(g);
        qz_network_free(net);
        lines_done(&l);
    }
    CHECK(n_copies > 100);
}

int main(void) {
    CHECK(scratch_make());
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    CHECK(qz_issues_init(ctx, &issues) == 0);
    CHECK(qz_crs_open(ctx, "EPSG:2154", &lambert) == 0);
    struct qz_network *net = make_network(40);
    check_table();
    check_saved(net, scratch_path("net.qzn"));
    qz_network_free(net);
    check_random();
    check_lazy();
    check_flips();
    check_cuts();
    check_foreign();
    check_memory_ends();
    check_graph();
    check_graph_network();
    check_graph_errors();
    check_dump();
    check_turns();
    qz_issues_done(&issues);
    qz_crs_free(lambert);
    qz_ctx_free(ctx);
    scratch_remove(scratch_root);
    return check_end();
}
