/* engine/io/osm.c - picks the dialect; batches and wanted keys. */
#include <string.h>
#include "io/osm_parts.h"
#include "io/table.h"

static bool ends_with(const char *text, const char *end) {
    size_t n = strlen(text), m = strlen(end);
    return n >= m && qz_equal_nocase(text + n - m, end);
}

bool qz_osm_is_file(const char *path) {
    return ends_with(path, ".pbf") || ends_with(path, ".osm") || ends_with(path, ".osm.gz");
}

int qz_osm_open(struct qz_ctx *ctx, const char *path, struct qz_osm **ret) {
    int r = qz_input_check(ctx, path);
    if (r < 0)
        return r;
    qz_cleanup(qz_osm_freep) struct qz_osm *osm = qz_calloc(1, sizeof *osm);
    if (!osm || !(osm->path = qz_strdup(path)))
        return qz_fail_nomem(ctx);
    if (ends_with(path, ".pbf"))
        r = osm_pbf_open(ctx, osm->path, &osm->pbf);
    if (r < 0)
        return r;
    *ret = osm;
    osm = NULL;
    return 0;
}

struct qz_osm *qz_osm_free(struct qz_osm *osm) {
    if (!osm)
        return NULL;
    osm_pbf_free(osm->pbf);
    free(osm->path);
    free(osm);
    return NULL;
}

void qz_osm_freep(struct qz_osm **osm) { *osm = qz_osm_free(*osm); }

int qz_osm_read(struct qz_ctx *ctx, struct qz_osm *osm, const struct qz_osm_want *want,
                qz_osm_take take, void *user) {
    if (want->n_keys > QZ_OSM_MOST_KEYS)
        return qz_fail(ctx, QZ_E_RANGE, "%zu keys are wanted of an OSM file, %d at most",
                       want->n_keys, QZ_OSM_MOST_KEYS);
    return osm->pbf ? osm_pbf_read(ctx, osm->pbf, want, take, user)
                    : osm_xml_read(ctx, osm->path, want, take, user);
}

/* ---- keys */
static size_t bucket(const char *text, size_t n) {
    return (n * 31 + (unsigned char)text[0]) % OSM_KEY_BUCKETS;
}

void osm_keys_init(struct osm_keys *k, const struct qz_osm_want *want) {
    *k = (struct osm_keys) { .want = want };
    memset(k->first, OSM_NO_KEY, sizeof k->first);
    for (size_t i = 0; i < want->n_keys; i++) {
        k->length[i] = strlen(want->keys[i]);
        uint8_t *first = &k->first[bucket(want->keys[i], k->length[i])];
        k->next[i] = *first;
        *first = (uint8_t)i;
    }
}

uint8_t osm_keys_find(const struct osm_keys *k, const char *text, size_t n) {
    if (n == 0)
        return OSM_NO_KEY;
    uint8_t i = k->first[bucket(text, n)];
    while (i != OSM_NO_KEY && (k->length[i] != n || memcmp(k->want->keys[i], text, n) != 0))
        i = k->next[i];
    return i;
}

/* ---- batches */
void osm_batch_clear(struct qz_osm_batch *b) {
    b->n_nodes = b->n_ways = b->n_relations = b->n_tags = b->n_members = b->n_refs = 0;
    b->ended_tags = b->ended_members = b->ended_refs = 0;
}

void osm_batch_done(struct qz_osm_batch *b) {
    free(b->nodes);
    free(b->ways);
    free(b->relations);
    free(b->tags);
    free(b->members);
    free(b->refs);
    *b = (struct qz_osm_batch) { 0 };
}

bool osm_batch_tag(struct qz_osm_batch *b, uint8_t key, const char *value) {
    struct qz_osm_tag *tags = qz_grow(b->tags, &b->cap_tags, b->n_tags + 1, sizeof *tags);
    if (!tags)
        return false;
    b->tags = tags;
    tags[b->n_tags++] = (struct qz_osm_tag) { key, value };
    return true;
}

bool osm_batch_ref(struct qz_osm_batch *b, int64_t ref) {
    int64_t *refs = qz_grow(b->refs, &b->cap_refs, b->n_refs + 1, sizeof *refs);
    if (!refs)
        return false;
    b->refs = refs;
    refs[b->n_refs++] = ref;
    return true;
}

bool osm_batch_member(struct qz_osm_batch *b, int64_t id, enum qz_osm_kind kind, const char *role) {
    struct qz_osm_member *members = qz_grow(b->members, &b->cap_members, b->n_members + 1,
                                            sizeof *members);
    if (!members)
        return false;
    b->members = members;
    members[b->n_members++] = (struct qz_osm_member) { id, kind, role };
    return true;
}

static void end_element(struct qz_osm_batch *b) {
    b->ended_tags = b->n_tags;
    b->ended_members = b->n_members;
    b->ended_refs = b->n_refs;
}

void osm_batch_drop(struct qz_osm_batch *b) {
    b->n_tags = b->ended_tags;
    b->n_members = b->ended_members;
    b->n_refs = b->ended_refs;
}

bool osm_batch_node(struct qz_osm_batch *b, uint32_t rank, double lon_deg, double lat_deg) {
    struct qz_osm_node *nodes = qz_grow(b->nodes, &b->cap_nodes, b->n_nodes + 1, sizeof *nodes);
    if (!nodes)
        return false;
    b->nodes = nodes;
    nodes[b->n_nodes++] = (struct qz_osm_node) {
        rank, (uint32_t)(b->n_tags - b->ended_tags), lon_deg, lat_deg, b->ended_tags,
    };
    end_element(b);
    return true;
}

bool osm_batch_way(struct qz_osm_batch *b, int64_t id) {
    struct qz_osm_way *ways = qz_grow(b->ways, &b->cap_ways, b->n_ways + 1, sizeof *ways);
    if (!ways)
        return false;
    b->ways = ways;
    ways[b->n_ways++] = (struct qz_osm_way) {
        id,
        b->ended_refs,
        b->ended_tags,
        (uint32_t)(b->n_refs - b->ended_refs),
        (uint32_t)(b->n_tags - b->ended_tags),
    };
    end_element(b);
    return true;
}

bool osm_batch_relation(struct qz_osm_batch *b, int64_t id) {
    struct qz_osm_relation *relations = qz_grow(b->relations, &b->cap_relations, b->n_relations + 1,
                                                sizeof *relations);
    if (!relations)
        return false;
    b->relations = relations;
    relations[b->n_relations++] = (struct qz_osm_relation) {
        id,
        b->ended_members,
        b->ended_tags,
        (uint32_t)(b->n_members - b->ended_members),
        (uint32_t)(b->n_tags - b->ended_tags),
    };
    end_element(b);
    return true;
}
