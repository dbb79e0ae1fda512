/* engine/run/beside.c - the tables that say something of each commune, brought to the codes of the
 * layer's year. */
#include <string.h>
#include "run/run.h"

static const struct qz_input *given(const struct qz_plan_input *in) {
    return in->input.file ? &in->input : NULL;
}

int qz_run_movements(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part) {
    (void)w, (void)part;
    const struct qz_plan_input *in = &s->plan->movements;
    struct qz_input input = in->input;
    input.repair_codes = s->plan->repair_codes;
    return given(in) ? qz_codes_read(ctx, &input, &s->issues, qz_run_report_of(s, in), &s->codes)
                     : 0;
}

/* ---- an input as its reader wants it */
int qz_run_input(struct qz_ctx *ctx, struct qz_run_state *s, const struct qz_plan_input *in,
                 struct qz_run_input *ret) {
    *ret = (struct qz_run_input) { .input = in->input };
    ret->input.year = (int)qz_plan_year(in->vintage);
    ret->input.repair_codes = s->plan->repair_codes;
    if (!in->input.file)
        return 0;
    return qz_input_codes(ctx, s->codes, (int)qz_plan_year(s->plan->communes.vintage), s->communes,
                          s->people, &s->issues, &ret->input, &ret->map);
}

void qz_run_input_done(struct qz_run_input *in) { qz_code_map_free(in->map); }

/* ---- people, their ages, and those counted apart */
int qz_run_people(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part) {
    (void)w, (void)part;
    const struct qz_plan_input *in = &s->plan->population;
    qz_cleanup(qz_run_input_done) struct qz_run_input own;
    int e = qz_run_input(ctx, s, in, &own);
    return e < 0 ? e
                 : qz_people_read(ctx, s->communes, given(in) ? &own.input : NULL, &s->issues,
                                  qz_run_report_of(s, in), &s->people);
}

int qz_run_ages(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part) {
    (void)w, (void)part;
    const struct qz_plan_input *in = &s->plan->ages;
    qz_cleanup(qz_run_input_done) struct qz_run_input own;
    int e = qz_run_input(ctx, s, in, &own);
    return e < 0 || !given(in) ? e
                               : qz_ages_read(ctx, s->communes, &own.input, s->plan->ages_prefix,
                                              &s->issues, qz_run_report_of(s, in), &s->ages);
}

int qz_run_begin_groups(struct qz_ctx *ctx, struct qz_run_state *s) {
    s->groups = qz_calloc(s->plan->n_groups, sizeof *s->groups);
    return s->groups ? 0 : qz_fail_nomem(ctx);
}

int qz_run_group(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part) {
    (void)w;
    const struct qz_plan_group *g = &s->plan->groups[part];
    enum qz_group_unit unit = QZ_GROUP_PEOPLE;
    qz_group_unit_find(g->unit, &unit); /* the plan knows them */
    qz_cleanup(qz_run_input_done) struct qz_run_input own;
    int e = qz_run_input(ctx, s, &g->source, &own);
    return e < 0 ? e
                 : qz_group_read(ctx, s->communes, s->people, &own.input, g->key, unit, &s->issues,
                                 qz_run_report_of(s, &g->source), &s->groups[part]);
}

int qz_run_read_points(struct qz_ctx *ctx, struct qz_run_state *s) {
    const struct qz_plan_input *in = &s->plan->points;
    qz_cleanup(qz_run_input_done) struct qz_run_input own;
    int e = qz_run_input(ctx, s, in, &own);
    return e < 0 ? e
                 : qz_points_read(ctx, s->communes, given(in) ? &own.input : NULL, s->crs,
                                  &s->issues, qz_run_report_of(s, in), &s->points);
}

/* ---- territories: those of the table, then the plan's own */
static int add_level(struct qz_ctx *ctx, struct qz_run_state *s, const struct qz_plan_level *l) {
    qz_cleanup(qz_run_input_done) struct qz_run_input own;
    int e = qz_run_input(ctx, s, &l->source, &own);
    struct qz_level_input in = { .key = l->key, .label = l->label, .input = own.input };
    in.input.columns[QZ_ROLE_TERRITORY] = l->territory;
    in.input.columns[QZ_ROLE_TERRITORY_NAME] = l->territory_name; /* NULL: of a usual name */
    struct qz_level_homes homes = { s->homes->n, s->homes->commune, s->homes->at,
                                    s->homes->weight };
    return e < 0 ? e
                 : qz_levels_add(ctx, s->levels, s->communes, &in, &homes, s->crs, &s->issues,
                                 qz_run_report_of(s, &l->source));
}

int qz_run_levels(struct qz_ctx *ctx, struct qz_run_state *s, struct qz_worker *w, size_t part) {
    (void)w, (void)part;
    const struct qz_plan_input *in = &s->plan->territories;
    qz_cleanup(qz_run_input_done) struct qz_run_input own;
    int e = qz_run_input(ctx, s, in, &own);
    if (e == 0)
        e = qz_levels_read(ctx, s->communes, given(in) ? &own.input : NULL, &s->issues,
                           qz_run_report_of(s, in), &s->levels);
    for (size_t i = 0; i < s->plan->n_user_levels && e == 0; i++)
        e = add_level(ctx, s, &s->plan->user_levels[i]);
    return e < 0 ? e : qz_run_check_names(ctx, s);
}
