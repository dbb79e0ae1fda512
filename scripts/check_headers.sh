#!/usr/bin/env bash
# Each public header compiles alone, as C17 and as C++, with nothing but itself. Ends with 'N passed, N failed'.
set -u
cd "$(dirname "$0")/.." || exit 1
passed=0 failed=0
try() { if "$@" 2>&1; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL: $*"; fi; }
for header in include/quinze/*.h; do
  try clang -std=c17 -Wall -Wextra -Wpedantic -Werror -Iinclude -fsyntax-only -x c-header "$header"
  try clang++ -std=c++17 -Wall -Wextra -Wpedantic -Werror -Iinclude -fsyntax-only -x c++-header "$header"
  leak=$(grep -lE 'gdal|ogr_|geos_c|glib|proj\.h' "$header")
  try test -z "$leak"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
