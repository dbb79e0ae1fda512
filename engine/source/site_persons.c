/* engine/source/site_persons.c - who is who in a table of practitioners: numbers that hold for all
 * professions, posts given twice, what is known of a person. */
#include <stdio.h>
#include <string.h>
#include "base/hash.h"
#include "source/site_rows.h"

/* ---- numbers */
struct qz_site_person {
    const char *id, *profession;
    uint32_t number;
    uint16_t profession_number;
    UT_hash_handle hh;
};

void qz_site_persons_free(struct qz_site_person *persons) {
    struct qz_site_person *p, *next;
    HASH_ITER(hh, persons, p, next) {
        HASH_DEL(persons, p);
        free(p);
    }
}

static int new_person(struct qz_ctx *ctx, struct qz_site_build *b, const char *id,
                      struct qz_site_person **ret) {
    struct qz_sites *s = b->sites;
    struct qz_site_person *p = qz_calloc(1, sizeof *p);
    if (!p)
        return qz_fail_nomem(ctx);
    *p = (struct qz_site_person) { .id = id,
                                   .number = s->n_persons,
                                   .profession = qz_site_keep(b, b->in->key),
                                   .profession_number = b->in->profession };
    if (p->profession)
        HASH_ADD_KEYPTR(hh, s->persons, p->id, strlen(p->id), p);
    if (!p->hh.tbl) {
        free(p);
        return qz_fail_nomem(ctx);
    }
    s->n_persons++;
    *ret = p;
    return 0;
}

static int number_person(struct qz_ctx *ctx, struct qz_site_build *b, struct qz_site_row *rows,
                         size_t n) {
    struct qz_site_person *p = NULL;
    HASH_FIND_STR(b->sites->persons, rows[0].person, p);
    int e = p ? 0 : new_person(ctx, b, rows[0].person, &p);
    for (size_t i = 0; i < n && e == 0; i++)
        rows[i].person_number = p->number;
    if (e == 0 && p->profession_number != b->in->profession)
        e = qz_site_tell(ctx, b, QZ_TWO_PROFESSIONS, rows[0].number,
                         "the person '%s' is in two professions, '%s' and '%s', and counts in "
                         "both; take it out of one if that is wrong",
                         rows[0].person, p->profession, b->in->key);
    return e;
}

/* ---- posts given twice: the first of the order by person counts */
static int drop_duplicates(struct qz_ctx *ctx, struct qz_site_build *b) {
    const struct qz_site_row *kept = NULL;
    int e = 0;
    for (size_t i = 0; i < b->n && e == 0; i++) {
        struct qz_site_row *row = &b->rows[i];
        bool same = kept && *row->person && strcmp(kept->person, row->person) == 0 &&
                    strcmp(kept->site, row->site) == 0 && kept->planned == row->planned &&
                    kept->fate == row->fate;
        kept = same ? kept : row;
        if (!same || row->fate != QZ_ROW_COUNTS) {
            row->fate = same ? QZ_ROW_DUPLICATE : row->fate;
            continue;
        }
        row->fate = QZ_ROW_DUPLICATE;
        b->n_duplicates++;
        e = qz_site_tell(
            ctx, b, QZ_DUPLICATE_POST, row->number,
            "the person '%s' is at the site '%s' in row %zu too: that row counts, this "
            "one is left out; give each place its own site if there are two",
            row->person, row->site, kept->number);
    }
    return e;
}

static void forget_duplicates(struct qz_site_build *b) {
    size_t n = 0;
    for (size_t i = 0; i < b->n; i++)
        if (b->rows[i].fate != QZ_ROW_DUPLICATE)
            b->rows[n++] = b->rows[i];
    b->n = n;
}

/* ---- what is known of a person from any of the rows */
static const struct qz_site_row *first_with_fte(const struct qz_site_row *rows, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (rows[i].fte >= 0)
            return &rows[i];
    return NULL;
}

/* A row without full-time equivalents takes them from another: the column is the whole person's. */
static int agree_on_fte(struct qz_ctx *ctx, struct qz_site_build *b, struct qz_site_row *rows,
                        size_t n) {
    const struct qz_site_row *first = first_with_fte(rows, n), *other = NULL;
    for (size_t i = 0; first && i < n; i++) {
        if (rows[i].fte >= 0 && rows[i].fte != first->fte && !other)
            other = &rows[i];
        if (rows[i].fte < 0)
            rows[i].fte = first->fte;
    }
    if (!other)
        return 0;
    return qz_site_tell(ctx, b, QZ_TWO_VALUES, other->number,
                        "the person '%s' has %g full-time equivalents here and %g in row %zu: they "
                        "are those of all posts together, and each row counts for its share of "
                        "its own; state one figure",
                        other->person, other->fte, first->fte, first->number);
}

static int agree_on_age(struct qz_ctx *ctx, struct qz_site_build *b, struct qz_site_row *rows,
                        size_t n) {
    const struct qz_site_row *first = NULL, *other = NULL;
    for (size_t i = 0; i < n; i++) {
        if (rows[i].age && !first)
            first = &rows[i];
        if (rows[i].age && rows[i].age != first->age)
            other = &rows[i];
    }
    int e = 0;
    if (other)
        e = qz_site_tell(ctx, b, QZ_TWO_VALUES, other->number,
                         "the person '%s' is %u years old here and %u in row %zu: the age stays "
                         "unknown; state one",
                         other->person, other->age, first->age, first->number);
    uint8_t age = first && !other ? first->age : 0;
    for (size_t i = 0; i < n; i++)
        rows[i].age = age;
    return e;
}

/* ---- the rows of one person, planned ones apart */
static int read_person(struct qz_ctx *ctx, struct qz_site_build *b, struct qz_site_row *rows,
                       size_t n) {
    b->quiet = rows[0].fate != QZ_ROW_COUNTS; /* those that count come first */
    int e = b->quiet ? 0 : number_person(ctx, b, rows, n);
    if (e == 0)
        e = agree_on_fte(ctx, b, rows, n);
    if (e == 0)
        e = agree_on_age(ctx, b, rows, n);
    return e < 0 ? e : qz_site_share(ctx, b, rows, n);
}

int qz_site_persons_read(struct qz_ctx *ctx, struct qz_site_build *b) {
    if (b->n == 0)
        return 0;
    qsort(b->rows, b->n, sizeof *b->rows, qz_site_row_by_person);
    b->quiet = false;
    int e = drop_duplicates(ctx, b);
    forget_duplicates(b);
    for (size_t i = 0, n; i < b->n && e == 0; i += n) {
        struct qz_site_row *rows = &b->rows[i];
        for (n = 1; i + n < b->n && *rows->person && rows[n].planned == rows->planned &&
                    strcmp(rows[n].person, rows->person) == 0;)
            n++;
        rows->person_number = QZ_NOBODY;
        if (*rows->person)
            e = read_person(ctx, b, rows, n);
        else
            qz_site_share_nameless(b, rows);
    }
    b->quiet = false;
    return e;
}
