/* engine/source/age_pyramids.c - the bands of each territory, checked, into a pyramid for each
 * commune. */
#include <stdio.h>
#include <string.h>
#include "source/age_bands.h"

enum { NAME_BYTES = 64 };

struct build {
    struct qz_band_rows *in;
    struct qz_age_bands *bands;
    uint32_t *pyramid_scale, *pyramid_place;
};

struct qz_age_bands *qz_age_bands_free(struct qz_age_bands *b) {
    if (b) {
        free(b->of_commune);
        free(b->first);
        free(b->bands);
    }
    free(b);
    return NULL;
}

void qz_age_bands_freep(struct qz_age_bands **b) { *b = qz_age_bands_free(*b); }

static int by_place(const void *va, const void *vb) {
    const struct qz_band_row *a = va, *b = vb;
    if (a->scale != b->scale)
        return a->scale < b->scale ? -1 : 1;
    if (a->place != b->place)
        return a->place < b->place ? -1 : 1;
    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

/* ---- pyramids: the rows of one place */
static void name_place(const struct build *b, const struct qz_band_row *row, char ret[NAME_BYTES]) {
    if (row->scale == QZ_BANDS_OF_COMMUNES) {
        snprintf(ret, NAME_BYTES, "commune %s", b->in->communes->code[row->place]);
    } else {
        const struct qz_level *l = &b->in->levels->items[row->scale - 1];
        snprintf(ret, NAME_BYTES, "%s %s", l->name, l->code[row->place]);
    }
}

/* All n rows of a place are left out, for this reason. */
static int reject_place(struct qz_ctx *ctx, struct build *b, const struct qz_band_row *rows,
                        size_t n, size_t wrong, const char *code, const char *what) {
    char place[NAME_BYTES], message[400];
    name_place(b, rows, place);
    snprintf(message, sizeof message,
             "%s: %s; the ages of its practitioners stay unknown: correct its rows", place, what);
    if (!*b->in->reader.reason)
        snprintf(b->in->reader.reason, sizeof b->in->reader.reason, "row %zu: %s",
                 rows[wrong].number, message);
    b->in->reader.n_rejected += n;
    return qz_issue_add(ctx, b->in->issues, QZ_SEVERITY_REJECT, b->in->reader.source,
                        rows[wrong].number, NULL, code, "%s", message);
}

/* An open band is taken as wide as its neighbour. False: the neighbour is open too, or missing. */
static bool close_ends(struct qz_band_row *rows, size_t n) {
    bool low = rows[0].from == QZ_BAND_OPEN_LOW, high = rows[n - 1].to == QZ_BAND_OPEN_HIGH;
    if ((low || high) && (n < 2 || (n == 2 && low && high)))
        return false;
    if (low)
        rows[0].from = rows[0].to - (rows[1].to - rows[1].from);
    if (low && rows[0].from < 0)
        rows[0].from = 0;
    if (high)
        rows[n - 1].to = rows[n - 1].from + (rows[n - 2].to - rows[n - 2].from);
    if (high && rows[n - 1].to > QZ_BAND_OLDEST)
        rows[n - 1].to = QZ_BAND_OLDEST;
    return true;
}

/* from, to: where most places of this scale begin and end. 1 the rows make a pyramid, 0 they were
 * rejected, negative a failure. */
static int check_place(struct qz_ctx *ctx, struct build *b, struct qz_band_row *rows, size_t n,
                       int from, int to) {
    char what[200];
    for (size_t i = 1; i < n; i++) {
        bool overlap = rows[i].from <= rows[i - 1].to;
        if (!overlap && rows[i].from == rows[i - 1].to + 1)
            continue;
        int first = overlap ? rows[i].from : rows[i - 1].to + 1;
        int last = overlap ? rows[i].to < rows[i - 1].to ? rows[i].to : rows[i - 1].to
                           : rows[i].from - 1;
        first = first < 0 ? 0 : first;
        snprintf(what, sizeof what,
                 overlap ? "two bands hold the ages %d to %d"
                         : "no band holds the ages %d to %d (write 0 heads where nobody is)",
                 first, last > QZ_BAND_OLDEST ? QZ_BAND_OLDEST : last);
        return reject_place(ctx, b, rows, n, i, overlap ? "overlapping_bands" : "missing_band",
                            what);
    }
    if (rows[0].from > from || rows[n - 1].to < to) {
        bool begin = rows[0].from > from;
        snprintf(what, sizeof what,
                 "the %s band of the other territories is missing (write 0 heads where nobody is)",
                 begin ? "first" : "last");
        return reject_place(ctx, b, rows, n, begin ? 0 : n - 1, "missing_band", what);
    }
    if (!close_ends(rows, n))
        return reject_place(ctx, b, rows, n, 0, "bad_band",
                            "an open band needs a closed one beside it, whose width it takes");
    return 1;
}

static int note_nobody(struct qz_ctx *ctx, struct build *b, const struct qz_band_row *row) {
    char place[NAME_BYTES];
    name_place(b, row, place);
    return qz_issue_add(ctx, b->in->issues, QZ_SEVERITY_NOTE, b->in->reader.source, row->number,
                        NULL, "nobody_in_bands", "%s: all its bands have 0 heads: they tell no age",
                        place);
}

static int add_pyramid(struct qz_ctx *ctx, struct build *b, struct qz_band_row *rows, size_t n,
                       int from, int to) {
    struct qz_age_bands *all = b->bands;
    double heads = 0;
    int ok = check_place(ctx, b, rows, n, from, to);
    for (size_t i = 0; i < n; i++)
        heads += rows[i].heads;
    if (ok > 0 && !(heads > 0))
        ok = note_nobody(ctx, b, rows);
    if (ok <= 0)
        return ok;
    uint32_t k = all->first[all->n];
    for (size_t i = 0; i < n; i++)
        all->bands[k++] = (struct qz_age_band) { (uint8_t)rows[i].from, (uint8_t)rows[i].to,
                                                 rows[i].heads };
    b->pyramid_scale[all->n] = rows->scale;
    b->pyramid_place[all->n++] = rows->place;
    all->first[all->n] = k;
    return 0;
}

static size_t end_of_place(const struct build *b, size_t from) {
    size_t to = from;
    while (to < b->in->n && b->in->items[to].scale == b->in->items[from].scale &&
           b->in->items[to].place == b->in->items[from].place)
        to++;
    return to;
}

/* Where most places of a scale begin and end, the wider of equals; i: its first row. */
static void usual_ends(const struct build *b, size_t i, int *from, int *to) {
    uint32_t begins[QZ_BAND_OLDEST + 2] = { 0 }, ends[QZ_BAND_OLDEST + 2] = { 0 },
                                     scale = b->in->items[i].scale;
    while (i < b->in->n && b->in->items[i].scale == scale) {
        begins[b->in->items[i].from + 1]++; /* an open band comes first */
        i = end_of_place(b, i);
        ends[b->in->items[i - 1].to == QZ_BAND_OPEN_HIGH ? QZ_BAND_OLDEST + 1
                                                         : b->in->items[i - 1].to]++;
    }
    int begin = 0, end = QZ_BAND_OLDEST + 1;
    for (int age = 0; age < QZ_BAND_OLDEST + 2; age++)
        begin = begins[age] > begins[begin] ? age : begin;
    for (int age = QZ_BAND_OLDEST + 1; age >= 0; age--)
        end = ends[age] > ends[end] ? age : end;
    *from = begin - 1;
    *to = end == QZ_BAND_OLDEST + 1 ? QZ_BAND_OPEN_HIGH : end;
}

static int make_pyramids(struct qz_ctx *ctx, struct build *b) {
    int e = 0, from = 0, to = 0;
    if (b->in->n)
        qsort(b->in->items, b->in->n, sizeof *b->in->items, by_place);
    for (size_t i = 0, next; i < b->in->n && e == 0; i = next) {
        if (i == 0 || b->in->items[i].scale != b->in->items[i - 1].scale)
            usual_ends(b, i, &from, &to);
        next = end_of_place(b, i);
        e = add_pyramid(ctx, b, &b->in->items[i], next - i, from, to);
    }
    return e;
}

/* ---- which pyramid stands for a commune: its own, else that of the first level that has one */
static int give_to_communes(struct qz_ctx *ctx, struct build *b) {
    size_t n = b->in->communes->n, n_places = n, without = 0, first = 0;
    size_t n_levels = b->in->levels ? b->in->levels->n : 0;
    for (size_t k = 0; k < n_levels; k++)
        n_places = b->in->levels->items[k].n > n_places ? b->in->levels->items[k].n : n_places;
    qz_cleanup(qz_freep) uint32_t *of_place = qz_malloc(n_places, sizeof *of_place);
    if (!of_place)
        return qz_fail_nomem(ctx);
    for (uint32_t scale = 0, p = 0; scale <= n_levels; scale++) {
        const uint32_t *place = scale ? b->in->levels->items[scale - 1].of_commune : NULL;
        for (size_t i = 0; i < n_places; i++)
            of_place[i] = QZ_NOWHERE;
        for (; p < b->bands->n && b->pyramid_scale[p] == scale; p++)
            of_place[b->pyramid_place[p]] = p;
        for (size_t c = 0; c < n; c++) {
            size_t at = place ? place[c] : c;
            if (b->bands->of_commune[c] == QZ_NOWHERE && at != QZ_NOWHERE)
                b->bands->of_commune[c] = of_place[at];
        }
    }
    for (size_t c = n; c-- > 0;)
        if (b->bands->of_commune[c] == QZ_NOWHERE) {
            without++;
            first = c;
        }
    return without ? qz_issue_add(ctx, b->in->issues, QZ_SEVERITY_NOTE, b->in->reader.source, 0,
                                  NULL, "no_age_bands",
                                  "%zu of %zu communes have no bands of ages, %s the first: "
                                  "practitioners without an age of their own stay unknown there",
                                  without, n, b->in->communes->code[first])
                   : 0;
}

/* ---- all of it */
static int new_bands(struct qz_ctx *ctx, struct build *b) {
    struct qz_age_bands *all = b->bands;
    all->n_communes = b->in->communes->n;
    all->of_commune = qz_malloc(all->n_communes, sizeof *all->of_commune);
    all->first = qz_calloc(b->in->n + 1, sizeof *all->first);
    all->bands = qz_calloc(b->in->n, sizeof *all->bands);
    b->pyramid_scale = qz_calloc(b->in->n, sizeof *b->pyramid_scale);
    b->pyramid_place = qz_calloc(b->in->n, sizeof *b->pyramid_place);
    if (!all->of_commune || !all->first || !all->bands || !b->pyramid_scale || !b->pyramid_place)
        return qz_fail_nomem(ctx);
    for (size_t c = 0; c < all->n_communes; c++)
        all->of_commune[c] = QZ_NOWHERE;
    return 0;
}

int qz_age_pyramids_make(struct qz_ctx *ctx, struct qz_band_rows *rows, struct qz_age_bands **ret) {
    qz_cleanup(qz_age_bands_freep) struct qz_age_bands *bands = qz_calloc(1, sizeof *bands);
    if (!bands)
        return qz_fail_nomem(ctx);
    struct build b = { .in = rows, .bands = bands };
    int e = new_bands(ctx, &b);
    if (e == 0)
        e = make_pyramids(ctx, &b);
    if (e == 0)
        e = give_to_communes(ctx, &b);
    free(b.pyramid_scale);
    free(b.pyramid_place);
    if (e == 0) {
        *ret = bands;
        bands = NULL;
    }
    return e;
}
