/* engine/cli/print.c - progress, the summary on one screen, the report as JSON. */
#include "cli/print.h"

static bool line_open;

int print_progress(double done, const char *what, void *user) {
    (void)what;
    struct progress *p = user;
    int step = (int)(done * 40 + 1e-9);
    for (; p->show && p->shown <= step && p->shown <= 40; p->shown++) {
        line_open = true;
        if (p->shown % 4 == 0)
            fprintf(stderr, "%d", p->shown / 4 * 10);
        else
            fputc('.', stderr);
    }
    return !*p->stop;
}

void print_progress_end(void) {
    if (line_open)
        fputs("\n", stderr);
    line_open = false;
}

void print_log(enum qz_log_level level, const char *message, void *user) {
    const bool *quiet = user;
    if (level < QZ_INFO || (level == QZ_INFO && *quiet))
        return;
    print_progress_end();
    fprintf(stderr, "quinze: %s: %s\n", level == QZ_INFO ? "note" : "warning", message);
}

static double percent(double part, double whole) { return whole > 0 ? 100 * part / whole : 0; }

/* The one that opens first. */
static const char *first_name(const struct qz_report *r) {
    for (size_t i = 0; i < r->n_proposed; i++)
        if (r->proposed[i].opening_order == 1)
            return r->proposed[i].name;
    return "";
}

static void print_zones(FILE *to, const struct qz_report *r) {
    fprintf(to, "zones       %zu three15 zones, %.1f %% of people in them (at most %.1f %%)\n",
            r->n_zones, percent(r->people_in_zones, r->people),
            percent(r->people_in_zones_bound, r->people));
    if (r->n_areas)
        fprintf(to, "areas       %zu, %zu of them in balance\n", r->n_areas, r->n_areas_balanced);
    if (r->n_disagreements)
        fprintf(to, "zonage      %zu communes, %.0f people, where the simulation is not in force\n",
                r->n_disagreements, r->people_disagreements);
    if (r->n_proposed)
        fprintf(to,
                "siting      %zu sites (%s), %s first; %.0f of %.0f people served, %.0f before; "
                "within %.2f %% of the best\n",
                r->n_proposed, r->siting_model, first_name(r), r->demand_after, r->demand,
                r->demand_before, 100 * r->siting_gap_ratio);
}

void print_sites(FILE *to, const struct qz_report *r) {
    for (size_t i = 0; i < r->n_proposed; i++) {
        const struct qz_report_site *x = &r->proposed[i];
        fprintf(to, "%2u (%u-%u)  %s %s\n            %s\n", x->rank, x->rank_low, x->rank_high,
                x->code, x->name, x->reasons);
    }
    if (!r->n_proposed)
        fprintf(to, "no site is proposed: see the notes\n");
}

void print_summary(FILE *to, const struct qz_report *r, const char *output) {
    fprintf(to, "communes    %zu, %.0f people\n", r->n_communes, r->people);
    for (size_t i = 0; i < r->n_professions; i++) {
        const struct qz_report_profession *p = &r->professions[i];
        fprintf(to, "%-11s %.0f heads", p->key, p->heads);
        if (output)
            fprintf(to, "; %.2f %% of people within %u min, %.0f people beyond (%.2f %%)",
                    percent(p->people_within, r->people), p->threshold_min, p->people_beyond,
                    percent(p->people_beyond, r->people));
        fputc('\n', to);
    }
    if (output)
        print_zones(to, r);
    fprintf(to, "inputs      %zu rows rejected, %zu warnings%s\n", r->n_rejects, r->n_warnings,
            output ? " (layer diagnostics)" : "");
    if (output)
        fprintf(to, "output      %s\n", output);
}

void print_issues(FILE *to, const struct qz_report *r) {
    for (size_t i = 0; i < r->n_issues; i++) {
        const struct qz_report_issue *x = &r->issues[i];
        fprintf(to, "%s: %s", x->severity, x->source);
        if (x->row)
            fprintf(to, ": row %zu", x->row);
        fprintf(to, ": %s: %s\n", x->code, x->message);
    }
}

/* ---- JSON */
static void json_text(FILE *to, const char *text) {
    fputc('"', to);
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '"' || *p == '\\')
            fprintf(to, "\\%c", *p);
        else if (*p < 0x20)
            fprintf(to, "\\u%04x", *p);
        else
            fputc(*p, to);
    }
    fputc('"', to);
}

