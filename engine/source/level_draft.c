/* engine/source/level_draft.c - shares of communes, row by row, into a level of territories. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "source/level_draft.h"

int qz_draft_add(struct qz_ctx *ctx, struct qz_level_draft *d, struct qz_member member) {
    struct qz_member *grown = qz_grow(d->items, &d->cap, d->n + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    d->items = grown;
    d->items[d->n++] = member;
    return 0;
}

int qz_draft_add_parts(struct qz_ctx *ctx, struct qz_level_draft *d, const char *code,
                       const struct qz_code_share *parts, size_t n, struct qz_member member) {
    int r = 0;
    for (size_t i = 0; i < n && r == 0; i++) {
        member.commune = parts[i].commune;
        member.from = strcmp(code, d->communes->code[member.commune]) == 0 ? NULL : code;
        r = qz_draft_add(ctx, d, member);
    }
    return r;
}

void qz_draft_done(struct qz_level_draft *d) {
    free(d->items);
    d->items = NULL;
}

int qz_member_weight(struct qz_ctx *ctx, struct qz_reader *r, struct qz_issues *issues,
                     const char *commune, double *ret) {
    int known = qz_reader_number(r, QZ_ROLE_WEIGHT, ret);
    if (known == 0)
        *ret = QZ_UNWEIGHED;
    if (known == 0 || (known > 0 && *ret >= 0 && *ret <= 1))
        return 1;
    const char *text = qz_reader_text(r, QZ_ROLE_WEIGHT);
    return qz_reader_reject(ctx, r, issues, "bad_weight",
                            "commune %s: weight '%s' is not a share between 0 and 1 (60 %% is "
                            "0.6): the row is left out",
                            commune, text ? text : "");
}

/* ---- what is told, commune by commune; beyond QZ_MOST_ELSEWHERE only counted */
enum finding { REPEATED, OVER, UNDER, NOWHERE, PART, N_FINDINGS };
static const struct {
    enum qz_severity severity;
    const char *code, *what;
} findings[N_FINDINGS] = {
    [REPEATED] = { QZ_SEVERITY_WARNING, "repeated_commune", "stand again with another code" },
    [OVER] = { QZ_SEVERITY_REJECT, "bad_shares", "have weights that add up to more than 1" },
    [UNDER] = { QZ_SEVERITY_WARNING, "partial_shares", "are partly in no territory" },
    [NOWHERE] = { QZ_SEVERITY_NOTE, "no_territory", "are in no territory" },
    [PART] = { QZ_SEVERITY_NOTE, "part_elsewhere", "have merged parts that were in another one" },
};

struct build {
    struct qz_ctx *ctx;
    struct qz_level_draft *draft;
    size_t told[N_FINDINGS];
};

static int QZ_PRINTF(5, 6)
    tell(struct build *b, enum finding f, uint32_t commune, size_t row, const char *format, ...) {
    if (b->told[f]++ >= QZ_MOST_ELSEWHERE)
        return 0;
    const struct qz_level_draft *d = b->draft;
    char text[320];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return qz_issue_add(b->ctx, d->issues, findings[f].severity, d->source, row, NULL,
                        findings[f].code, "level %s, commune %s: %s", d->name,
                        d->communes->code[commune], text);
}

static int tell_others(struct build *b) {
    int r = 0;
    for (size_t f = 0; f < N_FINDINGS && r == 0; f++)
        if (b->told[f] > QZ_MOST_ELSEWHERE)
            r = qz_issue_add(b->ctx, b->draft->issues, findings[f].severity, b->draft->source, 0,
                             NULL, findings[f].code, "level %s: %zu communes more %s",
                             b->draft->name, b->told[f] - QZ_MOST_ELSEWHERE, findings[f].what);
    return r;
}

/* ---- the rows of one commune, in their order */
static bool same_from(const struct qz_member *a, const struct qz_member *b) {
    return !a->from || !b->from ? a->from == b->from : strcmp(a->from, b->from) == 0;
}

