/* include/quinze/geo.h - two kinds of point that cannot be mixed. Only the engine's geo converts.
 */
#pragma once

struct qz_lonlat {
    double lon_deg, lat_deg; /* WGS 84 */
};
struct qz_xy {
    double x_m, y_m; /* east and north in the working projected system, metres */
};
