/* include/quinze/run.h - runs a plan: reads, computes, writes one GeoPackage. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include "quinze/plan.h"

#ifdef __cplusplus
extern "C" {
#endif

struct qz_run_params {
    bool overwrite; /* replace an existing output */
};

/* What a run has to say; texts live as long as it does. It borrows the plan: free it first. */
struct qz_report_profession {
    const char *key, *label;
    double heads, people_within, people_beyond; /* of the threshold of 15 minutes */
};
struct qz_report_stage {
    const char *name;
    size_t parts;
    char key[65]; /* SHA-256 of version, parameters and inputs, in hexadecimal */
    double seconds;
};
struct qz_report_issue {
    const char *severity, *source, *code, *message;
    size_t row;
};
struct qz_report {
    size_t n_communes, n_sites, n_zones;
    double people, people_in_zones;
    size_t n_professions, n_stages, n_issues, n_rejects, n_warnings;
    struct qz_report_profession *professions;
    struct qz_report_stage *stages;
    struct qz_report_issue *issues;
    void *held; /* the run that the texts belong to */
};

/* Runs the whole plan into `path`, which appears complete or not at all. Gives *ret (even a table
 * of rejects is in the output). Any code of quinze/base.h. */
QZ_API int qz_run(struct qz_ctx *ctx, const struct qz_plan *plan,
                  const struct qz_run_params *params, const char *path, struct qz_report **ret);
/* Reads and checks the inputs only; writes nothing. */
QZ_API int qz_check(struct qz_ctx *ctx, const struct qz_plan *plan, struct qz_report **ret);
QZ_API struct qz_report *qz_report_free(struct qz_report *report);
/* Versions of quinze and of the libraries under it, one line, static. */
QZ_API const char *qz_versions(void);

#ifdef __cplusplus
}
#endif
