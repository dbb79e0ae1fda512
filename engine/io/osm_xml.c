/* engine/io/osm_xml.c - the XML dialect, plain or gzipped, through expat and zlib. */
#include <errno.h>
#include <expat.h>
#include <math.h>
#include <string.h>
#include <zlib.h>
#include "io/osm_parts.h"

enum {
    CHUNK_BYTES = 256 * 1024,
    LONGEST_TOKEN_BYTES = 1024 * 1024, /* an element's tag: the format's values have 255 signs */
    BATCH_ELEMENTS = 8192,
};

struct xml {
    struct qz_ctx *ctx;
    const char *path;
    const struct qz_osm_want *want;
    qz_osm_take take;
    void *user;
    XML_Parser parser;
    struct osm_keys keys;
    struct qz_osm_batch batch;
    struct qz_pool *texts; /* of the batch */
    struct qz_id_cursor cursor;
    /* the open element */
    enum { OUTSIDE, IN_NODE, IN_WAY, IN_RELATION } in;
    int64_t id;
    uint32_t rank;
    double lon_deg, lat_deg;
    uint64_t found;
    unsigned depth;
    int code; /* what stopped the parser */
};

static void stop(struct xml *x, int code) {
    if (x->code == 0)
        x->code = code;
    XML_StopParser(x->parser, XML_FALSE);
}

static void stop_damaged(struct xml *x, const char *what) {
    stop(x, qz_fail(x->ctx, QZ_E_FORMAT, "%s: damaged at line %llu: %s; deliver it again", x->path,
                    (unsigned long long)XML_GetCurrentLineNumber(x->parser), what));
}

static void stop_nomem(struct xml *x) { stop(x, qz_fail_nomem(x->ctx)); }

static const char *attribute(const char **list, const char *name) {
    for (; *list; list += 2)
        if (strcmp(list[0], name) == 0)
            return list[1];
    return NULL;
}

static bool parse_id(const char *text, int64_t *ret) {
    char *end;
    if (!text || !*text)
        return false;
    errno = 0;
    *ret = strtoll(text, &end, 10);
    return *end == 0 && errno == 0;
}

static const char *keep(struct xml *x, const char *text) {
    const char *kept = qz_pool_add(x->texts, text, strlen(text));
    if (!kept)
        stop_nomem(x);
    return kept;
}

/* An editor marks what it deleted. */
static bool is_deleted(const char **list) {
    const char *action = attribute(list, "action"), *visible = attribute(list, "visible");
    return (action && strcmp(action, "delete") == 0) || (visible && strcmp(visible, "false") == 0);
}

static void start_node(struct xml *x, const char **list) {
    const char *lon = attribute(list, "lon"), *lat = attribute(list, "lat");
    if (!x->want->nodes)
        return;
    x->rank = qz_id_set_rank(x->want->nodes, &x->cursor, x->id);
    if (x->rank == UINT32_MAX || !lon || !lat)
        return;
    if (!qz_parse_number(lon, &x->lon_deg) || !qz_parse_number(lat, &x->lat_deg))
        stop_damaged(x, "a node's place is not a number");
    else if (fabs(x->lon_deg) <= 180 && fabs(x->lat_deg) <= 90)
        x->in = IN_NODE;
}

static void start_element(struct xml *x, const char *name, const char **list) {
    bool node = strcmp(name, "node") == 0, way = strcmp(name, "way") == 0;
    if (!node && !way && strcmp(name, "relation") != 0)
        return;
    if (!parse_id(attribute(list, "id"), &x->id)) {
        stop_damaged(x, "an element without a whole number as id");
        return;
    }
    x->found = 0;
    if (is_deleted(list))
        return;
    if (node)
        start_node(x, list);
    else if (way && x->want->way_any)
        x->in = IN_WAY;
    else if (!way && x->want->relation_any)
        x->in = IN_RELATION;
}

static void add_tag(struct xml *x, const char **list) {
    const char *k = attribute(list, "k"), *v = attribute(list, "v");
    uint8_t key = k && v ? osm_keys_find(&x->keys, k, strlen(k)) : OSM_NO_KEY;
    if (key == OSM_NO_KEY)
        return;
    x->found |= (uint64_t)1 << key;
    const char *value = keep(x, v);
    if (value && !osm_batch_tag(&x->batch, key, value))
        stop_nomem(x);
}

static void add_ref(struct xml *x, const char **list) {
    int64_t ref;
    if (!parse_id(attribute(list, "ref"), &ref))
        stop_damaged(x, "a way's node without a whole number");
    else if (!osm_batch_ref(&x->batch, ref))
        stop_nomem(x);
}

static void add_member(struct xml *x, const char **list) {
    const char *type = attribute(list, "type"), *role = attribute(list, "role");
    enum qz_osm_kind kind = !type                       ? QZ_OSM_RELATION
                            : strcmp(type, "node") == 0 ? QZ_OSM_NODE
                            : strcmp(type, "way") == 0  ? QZ_OSM_WAY
                                                        : QZ_OSM_RELATION;
    int64_t id;
    if (!parse_id(attribute(list, "ref"), &id)) {
        stop_damaged(x, "a relation's member without a whole number");
        return;
    }
    const char *kept = keep(x, role ? role : "");
    if (kept && !osm_batch_member(&x->batch, id, kind, kept))
        stop_nomem(x);
}

