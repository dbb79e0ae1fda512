/* engine/source/graph.c - a pair of tables from another modelling tool: nodes with a place, edges
 * with seconds. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/hash.h"
#include "source/source.h"

enum { LONGEST_S = 1000000, LONGEST_M = 10000000 };
#define CLOSED UINT32_MAX

struct qz_graph *qz_graph_free(struct qz_graph *g) {
    if (g) {
        free(g->node_at);
        free(g->edges);
    }
    free(g);
    return NULL;
}

/* ---- nodes */
struct node {
    const char *id;
    uint32_t number;
    UT_hash_handle hh;
};
struct way { /* a row of the edges: from a to b, or from b to a; a < b */
    uint32_t a, b;
    bool against;
    uint32_t ms;
    double length_m; /* < 0: not stated */
};
struct build {
    struct qz_graph *graph;
    struct qz_pool *texts;
    struct node *nodes; /* by id */
    struct way *ways;
    size_t n_ways, cap_ways, cap_nodes, n_repeated;
};

static struct node *find_node(const struct build *b, const char *id) {
    struct node *n = NULL;
    if (id)
        HASH_FIND_STR(b->nodes, id, n);
    return n;
}

static int add_node(struct qz_ctx *ctx, struct build *b, const char *text, struct qz_xy at) {
    struct qz_graph *g = b->graph;
    struct qz_xy *grown = qz_grow(g->node_at, &b->cap_nodes, g->n_nodes + 1, sizeof *grown);
    g->node_at = grown ? grown : g->node_at;
    struct node *n = qz_calloc(1, sizeof *n);
    const char *id = qz_pool_add(b->texts, text, strlen(text));
    if (!grown || !n || !id) {
        free(n);
        return qz_fail_nomem(ctx);
    }
    n->id = id;
    n->number = (uint32_t)g->n_nodes;
    HASH_ADD_KEYPTR(hh, b->nodes, n->id, strlen(n->id), n);
    if (!n->hh.tbl) { /* uthash ran out of memory and left it out */
        free(n);
        return qz_fail_nomem(ctx);
    }
    g->node_at[g->n_nodes++] = at;
    return 0;
}

static int read_node(struct qz_ctx *ctx, struct build *b, struct qz_reader *r,
                     struct qz_point_reader *points, struct qz_issues *issues) {
    struct qz_xy at;
    const char *id = qz_reader_text(r, QZ_ROLE_ID);
    if (!id)
        return qz_reader_reject(ctx, r, issues, "no_id", "a node without id: left out");
    if (find_node(b, id))
        return qz_reader_reject(ctx, r, issues, "repeated_node",
                                "node '%s' was there before: the first one counts", id);
    int e = qz_point_read(ctx, points, r, &at);
    if (e < 0)
        return e;
    if (e != 1)
        return qz_reader_reject(ctx, r, issues, "no_place", "node '%s' has no readable place", id);
    return b->graph->n_nodes < CLOSED - 1
               ? add_node(ctx, b, id, at)
               : qz_fail(ctx, QZ_E_RANGE, "%s: more than 4 billion nodes; cut it", r->source);
}

static int read_node_rows(struct qz_ctx *ctx, struct build *b, const struct qz_input *input,
                          struct qz_reader *reader, const struct qz_crs *crs,
                          struct qz_issues *issues) {
    struct qz_point_reader points;
    int r = qz_point_reader_init(ctx, &points, reader, input, crs);
    while (r == 0 && (r = qz_table_next(ctx, reader->table)) > 0) {
        reader->n_rows++;
        r = read_node(ctx, b, reader, &points, issues);
    }
    qz_point_reader_done(&points);
    return r < 0 ? r : qz_reader_end(ctx, reader);
}

