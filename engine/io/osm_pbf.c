/* engine/io/osm_pbf.c - the PBF dialect: which blobs a file has, and reading them on all threads in
 * the order of the file. See osm.md for why this is ours and not a library's. */
#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "io/osm_block.h"

/* Limits of the format (wiki: PBF Format, "must not be over"). */
enum { MOST_HEADER_BYTES = 64 * 1024, MOST_BLOB_BYTES = 32 * 1024 * 1024 };

struct blob {
    uint64_t at; /* of the blob's first byte in the file */
    uint32_t n_bytes;
    uint8_t kinds; /* bits of enum qz_osm_kind, once decoded */
    bool known;
};
struct osm_pbf {
    const char *path; /* borrowed */
    int file;
    uint64_t size;
    struct blob *blobs; /* of data: the header's is not among them */
    size_t n, cap;
    bool guess;       /* taken for sorted */
    size_t first_way; /* the first blob with a way or a relation, as guessed; n: none */
    bool split;       /* first_way is known */
};

enum worker_state { WORKER_FREE, WORKER_BUSY, WORKER_READY };
struct worker { /* buffers of one blob: packed, unpacked, decoded */
    enum worker_state state;
    const char *wrong; /* NULL: the block is good */
    struct libdeflate_decompressor *inflater;
    uint8_t *packed, *raw;
    size_t cap_packed, cap_raw;
    struct osm_block block;
};

static int damaged(struct qz_ctx *ctx, const struct osm_pbf *pbf, uint64_t at, const char *what) {
    return qz_fail(ctx, QZ_E_FORMAT, "%s: damaged at byte %llu: %s; deliver it again", pbf->path,
                   (unsigned long long)at, what);
}

/* ---- workers */
static int worker_init(struct qz_ctx *ctx, struct worker *w) {
    *w = (struct worker) { .inflater = libdeflate_alloc_decompressor() };
    return w->inflater ? 0 : qz_fail_nomem(ctx);
}

static void worker_done(struct worker *w) {
    if (w->inflater)
        libdeflate_free_decompressor(w->inflater);
    free(w->packed);
    free(w->raw);
    osm_block_done(&w->block);
}

static bool room(uint8_t **buffer, size_t *cap, size_t need) {
    if (need <= *cap)
        return true;
    free(*buffer); /* nothing in it is worth copying */
    *cap = 0;
    *buffer = qz_malloc(need, 1);
    if (*buffer)
        *cap = need;
    return *buffer != NULL;
}

static bool read_at(int file, void *to, size_t n, uint64_t at) {
    for (uint8_t *p = to; n > 0;) {
        ssize_t got = pread(file, p, n, (off_t)at);
        if (got <= 0) {
            if (got < 0 && errno == EINTR)
                continue;
            return false;
        }
        p += got;
        n -= (size_t)got;
        at += (uint64_t)got;
    }
    return true;
}

struct packed {
    struct span raw, zlib;
    uint64_t raw_size;
    bool other; /* compressed by a method that is neither */
};

static bool parse_blob(struct span s, struct packed *ret) {
    struct field f;
    int more;
    *ret = (struct packed) { 0 };
    while ((more = next_field(&s, &f)) > 0) {
        if (f.number == 1 && f.wire == WIRE_BYTES)
            ret->raw = f.bytes;
        else if (f.number == 2 && f.wire == WIRE_VARINT)
            ret->raw_size = f.value;
        else if (f.number == 3 && f.wire == WIRE_BYTES)
            ret->zlib = f.bytes;
        else if (f.number >= 4 && f.number <= 7)
            ret->other = true;
    }
    return more == 0;
}

/* The blob's content into w->raw, one byte of room behind it. NULL: done, else what is wrong. */
static const char *unpack(struct worker *w, const struct osm_pbf *pbf, const struct blob *b,
                          size_t *n) {
    struct packed packed;
    if (!room(&w->packed, &w->cap_packed, b->n_bytes))
        return osm_no_memory;
    if (!read_at(pbf->file, w->packed, b->n_bytes, b->at))
        return "the file cannot be read there";
    if (!parse_blob((struct span) { w->packed, w->packed + b->n_bytes }, &packed))
        return "a blob that is no message";
    bool zipped = packed.zlib.p != NULL;
    if (!zipped && !packed.raw.p)
        return packed.other ? "a blob is not compressed by zlib; rewrite the file with zlib "
                              "('osmium cat -f pbf,pbf_compression=zlib')"
                            : "a blob without data";
    if (!zipped)
        packed.raw_size = (uint64_t)(packed.raw.end - packed.raw.p);
    if (packed.raw_size > MOST_BLOB_BYTES)
        return "a blob says it unpacks to more than 32 MiB";
    *n = (size_t)packed.raw_size;
    if (!room(&w->raw, &w->cap_raw, *n + 1))
        return osm_no_memory;
    if (!zipped) {
        memcpy(w->raw, packed.raw.p, *n);
        return NULL;
    }
    size_t got = 0;
    enum libdeflate_result r = libdeflate_zlib_decompress(
        w->inflater, packed.zlib.p, (size_t)(packed.zlib.end - packed.zlib.p), w->raw, *n, &got);
    return r == LIBDEFLATE_SUCCESS && got == *n ? NULL
                                                : "a blob does not unpack to the size it states";
}

