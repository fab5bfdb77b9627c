#!/bin/bash
# Guess: "lnstat -j" gives each counter of /proc/net/stat under a name of its own, as its table and -d do
#   (file and key), or an object for each file.
# Really: one flat object for all files, without their names. Each file begins with "entries", and arp_cache
#   and ndisc_cache have all their keys in common, so that the same key is there up to five times. Python's json
#   keeps the last without a word, and IPv4's unresolved_discards, packets lost while an address was looked
#   up, is IPv6's; DuckDB refuses the file. "-k arp_cache:unresolved_discards" prints no file name either; one call
#   for each file (-f arp_cache) is the cure. The status tells nothing: it is 1 where all is well, too.
# Seen with: iproute2 6.1.0, Python 3.11 and DuckDB 1.4.1, on Linux 6.18.44.
# Bites: who takes drop counters of conntrack, routes and neighbours from it for a monitor.
# Source: iproute2 misc/lnstat.c, print_json: jsonw_uint_field(field->name) in one object for all fields.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check duckdb==1.4.1
(lnstat -V 2>&1 || true) | head -1; "$folder/venv/bin/python" -V; uname -sr
unshare -n lnstat -j -c 1 >"$folder/all.json" && status=0 || status=$?
files=$(unshare -n sh -c 'ls /proc/net/stat | wc -l')
times=$(grep -o '"entries"' "$folder/all.json" | wc -l)
echo "$files files in /proc/net/stat; \"entries\" is there $times times: $(grep -o '"entries":[0-9]*' "$folder/all.json" | tr '\n' ' ')"
[ "$files" -ge 2 ]
[ "$times" = "$files" ]
last=$(grep -o '"entries":[0-9]*' "$folder/all.json" | tail -1 | cut -d: -f2)
"$folder/venv/bin/python" - "$folder/all.json" "$last" <<'END'
import json, sys
import duckdb
text = open(sys.argv[1]).read()
kept = json.loads(text)["entries"]
print("json.loads keeps", kept, "of them: the last")
assert kept == int(sys.argv[2])
try:
    duckdb.sql(f"select * from read_json('{sys.argv[1]}')").fetchall()
except duckdb.InvalidInputException as error:
    print("DuckDB refuses the file:", str(error).partition("has duplicate")[1], "key")
    assert "duplicate key" in str(error)
else:
    sys.exit("DuckDB took it")
END
two=$(unshare -n lnstat -j -c 1 -k nf_conntrack:entries,rt_cache:entries || true)
echo "asked for two of two files by name: $two"
case $two in '{"entries":'*',"entries":'*'}') ;; *) exit 1 ;; esac
none=$(unshare -n lnstat -j -c 1 -f nosuch) && missing=0 || missing=$?
echo "status $status; of a file that is not there: $none, status $missing"
[ "$status, $none, $missing" = "1, {}, 1" ]
echo "as described"
