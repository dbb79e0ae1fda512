/* engine/io/osm_block.c - PrimitiveBlock: strings, then groups of nodes, ways, relations. */
#include <math.h>
#include "io/osm_block.h"

const char osm_no_memory[] = "memory ended";

struct decode {
    struct osm_block *block;
    const struct osm_keys *keys;
    int64_t granularity_ndeg, lat_offset_ndeg, lon_offset_ndeg;
};

void osm_block_done(struct osm_block *block) {
    osm_batch_done(&block->batch);
    free(block->strings);
    free(block->key_of);
    free(block->groups);
    *block = (struct osm_block) { 0 };
}

/* ---- strings: each ends with a 0 written over what follows it, which was parsed before */
static const char *add_string(struct osm_block *b, const struct osm_keys *keys, struct span s) {
    const char **strings = qz_grow(b->strings, &b->cap_strings, b->n_strings + 1, sizeof *strings);
    b->strings = strings ? strings : b->strings;
    uint8_t *key_of = qz_grow(b->key_of, &b->cap_key_of, b->n_strings + 1, 1);
    b->key_of = key_of ? key_of : b->key_of;
    if (!strings || !key_of)
        return osm_no_memory;
    strings[b->n_strings] = (const char *)s.p;
    key_of[b->n_strings++] = osm_keys_find(keys, (const char *)s.p, (size_t)(s.end - s.p));
    return NULL;
}

static const char *index_strings(struct osm_block *b, const struct osm_keys *keys, uint8_t *bytes,
                                 struct span table) {
    struct field f;
    int more;
    const uint8_t *start = bytes, *end = NULL;
    b->n_strings = 0;
    while ((more = next_field(&table, &f)) > 0) {
        if (end)
            bytes[end - start] = 0;
        end = NULL;
        if (f.number != 1 || f.wire != WIRE_BYTES)
            continue;
        const char *wrong = add_string(b, keys, f.bytes);
        if (wrong)
            return wrong;
        end = f.bytes.end;
    }
    if (end)
        bytes[end - start] = 0;
    return more < 0 ? "the list of texts is cut" : NULL;
}

/* ---- tags of ways, relations and single nodes: two lists of text numbers */
struct element {
    int64_t id, lat, lon;
    struct span keys, values, refs, roles, members, kinds;
};

/* Gives the keys found as bits; false: a number without a text, or lists of unequal length. */
static const char *read_tags(const struct decode *d, struct element *e, uint64_t *found) {
    const struct osm_block *b = d->block;
    uint64_t key, value;
    *found = 0;
    while (e->keys.p < e->keys.end) {
        if (!take_varint(&e->keys, &key) || !take_varint(&e->values, &value) ||
            key >= b->n_strings || value >= b->n_strings)
            return "a tag without its text";
        if (b->key_of[key] == OSM_NO_KEY)
            continue;
        *found |= (uint64_t)1 << b->key_of[key];
        if (!osm_batch_tag(&d->block->batch, b->key_of[key], b->strings[value]))
            return osm_no_memory;
    }
    return NULL;
}

/* The fields of a Node, a Way or a Relation that matter; packed lists only, as the format says. */
static const char *read_element(struct span s, enum qz_osm_kind kind, struct element *e) {
    static const char wrong[] = "an element that is no message";
    struct field f;
    int more;
    bool has_id = false;
    *e = (struct element) { 0 };
    while ((more = next_field(&s, &f)) > 0) {
        bool list = f.wire == WIRE_BYTES;
        if (f.number == 1) {
            if (f.wire != WIRE_VARINT)
                return wrong;
            e->id = kind == QZ_OSM_NODE ? unzigzag(f.value) : (int64_t)f.value;
            has_id = true;
            continue;
        }
        struct span *to = f.number == 2                               ? &e->keys
                          : f.number == 3                             ? &e->values
                          : kind == QZ_OSM_WAY && f.number == 8       ? &e->refs
                          : kind == QZ_OSM_RELATION && f.number == 8  ? &e->roles
                          : kind == QZ_OSM_RELATION && f.number == 9  ? &e->members
                          : kind == QZ_OSM_RELATION && f.number == 10 ? &e->kinds
                                                                      : NULL;
        if (to && !list)
            return wrong;
        if (to)
            *to = f.bytes;
        else if (kind == QZ_OSM_NODE && f.number == 8 && f.wire == WIRE_VARINT)
            e->lat = unzigzag(f.value);
        else if (kind == QZ_OSM_NODE && f.number == 9 && f.wire == WIRE_VARINT)
            e->lon = unzigzag(f.value);
    }
    return more == 0 && has_id ? NULL : wrong;
}

