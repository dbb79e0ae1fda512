/* engine/source/beside.c - what other files say of the communes: their people, the point that
 * stands for each. */
#include <string.h>
#include "source/source.h"

/* ---- points */
struct qz_points *qz_points_free(struct qz_points *p) {
    if (p) {
        free(p->at);
        free(p->basis);
        qz_pool_free(p->texts);
    }
    free(p);
    return NULL;
}

void qz_points_freep(struct qz_points **p) { *p = qz_points_free(*p); }

static int new_points(struct qz_ctx *ctx, size_t n, struct qz_points **ret) {
    qz_cleanup(qz_points_freep) struct qz_points *p = qz_calloc(1, sizeof *p);
    if (!p)
        return qz_fail_nomem(ctx);
    p->n = n;
    p->at = qz_calloc(n, sizeof *p->at);
    p->basis = qz_calloc(n, sizeof *p->basis);
    if (!p->at || !p->basis)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < n; i++)
        p->basis[i] = "";
    int r = qz_pool_new(ctx, &p->texts);
    if (r < 0)
        return r;
    *ret = p;
    p = NULL;
    return 0;
}

static int read_point_row(struct qz_ctx *ctx, const struct qz_communes *c, struct qz_reader *reader,
                          struct qz_point_reader *where, struct qz_issues *issues,
                          struct qz_points *points) {
    const char *code;
    uint32_t i = qz_reader_commune(reader, c, &code);
    if (i == QZ_NOWHERE)
        return qz_reader_elsewhere(ctx, reader, issues, "unknown_commune",
                                   "code '%s' is no commune of the layer", code);
    int given = qz_point_read(ctx, where, reader, &points->at[i]);
    if (given < 0)
        return given;
    if (given != 1)
        return qz_reader_reject(ctx, reader, issues, "unreadable_point",
                                "commune %s: no usable coordinates", c->code[i]);
    const char *basis = qz_reader_text(reader, QZ_ROLE_BASIS);
    basis = basis ? basis : "given";
    points->basis[i] = qz_pool_add(points->texts, basis, strlen(basis));
    return points->basis[i] ? 0 : qz_fail_nomem(ctx);
}

static int read_points(struct qz_ctx *ctx, const struct qz_communes *c,
                       const struct qz_input *input, const struct qz_crs *crs,
                       struct qz_issues *issues, struct qz_input_report *report,
                       struct qz_points *points) {
    static const struct qz_reader_need needs[] = {
        { QZ_ROLE_CODE, true }, { QZ_ROLE_LON, false }, { QZ_ROLE_LAT, false },
        { QZ_ROLE_X, false },   { QZ_ROLE_Y, false },   { QZ_ROLE_BASIS, false },
    };
    struct qz_reader reader;
    struct qz_point_reader where = { 0 };
    int r = qz_reader_open(ctx, input, needs, COUNT(needs), &reader);
    if (r == 0)
        r = qz_point_reader_init(ctx, &where, &reader, input, crs);
    while (r == 0 && (r = qz_table_next(ctx, reader.table)) > 0) {
        reader.n_rows++;
        r = read_point_row(ctx, c, &reader, &where, issues, points);
    }
    if (r == 0)
        r = qz_reader_end_beside(ctx, &reader, issues, "unknown_commune");
    *report = qz_reader_report(&reader);
    qz_point_reader_done(&where);
    qz_reader_done(&reader);
    return r;
}

int qz_points_read(struct qz_ctx *ctx, const struct qz_communes *c, const struct qz_input *input,
                   const struct qz_crs *crs, struct qz_issues *issues,
                   struct qz_input_report *report, struct qz_points **ret) {
    qz_cleanup(qz_points_freep) struct qz_points *points = NULL;
    int r = new_points(ctx, c->n, &points);
    if (r == 0 && input)
        r = read_points(ctx, c, input, crs, issues, report, points);
    if (r < 0)
        return r;
    *ret = points;
    points = NULL;
    return 0;
}

/* ---- population */
struct qz_people *qz_people_free(struct qz_people *p) {
    if (p) {
        free(p->count);
        free(p->known);
    }
    free(p);
    return NULL;
}

void qz_people_freep(struct qz_people **p) { *p = qz_people_free(*p); }

static int read_people_row(struct qz_ctx *ctx, const struct qz_communes *c,
                           struct qz_reader *reader, struct qz_issues *issues,
                           struct qz_people *people) {
    const char *code;
    uint32_t i = qz_reader_commune(reader, c, &code);
    if (i == QZ_NOWHERE)
        return qz_reader_elsewhere(
            ctx, reader, issues, "unknown_commune",
            "code '%s' is no commune of the layer: its people are not counted", code);
    double count = 0;
    int known = qz_reader_number(reader, QZ_ROLE_POPULATION, &count);
    if (known <= 0 || count < 0) {
        const char *text = qz_reader_text(reader, QZ_ROLE_POPULATION);
        return qz_reader_reject(ctx, reader, issues, "bad_population",
                                "commune %s: '%s' is not a number of people", c->code[i],
                                text ? text : "");
    }
    if (people->known[i])
        return qz_reader_reject(ctx, reader, issues, "duplicate_code",
                                "commune %s stands twice; the first counts", c->code[i]);
    people->count[i] = count;
    people->known[i] = 1;
    return 0;
}

static int read_people(struct qz_ctx *ctx, const struct qz_communes *c,
                       const struct qz_input *input, struct qz_issues *issues,
                       struct qz_input_report *report, struct qz_people *people) {
    static const struct qz_reader_need needs[] = { { QZ_ROLE_CODE, true },
                                                   { QZ_ROLE_POPULATION, true } };
    struct qz_reader reader;
    int r = qz_reader_open(ctx, input, needs, COUNT(needs), &reader);
    while (r == 0 && (r = qz_table_next(ctx, reader.table)) > 0) {
        reader.n_rows++;
        r = read_people_row(ctx, c, &reader, issues, people);
    }
    if (r == 0)
        r = qz_reader_end_beside(ctx, &reader, issues, "unknown_commune");
    *report = qz_reader_report(&reader);
    qz_reader_done(&reader);
    return r;
}

static int report_unknown(struct qz_ctx *ctx, const struct qz_communes *c,
                          const struct qz_people *people, struct qz_issues *issues) {
    int r = 0;
    for (size_t i = 0; i < c->n && r == 0; i++)
        if (!people->known[i])
            r = qz_issue_add(
                ctx, issues, QZ_SEVERITY_WARNING, "population", 0, NULL, "no_population",
                "commune %s (%s) has no population: it counts for nobody; complete the table",
                c->code[i], c->name[i]);
    return r;
}

int qz_people_read(struct qz_ctx *ctx, const struct qz_communes *c, const struct qz_input *input,
                   struct qz_issues *issues, struct qz_input_report *report,
                   struct qz_people **ret) {
    qz_cleanup(qz_people_freep) struct qz_people *people = qz_calloc(1, sizeof *people);
    if (!people)
        return qz_fail_nomem(ctx);
    people->n = c->n;
    people->count = qz_calloc(c->n, sizeof *people->count);
    people->known = qz_calloc(c->n, sizeof *people->known);
    if (!people->count || !people->known)
        return qz_fail_nomem(ctx);
    int r = 0;
    if (input) {
        r = read_people(ctx, c, input, issues, report, people);
    } else {
        memcpy(people->count, c->people, c->n * sizeof *people->count);
        memcpy(people->known, c->has_people, c->n);
    }
    if (r == 0)
        r = report_unknown(ctx, c, people, issues);
    if (r < 0)
        return r;
    *ret = people;
    people = NULL;
    return 0;
}
