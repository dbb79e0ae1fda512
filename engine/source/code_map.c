/* engine/source/code_map.c - from the codes of one year to the communes of another. */
#include <string.h>
#include "source/source.h"

/* ---- what goes where, step by step, from the file's year towards the layer's */
struct edge {
    uint32_t from, to, step; /* codes by their order */
    double people, presence; /* of `to`, its share that comes from `from` */
};
struct leg { /* the same before the codes are numbered */
    const char *from, *to;
    uint32_t step;
};
struct item { /* what a code has become at the end */
    uint32_t code;
    double weight;
};
struct build {
    struct qz_ctx *ctx;
    const struct qz_communes *communes;
    struct leg *legs;
    size_t n, cap; /* legs, and edges */
    struct edge *edges;
    const char **code; /* sorted */
    size_t n_codes;
    uint32_t *n_from; /* of a step: how many go to a code */
    /* by code, as it is before the steps done so far; next: being made */
    double *people, *presence, *next_people, *next_presence;
    uint32_t *first, *count, *next_first, *next_count; /* of items; count 0: it is still itself */
    struct item *items;
    size_t n_items, cap_items;
    bool *existed;
};

static void build_done(struct build *b) {
    free(b->legs);
    free(b->edges);
    free(b->code);
    free(b->n_from);
    free(b->people);
    free(b->presence);
    free(b->next_people);
    free(b->next_presence);
    free(b->first);
    free(b->count);
    free(b->next_first);
    free(b->next_count);
    free(b->items);
    free(b->existed);
}