static int read_nodes(struct qz_ctx *ctx, struct build *b, const struct qz_input *input,
                      const struct qz_crs *crs, struct qz_issues *issues,
                      struct qz_input_report *report) {
    static const struct qz_reader_need needs[] = {
        { QZ_ROLE_ID, true },   { QZ_ROLE_X, false },   { QZ_ROLE_Y, false },
        { QZ_ROLE_LON, false }, { QZ_ROLE_LAT, false },
    };
    struct qz_reader reader;
    int r = qz_reader_open(ctx, input, needs, COUNT(needs), &reader);
    if (r == 0 && !qz_reader_has_places(&reader))
        r = qz_fail(ctx, QZ_E_FORMAT,
                    "%s: nodes need columns x and y, or lon and lat; name them with 'x =' and "
                    "'y ='",
                    input->file);
    if (r == 0)
        r = read_node_rows(ctx, b, input, &reader, crs, issues);
    *report = qz_reader_report(&reader);
    qz_reader_done(&reader);
    return r;
}

/* ---- edges */
/* Exact milliseconds; false: negative, no number, or longer than eleven days. */
static bool read_ms(struct qz_reader *r, uint32_t *ms) {
    double s;
    if (qz_reader_number(r, QZ_ROLE_SECONDS, &s) <= 0 || !(s >= 0 && s <= LONGEST_S))
        return false;
    *ms = (uint32_t)llround(s * 1000);
    return true;
}

