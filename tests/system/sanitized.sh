#!/usr/bin/env bash
# The demonstration and Corsica under the sanitized program: no report, same bytes as the plain one makes.
# usage: QUINZE=PROGRAM sanitized.sh ; ends with 'N passed, N failed'
set -u
cd "$(dirname "$0")/../.." || exit 1
where=$(mktemp -d)
trap 'rm -rf "$where"' EXIT
passed=0 failed=0
try() { if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL: $*"; fi; }
try "$QUINZE" demo -q "$where/demo"
try "$QUINZE" run -q "$where/demo/plan.ini" "$where/demo.gpkg"
try "$QUINZE" check -q "$where/demo/plan.ini"
plain=build-test/gcc/quinze
try "$plain" run -q "$where/demo/plan.ini" "$where/plain.gpkg"
try cmp "$where/demo.gpkg" "$where/plain.gpkg"
if [ -d ../shared/data/corsica ]; then
  try "$QUINZE" run -q tests/corsica.ini "$where/corsica.gpkg"
else
  echo "SKIPPED: ../shared/data is not there"
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
