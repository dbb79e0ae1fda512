/* engine/source/site_rules.c - the rules that leave practitioners out, read, applied and counted.
 */
#include <string.h>
#include "source/site_rules.h"

/* ---- a line of the table */
enum { RULE, PROFESSIONS, COLUMN, TEST, WORDS, REASON, N_FIELDS };
struct field {
    const char *text;
    size_t n;
};

/* Fields between commas, without blanks around; the last one may hold commas. */
static bool split(const char *line, size_t n, struct field fields[N_FIELDS]) {
    const char *end = line + n;
    for (size_t i = 0; i < N_FIELDS; i++) {
        const char *comma = i + 1 < N_FIELDS ? memchr(line, ',', (size_t)(end - line)) : end;
        if (!comma)
            return false;
        const char *stop = comma;
        while (line < stop && *line == ' ')
            line++;
        while (stop > line && (stop[-1] == ' ' || stop[-1] == '\r'))
            stop--;
        fields[i] = (struct field) { line, (size_t)(stop - line) };
        line = comma + 1;
    }
    return true;
}

static const char *keep(struct qz_site_rules *rules, struct field f) {
    return qz_pool_add(rules->texts, f.text, f.n);
}

static bool is_text(struct field f, const char *text) {
    return strlen(text) == f.n && memcmp(f.text, text, f.n) == 0;
}

/* "gp nurse" or "*" */
static bool is_for(struct field professions, const char *key) {
    const char *p = professions.text, *end = p + professions.n;
    while (p < end) {
        size_t n = 0;
        while (p + n < end && p[n] != ' ')
            n++;
        if (is_text((struct field) { p, n }, "*") || is_text((struct field) { p, n }, key))
            return true;
        p += n + 1;
    }
    return false;
}

/* The columns that rules may ask. */
static const enum qz_role asked[] = { QZ_ROLE_MODE,      QZ_ROLE_STRUCTURE, QZ_ROLE_NAME,
                                      QZ_ROLE_SITE,      QZ_ROLE_SECTOR,    QZ_ROLE_FINESS,
                                      QZ_ROLE_PROFESSION };

static int find_role(struct qz_ctx *ctx, size_t line, const char *key, enum qz_role *ret) {
    size_t best = 0;
    for (size_t i = 0; i < COUNT(asked); i++) {
        if (strcmp(key, qz_role_key(asked[i])) == 0) {
            *ret = asked[i];
            return 0;
        }
        if (qz_edit_distance(key, qz_role_key(asked[i])) <
            qz_edit_distance(key, qz_role_key(asked[best])))
            best = i;
    }
    return qz_fail(ctx, QZ_E_FORMAT,
                   "exclusions: line %zu: no column '%s'; did you mean '%s'? A rule may ask mode, "
                   "structure, name, site, sector, finess, profession_column",
                   line, key, qz_role_key(asked[best]));
}

static int find_test(struct qz_ctx *ctx, size_t line, struct field f, enum qz_rule_test *ret) {
    static const char *const names[] = { "is", "begins", "contains" };
    for (size_t i = 0; i < COUNT(names); i++)
        if (is_text(f, names[i])) {
            *ret = (enum qz_rule_test)i;
            return 0;
        }
    return qz_fail(ctx, QZ_E_FORMAT,
                   "exclusions: line %zu: '%.*s' is no test; write is, begins or contains", line,
                   (int)f.n, f.text);
}

static int add_rule(struct qz_ctx *ctx, struct qz_site_rules *rules, size_t line,
                    const struct field f[N_FIELDS]) {
    struct qz_site_rule rule = { .name = keep(rules, f[RULE]), .reason = keep(rules, f[REASON]) };
    const char *column = keep(rules, f[COLUMN]), *words = keep(rules, f[WORDS]);
    if (!rule.name || !rule.reason || !column || !words)
        return qz_fail_nomem(ctx);
    int r = find_role(ctx, line, column, &rule.role);
    if (r == 0)
        r = find_test(ctx, line, f[TEST], &rule.test);
    if (r < 0)
        return r;
    char folded[QZ_FOLDED];
    qz_fold(words, folded);
    if (!*folded || !*rule.name)
        return qz_fail(ctx, QZ_E_FORMAT,
                       "exclusions: line %zu: a rule needs a name and words with a letter or a "
                       "digit, as in 'hospital,gp,structure,is,hopital,not open to all'",
                       line);
    rule.words = qz_pool_add(rules->texts, folded, strlen(folded));
    struct qz_site_rule *grown = qz_grow(rules->items, &rules->cap, rules->n + 1, sizeof *grown);
    if (!grown || !rule.words)
        return qz_fail_nomem(ctx);
    rules->items = grown;
    grown[rules->n++] = rule;
    return 0;
}

