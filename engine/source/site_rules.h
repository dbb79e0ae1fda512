/* engine/source/site_rules.h - who is left out: rules of a table, and the fee sectors kept. */
#pragma once
#include "source/site_words.h"
#include "source/source.h"

struct qz_site_rule {
    const char *name, *words, *reason; /* words are folded */
    enum qz_role role;
    enum qz_rule_test { QZ_RULE_IS, QZ_RULE_BEGINS, QZ_RULE_CONTAINS } test;
    size_t n; /* rows that it left out */
};
struct qz_site_rules {
    struct qz_pool *texts;
    struct qz_site_rule *items; /* those of the profession, in the table's order */
    size_t n, cap;
    const char **sectors; /* folded; NULL: all are kept */
    size_t n_sectors, cap_sectors;
    size_t n_other_sector, n_no_sector; /* rows left out */
};

/* exclusions: text of a table as geodata/exclusions.csv, NULL: none; sectors: a comma list, NULL:
 * all. QZ_E_FORMAT names the line, what is wrong and what may stand there. */
int qz_site_rules_init(struct qz_ctx *ctx, struct qz_site_rules *rules, const char *exclusions,
                       const char *sectors, const char *profession);
void qz_site_rules_done(struct qz_site_rules *rules);
/* What counts the reader's row if it is left out; NULL: it is not. */
size_t *qz_site_rules_judge(struct qz_site_rules *rules, struct qz_reader *r,
                            const struct qz_structures *structures);
size_t qz_site_rules_n_excluded(const struct qz_site_rules *rules);
/* A note for each rule that left rows out, one for the sectors, one for the rules whose columns the
 * file has not. */
int qz_site_rules_report(struct qz_ctx *ctx, const struct qz_site_rules *rules,
                         const struct qz_reader *r, struct qz_issues *issues);
