/* tests/osm_file.h - writes OpenStreetMap PBF files: an encoder of its own, so that the reader is
 * not tried against itself. Memory that ends here ends the test. */
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct bytes {
    unsigned char *p;
    size_t n, cap;
};

static inline void bytes_add(struct bytes *b, const void *p, size_t n) {
    if (b->n + n > b->cap) {
        b->cap = (b->n + n) * 2;
        b->p = realloc(b->p, b->cap);
        if (!b->p)
            abort();
    }
    if (n)
        memcpy(b->p + b->n, p, n);
    b->n += n;
}

static inline void bytes_done(struct bytes *b) {
    free(b->p);
    *b = (struct bytes) { 0 };
}

static inline void put_varint(struct bytes *b, uint64_t v) {
    unsigned char out[10];
    size_t n = 0;
    for (; v > 127; v >>= 7)
        out[n++] = (unsigned char)(v & 127) | 128;
    out[n++] = (unsigned char)v;
    bytes_add(b, out, n);
}

static inline void put_zigzag(struct bytes *b, int64_t v) {
    put_varint(b, (uint64_t)v << 1 ^ (uint64_t)(v >> 63));
}

static inline void put_number(struct bytes *b, unsigned field, uint64_t v) {
    put_varint(b, field << 3);
    put_varint(b, v);
}

/* A message or a text as a field; empties `inner` for its next use. */
static inline void put_field(struct bytes *b, unsigned field, struct bytes *inner) {
    put_varint(b, field << 3 | 2);
    put_varint(b, inner->n);
    bytes_add(b, inner->p, inner->n);
    inner->n = 0;
}

static inline void put_text(struct bytes *b, unsigned field, const char *text) {
    put_varint(b, field << 3 | 2);
    put_varint(b, strlen(text));
    bytes_add(b, text, strlen(text));
}

/* One blob with its head. zip: packed by zlib, else raw. */
static inline void put_blob(struct bytes *file, const char *type, const struct bytes *data,
                            int zip) {
    struct bytes blob = { 0 }, head = { 0 };
    if (zip) {
        uLongf n = compressBound(data->n);
        unsigned char *packed = malloc(n);
        if (!packed || compress2(packed, &n, data->p, data->n, 6) != Z_OK)
            abort();
        put_number(&blob, 2, data->n);
        struct bytes inner = { packed, n, n };
        put_field(&blob, 3, &inner);
        free(packed);
    } else {
        struct bytes inner = *data;
        put_field(&blob, 1, &inner);
    }
    put_text(&head, 1, type);
    put_number(&head, 3, blob.n);
    const unsigned char size[4] = { (unsigned char)(head.n >> 24), (unsigned char)(head.n >> 16),
                                    (unsigned char)(head.n >> 8), (unsigned char)head.n };
    bytes_add(file, size, 4);
    bytes_add(file, head.p, head.n);
    bytes_add(file, blob.p, blob.n);
    bytes_done(&blob);
    bytes_done(&head);
}

static inline void put_osm_header(struct bytes *file, const char *feature) {
    struct bytes data = { 0 };
    put_text(&data, 4, "OsmSchema-V0.6");
    put_text(&data, 4, "DenseNodes");
    if (feature)
        put_text(&data, 4, feature);
    put_blob(file, "OSMHeader", &data, 0);
    bytes_done(&data);
}

/* ---- the texts of a block, numbered as they come; 0 is the empty one */
struct texts {
    struct bytes all; /* the content of the list */
    uint64_t n;
};

static inline uint64_t text_new(struct texts *t, const char *text) {
    if (t->n++ == 0)
        put_text(&t->all, 1, "");
    put_text(&t->all, 1, text);
    return t->n;
}