static int read_line(struct qz_ctx *ctx, struct qz_site_rules *rules, const char *profession,
                     size_t number, const char *line, size_t n, bool *head) {
    struct field f[N_FIELDS];
    if (n == 0 || *line == '#' || *line == '\r')
        return 0;
    if (!split(line, n, f))
        return qz_fail(ctx, QZ_E_FORMAT,
                       "exclusions: line %zu: '%.*s' has not the six fields rule, professions, "
                       "column, test, words, reason",
                       number, (int)(n < 80 ? n : 80), line);
    if (!*head) {
        *head = true;
        if (is_text(f[RULE], "rule"))
            return 0;
    }
    return is_for(f[PROFESSIONS], profession) ? add_rule(ctx, rules, number, f) : 0;
}

/* ---- fee sectors */
static const char *without_secteur(const char *folded) {
    static const char head[] = "secteur ";
    return strncmp(folded, head, sizeof head - 1) == 0 ? folded + sizeof head - 1 : folded;
}

static int add_sector(struct qz_ctx *ctx, struct qz_site_rules *rules, const char *text, size_t n) {
    char raw[QZ_FOLDED], folded[QZ_FOLDED];
    n = n < sizeof raw ? n : sizeof raw - 1;
    memcpy(raw, text, n);
    raw[n] = 0;
    qz_fold(raw, folded);
    if (!*folded)
        return 0;
    const char *word = without_secteur(folded);
    const char **grown = qz_grow(rules->sectors, &rules->cap_sectors, rules->n_sectors + 1,
                                 sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    rules->sectors = grown;
    grown[rules->n_sectors] = qz_pool_add(rules->texts, word, strlen(word));
    return grown[rules->n_sectors++] ? 0 : qz_fail_nomem(ctx);
}

static int read_sectors(struct qz_ctx *ctx, struct qz_site_rules *rules, const char *sectors) {
    int r = 0;
    for (const char *p = sectors; r == 0 && *p;) {
        size_t n = strcspn(p, ",");
        r = add_sector(ctx, rules, p, n);
        p += n + (p[n] == ',');
    }
    if (r == 0 && rules->n_sectors == 0)
        r = qz_fail(ctx, QZ_E_RANGE, "sectors: '%s' names no sector; write 'sectors = 1, 2'",
                    sectors);
    return r;
}

int qz_site_rules_init(struct qz_ctx *ctx, struct qz_site_rules *rules, const char *exclusions,
                       const char *sectors, const char *profession) {
    *rules = (struct qz_site_rules) { 0 };
    int r = qz_pool_new(ctx, &rules->texts);
    bool head = false;
    size_t number = 1;
    for (const char *line = exclusions; r == 0 && line && *line; number++) {
        size_t n = strcspn(line, "\n");
        r = read_line(ctx, rules, profession, number, line, n, &head);
        line += n + (line[n] == '\n');
    }
    return r == 0 && sectors ? read_sectors(ctx, rules, sectors) : r;
}

void qz_site_rules_done(struct qz_site_rules *rules) {
    free(rules->items);
    free(rules->sectors);
    qz_pool_free(rules->texts);
    *rules = (struct qz_site_rules) { 0 };
}

/* ---- applied */
static bool meets(const struct qz_site_rule *rule, const char *folded) {
    switch (rule->test) {
    case QZ_RULE_IS:
        return strcmp(folded, rule->words) == 0;
    case QZ_RULE_BEGINS:
        return strncmp(folded, rule->words, strlen(rule->words)) == 0;
    default:
        return strstr(folded, rule->words) != NULL;
    }
}

static bool leaves_out(const struct qz_site_rule *rule, struct qz_reader *r,
                       const struct qz_structures *structures) {
    const char *text = qz_reader_text(r, rule->role);
    if (!text)
        return false;
    char folded[QZ_FOLDED];
    qz_fold(text, folded);
    if (meets(rule, folded))
        return true;
    const char *word = rule->role == QZ_ROLE_STRUCTURE ? qz_structures_word(structures, text)
                                                       : NULL;
    return word && meets(rule, word);
}

static size_t *judge_sector(struct qz_site_rules *rules, struct qz_reader *r) {
    if (!rules->sectors)
        return NULL;
    const char *text = qz_reader_text(r, QZ_ROLE_SECTOR);
    char folded[QZ_FOLDED];
    qz_fold(text ? text : "", folded);
    for (size_t i = 0; i < rules->n_sectors; i++)
        if (strcmp(without_secteur(folded), rules->sectors[i]) == 0)
            return NULL;
    return *folded ? &rules->n_other_sector : &rules->n_no_sector;
}

size_t *qz_site_rules_judge(struct qz_site_rules *rules, struct qz_reader *r,
                            const struct qz_structures *structures) {
    for (size_t i = 0; i < rules->n; i++)
        if (leaves_out(&rules->items[i], r, structures))
            return &rules->items[i].n;
    return judge_sector(rules, r);
}

/* ---- counted */
size_t qz_site_rules_n_excluded(const struct qz_site_rules *rules) {
    size_t n = rules->n_other_sector + rules->n_no_sector;
    for (size_t i = 0; i < rules->n; i++)
        n += rules->items[i].n;
    return n;
}

/* Rows of all rules of this name; 0 where an earlier one told already. */
static size_t rows_of_name(const struct qz_site_rules *rules, size_t first) {
    size_t n = 0;
    for (size_t i = 0; i < rules->n; i++)
        if (strcmp(rules->items[i].name, rules->items[first].name) == 0) {
            if (i < first)
                return 0;
            n += rules->items[i].n;
        }
    return n;
}

static int report_blind(struct qz_ctx *ctx, const struct qz_site_rules *rules,
                        const struct qz_reader *r, struct qz_issues *issues) {
    struct qz_text blind = { 0 };
    for (size_t i = 0; i < rules->n; i++) {
        const struct qz_site_rule *rule = &rules->items[i];
        bool told = r->columns[rule->role] >= 0;
        for (size_t k = 0; k < i; k++)
            told = told || (strcmp(rules->items[k].name, rule->name) == 0 &&
                            rules->items[k].role == rule->role);
        if (!told)
            qz_text_add(&blind, "%s%s (%s)", blind.n ? ", " : "", rule->name,
                        qz_role_key(rule->role));
    }
    int e = blind.failed ? qz_fail_nomem(ctx) : 0;
    if (e == 0 && blind.n)
        e = qz_issue_add(ctx, issues, QZ_SEVERITY_NOTE, r->source, 0, NULL, "rules_without_column",
                         "the file has no column for these rules, which leave nobody out: %s; name "
                         "the columns in the plan where it has them",
                         blind.data);
    qz_text_done(&blind);
    return e;
}

int qz_site_rules_report(struct qz_ctx *ctx, const struct qz_site_rules *rules,
                         const struct qz_reader *r, struct qz_issues *issues) {
    int e = 0;
    for (size_t i = 0; i < rules->n && e == 0; i++) {
        size_t n = rows_of_name(rules, i);
        if (n)
            e = qz_issue_add(ctx, issues, QZ_SEVERITY_NOTE, r->source, 0, NULL, "excluded",
                             "rule '%s' leaves %zu rows out: %s", rules->items[i].name, n,
                             rules->items[i].reason);
    }
    if (e == 0 && rules->n_other_sector + rules->n_no_sector)
        e = qz_issue_add(ctx, issues, QZ_SEVERITY_NOTE, r->source, 0, NULL, "other_sector",
                         "'sectors =' leaves %zu rows out: %zu of other sectors, %zu without one",
                         rules->n_other_sector + rules->n_no_sector, rules->n_other_sector,
                         rules->n_no_sector);
    return e < 0 ? e : report_blind(ctx, rules, r, issues);
}
