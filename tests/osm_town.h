/* tests/osm_town.h - a few OSM elements written as lines of text, and made into PBF or XML bytes:
 *   n ID LON LAT [key=value ...]
 *   w ID REF,REF,... [key=value ...]
 *   r ID role:nID|wID|rID ... [key=value ...]
 * lon and lat in 1e-7 degrees; no blank inside a value. */
#pragma once
#include <inttypes.h>
#include <stdbool.h>
#include "osm_file.h"

enum { TOWN_MOST = 64, ELEMENT_MOST = 16 };
struct element {
    char kind;
    int64_t id, lon, lat, refs[ELEMENT_MOST];
    char member_kind[ELEMENT_MOST], role[ELEMENT_MOST][16];
    char key[ELEMENT_MOST][32], value[ELEMENT_MOST][64];
    size_t n_refs, n_tags;
};
struct town {
    struct element items[TOWN_MOST];
    size_t n;
};

static inline void town_word(struct element *e, const char *word) {
    char kind;
    if (sscanf(word, "%31[^=]=%63s", e->key[e->n_tags], e->value[e->n_tags]) == 2) {
        e->n_tags++;
    } else if (e->kind == 'r' && sscanf(word, "%15[^:]:%c%" SCNd64, e->role[e->n_refs], &kind,
                                        &e->refs[e->n_refs]) == 3) {
        e->member_kind[e->n_refs++] = kind;
    } else if (e->kind == 'w') {
        for (int used = 0; sscanf(word, "%" SCNd64 "%n", &e->refs[e->n_refs], &used) == 1;) {
            e->n_refs++;
            word += used + (word[used] == ',');
        }
    }
}

static inline void town_add(struct town *t, const char *line) {
    struct element *e = &t->items[t->n++];
    char copy[512], *rest = copy, *word;
    int used = 0;
    *e = (struct element) { 0 };
    snprintf(copy, sizeof copy, "%s", line);
    sscanf(copy, "%c %" SCNd64 "%n", &e->kind, &e->id, &used);
    rest += used;
    if (e->kind == 'n') {
        sscanf(rest, "%" SCNd64 " %" SCNd64 "%n", &e->lon, &e->lat, &used);
        rest += used;
    }
    while ((word = strtok_r(NULL, " ", &rest)))
        town_word(e, word);
}

/* ---- PBF */
enum pbf_style {
    PBF_ZIP = 1,   /* blobs packed by zlib */
    PBF_DENSE = 2, /* nodes in dense lists */
    PBF_ONE = 4,   /* all in one block; else a block for each run of a kind */
};

static inline void put_tags(struct bytes *to, struct texts *texts, const struct element *e) {
    struct bytes keys = { 0 }, values = { 0 };
    for (size_t i = 0; i < e->n_tags; i++) {
        put_varint(&keys, text_new(texts, e->key[i]));
        put_varint(&values, text_new(texts, e->value[i]));
    }
    put_field(to, 2, &keys);
    put_field(to, 3, &values);
    bytes_done(&keys);
    bytes_done(&values);
}

static inline void put_dense(struct bytes *group, struct texts *texts, const struct element *e,
                             size_t n) {
    struct bytes id = { 0 }, lat = { 0 }, lon = { 0 }, tags = { 0 }, dense = { 0 };
    for (size_t i = 0; i < n; i++) {
        put_zigzag(&id, e[i].id - (i ? e[i - 1].id : 0));
        put_zigzag(&lat, e[i].lat - (i ? e[i - 1].lat : 0));
        put_zigzag(&lon, e[i].lon - (i ? e[i - 1].lon : 0));
        for (size_t k = 0; k < e[i].n_tags; k++) {
            put_varint(&tags, text_new(texts, e[i].key[k]));
            put_varint(&tags, text_new(texts, e[i].value[k]));
        }
        put_varint(&tags, 0);
    }
    put_field(&dense, 1, &id);
    put_field(&dense, 8, &lat);
    put_field(&dense, 9, &lon);
    put_field(&dense, 10, &tags);
    put_field(group, 2, &dense);
    struct bytes *all[] = { &id, &lat, &lon, &tags, &dense };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        bytes_done(all[i]);
}

