#!/bin/bash
# Guess: who gives read_csv the columns with their types, and the header, has left nothing to be guessed; a file that
#   RFC 4180 allows, in which not one cell needs a quote, is read as it is.
# Really: `columns` ends the guessing of names and types alone. Quote and escape are still made out from the first 20,480
#   rows, and ' is a candidate: one cell there that stands in apostrophes ('all'), among names that have none, makes it
#   the quote of the whole file. The cell loses them, and 30,000 rows later a name that begins with one ('tis) opens a
#   quote that the next cell ending in one (dogs') closes: the rows between them are one cell. No error, and count(*) and
#   sum() are of the rows that are left. Where nothing closes it, or types do not fit, it is an error. With quote='"' or
#   auto_detect=false every row is there, as with pandas, polars and Python's csv.
# Seen with: duckdb 2.0.1 (and 1.1.3), pandas 3.1.1, polars 2.1.0.
# Bites: names in benchmark tables, host facts, commands; guards against spreadsheet formulas are apostrophes too.
# Source: duckdb, src/execution/operator/csv_scanner/sniffer/dialect_detection.cpp; github.com/duckdb/duckdb issues 16215
#   (' found where only one row has it), 11838 and 21000 (quotes beyond the sample).
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir"
"$dir/bin/pip" install -q --disable-pip-version-check duckdb==2.0.1 pandas==3.1.1 polars==2.1.0
cd "$dir"
bin/python - <<'PYTHON'
import csv, duckdb, pandas, polars
print("duckdb", duckdb.__version__, "pandas", pandas.__version__, "polars", polars.__version__)

names = {2: "'all'", 40_000: "'tis", 40_010: "dogs'"}
rows = [(names.get(n, f"name {n}"), n) for n in range(50_000)]
with open("t.csv", "w", newline="") as out:
    csv.writer(out, lineterminator="\n").writerows([("name", "n"), *rows])
assert '"' not in open("t.csv").read()

typed = {"columns": {"name": "VARCHAR", "n": "BIGINT"}, "header": True}
seen = {
    "python csv": [(name, int(n)) for name, n in list(csv.reader(open("t.csv")))[1:]],
    "pandas": list(pandas.read_csv("t.csv").itertuples(index=False, name=None)),
    "polars": polars.read_csv("t.csv").rows(),
    "duckdb": duckdb.read_csv("t.csv").fetchall(),
    "duckdb, columns": duckdb.read_csv("t.csv", **typed).fetchall(),
    "duckdb, columns, quote": duckdb.read_csv("t.csv", **typed, quotechar='"').fetchall(),
    "duckdb, columns, auto_detect=False": duckdb.read_csv("t.csv", **typed, auto_detect=False).fetchall(),
}
for who, table in seen.items():
    print(f"{who}: {len(table)} rows, sum {sum(n for _, n in table)}, third name {table[2][0]}")
print("its quote:", duckdb.sql("SELECT Quote FROM sniff_csv('t.csv')").fetchall()[0][0])
print("the longest cell:", repr(max((name for name, _ in seen["duckdb, columns"]), key=len)))
right = {who for who, table in seen.items() if table == rows}
assert right == seen.keys() - {"duckdb", "duckdb, columns"}, right
for who in ("duckdb", "duckdb, columns"):
    assert len(seen[who]) == 49_990 and seen[who][2][0] == "all", who
print("as described")
PYTHON
