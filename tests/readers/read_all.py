"""Read exports by one program, alone and pair by pair, and compare each value with what was exported.

    .venv-readers/bin/python tests/readers/read_all.py PROGRAM FOLDER PAGE

FOLDER holds NAME.csv, NAME.parquet and NAME.json (the rows) of each export, and dtypes.json. A CSV is read by the line
that PAGE, docs/reports.md, shows for the program; for pyarrow it shows none. Says at the end what was read; ends with 1
at the first difference.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pandas
import polars
import pyarrow
import pyarrow.compute
import pyarrow.dataset


@dataclass(frozen=True)
class Program:
    """One of them: the name that the page has for it, how it reads Parquet, and what it says of what it read."""

    module: ModuleType
    called: str
    read_parquet: Callable[[list[str]], Any]
    types: Callable[[Any], Any]
    as_arrow: Callable[[Any], pyarrow.Table]


PROGRAMS = {
    "pandas": Program(
        pandas,
        "pd",
        pandas.read_parquet,
        lambda table: table.dtypes,
        lambda table: pyarrow.Table.from_pandas(table, preserve_index=False),
    ),
    "polars": Program(polars, "pl", polars.read_parquet, lambda table: table.dtypes, polars.DataFrame.to_arrow),
    "duckdb": Program(
        duckdb,
        "duckdb",
        duckdb.read_parquet,
        lambda table: table.types,
        duckdb.DuckDBPyRelation.to_arrow_table,
    ),
    "pyarrow": Program(
        pyarrow,
        "pyarrow",
        lambda paths: pyarrow.dataset.dataset(paths).to_table(),
        lambda table: table.schema.types,
        lambda table: table,
    ),
}
ARROW = {
    "VARCHAR": pyarrow.string(),
    "BOOLEAN": pyarrow.bool_(),
    "DOUBLE": pyarrow.float64(),
    "BIGINT": pyarrow.int64(),
    "UBIGINT": pyarrow.uint64(),
}
TEXTS = (pyarrow.string(), pyarrow.large_string(), pyarrow.string_view())


class Check:
    """The exports as they must be read, and the one program that reads them."""

    def __init__(self, name: str, folder: Path, page: Path) -> None:
        self.program = PROGRAMS[name]
        dtypes = json.loads((folder / "dtypes.json").read_text())
        self.fields = [(column, ARROW[kind]) for column, kind in dtypes["duckdb"].items()]
        self.types = dtypes.get(name) or {column: str(kind) for column, kind in self.fields}
        lines = re.findall(rf"^{self.program.called}\.read_csv\(.*\)$", page.read_text(), re.MULTILINE)
        self.line = lines[0] if lines else None
        self.blocks = re.findall(r"^```sql\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
        self.known = {self.program.called: self.program.module, "dtypes": dtypes}

    def wanted(self, path: Path) -> pyarrow.Table:
        columns = zip(*json.loads(path.read_text()), strict=True)
        arrays = [pyarrow.array(values, kind) for values, (_, kind) in zip(columns, self.fields, strict=True)]
        return pyarrow.table(arrays, schema=pyarrow.schema(self.fields))

    def parquet(self, wanted: pyarrow.Table, *paths: Path) -> None:
        self._compare(self._told(self.program.read_parquet(list(map(str, paths)))), wanted, paths)

    def csv(self, wanted: pyarrow.Table, path: Path, *names: Path) -> None:
        """Read by the line of the page."""
        if self.line is None:
            return
        self._compare(self._bare(eval(self.line.replace("trials.csv", str(path)), dict(self.known))), wanted, names)

    def sql(self, wanted: pyarrow.Table, path: Path) -> None:
        """Run what the page shows in SQL, in a folder that holds what it speaks of."""
        shutil.copyfile(path.with_suffix(".csv"), "trials.csv")
        for block in self.blocks:
            table = duckdb.sql(block)
        self._compare(self._bare(table), wanted, (path,))

    def _told(self, table: Any) -> pyarrow.Table:
        """Hold the types against those that were promised; of these only text is not the same everywhere in Arrow."""
        types = dict(zip(self.types, map(str, self.program.types(table)), strict=True))
        wrong = {column: kind for column, kind in types.items() if kind != self.types[column]}
        assert not wrong, wrong
        made = self.program.as_arrow(table)
        fields = [each.with_type(pyarrow.string()) if each.type in TEXTS else each for each in made.schema]
        return made.cast(pyarrow.schema(fields))

    def _bare(self, table: Any) -> pyarrow.Table:
        """Take the guards off."""
        read = self._told(table)
        bare = [
            pyarrow.compute.replace_substring_regex(each, "^'", "") if each.type == pyarrow.string() else each
            for each in read.columns
        ]
        return pyarrow.table(bare, schema=read.schema)

    @staticmethod
    def _compare(read: pyarrow.Table, wanted: pyarrow.Table, paths: tuple[Path, ...]) -> None:
        assert read.column_names == wanted.column_names, paths
        for name in wanted.column_names:
            values = zip(read[name].to_pylist(), wanted[name].to_pylist(), strict=True)
            assert read[name].equals(wanted[name]), (
                f"{paths}: {name}: {[pair for pair in values if pair[0] != pair[1]][:5]}"
            )


def main(name: str, folder: Path, page: Path) -> None:
    check = Check(name, folder, page)
    exports = {path: check.wanted(path.with_suffix(".json")) for path in sorted(folder.glob("*.parquet"))}
    joined = folder / f"joined-{os.getpid()}.csv"
    for path, wanted in exports.items():
        check.csv(wanted, path.with_suffix(".csv"), path)
        check.parquet(wanted, path)
    if name == "duckdb":
        os.chdir(folder)
        check.sql(wanted, path)
    pairs = list(permutations(exports, 2))
    for pair in pairs:
        wanted = pyarrow.concat_tables([exports[path] for path in pair])
        check.parquet(wanted, *pair)
        if pair == tuple(
            sorted(pair)
        ):  # one CSV after the other, without the second one's names: the columns are the same
            first, second = (path.with_suffix(".csv").read_bytes() for path in pair)
            joined.write_bytes(first + second.partition(b"\n")[2])
            check.csv(wanted, joined, *pair)
    print(f"{name} {check.program.module.__version__}: {len(exports)} files, {len(pairs)} pairs")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