/* A merged commune is where its part with the same code was, else the first part of the file. */
static int pass_over_parts(struct build *b, struct qz_member *m, size_t n) {
    int r = 0;
    for (size_t i = 1; i < n && r == 0; i++) {
        bool elsewhere = !same_from(m, &m[i]);
        if (!elsewhere)
            continue;
        m[i].weight = 0;
        for (size_t k = 0; k < n && elsewhere; k++)
            elsewhere = !(same_from(m, &m[k]) && strcmp(m[k].code, m[i].code) == 0);
        if (elsewhere)
            r = tell(b, PART, m->commune, m[i].row,
                     "its part %s was in territory %s; the whole counts in %s", m[i].from,
                     m[i].code, m->code);
    }
    return r;
}

/* Of several without weight the first counts, whole. */
static int weigh_unweighed(struct build *b, struct qz_member *m, size_t n) {
    const struct qz_member *first = NULL;
    int r = 0;
    for (size_t i = 0; i < n && r == 0; i++) {
        if (m[i].weight != QZ_UNWEIGHED)
            continue;
        m[i].weight = first ? 0 : 1;
        if (!first)
            first = &m[i];
        else if (strcmp(first->code, m[i].code) != 0)
            r = tell(b, REPEATED, m[i].commune, m[i].row,
                     "territory %s stands in row %zu, which counts; now it is %s: keep one row, or "
                     "share the commune with a column of weights ('weight =')",
                     first->code, first->row, m[i].code);
    }
    return r;
}

static void multiply(struct qz_member *m, size_t n, double factor) {
    for (size_t i = 0; i < n; i++)
        m[i].weight *= factor;
}

static int settle(struct build *b, struct qz_member *m, size_t n) {
    double sum = 0;
    int r = pass_over_parts(b, m, n);
    if (r == 0)
        r = weigh_unweighed(b, m, n);
    for (size_t i = 0; i < n; i++)
        sum += m[i].weight;
    if (r < 0 || sum == 1)
        return r;
    if (fabs(sum - 1) <= b->draft->rounding) {
        multiply(m, n, 1 / sum);
        return 0;
    }
    if (sum > 1) {
        multiply(m, n, 0);
        b->draft->n_refused += n;
        return tell(b, OVER, m->commune, m->row,
                    "its weights add up to %g, more than 1: it is in no territory of this level; "
                    "correct them",
                    sum);
    }
    return sum > 0 ? tell(b, UNDER, m->commune, m->row,
                          "its shares add up to %g: the rest of it is in no territory", sum)
                   : tell(b, NOWHERE, m->commune, m->row, "its weights are 0: in no territory");
}

/* ---- from the rows of all to those that count */
static int by_commune(const void *va, const void *vb) {
    const struct qz_member *a = va, *b = vb;
    if (a->commune != b->commune)
        return a->commune < b->commune ? -1 : 1;
    if (!a->from != !b->from)
        return a->from ? 1 : -1;
    return (a->row > b->row) - (a->row < b->row);
}

static int settle_all(struct build *b) {
    struct qz_level_draft *d = b->draft;
    size_t kept = 0, i = 0;
    int r = 0;
    for (uint32_t c = 0; c < d->communes->n && r == 0; c++) {
        size_t from = i;
        while (i < d->n && d->items[i].commune == c)
            i++;
        r = i > from ? settle(b, d->items + from, i - from)
                     : tell(b, NOWHERE, c, 0, "no row or polygon puts it in a territory");
        for (size_t k = from; k < i; k++)
            if (d->items[k].weight > 0)
                d->items[kept++] = d->items[k];
    }
    d->n = kept;
    return r;
}

int qz_draft_settle(struct qz_ctx *ctx, struct qz_level_draft *d) {
    struct build b = { .ctx = ctx, .draft = d };
    if (d->n == 0)
        return 0;
    qsort(d->items, d->n, sizeof *d->items, by_commune);
    int r = settle_all(&b);
    return r < 0 ? r : tell_others(&b);
}

