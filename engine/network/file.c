/* engine/network/file.c - a network in a file: written once, mapped, verified block by block. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>
#include "io/place.h"
#include "io/table.h"
#include "network/network.h"

/* ---- the form, see FILE.md */
enum { VERSION = 1, ALIGN = 64, PAGE = 4096, BLOCK = 1 << QZ_BLOCK_SHIFT };
static const char magic[8] =
    "\x89QZN\r\n\x1a\n"; /* as PNG does: shows what a text transfer spoils */
static const uint32_t order_mark = 0x01020304, other_order_mark = 0x04030201;

struct head { /* then the scalars, 8 bytes each; the texts; a sum a block; the sum of all that */
    char magic[8];
    uint32_t byte_order, version;
    uint64_t layout; /* of the tables that this version has */
    uint64_t head_bytes, file_bytes, text_bytes, n_blocks;
};

static size_t rounded(size_t n, size_t to) { return (n + to - 1) / to * to; }

/* Names and sizes of all that is kept: a new array makes another format by itself. */
static uint64_t layout_sum(void) {
    uint64_t sum = VERSION;
    for (size_t i = 0; i < qz_network_n_arrays; i++) {
        const struct qz_network_array *a = &qz_network_arrays[i];
        sum = XXH3_64bits_withSeed(a->name, strlen(a->name), sum + a->size);
    }
    for (size_t i = 0; i < qz_network_n_scalars; i++)
        sum = XXH3_64bits_withSeed(qz_network_scalars[i].name, strlen(qz_network_scalars[i].name),
                                   sum + qz_network_scalars[i].size);
    for (size_t i = 0; i < qz_network_n_texts; i++)
        sum = XXH3_64bits_withSeed(qz_network_texts[i].name, strlen(qz_network_texts[i].name), sum);
    return sum;
}

static const char *text_of(const struct qz_network *net, size_t i) {
    const char *text;
    memcpy(&text, (const char *)net + qz_network_texts[i].at, sizeof text);
    return text;
}

/* Offset of each array in the data, and the size of the data; false: it cannot be so large. */
static bool lay_out(const struct qz_network *net, size_t *offsets, size_t *data_bytes) {
    size_t at = 0, bytes;
    for (size_t i = 0; i < qz_network_n_arrays; i++) {
        const struct qz_network_array *a = &qz_network_arrays[i];
        offsets[i] = at;
        if (__builtin_mul_overflow(qz_network_array_n(net, a), a->size, &bytes) ||
            __builtin_add_overflow(at, bytes, &at) || at > SIZE_MAX / 2)
            return false;
        at = rounded(at, ALIGN);
    }
    *data_bytes = at;
    return true;
}

static struct head head_of(const struct qz_network *net, size_t data_bytes) {
    struct head h = { .byte_order = order_mark, .version = VERSION, .layout = layout_sum() };
    memcpy(h.magic, magic, sizeof magic);
    h.n_blocks = (data_bytes + BLOCK - 1) / BLOCK;
    for (size_t i = 0; i < qz_network_n_texts; i++)
        h.text_bytes += strlen(text_of(net, i)) + 1;
    h.text_bytes = rounded(h.text_bytes, 8);
    h.head_bytes = rounded(sizeof h + 8 * qz_network_n_scalars + h.text_bytes + 8 * h.n_blocks + 8,
                           PAGE);
    h.file_bytes = h.head_bytes + data_bytes;
    return h;
}

/* ---- writing */
struct stream { /* data on its way to the file, a block at a time */
    FILE *file;
    uint8_t *block;
    size_t used, n_sums;
    uint64_t *sums;
};

static bool end_block(struct stream *s) {
    s->sums[s->n_sums++] = XXH3_64bits(s->block, s->used);
    bool good = fwrite(s->block, 1, s->used, s->file) == s->used;
    s->used = 0;
    return good;
}

/* bytes NULL: zeros. */
static bool put(struct stream *s, const uint8_t *bytes, size_t n) {
    bool good = true;
    while (n && good) {
        size_t part = n < BLOCK - s->used ? n : BLOCK - s->used;
        if (bytes)
            memcpy(s->block + s->used, bytes, part);
        else
            memset(s->block + s->used, 0, part);
        bytes = bytes ? bytes + part : NULL;
        s->used += part;
        n -= part;
        if (s->used == BLOCK)
            good = end_block(s);
    }
    return good;
}

