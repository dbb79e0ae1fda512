/* engine/access/homes.c - where the people of each commune are counted: its cells, else its point.
 */
#include <math.h>
#include "base/base.h"
#include "quinze/access.h"
#include "quinze/travel.h"

struct qz_homes *qz_homes_free(struct qz_homes *h) {
    if (h) {
        free(h->first);
        free(h->commune);
        free(h->at);
        free(h->weight);
        free(h->has_cells);
    }
    free(h);
    return NULL;
}

static void homes_freep(struct qz_homes **h) { *h = qz_homes_free(*h); }

/* Homes of each commune, counted from the cells; 1 where there is none. */
static int count_homes(struct qz_ctx *ctx, const struct qz_cells *cells, struct qz_homes *h) {
    for (size_t i = 0; cells && i < cells->n; i++) {
        uint32_t c = cells->commune[i];
        if (c >= h->n_communes || (i && c < cells->commune[i - 1]) || !(cells->people[i] > 0))
            return qz_fail(ctx, QZ_E_RANGE, "access: cell %zu is out of range or out of order", i);
        h->first[c + 1]++;
        h->has_cells[c] = 1;
        h->n_cells++;
    }
    for (size_t c = 0; c < h->n_communes; c++) {
        h->first[c + 1] += !h->has_cells[c];
        h->first[c + 1] += h->first[c];
    }
    h->n = h->first[h->n_communes];
    return 0;
}

static void fill_homes(const struct qz_cells *cells, const struct qz_points *points,
                       struct qz_homes *h) {
    size_t cell = 0;
    for (uint32_t c = 0; c < h->n_communes; c++)
        for (uint32_t i = h->first[c]; i < h->first[c + 1]; i++) {
            h->commune[i] = c;
            h->at[i] = h->has_cells[c] ? cells->at[cell] : points->at[c];
            h->weight[i] = h->has_cells[c] ? cells->people[cell] : 1;
            cell += h->has_cells[c];
        }
}

int qz_homes_new(struct qz_ctx *ctx, const struct qz_cells *cells, const struct qz_points *points,
                 struct qz_homes **ret) {
    qz_cleanup(homes_freep) struct qz_homes *h = qz_calloc(1, sizeof *h);
    if (!h)
        return qz_fail_nomem(ctx);
    h->n_communes = points->n;
    h->first = qz_calloc(points->n + 1, sizeof *h->first);
    h->has_cells = qz_calloc(points->n, sizeof *h->has_cells);
    if (!h->first || !h->has_cells)
        return qz_fail_nomem(ctx);
    int e = count_homes(ctx, cells, h);
    if (e < 0)
        return e;
    h->commune = qz_malloc(h->n, sizeof *h->commune);
    h->at = qz_malloc(h->n, sizeof *h->at);
    h->weight = qz_malloc(h->n, sizeof *h->weight);
    if (!h->commune || !h->at || !h->weight)
        return qz_fail_nomem(ctx);
    fill_homes(cells, points, h);
    *ret = h;
    h = NULL;
    return 0;
}

void qz_homes_people(const struct qz_homes *h, const double *legal, double *people,
                     double *factor) {
    for (size_t c = 0; c < h->n_communes; c++) {
        double counted = 0;
        for (uint32_t i = h->first[c]; i < h->first[c + 1]; i++)
            counted += h->weight[i];
        factor[c] = legal[c] / counted;
        for (uint32_t i = h->first[c]; i < h->first[c + 1]; i++)
            people[i] = h->weight[i] * factor[c];
    }
}

/* The site that most people of the commune are nearest to; of several, the lowest. Leaves of_site
 * as it was: all 0. */
static uint32_t usual_site(const struct qz_homes *h, size_t c, const uint32_t *site,
                           double *of_site) {
    uint32_t best = QZ_NO_SITE;
    for (uint32_t i = h->first[c]; i < h->first[c + 1]; i++)
        if (site[i] != QZ_NO_SITE)
            of_site[site[i]] += h->weight[i];
    for (uint32_t i = h->first[c]; i < h->first[c + 1]; i++)
        if (site[i] != QZ_NO_SITE && (best == QZ_NO_SITE || of_site[site[i]] > of_site[best] ||
                                      (of_site[site[i]] == of_site[best] && site[i] < best)))
            best = site[i];
    for (uint32_t i = h->first[c]; i < h->first[c + 1]; i++)
        if (site[i] != QZ_NO_SITE)
            of_site[site[i]] = 0;
    return best;
}

/* The mean over the homes that reach a site, weighed by people; QZ_UNREACHED_MS: none does. */
static uint32_t mean_ms(const struct qz_homes *h, size_t c, const uint32_t *time_ms) {
    double weight = 0, sum_ms = 0;
    for (uint32_t i = h->first[c]; i < h->first[c + 1]; i++)
        if (time_ms[i] != QZ_UNREACHED_MS) {
            weight += h->weight[i];
            sum_ms += h->weight[i] * time_ms[i];
        }
    return weight > 0 ? (uint32_t)floor(sum_ms / weight + 0.5) : QZ_UNREACHED_MS;
}

int qz_homes_nearest(struct qz_ctx *ctx, const struct qz_homes *h, const uint32_t *home_ms,
                     const uint32_t *home_site, size_t n_sites, uint32_t *time_ms, uint32_t *site) {
    qz_cleanup(qz_freep) double *of_site = qz_calloc(n_sites, sizeof *of_site);
    if (!of_site)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < h->n; i++)
        if (home_site[i] != QZ_NO_SITE && home_site[i] >= n_sites)
            return qz_fail(ctx, QZ_E_RANGE, "access: home %zu is nearest to site %u of %zu", i,
                           home_site[i], n_sites);
    for (size_t c = 0; c < h->n_communes; c++) {
        time_ms[c] = mean_ms(h, c, home_ms);
        site[c] = usual_site(h, c, home_site, of_site);
    }
    return 0;
}