/* ---- the level */
static int by_code(const void *va, const void *vb) {
    const struct qz_member *a = va, *b = vb;
    int order = strcmp(a->code, b->code);
    if (order == 0)
        order = (a->row > b->row) - (a->row < b->row);
    return order ? order : (a->commune > b->commune) - (a->commune < b->commune);
}

static int by_territory(const void *va, const void *vb) {
    const struct qz_member *a = va, *b = vb;
    if (a->commune != b->commune)
        return a->commune < b->commune ? -1 : 1;
    return (a->territory > b->territory) - (a->territory < b->territory);
}

/* Numbers the codes in their order; the first label of a code counts, else the code itself. */
static void number_territories(struct qz_level_draft *d, struct qz_level *l) {
    qsort(d->items, d->n, sizeof *d->items, by_code);
    for (size_t i = 0; i < d->n; i++) {
        struct qz_member *m = &d->items[i];
        if (l->n == 0 || strcmp(l->code[l->n - 1], m->code) != 0) {
            l->code[l->n] = m->code;
            l->label[l->n++] = "";
        }
        m->territory = (uint32_t)l->n - 1;
        if (!*l->label[m->territory])
            l->label[m->territory] = m->label;
    }
    for (size_t t = 0; t < l->n; t++)
        if (!*l->label[t])
            l->label[t] = l->code[t];
}

static void fill_shares(struct qz_level_draft *d, struct qz_level *l) {
    qsort(d->items, d->n, sizeof *d->items, by_territory);
    size_t i = 0;
    uint32_t n = 0;
    for (uint32_t c = 0; c < d->communes->n; c++) {
        double most = 0;
        l->of_commune[c] = QZ_NOWHERE;
        for (; i < d->n && d->items[i].commune == c; i++) {
            const struct qz_member *m = &d->items[i];
            if (n == l->first[c] || l->territory[n - 1] != m->territory) {
                l->territory[n] = m->territory;
                l->weight[n++] = 0;
            }
            l->weight[n - 1] += m->weight;
        }
        for (uint32_t k = l->first[c]; k < n; k++)
            if (l->weight[k] > most) { /* of equal ones the first: the lowest code */
                most = l->weight[k];
                l->of_commune[c] = l->territory[k];
            }
        l->first[c + 1] = n;
    }
}

void qz_level_done(struct qz_level *l) {
    free(l->code);
    free(l->label);
    free(l->of_commune);
    free(l->first);
    free(l->territory);
    free(l->weight);
}

/* Behind the others, but before "all". */
static int put_level(struct qz_ctx *ctx, struct qz_levels *levels, const struct qz_level *l) {
    struct qz_level *grown = qz_grow(levels->items, &levels->cap, levels->n + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    levels->items = grown;
    size_t at = levels->n++;
    for (; at > 0 && strcmp(grown[at - 1].name, "all") == 0; at--)
        grown[at] = grown[at - 1];
    grown[at] = *l;
    return 0;
}

int qz_draft_make(struct qz_ctx *ctx, struct qz_level_draft *d, struct qz_levels *levels) {
    qz_cleanup(qz_level_done) struct qz_level l = { .name = d->name, .alias = d->alias };
    if (d->n == 0)
        return 0;
    l.code = qz_calloc(d->n, sizeof *l.code);
    l.label = qz_calloc(d->n, sizeof *l.label);
    l.of_commune = qz_calloc(d->communes->n, sizeof *l.of_commune);
    l.first = qz_calloc(d->communes->n + 1, sizeof *l.first);
    l.territory = qz_calloc(d->n, sizeof *l.territory);
    l.weight = qz_calloc(d->n, sizeof *l.weight);
    if (!l.code || !l.label || !l.of_commune || !l.first || !l.territory || !l.weight)
        return qz_fail_nomem(ctx);
    number_territories(d, &l);
    fill_shares(d, &l);
    int r = put_level(ctx, levels, &l);
    if (r == 0)
        l = (struct qz_level) { 0 }; /* given to the levels */
    return r;
}
