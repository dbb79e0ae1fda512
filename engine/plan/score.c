/* engine/plan/score.c - the terms of a score, as a plan writes them. */
#include <math.h>
#include <string.h>
#include "plan/parts.h"

static int bad_term(struct qz_plan_reader *r, const struct qz_plan_key *k, const char *term,
                    const char *why) {
    return qz_fail(r->ctx, QZ_E_PLAN,
                   "%s: [%s] %s: '%s' %s; write 'column weight', or 'column weight good bad' with "
                   "the values of no need and of the greatest (good may be the word all: the whole "
                   "territory's value), terms with commas between, decimal points in numbers",
                   r->plan->path, k->section, k->name, term, why);
}

/* "gp_per_100k 0.3 all 0" */
static int read_term(struct qz_plan_reader *r, const struct qz_plan_key *k, const char *text,
                     struct qz_plan_term *t) {
    char **words = g_strsplit_set(text, " \t", -1);
    const char *word[5] = { 0 };
    size_t n = 0;
    for (size_t i = 0; words[i]; i++)
        if (*words[i] && n < COUNT(word))
            word[n++] = words[i];
    int e = 0;
    *t = (struct qz_plan_term) { 0 };
    if (n != 2 && n != 4)
        e = bad_term(r, k, text, "is no term");
    else if (!qz_parse_number(word[1], &t->weight) || !(t->weight >= 0 && t->weight <= 1000))
        e = bad_term(r, k, text, "has no weight from 0 to 1000");
    t->anchored = n == 4;
    t->good_of_all = n == 4 && strcmp(word[2], "all") == 0;
    if (e == 0 && n == 4 &&
        ((!t->good_of_all && (!qz_parse_number(word[2], &t->good) || !isfinite(t->good))) ||
         !qz_parse_number(word[3], &t->bad) || !isfinite(t->bad)))
        e = bad_term(r, k, text, "has a value that is no number");
    if (e == 0 && !(t->key = qz_plan_keep(r->plan, word[0])))
        e = qz_fail_nomem(r->ctx);
    g_strfreev(words);
    return e;
}

int qz_plan_score_read(struct qz_plan_reader *r, const struct qz_plan_key *k, const char *value,
                       struct qz_plan_score *ret) {
    char **terms = g_strsplit(value, ",", -1);
    double weights = 0;
    int e = 0;
    *ret = (struct qz_plan_score) { 0 };
    for (size_t i = 0; terms[i] && e == 0; i++) {
        if (!*g_strstrip(terms[i]))
            continue;
        if (ret->n == QZ_TERMS_MOST)
            e = bad_term(r, k, terms[i], "is one term too many: 12 at most");
        else
            e = read_term(r, k, terms[i], &ret->items[ret->n]);
        for (size_t j = 0; j < ret->n && e == 0; j++)
            if (strcmp(ret->items[j].key, ret->items[ret->n].key) == 0)
                e = bad_term(r, k, terms[i], "stands twice");
        weights += e == 0 ? ret->items[ret->n++].weight : 0;
    }
    g_strfreev(terms);
    ret->stated = ret->n > 0;
    return e == 0 && ret->n && !(weights > 0) ? bad_term(r, k, value, "has no weight above 0") : e;
}

void qz_plan_score_text(const struct qz_plan_score *score, struct qz_text *t) {
    for (size_t i = 0; i < score->n; i++) {
        const struct qz_plan_term *term = &score->items[i];
        qz_text_add(t, "%s%s %.10g", i ? ", " : "", term->key, term->weight);
        if (term->good_of_all)
            qz_text_add(t, " all %.10g", term->bad);
        else if (term->anchored)
            qz_text_add(t, " %.10g %.10g", term->good, term->bad);
    }
}
