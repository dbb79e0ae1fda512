/* engine/surface/surface.c - a grid of the ground, and its end. */
#include "surface/surface.h"

struct qz_surface *qz_surface_free(struct qz_surface *s) {
    if (s) {
        free(s->s_per_m);
        free(s->height_m);
    }
    free(s);
    return NULL;
}

void qz_surface_freep(struct qz_surface **s) { *s = qz_surface_free(*s); }