static int add_way(struct qz_ctx *ctx, struct build *b, uint32_t from, uint32_t to, uint32_t ms,
                   double length_m) {
    struct way *grown = qz_grow(b->ways, &b->cap_ways, b->n_ways + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    b->ways = grown;
    bool against = from > to;
    b->ways[b->n_ways++] = (struct way) { against ? to : from, against ? from : to, against, ms,
                                          length_m };
    return 0;
}

static int read_edge(struct qz_ctx *ctx, struct build *b, struct qz_reader *r,
                     struct qz_issues *issues) {
    struct node *ends[2];
    const enum qz_role roles[2] = { QZ_ROLE_FROM, QZ_ROLE_TO };
    for (size_t i = 0; i < 2; i++) {
        const char *id = qz_reader_text(r, roles[i]);
        ends[i] = find_node(b, id);
        if (!ends[i])
            return qz_reader_reject(ctx, r, issues, "unknown_node",
                                    "no node '%s': the edge is left out", id ? id : "");
    }
    uint32_t ms;
    double length_m;
    if (!read_ms(r, &ms)) {
        const char *text = qz_reader_text(r, QZ_ROLE_SECONDS);
        return qz_reader_reject(ctx, r, issues, "bad_seconds",
                                "'%s' is not a time of 0 to %d s: the edge is left out",
                                text ? text : "", LONGEST_S);
    }
    if (ends[0] == ends[1])
        return qz_reader_reject(ctx, r, issues, "self_loop",
                                "from node '%s' to itself: the edge is left out", ends[0]->id);
    bool stated = qz_reader_number(r, QZ_ROLE_LENGTH, &length_m) > 0 && length_m >= 0 &&
                  length_m < LONGEST_M;
    return add_way(ctx, b, ends[0]->number, ends[1]->number, ms, stated ? length_m : -1);
}

static int read_edges(struct qz_ctx *ctx, struct build *b, const struct qz_input *input,
                      struct qz_issues *issues, struct qz_input_report *report) {
    static const struct qz_reader_need needs[] = {
        { QZ_ROLE_FROM, true },
        { QZ_ROLE_TO, true },
        { QZ_ROLE_SECONDS, true },
        { QZ_ROLE_LENGTH, false },
    };
    struct qz_reader reader;
    int r = qz_reader_open(ctx, input, needs, COUNT(needs), &reader);
    while (r == 0 && (r = qz_table_next(ctx, reader.table)) > 0) {
        reader.n_rows++;
        r = read_edge(ctx, b, &reader, issues);
    }
    if (r == 0)
        r = qz_reader_end(ctx, &reader);
    *report = qz_reader_report(&reader);
    qz_reader_done(&reader);
    return r;
}

/* ---- rows into edges: the fastest of each way, both ways together where they are as long */
static int by_ends(const void *va, const void *vb) {
    const struct way *a = va, *b = vb;
    if (a->a != b->a)
        return a->a < b->a ? -1 : 1;
    if (a->b != b->b)
        return a->b < b->b ? -1 : 1;
    if (a->against != b->against)
        return a->against ? 1 : -1;
    if (a->ms != b->ms)
        return a->ms < b->ms ? -1 : 1;
    return (a->length_m > b->length_m) - (a->length_m < b->length_m);
}

static void add_edge(struct qz_graph *g, const struct way *along, const struct way *against) {
    const struct way *w = along ? along : against;
    double length_m = w->length_m;
    if (length_m < 0)
        length_m = qz_distance_m(g->node_at[w->a], g->node_at[w->b]);
    g->edges[g->n_edges++] = (struct qz_graph_edge) {
        .from = w->a,
        .to = w->b,
        .ms_forward = along ? along->ms : CLOSED,
        .ms_backward = against ? against->ms : CLOSED,
        .length_m = length_m,
    };
}

static int make_edges(struct qz_ctx *ctx, struct build *b) {
    struct qz_graph *g = b->graph;
    g->edges = qz_malloc(b->n_ways, sizeof *g->edges);
    if (!g->edges)
        return qz_fail_nomem(ctx);
    if (b->n_ways)
        qsort(b->ways, b->n_ways, sizeof *b->ways, by_ends);
    for (size_t i = 0, n; i < b->n_ways; i += n) {
        const struct way *w = b->ways + i, *along = w->against ? NULL : w,
                         *against = w->against ? w : NULL;
        for (n = 1; i + n < b->n_ways && w[n].a == w->a && w[n].b == w->b; n++)
            if (w[n].against && !against)
                against = w + n;
        b->n_repeated += n - (along != NULL) - (against != NULL);
        if (along && against && fabs(along->length_m - against->length_m) > 0.01) {
            add_edge(g, along, NULL); /* two roads: each drives its own length */
            along = NULL;
        }
        add_edge(g, along, against);
    }
    return 0;
}

static int report_repeated(struct qz_ctx *ctx, const struct build *b, const char *file,
                           struct qz_issues *issues) {
    const char *slash = strrchr(file, '/');
    if (b->n_repeated == 0)
        return 0;
    return qz_issue_add(ctx, issues, QZ_SEVERITY_WARNING, slash ? slash + 1 : file, 0, NULL,
                        "repeated_edge", "%zu edges repeat another one: the fastest is kept",
                        b->n_repeated);
}

static void build_done(struct build *b) {
    struct node *n, *next;
    HASH_ITER(hh, b->nodes, n, next) {
        HASH_DEL(b->nodes, n);
        free(n);
    }
    free(b->ways);
    qz_pool_free(b->texts);
}

int qz_graph_read(struct qz_ctx *ctx, const struct qz_input *nodes, const struct qz_input *edges,
                  const struct qz_crs *crs, struct qz_issues *issues,
                  struct qz_input_report *nodes_report, struct qz_input_report *edges_report,
                  struct qz_graph **ret) {
    struct build b = { .graph = qz_calloc(1, sizeof *b.graph) };
    int r = b.graph ? qz_pool_new(ctx, &b.texts) : qz_fail_nomem(ctx);
    if (r == 0)
        r = read_nodes(ctx, &b, nodes, crs, issues, nodes_report);
    if (r == 0)
        r = read_edges(ctx, &b, edges, issues, edges_report);
    if (r == 0)
        r = make_edges(ctx, &b);
    if (r == 0)
        r = report_repeated(ctx, &b, edges->file, issues);
    build_done(&b);
    if (r < 0)
        qz_graph_free(b.graph);
    else
        *ret = b.graph;
    return r;
}
