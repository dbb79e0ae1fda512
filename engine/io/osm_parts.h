/* engine/io/osm_parts.h - what the two OSM dialects share; for osm*.c alone. */
#pragma once
#include "io/osm.h"

struct osm_pbf;
struct qz_osm {
    char *path;
    struct osm_pbf *pbf; /* NULL: XML */
};

/* The index of a key among the wanted ones: a table by length and first letter. */
enum { OSM_KEY_BUCKETS = 256, OSM_NO_KEY = 255 };
struct osm_keys {
    const struct qz_osm_want *want;
    uint8_t first[OSM_KEY_BUCKETS], next[QZ_OSM_MOST_KEYS]; /* OSM_NO_KEY ends */
    size_t length[QZ_OSM_MOST_KEYS];
};
void osm_keys_init(struct osm_keys *k, const struct qz_osm_want *want);
uint8_t osm_keys_find(const struct osm_keys *k, const char *text, size_t n);

/* ---- filling a batch: false when memory ended */
void osm_batch_clear(struct qz_osm_batch *b);
void osm_batch_done(struct qz_osm_batch *b);
bool osm_batch_tag(struct qz_osm_batch *b, uint8_t key, const char *value);
bool osm_batch_ref(struct qz_osm_batch *b, int64_t ref);
bool osm_batch_member(struct qz_osm_batch *b, int64_t id, enum qz_osm_kind kind, const char *role);
/* These end the element whose tags, refs or members were added since the last one. */
bool osm_batch_node(struct qz_osm_batch *b, uint32_t rank, double lon_deg, double lat_deg);
bool osm_batch_way(struct qz_osm_batch *b, int64_t id);
bool osm_batch_relation(struct qz_osm_batch *b, int64_t id);
/* Takes back what was added since the last element. */
void osm_batch_drop(struct qz_osm_batch *b);

int osm_pbf_open(struct qz_ctx *ctx, const char *path, struct osm_pbf **ret);
struct osm_pbf *osm_pbf_free(struct osm_pbf *pbf);
int osm_pbf_read(struct qz_ctx *ctx, struct osm_pbf *pbf, const struct qz_osm_want *want,
                 qz_osm_take take, void *user);
int osm_xml_read(struct qz_ctx *ctx, const char *path, const struct qz_osm_want *want,
                 qz_osm_take take, void *user);