/* ---- the list of blobs */
struct blob_head {
    bool is_header, is_data;
    uint64_t n_bytes;
};

static bool parse_blob_head(struct span s, struct blob_head *ret) {
    struct field f;
    int more;
    *ret = (struct blob_head) { .n_bytes = UINT64_MAX };
    while ((more = next_field(&s, &f)) > 0)
        if (f.number == 1 && f.wire == WIRE_BYTES) {
            size_t n = (size_t)(f.bytes.end - f.bytes.p);
            ret->is_header = n == 9 && memcmp(f.bytes.p, "OSMHeader", 9) == 0;
            ret->is_data = n == 7 && memcmp(f.bytes.p, "OSMData", 7) == 0;
        } else if (f.number == 3 && f.wire == WIRE_VARINT) {
            ret->n_bytes = f.value;
        }
    return more == 0 && ret->n_bytes != UINT64_MAX;
}

/* Reads the head at *at and moves behind its blob. */
static int next_blob(struct qz_ctx *ctx, const struct osm_pbf *pbf, uint64_t *at, uint8_t *buffer,
                     struct blob_head *head, struct blob *ret) {
    enum { USUAL_BYTES = 64 };
    uint64_t left = pbf->size - *at;
    if (left < 4 || !read_at(pbf->file, buffer, left < USUAL_BYTES ? left : USUAL_BYTES, *at))
        return damaged(ctx, pbf, *at, "the file is cut short");
    uint32_t n = (uint32_t)buffer[0] << 24 | (uint32_t)buffer[1] << 16 | (uint32_t)buffer[2] << 8 |
                 buffer[3];
    if (n == 0 || n > MOST_HEADER_BYTES)
        return damaged(ctx, pbf, *at,
                       *at == 0 ? "it is not an OSM PBF file"
                                : "a blob's head states an impossible size");
    if (n > left - 4)
        return damaged(ctx, pbf, *at, "the file is cut short");
    if (n + 4 > USUAL_BYTES && !read_at(pbf->file, buffer, n + 4, *at))
        return damaged(ctx, pbf, *at, "the file cannot be read there");
    if (!parse_blob_head((struct span) { buffer + 4, buffer + 4 + n }, head))
        return damaged(ctx, pbf, *at,
                       *at == 0 ? "it is not an OSM PBF file" : "a blob's head is no message");
    if (head->n_bytes > MOST_BLOB_BYTES)
        return damaged(ctx, pbf, *at, "a blob of more than 32 MiB");
    if (head->n_bytes > left - 4 - n)
        return damaged(ctx, pbf, *at, "the file is cut short");
    *ret = (struct blob) { .at = *at + 4 + n, .n_bytes = (uint32_t)head->n_bytes };
    *at = ret->at + ret->n_bytes;
    return 0;
}

static bool is_text(struct span s, const char *text) {
    size_t n = strlen(text);
    return (size_t)(s.end - s.p) == n && memcmp(s.p, text, n) == 0;
}

static int check_header(struct qz_ctx *ctx, const struct osm_pbf *pbf, const struct blob *b) {
    struct worker w;
    size_t n = 0;
    int r = worker_init(ctx, &w);
    const char *wrong = r == 0 ? unpack(&w, pbf, b, &n) : NULL;
    if (r == 0 && wrong)
        r = wrong == osm_no_memory ? qz_fail_nomem(ctx) : damaged(ctx, pbf, b->at, wrong);
    struct span s = { w.raw, r == 0 ? w.raw + n : w.raw };
    struct field f;
    int more = 0;
    while (r == 0 && (more = next_field(&s, &f)) > 0)
        if (f.number == 4 && f.wire == WIRE_BYTES && !is_text(f.bytes, "OsmSchema-V0.6") &&
            !is_text(f.bytes, "DenseNodes"))
            r = qz_fail(ctx, QZ_E_FORMAT,
                        "%s: needs a reader that knows '%.*s'; give a plain extract without "
                        "history",
                        pbf->path,
                        (int)(f.bytes.end - f.bytes.p < 64 ? f.bytes.end - f.bytes.p : 64),
                        (const char *)f.bytes.p);
    if (r == 0 && more < 0)
        r = damaged(ctx, pbf, b->at, "the header is no message");
    worker_done(&w);
    return r;
}

