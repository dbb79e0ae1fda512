/* engine/io/place.h - makes files in a folder beside the target; they appear whole or not at all.
 */
#pragma once
#include "base/base.h"

struct qz_place {
    char *path, *folder, *name; /* the target, its folder, its name */
    char *temporary, *file;     /* our folder beside it, and the file to write there */
};
/* QZ_E_EXISTS (there already, or open in another program), QZ_E_IO (folder missing or read-only).
 * Call qz_place_done whatever it gives. Sweeps what dead processes left for the same target. */
int qz_place_init(struct qz_ctx *ctx, struct qz_place *p, const char *path, bool overwrite);
/* Syncs and renames every file of the temporary folder, the target last. */
int qz_place_publish(struct qz_ctx *ctx, struct qz_place *p);
void qz_place_done(struct qz_place *p);
/* A -wal or -journal beside a database would replay into the new file: QZ_E_EXISTS. */
int qz_place_check_live(struct qz_ctx *ctx, const char *path);
