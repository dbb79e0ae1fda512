/* tests/tool_make_osm.c - a big .osm.pbf of a made-up country, for timing readers.
 * A square grid: each street has 8 nodes of its own between two crossings, every third way is a
 * building. Names, limits, versions and users vary as in public files. Same count, same bytes. */
#include "osm_file.h"

enum { PER_BLOCK = 8000, INNER = 8 };

struct country {
    uint64_t n_ways, side, n_joins, n_nodes;
};
struct place {
    int64_t lon, lat; /* 100 nanodegrees */
};

static struct place join_at(const struct country *c, uint64_t join) {
    return (struct place) { -10000000 + (int64_t)(join % c->side) * 10000,
                            440000000 + (int64_t)(join / c->side) * 7000 };
}

static void ends_of(const struct country *c, uint64_t way, uint64_t *from, uint64_t *to) {
    uint64_t street = way / 2 % c->n_joins, x = street % c->side, y = street / c->side;
    *from = street;
    *to = way % 2 ? (y + 1) % c->side * c->side + x : y * c->side + (x + 1) % c->side;
}

static struct place node_at(const struct country *c, uint64_t i) {
    if (i < c->n_joins)
        return join_at(c, i);
    uint64_t way = (i - c->n_joins) / INNER, k = (i - c->n_joins) % INNER, from, to;
    ends_of(c, way, &from, &to);
    struct place a = join_at(c, from), b = join_at(c, to);
    int64_t bend = (int64_t)((way * 131 + k * 17) % 601) - 300, part = (int64_t)k + 1;
    return (struct place) { a.lon + (b.lon - a.lon) * part / (INNER + 1) + bend,
                            a.lat + (b.lat - a.lat) * part / (INNER + 1) - bend };
}

static void end_block(struct bytes *file, struct texts *texts, struct bytes *group) {
    struct bytes block = { 0 };
    put_field(&block, 1, &texts->all);
    put_field(&block, 2, group);
    put_blob(file, "OSMData", &block, 1);
    bytes_done(&block);
    texts->n = 0;
}

static void make_nodes(struct bytes *file, const struct country *c, uint64_t first) {
    struct bytes id = { 0 }, lat = { 0 }, lon = { 0 }, tags = { 0 }, dense = { 0 }, info = { 0 };
    struct bytes version = { 0 }, time = { 0 }, set = { 0 }, group = { 0 };
    struct texts texts = { 0 };
    struct place last = { 0, 0 };
    uint64_t crossing[2] = { text_new(&texts, "highway"), text_new(&texts, "crossing") };
    uint64_t bollard[2] = { text_new(&texts, "barrier"), text_new(&texts, "bollard") };
    for (uint64_t i = first; i < c->n_nodes && i < first + PER_BLOCK; i++) {
        struct place p = node_at(c, i);
        put_zigzag(&id, i == first ? (int64_t)i + 1 : 1);
        put_zigzag(&lat, p.lat - last.lat);
        put_zigzag(&lon, p.lon - last.lon);
        last = p;
        const uint64_t *tag = i % 50 == 7 ? crossing : i % 1000 == 11 ? bollard : NULL;
        if (tag) {
            put_varint(&tags, tag[0]);
            put_varint(&tags, tag[1]);
        }
        put_varint(&tags, 0);
        put_varint(&version, 1 + i % 3);
        put_zigzag(&time, i == first ? 1400000000 : (int64_t)(i * 7919 % 1000));
        put_zigzag(&set, i == first ? 30000000 : (int64_t)(i % 40 == 0) * 977);
    }
    put_field(&info, 1, &version);
    put_field(&info, 2, &time);
    put_field(&info, 3, &set);
    put_field(&dense, 1, &id);
    put_field(&dense, 5, &info);
    put_field(&dense, 8, &lat);
    put_field(&dense, 9, &lon);
    put_field(&dense, 10, &tags);
    put_field(&group, 2, &dense);
    end_block(file, &texts, &group);
    struct bytes *all[] = { &id,      &lat,  &lon, &tags,  &dense,    &info,
                            &version, &time, &set, &group, &texts.all };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        bytes_done(all[i]);
}

