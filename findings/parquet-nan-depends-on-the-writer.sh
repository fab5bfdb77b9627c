#!/bin/bash
# Guess: the rows 1, 2, NaN, 3 answer a query alike, whoever wrote them to Parquet; isnan(x) finds the NaN.
# Really: DuckDB holds NaN to be the greatest value, and answers so from memory, from its own files, and
#   from files without statistics. In a file by pyarrow or polars the statistics leave NaN out, as Parquet
#   demands (min 1, max 3), and DuckDB takes them for all rows: "x > 3" and even "WHERE isnan(x)" find
#   nothing, "x <= 3" has all four. The same isnan(x) beside the aggregate, count(*) FILTER (isnan(x)),
#   finds it. pyarrow.dataset alike: "x <= 3" keeps the NaN and its negation loses it, while the same filter
#   on the table read gives 3 and 1. polars agrees with itself.
# Seen with: duckdb 2.0.1, pyarrow 26.0.1, polars 2.1.0 (duckdb 1.4.1 finds isnan(x), and fails on the
#   others).
# Bites: benchmark tables with a ratio of 0/0: looking for the broken rows says that there are none.
# Source: github.com/duckdb/duckdb issues 25521 and 7803, pull request 16962; parquet.thrift, ColumnOrder
#   ("When looking for NaN values, min and max should be ignored").
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir"
"$dir/bin/pip" install -q --disable-pip-version-check duckdb==2.0.1 pyarrow==26.0.1 polars==2.1.0
cd "$dir"
bin/python - <<'PYTHON'
import duckdb, polars as pl, pyarrow as pa, pyarrow.compute as pc, pyarrow.dataset as ds, pyarrow.parquet as pq

memory = pa.table({"x": [1.0, 2.0, float("nan"), 3.0]})
pq.write_table(memory, "pyarrow.parquet")
pq.write_table(memory, "none.parquet", write_statistics=False)
pl.from_arrow(memory).write_parquet("polars.parquet")
duckdb.sql("COPY (FROM memory) TO 'duckdb.parquet'")
print("duckdb", duckdb.__version__, "pyarrow", pa.__version__, "polars", pl.__version__)

x = pc.field("x")
seen = {}
for source in ("memory", "duckdb", "none", "pyarrow", "polars"):
    path = source + ".parquet"
    table = "memory" if source == "memory" else f"'{path}'"
    counts = [duckdb.sql(f"SELECT count(*) {rest}").fetchall()[0][0] for rest in (
        f"FROM {table} WHERE x > 3", f"FROM {table} WHERE x <= 3", f"FROM {table} WHERE isnan(x)",
        f"FILTER (isnan(x)) FROM {table}")]
    if source == "memory":
        arrow = [memory.filter(f).num_rows for f in (x <= 3, ~(x <= 3))]
    else:
        arrow = [ds.dataset(path).count_rows(filter=f) for f in (x <= 3, ~(x <= 3))]
    lazy = pl.from_arrow(memory).lazy() if source == "memory" else pl.scan_parquet(path)
    polars = [lazy.filter(f).collect().height for f in (pl.col.x > 3, pl.col.x <= 3, pl.col.x.is_nan())]
    print(f"{source}: duckdb x>3, x<=3, WHERE isnan, FILTER isnan: {counts}; pyarrow x<=3, not x<=3: {arrow};"
          f" polars x>3, x<=3, is_nan: {polars}")
    seen[source] = counts, arrow, polars
right, wrong = ([1, 3, 1, 1], [3, 1], [1, 3, 1]), ([0, 4, 0, 1], [4, 0], [1, 3, 1])
assert seen == {"memory": right, "duckdb": right, "none": right, "pyarrow": wrong, "polars": wrong}
print("as described")
PYTHON
