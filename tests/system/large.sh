#!/usr/bin/env bash
# 5 000 communes from the generator, run whole. Ends with 'N passed, N failed'.
set -u
where=$(mktemp -d)
trap 'rm -rf "$where"' EXIT
passed=0 failed=0
try() { if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL: $*"; fi; }
try "$QUINZE" demo -q --communes 5000 "$where/demo"
try "$QUINZE" run "$where/demo/plan.ini" "$where/demo.gpkg"
try test "$(sqlite3 "$where/demo.gpkg" 'select count(*) from communes')" = 5000
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
