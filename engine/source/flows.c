/* engine/source/flows.c - two vintages of the register compared: who stayed, came, left, moved. */
#include <math.h>
#include <string.h>
#include "source/care.h"
#include "source/site_words.h"

struct qz_register *qz_register_free(struct qz_register *r) {
    if (r) {
        free(r->items);
        qz_pool_free(r->texts);
    }
    free(r);
    return NULL;
}

void qz_register_freep(struct qz_register **r) { *r = qz_register_free(*r); }

/* ---- one vintage */
struct vintage {
    struct qz_register *to;
    struct qz_reader reader;
    struct qz_care care;
    struct qz_point_reader points;
    const struct qz_communes *communes;
    const struct qz_locator *locator; /* NULL: codes only */
    struct qz_issues *issues;
};

/* 1 found, 0 it lies elsewhere, negative a failure. */
static int find_commune(struct qz_ctx *ctx, struct vintage *v, uint32_t *ret) {
    const char *code;
    *ret = qz_reader_commune(&v->reader, v->communes, &code);
    struct qz_xy at;
    int given = 0;
    if (*ret == QZ_NOWHERE && v->locator)
        given = qz_care_place(ctx, &v->care, &v->points, &v->reader, v->issues, &at);
    if (given < 0)
        return given;
    if (given == 1)
        *ret = qz_locator_find(v->locator, at);
    if (*ret != QZ_NOWHERE)
        return 1;
    return qz_reader_elsewhere(ctx, &v->reader, v->issues, "no_commune",
                               "code '%s' is no commune of the layer: the row is in no arrival or "
                               "departure",
                               code);
}

static int add_presence(struct qz_ctx *ctx, struct qz_register *to, const char *person,
                        uint32_t commune, double heads) {
    struct qz_presence *grown = qz_grow(to->items, &to->cap, to->n + 1, sizeof *grown);
    const char *kept = person ? qz_pool_add(to->texts, person, strlen(person)) : "";
    if (grown)
        to->items = grown;
    if (!grown || !kept)
        return qz_fail_nomem(ctx);
    to->items[to->n++] = (struct qz_presence) { kept, commune, heads };
    return 0;
}

static int read_row(struct qz_ctx *ctx, struct vintage *v) {
    const char *person = qz_reader_text(&v->reader, QZ_ROLE_PERSON);
    double heads = 1;
    int known = person ? 0 : qz_reader_number(&v->reader, QZ_ROLE_HEADS, &heads);
    if (known < 0 || (known > 0 && !(heads >= 0))) {
        const char *text = qz_reader_text(&v->reader, QZ_ROLE_HEADS);
        return qz_reader_reject(ctx, &v->reader, v->issues, "bad_number",
                                "heads '%s' is not a number of people: the row is left out",
                                text ? text : "");
    }
    uint32_t commune;
    int found = find_commune(ctx, v, &commune);
    return found > 0 ? add_presence(ctx, v->to, person, commune, heads) : found;
}

static int by_person(const void *va, const void *vb) {
    const struct qz_presence *a = va, *b = vb;
    int order = strcmp(a->person, b->person);
    if (order == 0)
        order = (a->commune > b->commune) - (a->commune < b->commune);
    return order ? order : (a->heads > b->heads) - (a->heads < b->heads);
}

static size_t end_of_person(const struct qz_register *r, size_t from) {
    size_t to = from;
    while (to < r->n && strcmp(r->items[to].person, r->items[from].person) == 0)
        to++;
    return to;
}

/* In order, each person and commune once, n rows of a person as 1/n each. */
static void tidy(struct qz_register *r) {
    size_t kept = 0;
    if (r->n)
        qsort(r->items, r->n, sizeof *r->items, by_person);
    for (size_t from = 0, to; from < r->n; from = to) {
        to = end_of_person(r, from);
        double share = 1.0 / (double)(to - from);
        for (size_t i = from, first = kept; i < to; i++) {
            struct qz_presence p = r->items[i];
            p.heads = *p.person ? share : p.heads;
            if (kept > first && r->items[kept - 1].commune == p.commune)
                r->items[kept - 1].heads += p.heads;
            else
                r->items[kept++] = p;
        }
    }
    r->n = kept;
}

