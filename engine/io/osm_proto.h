/* engine/io/osm_proto.h - protocol buffers as far as OSM files use them; for osm_*.c alone. */
#pragma once
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

struct span {
    const uint8_t *p, *end;
};

/* The next varint; false: it runs past the end or over 10 bytes. */
static inline bool take_varint(struct span *s, uint64_t *ret) {
    const uint8_t *p = s->p;
    if (p < s->end && *p < 0x80) {
        *ret = *p;
        s->p = p + 1;
        return true;
    }
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 70 && p < s->end; shift += 7) {
        uint8_t byte = *p++;
        v |= (uint64_t)(byte & 0x7f) << (shift < 64 ? shift : 63);
        if (byte < 0x80) {
            *ret = v;
            s->p = p;
            return true;
        }
    }
    return false;
}

static inline int64_t unzigzag(uint64_t v) { return (int64_t)(v >> 1 ^ -(v & 1)); }

/* Adds the next zigzag difference to *sum; sums wrap, damage cannot overflow them. */
static inline bool take_delta(struct span *s, int64_t *sum) {
    uint64_t v;
    if (!take_varint(s, &v))
        return false;
    *sum = (int64_t)((uint64_t)*sum + (uint64_t)unzigzag(v));
    return true;
}

enum wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };
struct field {
    uint32_t number;
    enum wire wire;
    uint64_t value;    /* WIRE_VARINT */
    struct span bytes; /* WIRE_BYTES */
};

/* 1: the next field, 0: the end, -1: damaged. */
static inline int next_field(struct span *s, struct field *f) {
    uint64_t tag;
    if (s->p == s->end)
        return 0;
    if (!take_varint(s, &tag) || tag >> 3 == 0 || tag >> 3 > UINT32_MAX)
        return -1;
    *f = (struct field) { .number = (uint32_t)(tag >> 3), .wire = (enum wire)(tag & 7) };
    size_t left = (size_t)(s->end - s->p), skip = f->wire == WIRE_FIXED64 ? 8 : 4;
    switch (f->wire) {
    case WIRE_VARINT:
        return take_varint(s, &f->value) ? 1 : -1;
    case WIRE_BYTES:
        if (!take_varint(s, &f->value) || f->value > (size_t)(s->end - s->p))
            return -1;
        f->bytes = (struct span) { s->p, s->p + f->value };
        s->p = f->bytes.end;
        return 1;
    case WIRE_FIXED64:
    case WIRE_FIXED32:
        if (left < skip)
            return -1;
        s->p += skip;
        return 1;
    }
    return -1;
}
