/* engine/locate/siting.c - from what the caller gives to places, times and ties. */
#include <math.h>
#include "locate/siting.h"

static const double most_fine = 1e24, whole_most = 9007199254740992.0; /* 2^53 */

struct making {
    const struct qz_locate_params *params;
    const struct qz_locate_input *in;
    uint32_t *place; /* of each demand; UINT32_MAX: it has none */
    size_t *n_ties;  /* of each demand */
};

static void making_done(struct making *m) {
    free(m->place);
    free(m->n_ties);
}

static bool is_covering(const struct making *m) { return m->params->model != QZ_LOCATE_PMEDIAN; }

/* In the times of the siting, what counts when no new site helps. */
static uint32_t limit_of(const struct making *m, size_t demand) {
    uint32_t served = qz_served(m->in, demand), limit = m->params->limit_ms;
    if (is_covering(m))
        return served == QZ_UNREACHED_MS || served > limit;
    return served < limit ? served : limit;
}

/* Does the link help? Then its time. */
static bool helps(const struct making *m, const struct qz_link *l, uint32_t *time) {
    *time = is_covering(m) ? 0 : l->time_ms;
    if (l->time_ms == QZ_UNREACHED_MS || !(m->in->weight[l->origin] > 0))
        return false;
    if (is_covering(m) && l->time_ms > m->params->limit_ms)
        return false;
    return *time < limit_of(m, l->origin);
}

static void count_ties(struct making *m, struct qz_siting *s) {
    uint32_t time;
    for (size_t c = 0; c < m->in->n_candidates; c++) {
        const struct qz_links *l = &m->in->links[c];
        size_t n = 0;
        for (size_t i = 0; i < l->n; i++)
            if (helps(m, &l->items[i], &time)) {
                m->n_ties[l->items[i].origin]++;
                n++;
            }
        s->site_first[c + 1] = s->site_first[c] + n;
        s->most_ties = n > s->most_ties ? n : s->most_ties;
    }
}

/* Numbers the places; what nobody can help is a fixed cost, or no answer at all. */
static int number_places(struct qz_ctx *ctx, struct making *m, struct qz_siting *s) {
    for (size_t i = 0; i < m->in->n_demands; i++) {
        uint32_t limit = limit_of(m, i);
        m->place[i] = UINT32_MAX;
        if (!(m->in->weight[i] > 0))
            continue;
        if (m->n_ties[i] == 0 && limit == QZ_UNREACHED_MS)
            return qz_fail(ctx, QZ_E_DATA,
                           "locate: demand %zu reaches no candidate and no existing site", i);
        if (m->n_ties[i] == 0) {
            s->fixed += m->in->weight[i] * limit;
            continue;
        }
        m->place[i] = (uint32_t)s->n_places;
        s->weight[s->n_places] = m->in->weight[i];
        s->far[s->n_places] = limit;
        s->must_reach = s->must_reach || limit == QZ_UNREACHED_MS;
        s->first[s->n_places + 1] = s->first[s->n_places] + m->n_ties[i];
        s->n_places++;
    }
    return 0;
}

static int by_time(const void *va, const void *vb) {
    const struct qz_tie *a = va, *b = vb;
    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    return (a->at > b->at) - (a->at < b->at);
}

/* Candidates come in order, so that the ties of a place are by candidate before they are sorted. */
static int fill_ties(struct qz_ctx *ctx, const struct making *m, struct qz_siting *s) {
    qz_cleanup(qz_freep) size_t *end = qz_malloc(s->n_places + 1, sizeof *end);
    if (!end)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < s->n_places; i++)
        end[i] = s->first[i];
    for (uint32_t c = 0; c < s->n_candidates; c++) {
        const struct qz_links *l = &m->in->links[c];
        struct qz_tie *own = s->site_tie + s->site_first[c];
        uint32_t time;
        for (size_t i = 0; i < l->n; i++)
            if (helps(m, &l->items[i], &time)) {
                uint32_t place = m->place[l->items[i].origin];
                *own++ = (struct qz_tie) { place, time };
                s->tie[end[place]++] = (struct qz_tie) { c, time };
            }
    }
    for (size_t i = 0; i < s->n_places && !is_covering(m); i++)
        qsort(s->tie + s->first[i], s->first[i + 1] - s->first[i], sizeof *s->tie, by_time);
    for (size_t c = 0; c < s->n_candidates && !is_covering(m); c++)
        qsort(s->site_tie + s->site_first[c], s->site_first[c + 1] - s->site_first[c],
              sizeof *s->tie, by_time);
    return 0;
}

