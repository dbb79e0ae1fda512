/* engine/cli/print.h - what the command line says, to people and to programs. */
#pragma once
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include "quinze/run.h"

struct progress {
    volatile sig_atomic_t *stop;
    bool show;
    int shown; /* steps of 2.5 % already printed */
};
int print_progress(double done, const char *what,
                   void *progress); /* GDAL's 0...10...20 on stderr */
void print_progress_end(void);
void print_log(enum qz_log_level level, const char *message, void *user);

/* The proposed sites, a paragraph each. */
void print_sites(FILE *to, const struct qz_report *r);
void print_summary(FILE *to, const struct qz_report *r, const char *output);
void print_issues(FILE *to, const struct qz_report *r);
void print_json(FILE *to, const struct qz_report *r, const char *output);
