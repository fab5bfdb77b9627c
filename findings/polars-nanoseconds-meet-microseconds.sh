#!/bin/bash
# Guess: a column of nanosecond times compared with a time in microseconds is compared exactly, as pandas, DuckDB and
#   DataFusion do: the coarser one can be widened.
# Really: in an expression polars narrows the column to microseconds first. "t > moment" loses what came up to 999 ns later,
#   "t == moment" has it all, and a difference to it is 0. A moment is in microseconds if it is a Python datetime, a
#   pl.datetime(), a str.to_datetime() (nine digits in the text included), a pandas Timestamp (its nanoseconds are cut), or
#   a value taken from the column itself: "t == t[2]" finds three rows. The same comparison written on the Series is exact,
#   and so is is_in; vertical_relaxed, when/otherwise and max_horizontal cut the column's own digits off; join refuses.
#   Durations alike: "d > timedelta(0)" is false for 999 ns. np.datetime64(…, "ns"), or pl.datetime(…, time_unit="ns"), is
#   exact.
# Seen with: polars 2.1.0, pandas 3.1.1, duckdb 2.0.1, datafusion 55.0.0, pyarrow 26.0.1.
# Bites: events of one burst are nanoseconds apart: windows by a boundary lose or double those at it, latencies are 0.
# Source: github.com/pola-rs/polars issues 27726 and 22435 (both open), 19534; crates/polars-core/src/utils/supertype.rs.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir"
"$dir/bin/pip" install -q --disable-pip-version-check polars==2.1.0 pandas==3.1.1 duckdb==2.0.1 datafusion==55.0.0 pyarrow==26.0.1
cd "$dir"
bin/python - <<'PYTHON'
from datetime import datetime, timedelta
from importlib.metadata import version
import datafusion, duckdb, numpy as np, pandas, polars as pl, pyarrow as pa

print(*(f"{name} {version(name)}" for name in ("polars", "pandas", "duckdb", "datafusion", "pyarrow")))
SECOND = 10**18
times = [SECOND - 1, SECOND, SECOND + 1, SECOND + 999, SECOND + 1000]
moment = datetime(2001, 9, 9, 1, 46, 40)
series = pl.Series("t", times, dtype=pl.Datetime("ns"))
frame, t = series.to_frame(), pl.col("t")

def three(values):
    """== > <= each as five digits, true is 1"""
    return ["".join(str(int(v)) for v in each) for each in values]

def expression(other):
    return three(frame.select(t == other)["t"] if sign == "==" else frame.select(t > other)["t"] if sign == ">" else
                 frame.select(t <= other)["t"] for sign in ("==", ">", "<="))

EXACT, CUT = ["01000", "00111", "11000"], ["01110", "00001", "11110"]
seen = {
    "datetime": expression(moment),
    "pl.datetime": expression(pl.datetime(2001, 9, 9, 1, 46, 40)),
    "text of nine digits": expression(pl.lit("2001-09-09 01:46:40.000000000").str.to_datetime()),
    "pandas Timestamp + 999 ns": expression(pandas.Timestamp(SECOND + 999)),
    "its own third value": expression(series[2]),
    "np.datetime64, ns": expression(np.datetime64(SECOND, "ns")),
    "pl.datetime, ns": expression(pl.datetime(2001, 9, 9, 1, 46, 40, time_unit="ns")),
    "on the Series": three([series == moment, series > moment, series <= moment]),
}
column = pandas.Series(pandas.to_datetime(times))
seen["pandas"] = three([column == moment, column > moment, column <= moment])
arrow = pa.table({"t": pa.array(times, pa.timestamp("ns"))})
signs = "t = m, t > m, t <= m FROM (SELECT t, TIMESTAMP '2001-09-09 01:46:40' AS m FROM {})"
seen["DuckDB"] = three(zip(*duckdb.sql("SELECT " + signs.format("arrow")).fetchall()))
context = datafusion.SessionContext()
context.from_arrow(arrow, "times")
inner = "SELECT t, arrow_cast(1000000000000000, 'Timestamp(Microsecond, None)') AS m FROM times"
seen["DataFusion"] = three(context.sql(f"SELECT t = m AS a, t > m AS b, t <= m AS c FROM ({inner})").to_pydict().values())
for name, signs in seen.items():
    print(f"{name}: ==, >, <= {signs}")
wrong = {name for name, signs in seen.items() if signs == CUT}
assert wrong == {"datetime", "pl.datetime", "text of nine digits", "pandas Timestamp + 999 ns", "its own third value"}, wrong
assert all(signs == EXACT for name, signs in seen.items() if name not in wrong)

def left(values):
    return [int(value) % 10**9 for value in values.cast(pl.Datetime("ns")).to_physical()]

other = pl.datetime(2001, 9, 9, 1, 46, 40)
kept = {
    "is_in": "".join(str(int(v)) for v in series.is_in([moment])),
    "difference": frame.select(t - other)["t"].dt.total_nanoseconds().to_list(),
    "when/otherwise": left(frame.select(pl.when(t.is_not_null()).then(t).otherwise(other))["t"]),
    "max_horizontal": left(frame.select(pl.max_horizontal("t", other))["t"]),
    "vertical_relaxed": left(pl.concat([frame, pl.DataFrame({"t": [moment]})], how="vertical_relaxed")["t"]),
    "durations > 0": pl.DataFrame({"d": pl.Series([999, 1000], dtype=pl.Duration("ns"))}).select(pl.col("d") > timedelta(0))["d"].to_list(),
}
for name, value in kept.items():
    print(f"{name}: {value}")
assert kept["is_in"] == "01000" and kept["difference"] == [-1000, 0, 0, 0, 1000]
assert kept["when/otherwise"] == [999_999_000, 0, 0, 0, 1000] and kept["max_horizontal"] == [0, 0, 0, 0, 1000]
assert kept["vertical_relaxed"] == [999_999_000, 0, 0, 0, 1000, 0] and kept["durations > 0"] == [False, True]
try:
    frame.join(pl.DataFrame({"t": [moment]}), on="t")
    raise SystemExit("join does not refuse")
except pl.exceptions.SchemaError as error:
    print("join:", str(error).split(" - ")[0])
print("as described")
PYTHON
