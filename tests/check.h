/* tests/check.h - checks for unit tests: count, print what failed, exit 1 at the end. */
#pragma once
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static int check_passed, check_failed;

#define CHECK(condition) check_that((condition) != 0, #condition, __FILE__, __LINE__)
#define CHECK_NEAR(got, want, tolerance, name) \
    check_near((got), (want), (tolerance), (name), __FILE__, __LINE__)

static inline void check_that(int ok, const char *what, const char *file, int line) {
    check_passed += ok;
    check_failed += !ok;
    if (!ok && check_failed <= 50)
        fprintf(stderr, "%s:%d: not true: %s\n", file, line, what);
}

static inline void check_near(double got, double want, double tolerance, const char *name,
                              const char *file, int line) {
    int ok = fabs(got - want) <= tolerance;
    check_passed += ok;
    check_failed += !ok;
    if (!ok && check_failed <= 50)
        fprintf(stderr, "%s:%d: %s: got %.17g, want %.17g within %g\n", file, line, name, got, want,
                tolerance);
}

/* The last line of main: how many checks, and the exit code. */
static inline int check_end(void) {
    printf("%d checks, %d failed\n", check_passed + check_failed, check_failed);
    return check_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