static bool put_arrays(struct stream *s, const struct qz_network *net) {
    bool good = true;
    for (size_t i = 0; i < qz_network_n_arrays && good; i++) {
        const struct qz_network_array *a = &qz_network_arrays[i];
        size_t n = qz_network_array_n(net, a) * a->size;
        good = put(s, *qz_network_array_at(net, a), n) && put(s, NULL, rounded(n, ALIGN) - n);
    }
    return good && (s->used == 0 || end_block(s));
}

static void fill_head(uint8_t *to, const struct head *h, const struct qz_network *net,
                      const uint64_t *sums) {
    uint8_t *at = to;
    memcpy(at, h, sizeof *h);
    at += sizeof *h;
    for (size_t i = 0; i < qz_network_n_scalars; i++, at += 8)
        memcpy(at, (const char *)net + qz_network_scalars[i].at, qz_network_scalars[i].size);
    uint8_t *text = at;
    for (size_t i = 0; i < qz_network_n_texts; i++) {
        size_t n = strlen(text_of(net, i)) + 1;
        memcpy(text, text_of(net, i), n);
        text += n;
    }
    memcpy(at + h->text_bytes, sums, h->n_blocks * sizeof *sums);
    uint64_t sum = XXH3_64bits(to, h->head_bytes - sizeof sum);
    memcpy(to + h->head_bytes - sizeof sum, &sum, sizeof sum);
}

static int write_all(struct qz_ctx *ctx, const struct qz_network *net, FILE *file,
                     const char *path) {
    size_t offsets[32], data_bytes;
    if (qz_network_n_arrays > COUNT(offsets) || !lay_out(net, offsets, &data_bytes))
        return qz_fail_nomem(ctx);
    struct head h = head_of(net, data_bytes);
    qz_cleanup(qz_freep) uint8_t *head = qz_calloc(h.head_bytes, 1);
    qz_cleanup(qz_freep) uint8_t *block = qz_malloc(BLOCK, 1);
    qz_cleanup(qz_freep) uint64_t *sums = qz_malloc(h.n_blocks, sizeof *sums);
    if (!head || !block || !sums)
        return qz_fail_nomem(ctx);
    struct stream s = { .file = file, .block = block, .sums = sums };
    bool good = fwrite(head, 1, h.head_bytes, file) == h.head_bytes && put_arrays(&s, net);
    if (good) { /* the place kept for the head */
        fill_head(head, &h, net, sums);
        good = fseek(file, 0, SEEK_SET) == 0 &&
               fwrite(head, 1, h.head_bytes, file) == h.head_bytes && fflush(file) == 0;
    }
    return good ? 0 : qz_fail(ctx, QZ_E_IO, "%s: cannot be written: %s", path, strerror(errno));
}

static int write_place(struct qz_ctx *ctx, const struct qz_network *net, struct qz_place *place) {
    FILE *file = fopen(place->file, "wbe");
    if (!file)
        return qz_fail(ctx, QZ_E_IO, "%s: cannot be written: %s", place->path, strerror(errno));
    int r = write_all(ctx, net, file, place->path);
    if (fclose(file) != 0 && r == 0)
        r = qz_fail(ctx, QZ_E_IO, "%s: cannot be written: %s", place->path, strerror(errno));
    return r < 0 ? r : qz_place_publish(ctx, place);
}

int qz_network_save(struct qz_ctx *ctx, const struct qz_network *net, const char *path,
                    bool overwrite) {
    struct qz_place place;
    int r = qz_network_verify(ctx, net);
    if (r < 0)
        return r;
    r = qz_place_init(ctx, &place, path, overwrite);
    if (r == 0)
        r = write_place(ctx, net, &place);
    qz_place_done(&place);
    return r;
}

/* ---- verifying */
static bool is_verified(const struct qz_network_file *f, size_t block) {
    return __atomic_load_n(&f->verified[block / 64], __ATOMIC_RELAXED) >> block % 64 & 1;
}

static const char *remedy = "copy it again, or compile it again with 'quinze network'";

static int verify_block(struct qz_ctx *ctx, const struct qz_network_file *f, size_t block) {
    size_t at = block << QZ_BLOCK_SHIFT;
    size_t n = f->data_bytes - at < BLOCK ? f->data_bytes - at : BLOCK;
    if (XXH3_64bits(f->data + at, n) != f->sums[block])
        return qz_fail(ctx, QZ_E_FORMAT, "%s: damaged at block %zu of %zu; %s", f->path, block + 1,
                       f->n_blocks, remedy);
    __atomic_fetch_or(&f->verified[block / 64], (uint64_t)1 << block % 64, __ATOMIC_RELAXED);
    return 0;
}