static int list_blobs(struct qz_ctx *ctx, struct osm_pbf *pbf) {
    qz_cleanup(qz_freep) uint8_t *buffer = qz_malloc(MOST_HEADER_BYTES + 4, 1);
    if (!buffer)
        return qz_fail_nomem(ctx);
    bool first = true;
    for (uint64_t at = 0; at < pbf->size; first = false) {
        struct blob_head head = { 0 };
        struct blob blob = { 0 };
        uint64_t from = at;
        int r = next_blob(ctx, pbf, &at, buffer, &head, &blob);
        if (r == 0 && first)
            r = head.is_header ? check_header(ctx, pbf, &blob)
                               : damaged(ctx, pbf, from, "it is not an OSM PBF file");
        if (r < 0)
            return r;
        if (!head.is_data)
            continue;
        struct blob *blobs = qz_grow(pbf->blobs, &pbf->cap, pbf->n + 1, sizeof *blobs);
        if (!blobs)
            return qz_fail_nomem(ctx);
        pbf->blobs = blobs;
        blobs[pbf->n++] = blob;
    }
    return 0;
}

int osm_pbf_open(struct qz_ctx *ctx, const char *path, struct osm_pbf **ret) {
    struct stat st;
    struct osm_pbf *pbf = qz_calloc(1, sizeof *pbf);
    if (!pbf)
        return qz_fail_nomem(ctx);
    *pbf = (struct osm_pbf) { .path = path, .guess = true };
    pbf->file = open(path, O_RDONLY | O_CLOEXEC);
    int r = 0;
    if (pbf->file < 0 || fstat(pbf->file, &st) != 0)
        r = qz_fail(ctx, QZ_E_IO, "%s: %s", path, strerror(errno));
    if (r == 0) {
        pbf->size = (uint64_t)st.st_size;
        r = list_blobs(ctx, pbf);
    }
    if (r < 0)
        osm_pbf_free(pbf);
    else
        *ret = pbf;
    return r;
}

struct osm_pbf *osm_pbf_free(struct osm_pbf *pbf) {
    if (!pbf)
        return NULL;
    if (pbf->file >= 0)
        close(pbf->file);
    free(pbf->blobs);
    free(pbf);
    return NULL;
}

/* ---- reading */
static const char *decode(struct worker *w, const struct osm_pbf *pbf, const struct osm_keys *keys,
                          struct blob *b) {
    size_t n;
    const char *wrong = unpack(w, pbf, b, &n);
    if (!wrong)
        wrong = osm_block_decode(&w->block, keys, w->raw, n);
    if (!wrong) {
        b->kinds = w->block.kinds;
        b->known = true;
    }
    return wrong;
}

static bool has_ways(const struct blob *b) {
    return b->kinds & (1u << QZ_OSM_WAY | 1u << QZ_OSM_RELATION);
}

/* Bisects for the first blob with a way or a relation, as if the file were sorted. */
static int guess_split(struct qz_ctx *ctx, struct osm_pbf *pbf) {
    struct qz_osm_want nothing = { 0 };
    struct osm_keys keys;
    struct worker w;
    osm_keys_init(&keys, &nothing);
    int r = worker_init(ctx, &w);
    size_t low = 0, high = pbf->n;
    while (r == 0 && low < high) {
        size_t mid = low + (high - low) / 2;
        struct blob *b = &pbf->blobs[mid];
        const char *wrong = b->known ? NULL : decode(&w, pbf, &keys, b);
        if (wrong)
            r = wrong == osm_no_memory ? qz_fail_nomem(ctx) : damaged(ctx, pbf, b->at, wrong);
        else if (has_ways(b))
            high = mid;
        else
            low = mid + 1;
    }
    worker_done(&w);
    if (r < 0)
        return r;
    pbf->first_way = low;
    pbf->split = true;
    return 0;
}

/* Whether the blob, now decoded, stands where a sorted file has it. */
static bool is_in_place(const struct osm_pbf *pbf, size_t i) {
    const struct blob *b = &pbf->blobs[i];
    return i < pbf->first_way ? !has_ways(b)
                              : i == pbf->first_way || !(b->kinds & 1u << QZ_OSM_NODE);
}

/* Threads decode blobs ahead into workers; whoever finishes the next one in the order of the file
 * hands over all that are ready. A thread waits only when every worker is full. */
