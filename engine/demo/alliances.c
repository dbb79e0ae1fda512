/* engine/demo/alliances.c - territories of a user's own: the areas of the CPTS, where doctors of an
 * intercommunality work together. The uplands have none; one commune is shared between two. */
#include <stdio.h>
#include "demo/files.h"

static const struct qz_column columns[] = { { "insee_com", QZ_TEXT, 0 },
                                            { "code_cpts", QZ_TEXT, 0 },
                                            { "nom_cpts", QZ_TEXT, 0 },
                                            { "poids", QZ_REAL, 2 } };

/* The commune that is its seat; QZ_NOWHERE: none. */
static uint32_t alliance_of(const struct qz_country *c, uint32_t i) {
    uint32_t seat = c->communes[i].area[QZ_AREA_EPCI];
    return seat != QZ_NOWHERE && c->communes[seat].upland <= 0 ? seat : QZ_NOWHERE;
}

/* Another alliance next door. */
static uint32_t other_beside(const struct qz_country *c, uint32_t i, uint32_t own) {
    for (int side = 0; side < QZ_HEX_SIDES; side++) {
        uint32_t j = c->communes[i].beyond[side];
        uint32_t other = j == QZ_NOWHERE ? QZ_NOWHERE : alliance_of(c, j);
        if (other != QZ_NOWHERE && other != own)
            return other;
    }
    return QZ_NOWHERE;
}

static int write_share(struct qz_ctx *ctx, struct qz_writer *w, const struct qz_commune *m,
                       const struct qz_commune *seat, double weight) {
    char code[16], name[96];
    snprintf(code, sizeof code, "CPTS-%s", seat->insee);
    snprintf(name, sizeof name, "CPTS %s", seat->name);
    qz_writer_text(w, 0, m->insee);
    qz_writer_text(w, 1, code);
    qz_writer_text(w, 2, name);
    qz_writer_real(w, 3, weight);
    return qz_writer_row(ctx, w);
}

static int write(struct qz_ctx *ctx, struct qz_delivery *d, uint32_t i, struct qz_writer *w) {
    const struct qz_country *c = d->country;
    uint32_t own = alliance_of(c, i);
    if (own == QZ_NOWHERE)
        return 0;
    uint32_t other = d->n_shared == 0 ? other_beside(c, i, own) : QZ_NOWHERE;
    if (other == QZ_NOWHERE)
        return write_share(ctx, w, &c->communes[i], &c->communes[own], 1);
    d->n_shared++;
    int r = write_share(ctx, w, &c->communes[i], &c->communes[own], 0.6);
    return r < 0 ? r : write_share(ctx, w, &c->communes[i], &c->communes[other], 0.4);
}

const struct qz_demo_file qz_demo_alliances = { "cpts.csv",       QZ_CSV,       "cpts",
                                                "CPTS inventées", QZ_GEOM_NONE, columns,
                                                COUNT(columns),   write };
