/* engine/base/idset.c - pages of 512 ids, one bit each, found through an open table. */
#include <string.h>
#include "base/idset.h"

enum { PAGE_SHIFT = 9, PAGE_IDS = 1 << PAGE_SHIFT, PAGE_WORDS = PAGE_IDS / 64 };
static const uint32_t nowhere = UINT32_MAX;

struct page {
    uint64_t bits[PAGE_WORDS];
    uint32_t base;               /* ids before the page, once sealed */
    uint16_t before[PAGE_WORDS]; /* ids of the page before each word */
};
struct key_page {
    int64_t key;
    uint32_t page;
};
struct qz_id_set {
    size_t n_pages, cap_pages, cap_keys, n_slots, n;
    uint32_t *slots; /* page + 1, 0: free */
    struct page *pages;
    int64_t *keys; /* of each page: id >> PAGE_SHIFT */
    int64_t lowest;
};

int qz_id_set_new(struct qz_ctx *ctx, struct qz_id_set **ret) {
    enum { FIRST_SLOTS = 1024 };
    struct qz_id_set *s = qz_calloc(1, sizeof *s);
    if (s)
        s->slots = qz_calloc(FIRST_SLOTS, sizeof *s->slots);
    if (!s || !s->slots) {
        free(s);
        return qz_fail_nomem(ctx);
    }
    s->n_slots = FIRST_SLOTS;
    *ret = s;
    return 0;
}

struct qz_id_set *qz_id_set_free(struct qz_id_set *s) {
    if (!s)
        return NULL;
    free(s->slots);
    free(s->pages);
    free(s->keys);
    free(s);
    return NULL;
}

void qz_id_set_freep(struct qz_id_set **s) { *s = qz_id_set_free(*s); }

static int64_t key_of(int64_t id) { return id >> PAGE_SHIFT; }
static size_t bit_of(int64_t id) { return (size_t)((uint64_t)id & (PAGE_IDS - 1)); }

/* The slot of the key's page, or the free one where it belongs. */
static uint32_t *find_slot(const struct qz_id_set *s, int64_t key) {
    uint64_t h = (uint64_t)key * 0x9e3779b97f4a7c15u;
    size_t mask = s->n_slots - 1, i = (size_t)(h >> 32 ^ h) & mask;
    while (s->slots[i] && s->keys[s->slots[i] - 1] != key)
        i = (i + 1) & mask;
    return &s->slots[i];
}

static uint32_t find_page(const struct qz_id_set *s, struct qz_id_cursor *c, int64_t key) {
    if (!c->set || c->key != key) {
        uint32_t slot = *find_slot(s, key);
        *c = (struct qz_id_cursor) { key, slot ? slot - 1 : nowhere, true };
    }
    return c->page;
}

static bool widen(struct qz_id_set *s) {
    uint32_t *slots = qz_calloc(s->n_slots * 2, sizeof *slots);
    if (!slots)
        return false;
    free(s->slots);
    s->slots = slots;
    s->n_slots *= 2;
    for (uint32_t i = 0; i < s->n_pages; i++)
        *find_slot(s, s->keys[i]) = i + 1;
    return true;
}

static bool add_page(struct qz_id_set *s, struct qz_id_cursor *c, int64_t key) {
    if (s->n_pages >= nowhere - 1 || (s->n_pages * 2 >= s->n_slots && !widen(s)))
        return false;
    struct page *pages = qz_grow(s->pages, &s->cap_pages, s->n_pages + 1, sizeof *pages);
    s->pages = pages ? pages : s->pages;
    int64_t *keys = qz_grow(s->keys, &s->cap_keys, s->n_pages + 1, sizeof *keys);
    s->keys = keys ? keys : s->keys;
    if (!pages || !keys)
        return false;
    s->pages[s->n_pages] = (struct page) { 0 };
    s->keys[s->n_pages] = key;
    *c = (struct qz_id_cursor) { key, (uint32_t)s->n_pages, true };
    *find_slot(s, key) = (uint32_t)++s->n_pages;
    return true;
}

bool qz_id_set_add(struct qz_id_set *s, struct qz_id_cursor *c, int64_t id) {
    if (find_page(s, c, key_of(id)) == nowhere && !add_page(s, c, key_of(id)))
        return false;
    size_t bit = bit_of(id);
    s->pages[c->page].bits[bit / 64] |= (uint64_t)1 << bit % 64;
    return true;
}

static int by_key(const void *a, const void *b) {
    int64_t x = ((const struct key_page *)a)->key, y = ((const struct key_page *)b)->key;
    return (x > y) - (x < y);
}

int qz_id_set_seal(struct qz_ctx *ctx, struct qz_id_set *s) {
    qz_cleanup(qz_freep) struct key_page *order = qz_malloc(s->n_pages, sizeof *order);
    if (!order)
        return qz_fail_nomem(ctx);
    for (uint32_t i = 0; i < s->n_pages; i++)
        order[i] = (struct key_page) { s->keys[i], i };
    qsort(order, s->n_pages, sizeof *order, by_key);
    s->n = 0;
    for (size_t i = 0; i < s->n_pages; i++) {
        struct page *page = &s->pages[order[i].page];
        unsigned in_page = 0;
        for (size_t w = 0; w < PAGE_WORDS; w++) {
            if (s->n + in_page == 0 && page->bits[w])
                s->lowest = order[i].key * PAGE_IDS + (int64_t)w * 64 +
                            __builtin_ctzll(page->bits[w]);
            page->before[w] = (uint16_t)in_page;
            in_page += (unsigned)__builtin_popcountll(page->bits[w]);
        }
        page->base = (uint32_t)s->n;
        s->n += in_page;
        if (s->n >= nowhere)
            return qz_fail(ctx, QZ_E_RANGE, "more than 4 billion ids are used; cut the file");
    }
    return 0;
}

size_t qz_id_set_size(const struct qz_id_set *s) { return s->n; }
int64_t qz_id_set_lowest(const struct qz_id_set *s) { return s->lowest; }

uint32_t qz_id_set_rank(const struct qz_id_set *s, struct qz_id_cursor *c, int64_t id) {
    uint32_t i = find_page(s, c, key_of(id));
    if (i == nowhere)
        return nowhere;
    const struct page *page = &s->pages[i];
    size_t bit = bit_of(id), word = bit / 64;
    uint64_t bits = page->bits[word], one = (uint64_t)1 << bit % 64;
    if (!(bits & one))
        return nowhere;
    return page->base + page->before[word] + (uint32_t)__builtin_popcountll(bits & (one - 1));
}