/* ---- nodes */
static double degrees(const struct decode *d, int64_t offset_ndeg, int64_t units) {
    return 1e-9 * (double)(int64_t)((uint64_t)offset_ndeg +
                                    (uint64_t)d->granularity_ndeg * (uint64_t)units);
}

/* A place outside the world is no place: the node counts as missing. */
static const char *end_node(const struct decode *d, uint32_t rank, int64_t lat, int64_t lon) {
    struct qz_osm_batch *batch = &d->block->batch;
    double lon_deg = degrees(d, d->lon_offset_ndeg, lon);
    double lat_deg = degrees(d, d->lat_offset_ndeg, lat);
    if (rank == UINT32_MAX || fabs(lon_deg) > 180 || fabs(lat_deg) > 90)
        osm_batch_drop(batch);
    else if (!osm_batch_node(batch, rank, lon_deg, lat_deg))
        return osm_no_memory;
    return NULL;
}

static uint32_t rank_of(const struct decode *d, int64_t id) {
    const struct qz_id_set *set = d->keys->want->nodes;
    return qz_id_set_rank(set, &d->block->cursor, id);
}

static const char *read_node(const struct decode *d, struct span s) {
    struct element e;
    uint64_t found;
    d->block->kinds |= 1u << QZ_OSM_NODE;
    if (!d->keys->want->nodes)
        return NULL;
    const char *wrong = read_element(s, QZ_OSM_NODE, &e);
    if (!wrong)
        wrong = read_tags(d, &e, &found);
    return wrong ? wrong : end_node(d, rank_of(d, e.id), e.lat, e.lon);
}

/* The tags of one dense node: pairs of text numbers, then a 0. */
static const char *read_dense_tags(const struct decode *d, struct span *tags) {
    static const char wrong[] = "a node's tag without its text";
    const struct osm_block *b = d->block;
    uint64_t key, value;
    while (tags->p < tags->end) {
        if (!take_varint(tags, &key))
            return wrong;
        if (key == 0)
            return NULL;
        if (!take_varint(tags, &value) || key >= b->n_strings || value >= b->n_strings)
            return wrong;
        if (b->key_of[key] != OSM_NO_KEY &&
            !osm_batch_tag(&d->block->batch, b->key_of[key], b->strings[value]))
            return osm_no_memory;
    }
    return NULL; /* a block without tags has no list at all */
}

struct dense {
    struct span ids, lats, lons, tags;
};

static bool find_dense_lists(struct span s, struct dense *ret) {
    struct field f;
    int more;
    *ret = (struct dense) { 0 };
    while ((more = next_field(&s, &f)) > 0) {
        struct span *to = f.number == 1    ? &ret->ids
                          : f.number == 8  ? &ret->lats
                          : f.number == 9  ? &ret->lons
                          : f.number == 10 ? &ret->tags
                                           : NULL;
        if (to && f.wire != WIRE_BYTES)
            return false;
        if (to)
            *to = f.bytes;
    }
    return more == 0;
}

static const char *read_dense(const struct decode *d, struct span s) {
    struct dense n;
    int64_t id = 0, lat = 0, lon = 0;
    d->block->kinds |= 1u << QZ_OSM_NODE;
    if (!d->keys->want->nodes)
        return NULL;
    if (!find_dense_lists(s, &n))
        return "a list of nodes that is no message";
    while (n.ids.p < n.ids.end) {
        if (!take_delta(&n.ids, &id) || !take_delta(&n.lats, &lat) || !take_delta(&n.lons, &lon))
            return "a list of nodes that is cut";
        const char *wrong = read_dense_tags(d, &n.tags);
        if (!wrong)
            wrong = end_node(d, rank_of(d, id), lat, lon);
        if (wrong)
            return wrong;
    }
    return n.lats.p == n.lats.end && n.lons.p == n.lons.end
               ? NULL
               : "a list of nodes with too many coordinates";
}

