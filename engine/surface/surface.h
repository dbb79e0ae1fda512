/* engine/surface/surface.h - the ground off the roads: what a metre of it costs, how high it is. */
#pragma once
#include "geo/geo.h"

/* Row by row from the south, as struct qz_grid says. */
struct qz_surface {
    struct qz_grid grid;
    float *s_per_m;  /* seconds a metre, > 0; INFINITY: nobody passes */
    float *height_m; /* NULL: flat */
};
struct qz_surface *qz_surface_free(struct qz_surface *s);
void qz_surface_freep(struct qz_surface **s);
