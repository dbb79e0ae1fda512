/* engine/access/horizon.c - the sites at the horizon: who is expected there, and which are open. */
#include <math.h>
#include "base/base.h"
#include "quinze/access.h"

static double left_of(const struct qz_left_input *in, uint32_t post) {
    return in->bound == QZ_BOUND_LOW ? in->left[post].low : in->left[post].high;
}

void qz_left_by_site(const struct qz_left_input *in, double *heads, double *fte) {
    for (size_t i = 0; i < in->sites->n; i++) {
        const struct qz_site *s = &in->sites->items[i];
        if (s->profession != in->profession)
            continue;
        double arrived = in->arrivals ? in->arrivals[s->commune] * in->years : 0;
        double sum_heads = 0, sum_fte = 0;
        for (uint32_t k = s->first_post; k < s->first_post + s->n_posts && !s->planned; k++) {
            const struct qz_post *post = &in->sites->posts[k];
            double there = fmax(left_of(in, k) + arrived, 0);
            sum_heads += post->heads * there;
            sum_fte += post->has_fte ? post->fte * there : 0;
        }
        heads[i] = sum_heads;
        if (fte)
            fte[i] = sum_fte;
    }
}

static bool is_open(const struct qz_left_input *in, const struct qz_site *s) {
    double nobody = 1, people = 0; /* nobody: how likely it is that nobody is left */
    for (uint32_t k = s->first_post; k < s->first_post + s->n_posts; k++) {
        double heads = in->sites->posts[k].heads;
        heads = s->secret && heads == 0 ? 1 : heads;
        nobody *= pow(1 - left_of(in, k), heads);
        people += heads;
    }
    return !s->planned && (nobody < 0.5 || people == 0);
}

void qz_left_open(const struct qz_left_input *in, uint8_t *open) {
    for (size_t i = 0; i < in->sites->n; i++)
        if (in->sites->items[i].profession == in->profession)
            open[i] = is_open(in, &in->sites->items[i]);
}