static void json_professions(FILE *to, const struct qz_report *r, bool computed) {
    fprintf(to, "  \"professions\": [");
    for (size_t i = 0; i < r->n_professions; i++) {
        const struct qz_report_profession *p = &r->professions[i];
        fprintf(to, "%s\n    {\"key\": ", i ? "," : "");
        json_text(to, p->key);
        fprintf(to, ", \"label\": ");
        json_text(to, p->label);
        fprintf(to, ", \"heads\": %.6g", p->heads);
        if (computed)
            fprintf(to, ", \"people_within_%umin\": %.1f, \"people_beyond_%umin\": %.1f",
                    p->threshold_min, p->people_within, p->threshold_min, p->people_beyond);
        fputc('}', to);
    }
    fprintf(to, "\n  ],\n");
}

static void json_stages(FILE *to, const struct qz_report *r) {
    fprintf(to, "  \"stages\": [");
    for (size_t i = 0; i < r->n_stages; i++)
        fprintf(to,
                "%s\n    {\"name\": \"%s\", \"parts\": %zu, \"key\": \"%s\", \"seconds\": %.4f}",
                i ? "," : "", r->stages[i].name, r->stages[i].parts, r->stages[i].key,
                r->stages[i].seconds);
    fprintf(to, "\n  ],\n");
}

static void json_issues(FILE *to, const struct qz_report *r) {
    fprintf(to, "  \"issues\": [");
    for (size_t i = 0; i < r->n_issues; i++) {
        const struct qz_report_issue *x = &r->issues[i];
        fprintf(to, "%s\n    {\"severity\": \"%s\", \"source\": ", i ? "," : "", x->severity);
        json_text(to, x->source);
        fprintf(to, ", \"row\": %zu, \"code\": \"%s\", \"message\": ", x->row, x->code);
        json_text(to, x->message);
        fputc('}', to);
    }
    fprintf(to, "%s],\n", r->n_issues ? "\n  " : "");
}

static void json_zones(FILE *to, const struct qz_report *r) {
    fprintf(to,
            "  \"zones\": %zu,\n  \"people_in_zones\": %.1f,\n  \"people_in_zones_bound\": "
            "%.1f,\n",
            r->n_zones, r->people_in_zones, r->people_in_zones_bound);
    if (r->n_areas)
        fprintf(to, "  \"areas\": %zu,\n  \"areas_balanced\": %zu,\n", r->n_areas,
                r->n_areas_balanced);
    if (r->n_disagreements)
        fprintf(to, "  \"disagreements\": %zu,\n", r->n_disagreements);
    if (!r->n_proposed)
        return;
    fprintf(to, "  \"siting\": {\"model\": ");
    json_text(to, r->siting_model);
    fprintf(to,
            ", \"objective\": %.3f, \"bound\": %.3f, \"gap\": %.9f,\n    \"demand\": %.1f, "
            "\"demand_before\": %.1f, \"demand_after\": %.1f,\n    \"sites\": [",
            r->siting_objective, r->siting_bound, r->siting_gap_ratio, r->demand, r->demand_before,
            r->demand_after);
    for (size_t i = 0; i < r->n_proposed; i++) {
        const struct qz_report_site *x = &r->proposed[i];
        fprintf(to,
                "%s\n      {\"rank\": %u, \"rank_low\": %u, \"rank_high\": %u, "
                "\"opening_order\": %u, \"people_gained\": %.1f, \"code\": ",
                i ? "," : "", x->rank, x->rank_low, x->rank_high, x->opening_order,
                x->people_gained);
        json_text(to, x->code);
        fprintf(to, ", \"name\": ");
        json_text(to, x->name);
        fprintf(to, ", \"reasons\": ");
        json_text(to, x->reasons);
        fputc('}', to);
    }
    fprintf(to, "\n    ]},\n");
}

void print_json(FILE *to, const struct qz_report *r, const char *output) {
    fprintf(to, "{\n  \"versions\": ");
    json_text(to, qz_versions());
    fprintf(to, ",\n  \"output\": ");
    if (output)
        json_text(to, output);
    else
        fputs("null", to);
    fprintf(to, ",\n  \"communes\": %zu,\n  \"people\": %.1f,\n  \"sites\": %zu,\n", r->n_communes,
            r->people, r->n_sites);
    if (output)
        json_zones(to, r);
    json_professions(to, r, output != NULL);
    json_stages(to, r);
    json_issues(to, r);
    fprintf(to, "  \"rejects\": %zu,\n  \"warnings\": %zu\n}\n", r->n_rejects, r->n_warnings);
}
