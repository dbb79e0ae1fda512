/* engine/source/places.c - points with an id: sites and origins of the single tools. */
#include <stdio.h>
#include <string.h>
#include "source/source.h"

struct qz_places *qz_places_free(struct qz_places *p) {
    if (!p)
        return NULL;
    free(p->id);
    free(p->at);
    free(p->people);
    free(p->row);
    qz_pool_free(p->texts);
    free(p);
    return NULL;
}

void qz_places_freep(struct qz_places **p) { *p = qz_places_free(*p); }

static int add_place(struct qz_ctx *ctx, struct qz_places *p, struct qz_reader *r, struct qz_xy at,
                     const double *people) {
    char number[24];
    const char *id = qz_reader_text(r, QZ_ROLE_ID);
    snprintf(number, sizeof number, "%zu", qz_table_row(r->table));
    id = id ? id : number;
    const char **ids = qz_grow(p->id, &p->cap_id, p->n + 1, sizeof *ids);
    p->id = ids ? ids : p->id;
    struct qz_xy *all = qz_grow(p->at, &p->cap_at, p->n + 1, sizeof *all);
    p->at = all ? all : p->at;
    double *counts = people ? qz_grow(p->people, &p->cap_people, p->n + 1, sizeof *counts) : NULL;
    p->people = counts ? counts : p->people;
    size_t *rows = qz_grow(p->row, &p->cap_row, p->n + 1, sizeof *rows);
    p->row = rows ? rows : p->row;
    const char *kept = qz_pool_add(p->texts, id, strlen(id));
    if (!ids || !all || !rows || !kept || (people && !counts))
        return qz_fail_nomem(ctx);
    if (people)
        counts[p->n] = *people;
    p->row[p->n] = qz_table_row(r->table);
    p->id[p->n] = kept;
    p->at[p->n++] = at;
    return 0;
}

static int read_row(struct qz_ctx *ctx, struct qz_places *p, struct qz_reader *reader,
                    struct qz_point_reader *points, bool with_people, struct qz_issues *issues) {
    struct qz_xy at;
    double people = 0;
    int r = qz_point_read(ctx, points, reader, &at);
    if (r < 0)
        return r;
    if (r != 1)
        return qz_reader_reject(ctx, reader, issues, "no_place",
                                "its place is %s: the row is left out",
                                r == 0 ? "empty" : "unreadable");
    if (with_people &&
        (qz_reader_number(reader, QZ_ROLE_POPULATION, &people) <= 0 || !(people >= 0)))
        return qz_reader_reject(ctx, reader, issues, "no_people",
                                "its population is not a number of people: the row is left out");
    return add_place(ctx, p, reader, at, with_people ? &people : NULL);
}

static int read_rows(struct qz_ctx *ctx, struct qz_places *p, struct qz_reader *reader,
                     struct qz_point_reader *points, bool with_people, struct qz_issues *issues) {
    int r;
    while ((r = qz_table_next(ctx, reader->table)) > 0) {
        reader->n_rows++;
        r = read_row(ctx, p, reader, points, with_people, issues);
        if (r < 0)
            return r;
    }
    return r < 0 ? r : qz_reader_end(ctx, reader);
}

/* No own system (a CSV): the caller's. */
static int read_file(struct qz_ctx *ctx, struct qz_places *p, struct qz_input input,
                     struct qz_reader *reader, const struct qz_crs *work, bool with_people,
                     struct qz_issues *issues) {
    struct qz_point_reader points;
    if (qz_table_crs_text(reader->table))
        input.crs = NULL;
    if (!qz_reader_has_places(reader))
        return qz_fail(ctx, QZ_E_FORMAT,
                       "%s: layer '%s' has no points, no columns lon and lat, no columns x and y",
                       input.file, qz_table_layer(reader->table));
    int r = qz_point_reader_init(ctx, &points, reader, &input, work);
    if (r == 0)
        r = read_rows(ctx, p, reader, &points, with_people, issues);
    qz_point_reader_done(&points);
    return r;
}

int qz_places_read(struct qz_ctx *ctx, const struct qz_input *input, const struct qz_crs *crs,
                   bool with_people, struct qz_issues *issues, struct qz_input_report *report,
                   struct qz_places **ret) {
    const struct qz_reader_need needs[] = {
        { QZ_ROLE_ID, false },  { QZ_ROLE_X, false },   { QZ_ROLE_Y, false },
        { QZ_ROLE_LON, false }, { QZ_ROLE_LAT, false }, { QZ_ROLE_POPULATION, true },
    };
    qz_cleanup(qz_places_freep) struct qz_places *p = qz_calloc(1, sizeof *p);
    if (!p)
        return qz_fail_nomem(ctx);
    int r = qz_pool_new(ctx, &p->texts);
    if (r < 0)
        return r;
    struct qz_reader reader;
    r = qz_reader_open(ctx, input, needs, COUNT(needs) - !with_people, &reader);
    if (r == 0)
        r = read_file(ctx, p, *input, &reader, crs, with_people, issues);
    *report = qz_reader_report(&reader);
    qz_reader_done(&reader);
    if (r < 0)
        return r;
    *ret = p;
    p = NULL;
    return 0;
}
