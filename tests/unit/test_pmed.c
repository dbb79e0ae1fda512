/* tests/unit/test_pmed.c - p-medians of the OR-Library, whose optima are known */
#include <string.h>
#include "base/base.h"
#include "check.h"
#include "pmed.h"
#include "quinze/locate.h"

enum { N_TRIED = 15 }; /* the larger ones: scripts/bench */
static struct qz_ctx *ctx;

static struct qz_locate_answer *solve(const struct pmed *m) {
    struct qz_locate_params p = qz_locate_params_default;
    struct qz_locate_answer *a = NULL;
    struct qz_locate_input in = { m->n, m->n, m->links, m->weight, NULL, NULL, NULL };
    p.p = m->p;
    p.limit_ms = QZ_UNREACHED_MS;
    p.iterations = 300;
    CHECK(qz_locate(ctx, &p, &in, &a) == 0);
    return a;
}

static void check_one(const char *name, bool shortest, double optimum, double *gap) {
    struct pmed m = { 0 };
    CHECK(pmed_read(SHARED_DATA "/pmed", name, shortest, &m));
    struct qz_locate_answer *a = solve(&m);
    CHECK_NEAR(a ? a->objective : 0, optimum, 0, name);
    CHECK(a && a->bound <= optimum && a->bound > 0.98 * optimum);
    *gap += a ? a->gap_ratio : 1;
    qz_locate_answer_free(a);
    pmed_done(&m);
}

int main(void) {
    char name[64];
    double optimum, gap = 0;
    size_t n = 0;
    FILE *f = fopen(SHARED_DATA "/pmed/optima.txt", "r");
    if (!f) {
        printf("OR-Library: SKIPPED: ../shared/data/pmed is not there\n");
        return 0;
    }
    CHECK(qz_ctx_new(&qz_ctx_params_default, &ctx) == 0);
    check_one("pmed1", false, 5819, &gap);
    check_one("pmed1", true, 5718, &gap);
    for (gap = 0; n < N_TRIED && fscanf(f, "%63s %lf", name, &optimum) == 2; n++)
        check_one(name, false, optimum, &gap);
    CHECK(n == N_TRIED);
    CHECK(gap / (double)n < 0.005);
    fclose(f);
    qz_ctx_free(ctx);
    return check_end();
}
