/* engine/io/osm_block.h - one unpacked block of a PBF file into a batch; for osm_*.c alone. */
#pragma once
#include "io/osm_parts.h"
#include "io/osm_proto.h"

struct osm_block {
    struct qz_osm_batch batch; /* texts point into the bytes that were decoded */
    uint8_t kinds;             /* bits of enum qz_osm_kind: what the block holds, wanted or not */
    /* kept between blocks */
    const char **strings;
    uint8_t *key_of; /* of each string */
    struct span *groups;
    size_t n_strings, n_groups, cap_strings, cap_key_of, cap_groups;
    struct qz_id_cursor cursor;
};

extern const char osm_no_memory[]; /* told apart by its address */

/* Decodes bytes[0..n) into block->batch; writes into the bytes, and one byte behind them. NULL:
 * done, else what is damaged, static. */
const char *osm_block_decode(struct osm_block *block, const struct osm_keys *keys, uint8_t *bytes,
                             size_t n);
void osm_block_done(struct osm_block *block);