struct reading {
    struct osm_pbf *pbf;
    struct osm_keys keys;
    struct worker *workers;
    size_t n_workers;
    qz_osm_take take;
    void *user;
    size_t from, to;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t freed;
    size_t next_decode, next_take; /* blobs */
    bool taking;                   /* a thread hands over */
    int code;                      /* the first failure in the order of the file */
};

static int hand_over(struct qz_ctx *ctx, const struct reading *r, const struct worker *w,
                     size_t i) {
    int code = 0;
    if (w->wrong)
        return w->wrong == osm_no_memory ? qz_fail_nomem(ctx)
                                         : damaged(ctx, r->pbf, r->pbf->blobs[i].at, w->wrong);
    if (r->pbf->guess && !is_in_place(r->pbf, i))
        return QZ_OSM_MIXED;
    code = r->take(ctx, &w->block.batch, r->user);
    size_t n = r->to - r->from, done = i - r->from + 1;
    if (code == 0 && done * 100 / n != (done - 1) * 100 / n)
        code = qz_progress(ctx, (double)done / (double)n, "OpenStreetMap");
    return code;
}

/* With the lock held on entry and on leaving; without it while the caller's code runs. */
static void hand_over_ready(struct qz_ctx *ctx, struct reading *r) {
    r->taking = true;
    while (r->code == 0 && r->next_take < r->to) {
        struct worker *w = &r->workers[r->next_take % r->n_workers];
        if (w->state != WORKER_READY)
            break;
        pthread_mutex_unlock(&r->lock);
        int code = hand_over(ctx, r, w, r->next_take);
        pthread_mutex_lock(&r->lock);
        r->code = code;
        r->next_take++;
        w->state = WORKER_FREE;
        pthread_cond_broadcast(&r->freed);
    }
    r->taking = false;
}

static void decode_blobs(struct qz_ctx *ctx, struct reading *r) {
    pthread_mutex_lock(&r->lock);
    while (r->code == 0 && r->next_decode < r->to) {
        struct worker *w = &r->workers[r->next_decode % r->n_workers];
        if (w->state != WORKER_FREE) {
            pthread_cond_wait(&r->freed, &r->lock);
            continue;
        }
        struct blob *b = &r->pbf->blobs[r->next_decode++];
        w->state = WORKER_BUSY;
        pthread_mutex_unlock(&r->lock);
        w->wrong = decode(w, r->pbf, &r->keys, b);
        pthread_mutex_lock(&r->lock);
        w->state = WORKER_READY;
        if (!r->taking)
            hand_over_ready(ctx, r);
    }
    pthread_cond_broadcast(&r->freed); /* the end, or a failure: nobody shall wait on */
    pthread_mutex_unlock(&r->lock);
}

static void read_blobs(struct qz_ctx *ctx, struct reading *r, int n_threads) {
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->freed, NULL);
    r->next_decode = r->next_take = r->from;
#pragma omp parallel num_threads(n_threads)
    decode_blobs(ctx, r);
    pthread_cond_destroy(&r->freed);
    pthread_mutex_destroy(&r->lock);
}

/* The blobs that hold what is wanted. */
static void choose_range(const struct osm_pbf *pbf, const struct qz_osm_want *want,
                         struct reading *r) {
    bool ways = want->way_any || want->relation_any;
    r->from = 0;
    r->to = pbf->n;
    if (pbf->guess && !want->nodes)
        r->from = pbf->first_way;
    if (pbf->guess && !ways) {
        bool both = pbf->first_way < pbf->n && pbf->blobs[pbf->first_way].kinds & 1u << QZ_OSM_NODE;
        r->to = pbf->first_way + both;
    }
}

int osm_pbf_read(struct qz_ctx *ctx, struct osm_pbf *pbf, const struct qz_osm_want *want,
                 qz_osm_take take, void *user) {
    enum { WORKERS_PER_THREAD = 3 };
    int n_threads = qz_ctx_threads(ctx);
    struct reading r = { .pbf = pbf, .take = take, .user = user };
    if (pbf->guess && !pbf->split)
        r.code = guess_split(ctx, pbf);
    r.n_workers = n_threads > 1 ? (size_t)n_threads * WORKERS_PER_THREAD : 1;
    r.workers = qz_calloc(r.n_workers, sizeof *r.workers);
    if (!r.workers)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < r.n_workers && r.code == 0; i++)
        r.code = worker_init(ctx, &r.workers[i]);
    if (r.code == 0) {
        osm_keys_init(&r.keys, want);
        choose_range(pbf, want, &r);
        read_blobs(ctx, &r, n_threads);
    }
    for (size_t i = 0; i < r.n_workers; i++)
        worker_done(&r.workers[i]);
    free(r.workers);
    if (r.code == QZ_OSM_MIXED)
        pbf->guess = false;
    return r.code;
}