int qz_network_verify_bytes(struct qz_ctx *ctx, const struct qz_network_file *f, const void *from,
                            size_t bytes) {
    if (bytes == 0)
        return 0;
    size_t at = (size_t)((const uint8_t *)from - f->data);
    if (at > f->data_bytes || bytes > f->data_bytes - at)
        return qz_fail(ctx, QZ_E_FORMAT, "%s: an index points out of it; %s", f->path, remedy);
    int r = 0;
    for (size_t b = at >> QZ_BLOCK_SHIFT; b <= (at + bytes - 1) >> QZ_BLOCK_SHIFT && r == 0; b++)
        r = is_verified(f, b) ? 0 : verify_block(ctx, f, b);
    return r;
}

int qz_network_verify(struct qz_ctx *ctx, const struct qz_network *net) {
    if (!net->file || net->file->whole)
        return 0;
    int r = qz_network_verify_bytes(ctx, net->file, net->file->data, net->file->data_bytes);
    if (r == 0)
        __atomic_store_n(&net->file->whole, true, __ATOMIC_RELAXED);
    return r;
}

int qz_network_need_copies(struct qz_ctx *ctx, const struct qz_network *net, uint32_t junction) {
    if (!net->copy_first)
        return 0;
    const uint32_t *first = net->copy_first + junction;
    int r = QZ_NEED(ctx, net, first, 2);
    if (r < 0 || first[0] == first[1])
        return r;
    const uint32_t *forbid = net->forbid_first + first[0];
    size_t n = first[1] - first[0];
    r = QZ_NEED(ctx, net, forbid, n + 1);
    return r < 0 ? r : QZ_NEED(ctx, net, net->forbid + forbid[0], forbid[n] - forbid[0]);
}

int qz_network_need_chain(struct qz_ctx *ctx, const struct qz_network *net, uint32_t chain) {
    const struct qz_chain *c = net->chains + chain;
    int r = QZ_NEED(ctx, net, c, 2);
    if (r < 0)
        return r;
    const struct qz_edge *e = net->edges + c[0].first_edge, *end = net->edges + c[1].first_edge;
    r = QZ_NEED(ctx, net, e, (size_t)(end - e) + 1);
    return r < 0
               ? r
               : QZ_NEED(ctx, net, net->points + e->first_point, end->first_point - e->first_point);
}

int qz_network_need_incident(struct qz_ctx *ctx, const struct qz_network *net, uint32_t junction) {
    const uint32_t *first = net->incident_first + junction;
    int r = QZ_NEED(ctx, net, first, 2);
    if (r == 0)
        r = QZ_NEED(ctx, net, net->incident + first[0], first[1] - first[0]);
    for (uint32_t k = first[0]; r == 0 && k < first[1]; k++)
        r = qz_network_need_chain(ctx, net, net->incident[k]);
    return r;
}

/* ---- opening */
struct qz_network_file *qz_network_file_free(struct qz_network_file *f) {
    if (!f)
        return NULL;
    if (f->map)
        munmap((void *)(uintptr_t)f->map, f->map_bytes);
    free(f->verified);
    free(f->path);
    free(f);
    return NULL;
}

static int map_file(struct qz_ctx *ctx, const char *path, struct qz_network_file *f) {
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    void *map = MAP_FAILED;
    if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0)
        map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    int reason = errno;
    if (fd >= 0)
        close(fd);
    if (map == MAP_FAILED)
        return qz_fail(ctx, QZ_E_IO, "%s: cannot be mapped: %s", path, strerror(reason));
    f->map = map;
    f->map_bytes = (size_t)st.st_size;
    return 0;
}

static int cut_short(struct qz_ctx *ctx, const struct qz_network_file *f, uint64_t want) {
    return qz_fail(ctx, QZ_E_FORMAT, "%s: cut short: it has %zu bytes of %llu; %s", f->path,
                   f->map_bytes, (unsigned long long)want, remedy);
}

