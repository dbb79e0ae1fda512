/* engine/io/osm.h - reads OpenStreetMap files (.osm.pbf, .osm, .osm.gz) batch by batch. */
#pragma once
#include "base/idset.h"

struct qz_osm;

bool qz_osm_is_file(const char *path); /* by its ending: .pbf, .osm, .osm.gz */
/* QZ_E_IO, QZ_E_FORMAT: not such a file, cut short, or of a dialect that cannot be read. */
int qz_osm_open(struct qz_ctx *ctx, const char *path, struct qz_osm **ret);
struct qz_osm *qz_osm_free(struct qz_osm *osm);
void qz_osm_freep(struct qz_osm **osm);

enum { QZ_OSM_MOST_KEYS = 64 };
/* What the caller wants; borrowed for the call. Only tags with one of the keys are given. */
struct qz_osm_want {
    const char *const *keys;
    size_t n_keys;         /* at most QZ_OSM_MOST_KEYS */
    uint64_t way_any;      /* bit k: key k; a way without any of them is passed over; 0: no ways */
    uint64_t relation_any; /* the same of relations */
    const struct qz_id_set *nodes; /* sealed: these nodes; NULL: none */
};

enum qz_osm_kind { QZ_OSM_NODE, QZ_OSM_WAY, QZ_OSM_RELATION };
struct qz_osm_tag {
    uint32_t key; /* index into the wanted keys */
    const char *value;
};
/* An element owns [first, first + n) of its batch's lists. */
struct qz_osm_node {
    uint32_t rank, n_tags; /* rank in the wanted set */
    double lon_deg, lat_deg;
    size_t first_tag;
};
struct qz_osm_way {
    int64_t id;
    size_t first_ref, first_tag;
    uint32_t n_refs, n_tags;
};
struct qz_osm_member {
    int64_t id;
    enum qz_osm_kind kind;
    const char *role;
};
struct qz_osm_relation {
    int64_t id;
    size_t first_member, first_tag;
    uint32_t n_members, n_tags;
};
struct qz_osm_batch {
    size_t n_nodes, n_ways, n_relations, n_tags, n_members, n_refs;
    struct qz_osm_node *nodes;
    struct qz_osm_way *ways;
    struct qz_osm_relation *relations;
    struct qz_osm_tag *tags;
    struct qz_osm_member *members;
    int64_t *refs; /* node ids of ways */
    /* kept by the reader */
    size_t ended_tags, ended_members, ended_refs; /* what belongs to elements that are complete */
    size_t cap_nodes, cap_ways, cap_relations, cap_tags, cap_members, cap_refs;
};
/* Called for one batch at a time, in the order of the file whatever the thread count, from any
 * thread: it must not use library handles of ctx. The batch is borrowed for the call. Negative:
 * stop. */
typedef int (*qz_osm_take)(struct qz_ctx *ctx, const struct qz_osm_batch *batch, void *user);

/* Reads what is wanted. QZ_E_FORMAT names file, byte and what is damaged there.
 * QZ_OSM_MIXED: the file was taken for sorted (nodes, then ways, then relations) and is not: forget
 * what was taken and read again from the first call on; it comes once at most. */
enum { QZ_OSM_MIXED = 1 };
int qz_osm_read(struct qz_ctx *ctx, struct qz_osm *osm, const struct qz_osm_want *want,
                qz_osm_take take, void *user);