static int add_leg(struct build *b, const char *from, const char *to, uint32_t step) {
    struct leg *grown = qz_grow(b->legs, &b->cap, b->n + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(b->ctx);
    b->legs = grown;
    grown[b->n++] = (struct leg) { from, to, step };
    return 0;
}

/* Those of 1 January of a year have what happened on that day. Towards an older year the moves are
 * undone, the last first. */
static int add_moves(struct build *b, const struct qz_codes *codes, int from_year, int to_year,
                     uint32_t *step) {
    bool back = to_year < from_year;
    uint32_t after = (uint32_t)(back ? to_year : from_year) * 10000 + 101;
    uint32_t until = (uint32_t)(back ? from_year : to_year) * 10000 + 101;
    const struct qz_move *before = NULL;
    int r = 0;
    for (size_t i = 0; i < codes->n && r == 0; i++) {
        const struct qz_move *m = &codes->items[back ? codes->n - 1 - i : i];
        if (m->date <= after || m->date > until)
            continue;
        *step += before && (before->date != m->date || before->turn != m->turn);
        before = m;
        r = add_leg(b, back ? m->to : m->from, back ? m->from : m->to, *step);
    }
    *step += before != NULL;
    return r;
}

/* Paris, Lyon, Marseille: a layer has the commune or its arrondissements; files have either. */
static const char districts[][6] = {
    "75101", "75102", "75103", "75104", "75105", "75106", "75107", "75108", "75109",
    "75110", "75111", "75112", "75113", "75114", "75115", "75116", "75117", "75118",
    "75119", "75120", "69381", "69382", "69383", "69384", "69385", "69386", "69387",
    "69388", "69389", "13201", "13202", "13203", "13204", "13205", "13206", "13207",
    "13208", "13209", "13210", "13211", "13212", "13213", "13214", "13215", "13216",
};
static const struct {
    char commune[6];
    size_t first, last; /* of its districts */
} cities[] = { { "75056", 0, 19 }, { "69123", 20, 28 }, { "13055", 29, 44 } };

static bool is_district(const char *code) {
    for (size_t i = 0; i < COUNT(districts); i++)
        if (strcmp(districts[i], code) == 0)
            return true;
    return false;
}

/* A layer with both, or with neither, needs nothing. */
static int add_cities(struct build *b, uint32_t step) {
    int r = 0;
    for (size_t k = 0; k < COUNT(cities); k++) {
        const char *commune = cities[k].commune;
        bool whole = qz_communes_find(b->communes, commune) != QZ_NOWHERE, parts = false;
        for (size_t i = cities[k].first; i <= cities[k].last; i++)
            parts = parts || qz_communes_find(b->communes, districts[i]) != QZ_NOWHERE;
        if (whole == parts)
            continue;
        if (whole)
            r = add_leg(b, commune, commune, step);
        for (size_t i = cities[k].first; i <= cities[k].last && r == 0; i++)
            r = add_leg(b, whole ? districts[i] : commune, whole ? commune : districts[i], step);
    }
    return r;
}

/* ---- numbers for codes */
static int by_text(const void *va, const void *vb) {
    const char *const *a = va, *const *b = vb;
    return strcmp(*a, *b);
}

static uint32_t number_of(const struct build *b, const char *code) {
    const char **found = bsearch(&code, b->code, b->n_codes, sizeof *b->code, by_text);
    return (uint32_t)(found - b->code);
}

static int by_step(const void *va, const void *vb) {
    const struct edge *a = va, *b = vb;
    if (a->step != b->step)
        return a->step < b->step ? -1 : 1;
    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    return (a->to > b->to) - (a->to < b->to);
}

static int number_codes(struct build *b) {
    b->code = qz_malloc(2 * b->n, sizeof *b->code);
    b->edges = qz_calloc(b->n, sizeof *b->edges);
    if (!b->code || !b->edges)
        return qz_fail_nomem(b->ctx);
    size_t all = 0;
    for (size_t i = 0; i < b->n; i++) {
        b->code[all++] = b->legs[i].from;
        b->code[all++] = b->legs[i].to;
    }
    qsort(b->code, all, sizeof *b->code, by_text);
    for (size_t i = 0; i < all; i++)
        if (i == 0 || strcmp(b->code[i], b->code[b->n_codes - 1]) != 0)
            b->code[b->n_codes++] = b->code[i];
    for (size_t i = 0; i < b->n; i++) {
        const struct leg *l = &b->legs[i];
        b->edges[i] = (struct edge) { number_of(b, l->from), number_of(b, l->to), l->step, 0, 0 };
    }
    qsort(b->edges, b->n, sizeof *b->edges, by_step);
    return 0;
}

/* ---- back from the layer's year: who lived where before each step, and what became of them */
static int begin_at_layer(struct build *b, const struct qz_people *people) {
    size_t n = b->n_codes;
    b->n_from = qz_calloc(n, sizeof *b->n_from);
    b->people = qz_calloc(n, sizeof *b->people);
    b->presence = qz_calloc(n, sizeof *b->presence);
    b->next_people = qz_calloc(n, sizeof *b->next_people);
    b->next_presence = qz_calloc(n, sizeof *b->next_presence);
    b->first = qz_calloc(n, sizeof *b->first);
    b->count = qz_calloc(n, sizeof *b->count);
    b->next_first = qz_calloc(n, sizeof *b->next_first);
    b->next_count = qz_calloc(n, sizeof *b->next_count);
    b->existed = qz_calloc(n, sizeof *b->existed);
    if (!b->n_from || !b->people || !b->presence || !b->next_people || !b->next_presence ||
        !b->first || !b->count || !b->next_first || !b->next_count || !b->existed)
        return qz_fail_nomem(b->ctx);
    const double *count = people ? people->count : b->communes->people;
    for (size_t i = 0; i < n; i++) {
        uint32_t c = qz_communes_find(b->communes, b->code[i]);
        b->presence[i] = c != QZ_NOWHERE;
        b->people[i] = c != QZ_NOWHERE && count ? count[c] : 0;
    }
    return 0;
}

/* The edges [begin, end) of one code: how many people go along each. */
static void spread(struct build *b, size_t begin, size_t end) {
    uint32_t from = b->edges[begin].from;
    b->next_people[from] = b->next_presence[from] = 0;
    for (size_t i = begin; i < end; i++) {
        struct edge *e = &b->edges[i];
        e->people = b->people[e->to] / b->n_from[e->to];
        e->presence = b->presence[e->to] / b->n_from[e->to];
        b->next_people[from] += e->people;
        b->next_presence[from] += e->presence;
    }
}

static double weight_of(const struct build *b, const struct edge *e, size_t n) {
    if (b->next_people[e->from] > 0)
        return e->people / b->next_people[e->from];
    if (b->next_presence[e->from] > 0)
        return e->presence / b->next_presence[e->from];
    return 1 / (double)n;
}

/* Adds to the items from `first` on. */
static int add_item(struct build *b, uint32_t first, struct item item) {
    for (size_t i = first; i < b->n_items; i++)
        if (b->items[i].code == item.code) {
            b->items[i].weight += item.weight;
            return 0;
        }
    struct item *grown = qz_grow(b->items, &b->cap_items, b->n_items + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(b->ctx);
    b->items = grown;
    grown[b->n_items++] = item;
    return 0;
}

static int follow(struct build *b, size_t begin, size_t end) {
    uint32_t first = (uint32_t)b->n_items, from = b->edges[begin].from;
    int r = 0;
    for (size_t i = begin; i < end && r == 0; i++) {
        const struct edge *e = &b->edges[i];
        double weight = weight_of(b, e, end - begin);
        if (b->count[e->to] == 0)
            r = add_item(b, first, (struct item) { e->to, weight });
        for (uint32_t k = 0; k < b->count[e->to] && r == 0; k++) {
            struct item item = b->items[b->first[e->to] + k];
            item.weight *= weight;
            r = add_item(b, first, item);
        }
    }
    b->next_first[from] = first;
    b->next_count[from] = (uint32_t)b->n_items - first;
    return r;
}

static size_t same_from(const struct build *b, size_t begin, size_t end) {
    size_t i = begin + 1;
    while (i < end && b->edges[i].from == b->edges[begin].from)
        i++;
    return i;
}

/* The edges [begin, end) are all of one step: read as the codes are after it, then replaced. */
static int step_back(struct build *b, size_t begin, size_t end) {
    int r = 0;
    for (size_t i = begin; i < end; i++)
        b->n_from[b->edges[i].to]++;
    for (size_t i = begin, next; i < end && r == 0; i = next) {
        next = same_from(b, i, end);
        spread(b, i, next);
        r = follow(b, i, next);
    }
    if (r < 0)
        return r;
    for (size_t i = begin; i < end; i++) {
        b->n_from[b->edges[i].to] = 0;
        b->existed[b->edges[i].to] = false; /* made here, unless it also gives */
    }
    for (size_t i = begin; i < end; i++) {
        uint32_t from = b->edges[i].from;
        b->existed[from] = !is_district(b->code[from]);
        b->people[from] = b->next_people[from];
        b->presence[from] = b->next_presence[from];
        b->first[from] = b->next_first[from];
        b->count[from] = b->next_count[from];
    }
    return 0;
}

static int walk_back(struct build *b) {
    int r = 0;
    for (size_t end = b->n; end > 0 && r == 0;) {
        size_t begin = end - 1;
        while (begin > 0 && b->edges[begin - 1].step == b->edges[end - 1].step)
            begin--;
        r = step_back(b, begin, end);
        end = begin;
    }
    return r;
}

/* ---- the map */
struct qz_code_map {
    struct qz_code_entry *entries;
    size_t n;
    struct qz_code_share *shares;
    int from_year, to_year;
};

struct qz_code_map *qz_code_map_free(struct qz_code_map *map) {
    if (map) {
        free(map->entries);
        free(map->shares);
    }
    free(map);
    return NULL;
}

void qz_code_map_freep(struct qz_code_map **map) { *map = qz_code_map_free(*map); }

/* The main one first: the same code, then by weight, then by code. */
static void put_main_first(struct qz_code_share *shares, size_t n, uint32_t own) {
    for (size_t i = 1; i < n; i++) {
        struct qz_code_share s = shares[i];
        size_t k = i;
        for (; k > 0 && shares[k - 1].commune != own; k--) {
            const struct qz_code_share *before = &shares[k - 1];
            if (s.commune != own && (before->weight > s.weight ||
                                     (before->weight == s.weight && before->commune < s.commune)))
                break;
            shares[k] = *before;
        }
        shares[k] = s;
    }
}

static size_t take_shares(const struct build *b, uint32_t code, struct qz_code_share *out) {
    const struct item itself = { code, 1 };
    const struct item *items = b->count[code] ? &b->items[b->first[code]] : &itself;
    size_t n = 0;
    for (size_t i = 0; i < (b->count[code] ? b->count[code] : 1); i++) {
        uint32_t c = qz_communes_find(b->communes, b->code[items[i].code]);
        if (c != QZ_NOWHERE)
            out[n++] = (struct qz_code_share) { c, items[i].weight };
    }
    put_main_first(out, n, qz_communes_find(b->communes, b->code[code]));
    return n;
}

static bool is_own(const struct build *b, const struct qz_code_entry *e) {
    return e->n == 1 && strcmp(b->communes->code[e->shares[0].commune], e->code) == 0;
}

/* What happened to each: needs to know who else is in its commune. */
static void tell_changes(const struct build *b, struct qz_code_map *map, uint32_t *n_parts) {
    for (size_t i = 0; i < map->n; i++) {
        const struct qz_code_entry *e = &map->entries[i];
        for (uint32_t k = 0; k < e->n && (e->existed || !is_own(b, e)); k++)
            n_parts[e->shares[k].commune]++;
    }
    for (size_t i = 0; i < map->n; i++) {
        struct qz_code_entry *e = &map->entries[i];
        if (e->n == 0 || is_own(b, e))
            e->change = QZ_CODE_SAME;
        else if (e->n > 1)
            e->change = QZ_CODE_SPLIT;
        else
            e->change = n_parts[e->shares[0].commune] > 1 ? QZ_CODE_MERGED : QZ_CODE_RENAMED;
    }
}

static int make_map(const struct build *b, struct qz_code_map *map) {
    size_t n_shares = 0;
    for (size_t i = 0; i < b->n_codes; i++)
        n_shares += b->count[i] ? b->count[i] : 1;
    qz_cleanup(qz_freep) uint32_t *n_parts = qz_calloc(b->communes->n, sizeof *n_parts);
    map->entries = qz_calloc(b->n_codes, sizeof *map->entries);
    map->shares = qz_calloc(n_shares, sizeof *map->shares);
    if (!n_parts || !map->entries || !map->shares)
        return qz_fail_nomem(b->ctx);
    struct qz_code_share *next = map->shares;
    for (; map->n < b->n_codes; map->n++) {
        struct qz_code_entry *e = &map->entries[map->n];
        memcpy(e->code, b->code[map->n], sizeof e->code);
        e->existed = b->existed[map->n];
        e->shares = next;
        e->n = (uint32_t)take_shares(b, (uint32_t)map->n, next);
        next += e->n;
    }
    tell_changes(b, map, n_parts);
    return 0;
}

int qz_code_map_new(struct qz_ctx *ctx, const struct qz_codes *codes, int from_year, int to_year,
                    const struct qz_communes *c, const struct qz_people *people,
                    struct qz_code_map **ret) {
    struct build b = { .ctx = ctx, .communes = c };
    uint32_t step = 0;
    qz_cleanup(qz_code_map_freep) struct qz_code_map *map = qz_calloc(1, sizeof *map);
    if (!map)
        return qz_fail_nomem(ctx);
    map->from_year = from_year;
    map->to_year = to_year;
    int r = codes && from_year && to_year ? add_moves(&b, codes, from_year, to_year, &step) : 0;
    if (r == 0)
        r = add_cities(&b, step);
    if (r == 0 && b.n)
        r = number_codes(&b);
    if (r == 0 && b.n)
        r = begin_at_layer(&b, people);
    if (r == 0)
        r = walk_back(&b);
    if (r == 0 && b.n)
        r = make_map(&b, map);
    build_done(&b);
    if (r < 0)
        return r;
    *ret = map;
    map = NULL;
    return 0;
}

size_t qz_code_map_size(const struct qz_code_map *map) { return map ? map->n : 0; }

const struct qz_code_entry *qz_code_map_entry(const struct qz_code_map *map, size_t i) {
    return &map->entries[i];
}

int qz_code_map_from_year(const struct qz_code_map *map) { return map->from_year; }
int qz_code_map_to_year(const struct qz_code_map *map) { return map->to_year; }

size_t qz_code_map_find(const struct qz_code_map *map, const char *code) {
    size_t low = 0, high = qz_code_map_size(map);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(map->entries[middle].code, code);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return SIZE_MAX;
}

/* ---- for a file */
static int tell_years(struct qz_ctx *ctx, const struct qz_codes *codes, int to_year,
                      const struct qz_input *input, struct qz_issues *issues) {
    const char *slash = strrchr(input->file, '/'), *file = slash ? slash + 1 : input->file;
    if (input->year == 0 || to_year == 0)
        return qz_issue_add(ctx, issues, QZ_SEVERITY_NOTE, file, 0, NULL, "year_unknown",
                            "the year of %s codes is not stated: they are taken as they are; say "
                            "it with 'vintage ='",
                            input->year ? "the layer's" : "its commune");
    int newer = input->year > to_year ? input->year : to_year;
    uint32_t last = codes->n ? codes->items[codes->n - 1].date : 0;
    if (input->year == to_year || (int)(last / 10000) >= newer - 1)
        return 0;
    return qz_issue_add(ctx, issues, QZ_SEVERITY_NOTE, file, 0, NULL, "movements_end",
                        "its commune codes are brought from %d to %d, but the table of movements "
                        "ends in %u: take a newer table",
                        input->year, to_year, last / 10000);
}

int qz_input_codes(struct qz_ctx *ctx, const struct qz_codes *codes, int to_year,
                   const struct qz_communes *c, const struct qz_people *people,
                   struct qz_issues *issues, struct qz_input *input, struct qz_code_map **ret) {
    qz_cleanup(qz_code_map_freep) struct qz_code_map *map = NULL;
    int r = codes ? tell_years(ctx, codes, to_year, input, issues) : 0;
    if (r == 0)
        r = qz_code_map_new(ctx, codes, input->year, to_year, c, people, &map);
    if (r < 0)
        return r;
    *ret = NULL;
    input->codes = NULL;
    if (qz_code_map_size(map) == 0)
        return 0;
    *ret = map;
    input->codes = map;
    map = NULL;
    return 0;
}
