#!/bin/bash
# Guess: a reader of JSON Lines that makes out types from the first lines stops with an error at a later value that does not
#   fit, or widens the type; whichever it does, it does so for any such value.
# Really: four readers, four answers to the same valid files, and errors only for some values. DuckDB looks at 20,480 lines:
#   later fractions in a column of whole numbers are rounded (0.5 is 0, 1.5 is 2), later numbers in a column of booleans are
#   true, and in one that was null so far every later value is null; only a number beyond 64 bits, or an unknown key, is an
#   error. polars looks at 100 lines and refuses all of these, but leaves a later key out without a word. pyarrow widens,
#   and with one fraction anywhere rounds whole numbers beyond 2**53, in all lines. pandas likewise.
#   With sample_size=-1 (DuckDB) or infer_schema_length=None (polars) nothing is lost but the digits beyond 2**53.
# Seen with: duckdb 2.0.1, polars 2.1.0, pyarrow 26.0.1, pandas 3.1.1.
# Bites: logs of events and results of benchmarks in JSON Lines: a counter that begins to be an average, a field that is
#   null until something goes wrong, a key that only failures have. sum() and count() come out, and are of other values.
# Source: duckdb.org/docs, "JSON: sample_size"; duckdb extension/json/json_functions/json_transform.cpp; docs.pola.rs,
#   read_ndjson(infer_schema_length); arrow.apache.org/docs, "Reading JSON files: automatic type inference".
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir"
"$dir/bin/pip" install -q --disable-pip-version-check duckdb==2.0.1 polars==2.1.0 pyarrow==26.0.1 pandas==3.1.1
cd "$dir"
bin/python - <<'PYTHON'
import json
import duckdb, pandas, polars, pyarrow, pyarrow.json

print("duckdb", duckdb.__version__, "polars", polars.__version__, "pyarrow", pyarrow.__version__, "pandas", pandas.__version__)
MANY = 50_000
FILES = {
    "a fraction": ({"n": 1}, {"n": 1.5}),
    "a number after nulls": ({"n": None}, {"n": 7}),
    "a number after booleans": ({"n": True}, {"n": 7}),
    "a key that is new": ({"m": 1}, {"m": 1, "n": 7}),
    "a fraction after 2**53 + 1": ({"n": 2**53 + 1}, {"n": 0.5}),
}

def duck(options=""):
    read = f"read_json('t.jsonl'{options})"
    rows = duckdb.connect().execute(f"select n from (select *, row_number() over () as r from {read}) where r in (1, {MANY + 1}) order by r")
    return [row[0] for row in rows.fetchall()]

def ends(frame):
    return [frame["n"][0], frame["n"][MANY]] if "n" in frame.columns else "no such column"

READERS = {
    "duckdb": duck,
    "duckdb, all": lambda: duck(", sample_size=-1"),
    "polars": lambda: ends(polars.read_ndjson("t.jsonl")),
    "polars, all": lambda: ends(polars.read_ndjson("t.jsonl", infer_schema_length=None)),
    "pyarrow": lambda: [(t := pyarrow.json.read_json("t.jsonl"))["n"][0].as_py(), t["n"][MANY].as_py()],
    "pandas": lambda: pandas.read_json("t.jsonl", lines=True)["n"].iloc[[0, MANY]].tolist(),
}

def plain(values):
    return [None if value != value else value for value in values] if isinstance(values, list) else values

def read(reader):
    try:
        return plain(reader())
    except Exception as error:
        return f"{type(error).__name__}"

seen = {}
for what, (usual, late) in FILES.items():
    with open("t.jsonl", "w") as out:
        out.writelines(json.dumps(row) + "\n" for row in [usual] * MANY + [late] * 10)
    for name, reader in READERS.items():
        seen[what, name] = read(reader)
        print(f"{what}, {name}: {seen[what, name]}")

def same(what, expected):
    found = {name: seen[what, name] for name in READERS}
    assert all(found[name] == value and repr(found[name]) == repr(value) for name, value in expected.items()), (what, found)

same("a fraction", {"duckdb": [1, 2], "duckdb, all": [1.0, 1.5], "polars": "ComputeError", "polars, all": [1.0, 1.5]})
same("a fraction", {"pyarrow": [1.0, 1.5], "pandas": [1.0, 1.5]})
same("a number after nulls", {"duckdb": [None, None], "duckdb, all": [None, 7], "polars": "ComputeError", "pyarrow": [None, 7]})
same("a number after booleans", {"duckdb": [True, True], "polars": "ComputeError", "pyarrow": "ArrowInvalid", "pandas": [1, 7]})
same("a key that is new", {"polars": "no such column", "polars, all": [None, 7], "pyarrow": [None, 7]})
assert "Exception" in seen["a key that is new", "duckdb"] or "Error" in seen["a key that is new", "duckdb"]
same("a fraction after 2**53 + 1", {"duckdb": [2**53 + 1, 0], "polars": "ComputeError"})
same("a fraction after 2**53 + 1", {"pyarrow": [float(2**53), 0.5], "pandas": [float(2**53), 0.5]})
print("as described")
PYTHON
