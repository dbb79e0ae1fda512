/* engine/source/code.c - commune codes as files write them: in parts, or without their zero. */
#include <stdio.h>
#include <string.h>
#include "source/layout.h"

bool qz_code_is_commune(const char *code) {
    if (strlen(code) != 5)
        return false;
    for (size_t i = 0; i < 5; i++) {
        bool digit = code[i] >= '0' && code[i] <= '9';
        if (!digit && !(i == 1 && code[i] >= 'A' && code[i] <= 'Z'))
            return false;
    }
    return true;
}

static bool all_digits(const char *text) { return text[strspn(text, "0123456789")] == 0; }

bool qz_code_lost_zero(const char *text, size_t width, char ret[16]) {
    if (width > 15 || strlen(text) + 1 != width || width < 2 || !all_digits(text))
        return false;
    snprintf(ret, 16, "0%s", text);
    return true;
}

const char *qz_reader_restore(struct qz_reader *r, const char *text, size_t width) {
    char whole[16];
    if (!text || !qz_code_lost_zero(text, width, whole))
        return text;
    if (r->n_lost_zero++ == 0) {
        r->row_lost_zero = qz_table_row(r->table);
        snprintf(r->lost_zero, sizeof r->lost_zero, "%s", text);
    }
    if (!r->repair_codes)
        return text;
    memcpy(r->code, whole, sizeof whole);
    return r->code;
}

/* Departement and three digits: 01 and 451, 9A or 971 (Guadeloupe) and 101, 2A and 4. */
static const char *from_parts(struct qz_reader *r, const char *digits) {
    const char *departement = qz_reader_text(r, QZ_ROLE_DEPARTEMENT);
    size_t n = departement ? strlen(departement) : 0;
    if (n == 0 || n > 3 || strlen(digits) > 3 || !all_digits(digits))
        return digits;
    bool overseas = *departement == '9' && (n == 3 || departement[1] >= 'A');
    snprintf(r->code, sizeof r->code, "%s%03d", overseas ? "97" : departement, atoi(digits));
    return r->code;
}

const char *qz_reader_code(struct qz_reader *r) {
    const char *text = qz_reader_text(r, QZ_ROLE_CODE);
    if (text && r->layout->code_in_parts)
        text = from_parts(r, text);
    if (text && r->layout->iris && strlen(text) >= 9) { /* 010010101, 01001_0000 */
        snprintf(r->code, sizeof r->code, "%.5s", text);
        return r->code;
    }
    return qz_reader_restore(r, text, 5);
}

uint32_t qz_reader_commune(struct qz_reader *r, const struct qz_communes *c, const char **code) {
    const char *text = qz_reader_code(r);
    *code = text ? text : "";
    return qz_reader_part(r, c, text, NULL, NULL);
}

int qz_reader_tell_codes(struct qz_ctx *ctx, const struct qz_reader *r, struct qz_issues *issues) {
    if (r->n_lost_zero == 0)
        return 0;
    return qz_issue_add(
        ctx, issues, QZ_SEVERITY_WARNING, r->source, r->row_lost_zero, NULL, "lost_zero",
        "%zu codes have lost their leading zero, the first is '%s': %s", r->n_lost_zero,
        r->lost_zero,
        r->repair_codes ? "they count as if they had it, as the plan says"
                        : "nothing is found under them; deliver the codes as text, or set "
                          "'repair_codes = yes' in [territory]");
}