/* In the order in which one can tell: whose file, then whether it is whole. */
static int check_head(struct qz_ctx *ctx, const struct qz_network_file *f, struct head *h) {
    size_t known = f->map_bytes < sizeof magic ? f->map_bytes : sizeof magic;
    if (memcmp(f->map, magic, known) != 0)
        return qz_fail(ctx, QZ_E_FORMAT,
                       "%s: is not a network of quinze; make one with 'quinze network'", f->path);
    if (f->map_bytes < sizeof *h)
        return cut_short(ctx, f, sizeof *h);
    memcpy(h, f->map, sizeof *h);
    if (h->byte_order == other_order_mark)
        return qz_fail(ctx, QZ_E_FORMAT,
                       "%s: made on a machine of the other byte order; compile it on this one with "
                       "'quinze network'",
                       f->path);
    if (h->byte_order == order_mark && (h->version != VERSION || h->layout != layout_sum()))
        return qz_fail(ctx, QZ_E_FORMAT,
                       "%s: made by another version of quinze (form %u, this one reads form %d of "
                       "its own arrays); compile it again with 'quinze network'",
                       f->path, h->version, VERSION);
    if (h->head_bytes > f->map_bytes || h->file_bytes > f->map_bytes)
        return cut_short(ctx, f, h->head_bytes > h->file_bytes ? h->head_bytes : h->file_bytes);
    uint64_t sum, fixed = sizeof *h + 8 * qz_network_n_scalars + sizeof sum;
    bool good = h->head_bytes >= fixed && h->head_bytes % PAGE == 0;
    if (good)
        memcpy(&sum, f->map + h->head_bytes - sizeof sum, sizeof sum);
    if (!good || XXH3_64bits(f->map, h->head_bytes - sizeof sum) != sum)
        return qz_fail(ctx, QZ_E_FORMAT, "%s: damaged in its head; %s", f->path, remedy);
    return 0;
}

static bool take_texts(struct qz_network *net, const char *at, size_t bytes) {
    for (size_t i = 0; i < qz_network_n_texts; i++) {
        const char *end = memchr(at, 0, bytes);
        if (!end)
            return false;
        memcpy((char *)net + qz_network_texts[i].at, &at, sizeof at);
        bytes -= (size_t)(end + 1 - at);
        at = end + 1;
    }
    return true;
}

/* The head is sound: what it says must still fit together. */
static bool take_head(struct qz_network *net, const struct head *h) {
    struct qz_network_file *f = net->file;
    const uint8_t *at = f->map + sizeof *h;
    size_t offsets[32], data_bytes;
    for (size_t i = 0; i < qz_network_n_scalars; i++, at += 8)
        memcpy((char *)net + qz_network_scalars[i].at, at, qz_network_scalars[i].size);
    if (qz_network_n_arrays > COUNT(offsets) || !lay_out(net, offsets, &data_bytes) ||
        h->text_bytes > h->head_bytes || !take_texts(net, (const char *)at, h->text_bytes))
        return false;
    struct head own = head_of(net, data_bytes);
    f->sums = (const uint64_t *)(const void *)(at + h->text_bytes);
    f->data = f->map + h->head_bytes;
    f->data_bytes = data_bytes;
    f->n_blocks = own.n_blocks;
    for (size_t i = 0; i < qz_network_n_arrays; i++)
        if (qz_network_array_given(net, &qz_network_arrays[i]))
            *qz_network_array_at(net, &qz_network_arrays[i]) = (uint8_t *)(uintptr_t)f->data +
                                                               offsets[i];
    return memcmp(&own, h, sizeof own) == 0 && h->file_bytes == f->map_bytes;
}

static int open_file(struct qz_ctx *ctx, const char *path, struct qz_network *net) {
    struct qz_network_file *f = net->file;
    struct head h;
    f->path = qz_strdup(path);
    int r = f->path ? map_file(ctx, path, f) : qz_fail_nomem(ctx);
    if (r == 0)
        r = check_head(ctx, f, &h);
    if (r == 0 && !take_head(net, &h))
        r = qz_fail(ctx, QZ_E_FORMAT, "%s: damaged: its sizes do not fit together; %s", path,
                    remedy);
    if (r < 0)
        return r;
    f->verified = qz_calloc(f->n_blocks / 64 + 1, sizeof *f->verified);
    return f->verified ? 0 : qz_fail_nomem(ctx);
}

int qz_network_open(struct qz_ctx *ctx, const char *path, struct qz_network **ret) {
    int r = qz_input_check(ctx, path);
    if (r < 0)
        return r;
    qz_cleanup(qz_network_freep) struct qz_network *net = qz_calloc(1, sizeof *net);
    if (!net || !(net->file = qz_calloc(1, sizeof *net->file)))
        return qz_fail_nomem(ctx);
    r = open_file(ctx, path, net);
    if (r < 0)
        return r;
    *ret = net;
    net = NULL;
    return 0;
}
