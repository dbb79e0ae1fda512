#!/usr/bin/env bash
# 'meson install' gives a library that another program finds with pkg-config, builds on and runs.
# usage: check_install.sh BUILD_FOLDER ; ends with 'N passed, N failed'
set -u
build=$1
where=$(mktemp -d)
trap 'rm -rf "$where"' EXIT
passed=0 failed=0
try() { if "$@" >"$where/log" 2>&1; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL: $*"; cat "$where/log"; fi; }
try env DESTDIR="$where/root" meson install --no-rebuild -C "$build"
pc=$(find "$where/root" -name quinze.pc)
try test -n "$pc"
prefix="$where/root$(sed -n 's/^prefix=//p' "$pc")"
export PKG_CONFIG_PATH
PKG_CONFIG_PATH=$(dirname "$pc")
lib=$(dirname "$(find "$where/root" -name 'libquinze.so' | head -1)")
cat >"$where/user.c" <<'EOT'
#include <quinze/plan.h>
#include <quinze/run.h>
#include <stdio.h>
#include <string.h>
int main(void) {
    struct qz_ctx *ctx = NULL;
    struct qz_plan *plan = NULL;
    if (qz_ctx_new(&qz_ctx_params_default, &ctx) != 0)
        return 1;
    int code = qz_plan_read(ctx, "/nowhere/plan.ini", &plan);
    printf("%s: %s\n", qz_versions(), qz_ctx_error(ctx));
    int ok = code == QZ_E_IO && strstr(qz_ctx_error(ctx), "/nowhere/plan.ini") != NULL;
    qz_ctx_free(ctx);
    return ok ? 0 : 1;
}
EOT
# shellcheck disable=SC2046
try cc -std=c17 -Wall -Werror $(pkg-config --define-variable=prefix="$prefix" --cflags quinze) "$where/user.c" \
  -o "$where/user" $(pkg-config --define-variable=prefix="$prefix" --libs quinze)
try env LD_LIBRARY_PATH="$lib" "$where/user"
try env LD_LIBRARY_PATH="$lib" "$prefix/bin/quinze" --version
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