static int read_rows(struct qz_ctx *ctx, struct vintage *v, const struct qz_input *input) {
    int e = 0;
    while (e == 0 && (e = qz_table_next(ctx, v->reader.table)) > 0) {
        e = qz_care_wanted(ctx, &v->care, &v->reader);
        if (e <= 0 || qz_word_yes(qz_reader_text(&v->reader, QZ_ROLE_PLANNED)) == 1) {
            e = e < 0 ? e : 0;
            continue;
        }
        v->reader.n_rows++;
        e = read_row(ctx, v);
    }
    if (e == 0)
        e = qz_care_end(ctx, &v->care, input, &v->reader, &v->points, v->issues);
    return e < 0 ? e : qz_reader_end_beside(ctx, &v->reader, v->issues, "no_commune");
}

int qz_register_read(struct qz_ctx *ctx, const struct qz_communes *communes,
                     const struct qz_locator *locator, const struct qz_crs *crs,
                     const struct qz_input *input, const char *key, const char *only,
                     struct qz_issues *issues, struct qz_input_report *report,
                     struct qz_register **ret) {
    const struct qz_reader_need needs[] = {
        { QZ_ROLE_CODE, locator == NULL },
        { QZ_ROLE_X, false },
        { QZ_ROLE_Y, false },
        { QZ_ROLE_LON, false },
        { QZ_ROLE_LAT, false },
        { QZ_ROLE_HEADS, false },
        { QZ_ROLE_PERSON, false },
        { QZ_ROLE_PLANNED, false },
    };
    qz_cleanup(qz_register_freep) struct qz_register *r = qz_calloc(1, sizeof *r);
    if (!r)
        return qz_fail_nomem(ctx);
    struct vintage v = { .to = r, .communes = communes, .locator = locator, .issues = issues };
    int e = qz_pool_new(ctx, &r->texts);
    if (e < 0)
        return e;
    e = qz_care_open(ctx, input, needs, COUNT(needs), key, only, &v.reader, &v.care);
    if (e == 0 && v.reader.columns[QZ_ROLE_CODE] < 0 && !qz_reader_has_places(&v.reader))
        e = qz_reader_missing(ctx, input, &v.reader, QZ_ROLE_CODE);
    if (e == 0 && locator)
        e = qz_point_reader_init(ctx, &v.points, &v.reader, input, crs);
    if (e == 0)
        e = read_rows(ctx, &v, input);
    *report = qz_reader_report(&v.reader);
    qz_point_reader_done(&v.points);
    qz_reader_done(&v.reader);
    qz_care_done(&v.care);
    if (e < 0)
        return e;
    tidy(r);
    *ret = r;
    r = NULL;
    return 0;
}

/* ---- two vintages */
struct change { /* shares of one person, by group */
    double before, now;
};
struct compare {
    const uint32_t *group_of_commune;
    struct change *of_group; /* all 0 between two persons */
    struct qz_flow *flows;
};

/* A row of one vintage. */
static void add_part(struct compare *c, const struct qz_presence *p, bool now) {
    uint32_t g = c->group_of_commune[p->commune];
    if (g == UINT32_MAX)
        return;
    struct qz_flow *f = &c->flows[g];
    *(now ? &f->now : &f->before) += p->heads;
    if (!*p->person)
        *(now ? &f->unnamed_now : &f->unnamed_before) += p->heads;
    else
        *(now ? &c->of_group[g].now : &c->of_group[g].before) += p->heads;
}

/* What the person's shares say of the group of this row, once. */
static void settle(struct compare *c, const struct qz_presence *p, bool in_both) {
    uint32_t g = c->group_of_commune[p->commune];
    if (g == UINT32_MAX)
        return;
    struct change one = c->of_group[g];
    struct qz_flow *f = &c->flows[g];
    c->of_group[g] = (struct change) { 0, 0 };
    if (!in_both) {
        f->left += one.before;
        f->arrived += one.now;
        return;
    }
    f->stayed += fmin(one.before, one.now);
    f->moved_out += fmax(one.before - one.now, 0);
    f->moved_in += fmax(one.now - one.before, 0);
}