static void put_refs(struct bytes *refs, const struct country *c, uint64_t way) {
    uint64_t from, to, ids[INNER + 2];
    size_t n = 0;
    ends_of(c, way, &from, &to);
    if (way % 3 != 2)
        ids[n++] = from + 1;
    for (uint64_t k = 0; k < INNER; k++)
        ids[n++] = c->n_joins + way * INNER + k + 1;
    ids[n++] = way % 3 == 2 ? ids[0] : to + 1;
    for (size_t k = 0; k < n; k++)
        put_zigzag(refs, (int64_t)(ids[k] - (k ? ids[k - 1] : 0)));
}

static void make_ways(struct bytes *file, const struct country *c, uint64_t first) {
    static const char *const classes[] = { "residential", "unclassified", "tertiary", "secondary",
                                           "service",     "track",        "primary",  "footway" };
    static const char *const keys[] = { "highway",        "name", "maxspeed", "oneway", "building",
                                        "source",         "yes",  "30",       "50",     "80",
                                        "cadastre-dgi-fr" };
    enum { HIGHWAY, NAME, MAXSPEED, ONEWAY, BUILDING, SOURCE, YES, KMH30, KMH50, KMH80, CADASTRE };
    struct bytes way = { 0 }, k = { 0 }, v = { 0 }, refs = { 0 }, info = { 0 }, group = { 0 };
    struct texts texts = { 0 };
    uint64_t key[sizeof keys / sizeof keys[0]], class[8], name[1000];
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        key[i] = text_new(&texts, keys[i]);
    for (size_t i = 0; i < 8; i++)
        class[i] = text_new(&texts, classes[i]);
    for (size_t i = 0; i < 1000; i++) {
        char text[32];
        snprintf(text, sizeof text, "Rue %zu", (size_t)((first / PER_BLOCK * 613 + i) % 50000));
        name[i] = text_new(&texts, text);
    }
    for (uint64_t w = first; w < c->n_ways && w < first + PER_BLOCK; w++) {
        put_varint(&k, w % 3 == 2 ? key[BUILDING] : key[HIGHWAY]);
        put_varint(&v, w % 3 == 2 ? key[YES] : class[w * 7919 % 8]);
        put_varint(&k, w % 3 == 2 ? key[SOURCE] : key[NAME]);
        put_varint(&v, w % 3 == 2 ? key[CADASTRE] : name[w * 31 % 1000]);
        if (w % 3 != 2 && w % 5 == 0) {
            put_varint(&k, key[MAXSPEED]);
            put_varint(&v, key[KMH30 + w % 3]);
        }
        if (w % 3 != 2 && w % 7 == 0) {
            put_varint(&k, key[ONEWAY]);
            put_varint(&v, key[YES]);
        }
        put_refs(&refs, c, w);
        put_number(&info, 1, 1 + w % 4);
        put_number(&info, 2, 1400000000 + w * 7919 % 100000000);
        put_number(&info, 3, 30000000 + w / 9);
        put_number(&way, 1, w + 1);
        put_field(&way, 2, &k);
        put_field(&way, 3, &v);
        put_field(&way, 4, &info);
        put_field(&way, 8, &refs);
        put_field(&group, 3, &way);
    }
    end_block(file, &texts, &group);
    struct bytes *all[] = { &way, &k, &v, &refs, &info, &group, &texts.all };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        bytes_done(all[i]);
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: %s OUT.osm.pbf [WAYS]\n", argv[0]);
        return 2;
    }
    struct country c = { .n_ways = argc > 2 ? strtoull(argv[2], NULL, 10) : 3000000, .side = 2 };
    while (c.side * c.side * 2 < c.n_ways)
        c.side++;
    c.n_joins = c.side * c.side;
    c.n_nodes = c.n_joins + c.n_ways * INNER;
    FILE *f = fopen(argv[1], "wb");
    struct bytes file = { 0 };
    size_t written = 1;
    put_osm_header(&file, NULL);
    for (uint64_t i = 0; f && written && i < c.n_nodes; i += PER_BLOCK, file.n = 0) {
        make_nodes(&file, &c, i);
        written = fwrite(file.p, file.n, 1, f);
    }
    for (uint64_t i = 0; f && written && i < c.n_ways; i += PER_BLOCK, file.n = 0) {
        make_ways(&file, &c, i);
        written = fwrite(file.p, file.n, 1, f);
    }
    bytes_done(&file);
    if (!f || fclose(f) != 0 || !written) {
        fprintf(stderr, "%s: cannot be written\n", argv[1]);
        return 1;
    }
    return 0;
}
