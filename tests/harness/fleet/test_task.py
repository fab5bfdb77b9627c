"""What a scheduler has to import, whoever started it."""

from __future__ import annotations

import ast
from pathlib import Path

import harness.fleet

FOLDER = Path(harness.fleet.__path__[0])


def test_a_scheduler_reads_the_task_without_the_rest_of_bench() -> None:
    """It unpacks the graph of tasks, in an environment that may have Dask and nothing else (docs/fleet.md)."""
    for file in (FOLDER / "task.py", FOLDER / "__init__.py", FOLDER.parent / "__init__.py"):
        tree = ast.parse(file.read_text())
        names = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        assert names <= {"distributed"}
