/* engine/demo/names.h - names of what is larger than a commune. */
#pragma once
#include "demo/country.h"

void qz_names_dep(const char *insee, char *ret, size_t size); /* of the commune's */
void qz_names_epci(const struct qz_commune *seat, char *ret, size_t size);
