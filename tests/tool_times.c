/* tests/tool_times.c - times PLAN.ini: milliseconds of every commune to its nearest site, for the
 * oracle of tests/system. One line each: profession,commune,ms,site (both empty: unreached). */
#include <stdio.h>
#include "run/run.h"

static void print_times(const struct qz_run_state *s) {
    for (size_t p = 0; p < s->plan->n_practices; p++)
        for (size_t i = 0; i < s->communes->n; i++) {
            uint32_t site = s->care[p].commune_nearest[i];
            printf("%s,%s,", s->plan->practices[p].key, s->communes->code[i]);
            if (site == QZ_NO_SITE)
                puts(",");
            else
                printf("%u,%s\n", s->care[p].commune_ms[i], s->sites->items[site].id);
        }
}

int main(int argc, char **argv) {
    struct qz_ctx *ctx = NULL;
    struct qz_plan *plan = NULL;
    struct qz_run_state s;
    if (argc != 2) {
        fprintf(stderr, "usage: times PLAN.ini\n");
        return 2;
    }
    int e = qz_ctx_new(&qz_ctx_params_default, &ctx);
    if (e == 0)
        e = qz_plan_read(ctx, argv[1], &plan);
    if (e == 0) {
        e = qz_run_state_init(ctx, &s, plan);
        if (e == 0)
            e = qz_run_stages(ctx, &s, QZ_STAGE_NEAREST);
        if (e == 0)
            print_times(&s);
        qz_run_state_done(&s);
    }
    if (e < 0)
        fprintf(stderr, "times: error: %s\n", qz_ctx_error(ctx));
    qz_plan_free(plan);
    qz_ctx_free(ctx);
    return e < 0;
}
