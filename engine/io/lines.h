/* engine/io/lines.h - text files of registers that no CSV driver reads right. */
#pragma once
#include <stdbool.h>

/* A file of bars without quotes (RPPS), or FINESS as data.gouv publishes it (first line
 * "finess;etalab;..."). */
bool qz_lines_are(const char *path);