static void XMLCALL on_start(void *user, const char *name, const char **list) {
    struct xml *x = user;
    if (x->code != 0)
        return;
    x->depth++;
    if (x->depth == 1 && strcmp(name, "osm") != 0)
        stop(x, qz_fail(x->ctx, QZ_E_FORMAT,
                        "%s: is not an OSM file: its root element is '%.40s', not 'osm'", x->path,
                        name));
    else if (x->depth == 2)
        start_element(x, name, list);
    else if (x->depth == 3 && x->in != OUTSIDE && strcmp(name, "tag") == 0)
        add_tag(x, list);
    else if (x->depth == 3 && x->in == IN_WAY && strcmp(name, "nd") == 0)
        add_ref(x, list);
    else if (x->depth == 3 && x->in == IN_RELATION && strcmp(name, "member") == 0)
        add_member(x, list);
}

static int hand_over(struct xml *x) {
    int r = x->take(x->ctx, &x->batch, x->user);
    osm_batch_clear(&x->batch);
    x->texts = qz_pool_free(x->texts);
    return r < 0 ? r : qz_pool_new(x->ctx, &x->texts);
}

static void XMLCALL on_end(void *user, const char *name) {
    struct xml *x = user;
    struct qz_osm_batch *b = &x->batch;
    (void)name;
    if (x->code != 0 || --x->depth != 1)
        return;
    bool good = true;
    if (x->in == IN_NODE)
        good = osm_batch_node(b, x->rank, x->lon_deg, x->lat_deg);
    else if (x->in == IN_WAY && x->found & x->want->way_any)
        good = osm_batch_way(b, x->id);
    else if (x->in == IN_RELATION && x->found & x->want->relation_any)
        good = osm_batch_relation(b, x->id);
    else
        osm_batch_drop(b);
    x->in = OUTSIDE;
    if (!good)
        stop_nomem(x);
    else if (b->n_nodes + b->n_ways + b->n_relations >= BATCH_ELEMENTS) {
        int r = hand_over(x);
        if (r < 0)
            stop(x, r);
    }
}

/* OSM files have none; entities that unfold without end come in one. */
static void XMLCALL on_doctype(void *user, const char *name, const char *system, const char *public,
                               int internal) {
    struct xml *x = user;
    (void)name, (void)system, (void)public, (void)internal;
    if (x->code == 0)
        stop_damaged(x, "a document type, which OSM files do not have");
}

static int parse_error(struct xml *x) {
    if (x->code != 0)
        return x->code;
    enum XML_Error e = XML_GetErrorCode(x->parser);
    return e == XML_ERROR_NO_MEMORY
               ? qz_fail_nomem(x->ctx)
               : qz_fail(x->ctx, QZ_E_FORMAT,
                         "%s: damaged at line %llu (byte %lld of the text): %s; deliver it again",
                         x->path, (unsigned long long)XML_GetCurrentLineNumber(x->parser),
                         (long long)XML_GetCurrentByteIndex(x->parser), XML_ErrorString(e));
}

static int parse_file(struct xml *x, gzFile file) {
    for (int64_t fed = 0;;) {
        void *buffer = XML_GetBuffer(x->parser, CHUNK_BYTES);
        if (!buffer)
            return qz_fail_nomem(x->ctx);
        int n = gzread(file, buffer, CHUNK_BYTES), zip = Z_OK;
        gzerror(file, &zip);
        if (n < 0 || (n < CHUNK_BYTES && zip != Z_OK && zip != Z_STREAM_END))
            return qz_fail(x->ctx, zip == Z_ERRNO ? QZ_E_IO : QZ_E_FORMAT,
                           "%s: damaged at byte %lld: the gzip stream is cut or broken; deliver it "
                           "again",
                           x->path, (long long)gzoffset(file));
        if (XML_ParseBuffer(x->parser, n, n == 0) != XML_STATUS_OK)
            return parse_error(x);
        if (n == 0)
            return 0;
        fed += n;
        if (fed - XML_GetCurrentByteIndex(x->parser) > LONGEST_TOKEN_BYTES + CHUNK_BYTES) {
            stop_damaged(x, "an element of more than 1 MiB");
            return x->code;
        }
        int r = qz_progress(x->ctx, 0, "OpenStreetMap");
        if (r < 0)
            return r;
    }
}

static int read_file(struct xml *x) {
    gzFile file = gzopen(x->path, "rbe");
    if (!file)
        return qz_fail(x->ctx, QZ_E_IO, "%s: %s", x->path, strerror(errno));
    gzbuffer(file, CHUNK_BYTES);
    XML_SetUserData(x->parser, x);
    XML_SetElementHandler(x->parser, on_start, on_end);
    XML_SetStartDoctypeDeclHandler(x->parser, on_doctype);
    int r = parse_file(x, file);
    gzclose(file);
    return r < 0 ? r : hand_over(x);
}

int osm_xml_read(struct qz_ctx *ctx, const char *path, const struct qz_osm_want *want,
                 qz_osm_take take, void *user) {
    struct xml x = { .ctx = ctx, .path = path, .want = want, .take = take, .user = user };
    osm_keys_init(&x.keys, want);
    x.parser = XML_ParserCreate(NULL);
    int r = x.parser ? qz_pool_new(ctx, &x.texts) : qz_fail_nomem(ctx);
    if (r == 0)
        r = read_file(&x);
    if (x.parser)
        XML_ParserFree(x.parser);
    osm_batch_done(&x.batch);
    qz_pool_free(x.texts);
    return r;
}