static int check_groups(struct qz_ctx *ctx, const struct qz_register *r, const uint32_t *group_of,
                        size_t n_groups) {
    for (size_t i = 0; i < r->n; i++) {
        uint32_t g = group_of[r->items[i].commune];
        if (g != UINT32_MAX && g >= n_groups)
            return qz_fail(ctx, QZ_E_RANGE, "flows: commune %u is in group %u of %zu",
                           r->items[i].commune, g, n_groups);
    }
    return 0;
}

/* The rows of one person in both: [i, end_i) of before, [k, end_k) of now; one may be empty. */
struct pair {
    size_t i, end_i, k, end_k;
};

/* Moves to the next person in the order of ids; false: there is none. */
static bool next_person(const struct qz_register *before, const struct qz_register *now,
                        struct pair *p) {
    p->i = p->end_i;
    p->k = p->end_k;
    bool has_i = p->i < before->n, has_k = p->k < now->n;
    int order = has_i && has_k ? strcmp(before->items[p->i].person, now->items[p->k].person)
                               : (int)has_k - (int)has_i;
    if (has_i && order <= 0)
        p->end_i = end_of_person(before, p->i);
    if (has_k && order >= 0)
        p->end_k = end_of_person(now, p->k);
    return has_i || has_k;
}

/* Two kinds of ids (RPPS and ADELI, or RPPS with and without a prefix) have none in common. */
static int check_common(struct qz_ctx *ctx, const struct qz_register *before,
                        const struct qz_register *now) {
    static const size_t many = 20;
    size_t n_before = 0, n_now = 0, n_common = 0;
    for (struct pair p = { 0 }; next_person(before, now, &p);) {
        bool was = p.i < p.end_i, is = p.k < p.end_k;
        bool named = *(was ? before->items[p.i] : now->items[p.k]).person;
        n_before += named && was;
        n_now += named && is;
        n_common += named && was && is;
    }
    if (n_common || n_before < many || n_now < many)
        return 0;
    return qz_fail(ctx, QZ_E_DATA,
                   "none of the %zu persons of the earlier register is among the %zu of today's: "
                   "their ids are of different kinds; name the right column of each with "
                   "'person ='",
                   n_before, n_now);
}

int qz_flows_by_group(struct qz_ctx *ctx, const struct qz_register *before,
                      const struct qz_register *now, const uint32_t *group_of_commune,
                      size_t n_groups, struct qz_flow *ret) {
    qz_cleanup(qz_freep) struct change *of_group = qz_calloc(n_groups, sizeof *of_group);
    if (!of_group)
        return qz_fail_nomem(ctx);
    int e = check_groups(ctx, before, group_of_commune, n_groups);
    if (e == 0)
        e = check_groups(ctx, now, group_of_commune, n_groups);
    if (e == 0)
        e = check_common(ctx, before, now);
    if (e < 0)
        return e;
    for (size_t g = 0; g < n_groups; g++)
        ret[g] = (struct qz_flow) { 0 };
    struct compare c = { group_of_commune, of_group, ret };
    for (struct pair p = { 0 }; next_person(before, now, &p);) {
        bool in_both = p.i < p.end_i && p.k < p.end_k;
        for (size_t i = p.i; i < p.end_i; i++)
            add_part(&c, &before->items[i], false);
        for (size_t k = p.k; k < p.end_k; k++)
            add_part(&c, &now->items[k], true);
        for (size_t i = p.i; i < p.end_i; i++)
            settle(&c, &before->items[i], in_both);
        for (size_t k = p.k; k < p.end_k; k++)
            settle(&c, &now->items[k], in_both);
    }
    return 0;
}

static bool is_measured(const struct qz_flow *f, double years) {
    return years > 0 && f->unnamed_before == 0 && f->unnamed_now == 0;
}

bool qz_flow_arrivals(const struct qz_flow *f, double years, double *ret_per_head) {
    if (!is_measured(f, years) || !(f->now > 0))
        return false;
    *ret_per_head = (f->arrived + f->moved_in - f->moved_out) / f->now / years;
    return true;
}

bool qz_flow_departures(const struct qz_flow *f, double years, double *ret_per_head) {
    if (!is_measured(f, years) || !(f->before > 0))
        return false;
    *ret_per_head = f->left / f->before / years;
    return true;
}