/* ---- ways and relations */
static const char *read_way(const struct decode *d, struct span s) {
    struct qz_osm_batch *batch = &d->block->batch;
    struct element e;
    uint64_t found;
    d->block->kinds |= 1u << QZ_OSM_WAY;
    if (!d->keys->want->way_any)
        return NULL;
    const char *wrong = read_element(s, QZ_OSM_WAY, &e);
    if (!wrong)
        wrong = read_tags(d, &e, &found);
    if (wrong)
        return wrong;
    if (!(found & d->keys->want->way_any)) {
        osm_batch_drop(batch);
        return NULL;
    }
    for (int64_t ref = 0; e.refs.p < e.refs.end;) {
        if (!take_delta(&e.refs, &ref))
            return "a way's list of nodes is cut";
        if (!osm_batch_ref(batch, ref))
            return osm_no_memory;
    }
    return osm_batch_way(batch, e.id) ? NULL : osm_no_memory;
}

static const char *read_relation(const struct decode *d, struct span s) {
    struct qz_osm_batch *batch = &d->block->batch;
    struct element e;
    uint64_t found, role, kind;
    d->block->kinds |= 1u << QZ_OSM_RELATION;
    if (!d->keys->want->relation_any)
        return NULL;
    const char *wrong = read_element(s, QZ_OSM_RELATION, &e);
    if (!wrong)
        wrong = read_tags(d, &e, &found);
    if (wrong)
        return wrong;
    if (!(found & d->keys->want->relation_any)) {
        osm_batch_drop(batch);
        return NULL;
    }
    for (int64_t id = 0; e.members.p < e.members.end;) {
        if (!take_delta(&e.members, &id) || !take_varint(&e.roles, &role) ||
            !take_varint(&e.kinds, &kind) || role >= d->block->n_strings || kind > QZ_OSM_RELATION)
            return "a relation's list of members is damaged";
        if (!osm_batch_member(batch, id, (enum qz_osm_kind)kind, d->block->strings[role]))
            return osm_no_memory;
    }
    return osm_batch_relation(batch, e.id) ? NULL : osm_no_memory;
}

static const char *read_group(const struct decode *d, struct span s) {
    static const char *(*const readers[])(const struct decode *, struct span) = {
        NULL, read_node, read_dense, read_way, read_relation,
    };
    struct field f;
    int more;
    while ((more = next_field(&s, &f)) > 0) {
        if (f.number >= COUNT(readers))
            continue;
        const char *wrong = f.wire == WIRE_BYTES ? readers[f.number](d, f.bytes)
                                                 : "a group that is no message";
        if (wrong)
            return wrong;
    }
    return more < 0 ? "a group that is no message" : NULL;
}

/* The settings, the strings and where the groups are: strings may stand behind them. */
static const char *read_head(struct decode *d, struct span s, struct span *strings) {
    struct osm_block *b = d->block;
    struct field f;
    int more;
    *strings = (struct span) { 0 };
    b->n_groups = 0;
    while ((more = next_field(&s, &f)) > 0) {
        if (f.number == 1 && f.wire == WIRE_BYTES) {
            if (strings->p)
                return "a block with two lists of texts";
            *strings = f.bytes;
        } else if (f.number == 2 && f.wire == WIRE_BYTES) {
            struct span *groups = qz_grow(b->groups, &b->cap_groups, b->n_groups + 1,
                                          sizeof *groups);
            if (!groups)
                return osm_no_memory;
            b->groups = groups;
            groups[b->n_groups++] = f.bytes;
        } else if (f.number == 17 && f.wire == WIRE_VARINT) {
            d->granularity_ndeg = (int32_t)f.value;
        } else if (f.number == 19 && f.wire == WIRE_VARINT) {
            d->lat_offset_ndeg = (int64_t)f.value;
        } else if (f.number == 20 && f.wire == WIRE_VARINT) {
            d->lon_offset_ndeg = (int64_t)f.value;
        }
    }
    return more < 0 ? "a block that is no message" : NULL;
}

const char *osm_block_decode(struct osm_block *block, const struct osm_keys *keys, uint8_t *bytes,
                             size_t n) {
    struct decode d = { .block = block, .keys = keys, .granularity_ndeg = 100 };
    struct span strings;
    osm_batch_clear(&block->batch);
    block->kinds = 0;
    block->n_strings = 0;
    block->cursor = (struct qz_id_cursor) { 0 };
    const char *wrong = read_head(&d, (struct span) { bytes, bytes + n }, &strings);
    if (!wrong && strings.p && keys->want->n_keys)
        wrong = index_strings(block, keys, bytes, strings);
    for (size_t i = 0; i < block->n_groups && !wrong; i++)
        wrong = read_group(&d, block->groups[i]);
    return wrong;
}