static inline void put_element(struct bytes *group, struct texts *texts, const struct element *e) {
    struct bytes out = { 0 }, list = { 0 };
    if (e->kind == 'n') {
        put_varint(&out, 1 << 3);
        put_zigzag(&out, e->id);
    } else {
        put_number(&out, 1, (uint64_t)e->id);
    }
    put_tags(&out, texts, e);
    if (e->kind == 'n') {
        put_varint(&out, 8 << 3);
        put_zigzag(&out, e->lat);
        put_varint(&out, 9 << 3);
        put_zigzag(&out, e->lon);
    }
    for (size_t i = 0; e->kind == 'r' && i < e->n_refs; i++)
        put_varint(&list, text_new(texts, e->role[i]));
    if (e->kind == 'r')
        put_field(&out, 8, &list);
    for (size_t i = 0; i < e->n_refs; i++)
        put_zigzag(&list, e->refs[i] - (i ? e->refs[i - 1] : 0));
    if (e->kind != 'n')
        put_field(&out, e->kind == 'w' ? 8 : 9, &list);
    for (size_t i = 0; e->kind == 'r' && i < e->n_refs; i++)
        put_varint(&list, e->member_kind[i] == 'n' ? 0 : e->member_kind[i] == 'w' ? 1 : 2);
    if (e->kind == 'r')
        put_field(&out, 10, &list);
    put_field(group, e->kind == 'n' ? 1 : e->kind == 'w' ? 3 : 4, &out);
    bytes_done(&out);
    bytes_done(&list);
}

static inline void town_pbf(const struct town *t, unsigned style, struct bytes *file) {
    struct texts texts = { 0 };
    struct bytes group = { 0 }, groups = { 0 }, block = { 0 };
    put_osm_header(file, NULL);
    for (size_t i = 0, n; i < t->n; i += n) {
        for (n = 1; i + n < t->n && t->items[i + n].kind == t->items[i].kind;)
            n++;
        if (t->items[i].kind == 'n' && style & PBF_DENSE)
            put_dense(&group, &texts, &t->items[i], n);
        else
            for (size_t k = 0; k < n; k++)
                put_element(&group, &texts, &t->items[i + k]);
        put_field(&groups, 2, &group);
        if (style & PBF_ONE && i + n < t->n)
            continue;
        put_field(&block, 1, &texts.all);
        bytes_add(&block, groups.p, groups.n);
        put_blob(file, "OSMData", &block, style & PBF_ZIP);
        texts.n = groups.n = block.n = 0;
    }
    struct bytes *all[] = { &texts.all, &group, &groups, &block };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        bytes_done(all[i]);
}

/* ---- XML */
static inline void put_xml(struct bytes *b, const char *text) {
    for (; *text; text++)
        switch (*text) {
        case '&':
            bytes_add(b, "&amp;", 5);
            break;
        case '"':
            bytes_add(b, "&quot;", 6);
            break;
        case '<':
            bytes_add(b, "&lt;", 4);
            break;
        default:
            bytes_add(b, text, 1);
        }
}

static inline void put_line(struct bytes *b, const char *format, int64_t a, double x, double y) {
    char line[160];
    snprintf(line, sizeof line, format, a, x, y);
    bytes_add(b, line, strlen(line));
}

static inline void town_xml(const struct town *t, struct bytes *file) {
    static const char head[] = "<?xml version='1.0' encoding='UTF-8'?>\n<osm version=\"0.6\">\n"
                               " <note>made</note>\n";
    bytes_add(file, head, strlen(head));
    for (size_t i = 0; i < t->n; i++) {
        const struct element *e = &t->items[i];
        const char *name = e->kind == 'n' ? "node" : e->kind == 'w' ? "way" : "relation";
        if (e->kind == 'n')
            put_line(file, " <node id=\"%" PRId64 "\" lon=\"%.7f\" lat=\"%.7f\">\n", e->id,
                     (double)e->lon / 1e7, (double)e->lat / 1e7);
        else
            put_line(file,
                     e->kind == 'w' ? " <way id=\"%" PRId64 "\">\n"
                                    : " <relation id=\"%" PRId64 "\">\n",
                     e->id, 0, 0);
        for (size_t k = 0; k < e->n_refs; k++) {
            if (e->kind == 'r') {
                bytes_add(file, "  <member role=\"", 16);
                put_xml(file, e->role[k]);
                put_line(file,
                         e->member_kind[k] == 'n'   ? "\" type=\"node\" ref=\"%" PRId64 "\"/>\n"
                         : e->member_kind[k] == 'w' ? "\" type=\"way\" ref=\"%" PRId64 "\"/>\n"
                                                    : "\" type=\"relation\" ref=\"%" PRId64
                                                      "\"/>\n",
                         e->refs[k], 0, 0);
            } else {
                put_line(file, "  <nd ref=\"%" PRId64 "\"/>\n", e->refs[k], 0, 0);
            }
        }
        for (size_t k = 0; k < e->n_tags; k++) {
            bytes_add(file, "  <tag k=\"", 10);
            put_xml(file, e->key[k]);
            bytes_add(file, "\" v=\"", 5);
            put_xml(file, e->value[k]);
            bytes_add(file, "\"/>\n", 4);
        }
        bytes_add(file, " </", 3);
        bytes_add(file, name, strlen(name));
        bytes_add(file, ">\n", 2);
    }
    bytes_add(file, "</osm>\n", 7);
}