/* ---- whole numbers */
static double common(double a, double b) {
    while (b > 0) {
        double rest = fmod(a, b);
        a = b;
        b = rest;
    }
    return a;
}

/* Every cost is a sum of weight x time, of ties, limits and `fixed`: a multiple of what divides
 * them all. */
static double find_grain(const struct qz_siting *s) {
    double grain = s->fixed, most = s->fixed;
    for (size_t i = 0; i < s->n_places; i++) {
        double w = s->weight[i];
        if (w != floor(w))
            return 0;
        for (size_t k = s->first[i]; k < s->first[i + 1]; k++)
            if (grain != 1)
                grain = common(w * s->tie[k].time, grain);
        double limit = s->far[i] < QZ_UNREACHED_MS ? s->far[i] : 0;
        grain = common(w * limit, grain);
        most += w * fmax(limit, s->tie[s->first[i + 1] - 1].time);
    }
    return grain == floor(grain) && most < whole_most / 2 ? grain : 0;
}

/* Who is left out costs more than the worst of answers that leave out nobody. */
static void set_fines(struct qz_siting *s) {
    double worst = 1;
    for (size_t i = 0; i < s->n_places && s->must_reach; i++)
        worst += s->weight[i] *
                 (s->far[i] < QZ_UNREACHED_MS ? s->far[i] : s->tie[s->first[i + 1] - 1].time);
    for (size_t i = 0; i < s->n_places; i++)
        if (s->far[i] >= QZ_UNREACHED_MS)
            s->far[i] = fmin(fmax(worst / s->weight[i], QZ_UNREACHED_MS), most_fine);
}

static int make(struct qz_ctx *ctx, struct making *m, struct qz_siting *s) {
    size_t n = m->in->n_demands, n_candidates = m->in->n_candidates;
    m->place = qz_malloc(n + 1, sizeof *m->place);
    m->n_ties = qz_calloc(n + 1, sizeof *m->n_ties);
    s->weight = qz_malloc(n + 1, sizeof *s->weight);
    s->far = qz_malloc(n + 1, sizeof *s->far);
    s->first = qz_calloc(n + 1, sizeof *s->first);
    s->site_first = qz_calloc(n_candidates + 1, sizeof *s->site_first);
    if (!m->place || !m->n_ties || !s->weight || !s->far || !s->first || !s->site_first)
        return qz_fail_nomem(ctx);
    count_ties(m, s);
    int r = number_places(ctx, m, s);
    if (r < 0)
        return r;
    s->tie = qz_malloc(s->first[s->n_places] + 1, sizeof *s->tie);
    s->site_tie = qz_malloc(s->first[s->n_places] + 1, sizeof *s->site_tie);
    r = s->tie && s->site_tie ? fill_ties(ctx, m, s) : qz_fail_nomem(ctx);
    if (r < 0)
        return r;
    s->grain = find_grain(s);
    set_fines(s);
    for (size_t i = 0; i < s->n_places; i++)
        s->least += s->weight[i] * s->tie[s->first[i]].time;
    return 0;
}

int qz_siting_init(struct qz_ctx *ctx, const struct qz_locate_params *params,
                   const struct qz_locate_input *in, struct qz_siting *ret) {
    qz_cleanup(making_done) struct making m = { params, in, NULL, NULL };
    struct qz_siting s = { .n_candidates = in->n_candidates,
                           .apart_first = in->apart_first,
                           .apart = in->apart };
    int r = make(ctx, &m, &s);
    if (r < 0)
        qz_siting_done(&s);
    else
        *ret = s;
    return r;
}

void qz_siting_done(struct qz_siting *s) {
    free(s->weight);
    free(s->far);
    free(s->first);
    free(s->tie);
    free(s->site_first);
    free(s->site_tie);
    *s = (struct qz_siting) { 0 };
}
