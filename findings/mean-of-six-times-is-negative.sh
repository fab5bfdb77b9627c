#!/bin/bash
# Guess: a mean is a float, and cannot overflow where the values do not. A sum of integers may wrap, and one knows that.
# Really: of six times of day in nanoseconds (1.7e18 each, int64) the sum is beyond 2**63, and whoever adds in the values'
#   own type before dividing answers -1.37e18, without a word: ClickHouse's avg, Dask's mean of a column and of
#   groups, polars' mean_horizontal, scipy.stats.tmean, scipy.ndimage.mean, and avg of DataFusion's durations.
#   The neighbour in the same library is right: Dask's mean of an array, polars' mean and list.mean, scipy's trim_mean and
#   ndimage.mean with labels, DataFusion's avg of the integers; ClickHouse's of the same column as a DateTime64. pandas,
#   numpy, pyarrow, DuckDB, SQLite and numba are right throughout. With uint64 it begins at eleven values. Up to five all is
#   well, so that a test of a few rows passes.
# Seen with: chdb 4.4.0 (ClickHouse 26.9), dask 2026.8.0, polars 2.1.0, scipy 1.17.1, datafusion 55.0.0, pandas 3.1.1,
#   numpy 2.4.6, pyarrow 26.0.1, duckdb 2.0.1, numba 0.68.1.
# Bites: mean send or arrival times, the middle of a window, offsets between clocks, cookies and addresses as numbers.
# Source: github.com/ClickHouse/ClickHouse issues 60908 and 21108 (won't fix); dask/dataframe mean: sum / count; polars
#   mean_horizontal; scipy/stats/_stats_py.py tmean (xp.sum(a) / n); scipy/ndimage/_measurements.py mean (sum / size).
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir"
"$dir/bin/pip" install -q --disable-pip-version-check chdb==4.4.0 chdb-core==26.9.0 'dask[dataframe,array]==2026.8.0' \
    polars==2.1.0 scipy==1.17.1 datafusion==55.0.0 pandas==3.1.1 numpy==2.4.6 pyarrow==26.0.1 duckdb==2.0.1 numba==0.68.1
cd "$dir"
bin/python -W ignore - <<'PYTHON'
import sqlite3
from importlib.metadata import version
import chdb, dask.array, dask.dataframe, datafusion, duckdb, numba, numpy as np, pandas, polars as pl, pyarrow as pa, pyarrow.compute
from scipy import ndimage, stats

packages = "chdb dask polars scipy datafusion pandas numpy pyarrow duckdb numba".split()
print(*(f"{name} {version(name)}" for name in packages), "sqlite", sqlite3.sqlite_version)

def clickhouse(what, values, kind="Int64"):
    rows = ",".join(f"({value})" for value in values)
    return float(chdb.query(f"SELECT toFloat64({what}) FROM values('x {kind}', {rows})", "CSV").bytes())

def fusion(what, values):
    context = datafusion.SessionContext()
    context.from_arrow(pa.table({"x": values}), "t")
    answer = context.sql(f"SELECT {what} AS a FROM t").collect()[0].column(0)
    return float(answer.cast(pa.int64())[0].as_py() if pa.types.is_duration(answer.type) else answer[0].as_py())

def sqlite(values):
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE t (x INTEGER)")
    connection.executemany("INSERT INTO t VALUES (?)", [(value,) for value in values])
    return connection.execute("SELECT avg(x) FROM t").fetchone()[0]

def column(values):
    return dask.dataframe.from_pandas(pandas.DataFrame({"x": values, "group": 1}), npartitions=2)

compiled = numba.njit(lambda values: np.mean(values))
WRONG = {
    "ClickHouse avg": lambda v: clickhouse("avg(x)", v),
    "Dask column": lambda v: column(v).x.mean().compute(),
    "Dask groups": lambda v: column(v).groupby("group").x.mean().compute().iloc[0],
    "polars mean_horizontal": lambda v: pl.DataFrame([v], orient="row").select(pl.mean_horizontal("*")).item(),
    "scipy.stats.tmean": lambda v: stats.tmean(np.array(v)),
    "scipy.ndimage.mean": lambda v: ndimage.mean(np.array(v)),
    "DataFusion avg, durations": lambda v: fusion("avg(arrow_cast(x, 'Duration(Nanosecond)'))", v),
}
RIGHT = {
    "ClickHouse avg, DateTime64": lambda v: clickhouse("toUnixTimestamp64Nano(avg(fromUnixTimestamp64Nano(x)))", v),
    "ClickHouse median": lambda v: clickhouse("median(x)", v),
    "Dask array": lambda v: dask.array.from_array(np.array(v), chunks=3).mean().compute(),
    "polars mean": lambda v: pl.Series(v).mean(),
    "polars list.mean": lambda v: pl.Series([v]).list.mean().item(),
    "scipy.stats.trim_mean": lambda v: stats.trim_mean(np.array(v), 0),
    "scipy.ndimage.mean, labels": lambda v: ndimage.mean(np.array(v), np.ones(len(v), int), [1])[0],
    "DataFusion avg": lambda v: fusion("avg(x)", v),
    "numpy": lambda v: np.array(v).mean(),
    "pandas": lambda v: pandas.Series(v).mean(),
    "pandas groups": lambda v: pandas.Series(v).groupby([1] * len(v)).mean().iloc[0],
    "pyarrow": lambda v: pyarrow.compute.mean(pa.array(v)).as_py(),
    "DuckDB": lambda v: duckdb.execute("SELECT avg(x) FROM (SELECT unnest(?) AS x)", [v]).fetchone()[0],
    "SQLite": sqlite,
    "numba": lambda v: compiled(np.array(v)),
}
times = [1_700_000_000_000_000_000 + second * 1_000_000_000 for second in range(6)]
for name, mean in (WRONG | RIGHT).items():
    five, six = mean(times[:5]), mean(times)
    print(f"{name}: of five {five:.4g}, of six {six:.4g}")
    assert np.isclose(five, 1.7e18, rtol=1e-6), name
    assert np.isclose(six, 1.7e18 - 2**64 / 6 if name in WRONG else 1.7e18, rtol=1e-6), name
eleven = clickhouse("avg(x)", [times[0]] * 10, "UInt64"), clickhouse("avg(x)", [times[0]] * 11, "UInt64")
print(f"ClickHouse avg, UInt64: of ten {eleven[0]:.4g}, of eleven {eleven[1]:.4g}")
assert eleven[0] == 1.7e18 and eleven[1] < 1e17
print("as described")
PYTHON
