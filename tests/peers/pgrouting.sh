#!/usr/bin/env bash
# pgrouting.sh FOLDER N_NODES N_SITES LIMIT_MS: the bounded searches of travel-bench put to pgRouting, in a PostgreSQL of its
# own that is gone at the end. Prints one JSON object; the time is that of the query, graph read from its table included.
set -euo pipefail
folder=$1 n=$2 sites=$3 limit=$4
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1)
[ -x "${bin:-}/initdb" ] && ls /usr/share/postgresql/*/extension/pgrouting.control >/dev/null 2>&1

home=$(mktemp -d)
as=()
if [ "$(id -u)" -eq 0 ]; then # the server refuses root
  chown postgres "$home"
  as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
fi
trap '"${as[@]}" "$bin/pg_ctl" -D "$home/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$home"' EXIT
cd "$home"
/usr/bin/python3 - "$folder" "$n" >arcs.csv <<'PYTHON'
import sys
import numpy as np
folder, n = sys.argv[1], int(sys.argv[2])
arc, seed = (np.fromfile(folder + "/" + name, dtype="<u4").reshape(-1, 3) for name in ("arc", "seed"))
rows = np.concatenate([arc[:, [1, 0, 2]], np.stack([n + seed[:, 0], seed[:, 1], seed[:, 2]], axis=1)])
np.savetxt(sys.stdout, np.column_stack([np.arange(1, len(rows) + 1), rows]), "%d", ",")
PYTHON
{
  "${as[@]}" "$bin/initdb" -D "$home/data" -A trust -U postgres
  "${as[@]}" "$bin/pg_ctl" -D "$home/data" -l "$home/log" -w -o "-k $home -c listen_addresses= -c shared_buffers=1GB" start
} >/dev/null 2>&1
sql() { "$bin/psql" -h "$home" -U postgres -qAtX "$@"; }
sql -c "create extension pgrouting cascade" -c "create table arcs (id bigint, source bigint, target bigint, cost float8)" \
  -c "\\copy arcs from arcs.csv csv" -c "analyze arcs" 2>/dev/null
search="select count(*), sum(agg_cost)::bigint from pgr_drivingDistance('select * from arcs',
  (select array_agg(s) from generate_series($n, $((n + sites - 1))) s), $limit) where node < $n"
sql -c "$search" >/dev/null # once to warm it
begin=$(date +%s%N)
IFS='|' read -r settled sum < <(sql -c "$search")
end=$(date +%s%N)
echo "{\"bounded_ms\": $(((end - begin) / 1000000)), \"settled\": $settled, \"bounded_sum\": $sum}"
