#!/usr/bin/env bash
# The order of the subdir() lines of engine/meson.build is the architecture: a folder includes only itself and those
# above it. Foreign libraries stay in their folder. Ends with 'N passed, N failed'.
set -u
cd "$(dirname "$0")/.." || exit 1
mapfile -t folders < <(sed -n "s/^subdir('\(.*\)')$/\1/p" engine/meson.build)
declare -A rank
for i in "${!folders[@]}"; do rank[${folders[i]}]=$i; done
passed=0 failed=0

bad() { failed=$((failed + 1)); echo "$1"; }

for file in engine/*/*.[ch]; do
  folder=$(cut -d/ -f2 <<<"$file")
  [ -n "${rank[$folder]:-}" ] || { bad "$file: folder '$folder' is not in engine/meson.build"; continue; }
  ok=1
  while read -r header; do
    case "$header" in
    quinze/*) target=$(basename "$header" .h) ;;
    */*) target=${header%%/*} ;;
    *) bad "$file: include \"$header\" with its folder"; ok=0; continue ;;
    esac
    if [ -z "${rank[$target]:-}" ]; then
      bad "$file: \"$header\" belongs to no folder of the engine"; ok=0
    elif [ "${rank[$target]}" -gt "${rank[$folder]}" ]; then
      bad "$file: $folder may not include \"$header\": $target comes after it"; ok=0
    fi
  done < <(sed -n 's/^ *# *include "\([^"]*\)".*/\1/p' "$file")
  while read -r header; do
    case "$header" in
    proj.h | geos_c.h) home="geo" ;;
    gdal.h | ogr_*.h | cpl_*.h | shapefil.h | zlib.h | expat.h | libdeflate.h) home="io" ;;
    glib.h) home="plan run cli" ;;
    uthash.h) home="base" ;;
    omp.h) home="travel run" ;;
    xxhash.h) home="network" ;;
    coin/*) home="locate" ;;
    *) continue ;;
    esac
    [[ " $home " == *" $folder "* ]] || { bad "$file: <$header> may only be used in: $home"; ok=0; }
  done < <(sed -n 's/^ *# *include <\([^>]*\)>.*/\1/p' "$file")
  passed=$((passed + ok))
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
