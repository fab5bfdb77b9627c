"""The reference is what the code says: its pages are made anew, and the schema is held against every kept result."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from harness.commands.parts import status
from results.file import read
from tests.reference import CHECKOUT, PAGES, schema

SCHEMA = schema()
LINE = Draft202012Validator(SCHEMA)
RESULTS = [
    path
    for path in sorted((CHECKOUT / "docs/results").glob("*.jsonl"))
    if path.read_bytes().startswith(b'{"type":"session"')
]


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield a line of each shape: the fields that it has, in each mode and pass."""
    seen = set()
    for text in path.read_text().splitlines():
        line = json.loads(text)
        shape = frozenset(line), line.get("mode"), line.get("pass")
        if shape not in seen:
            seen.add(shape)
            yield line


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_the_code_says(name: str) -> None:
    """Where it is not: .venv/bin/python -m tests.reference."""
    assert (CHECKOUT / "docs" / name).read_text() == PAGES[name]()


def test_each_exit_status_is_explained() -> None:
    """One that a command can end with has its words."""
    statuses = {value for name, value in vars(status).items() if name.isupper() and isinstance(value, int)}
    assert statuses == status.MEANINGS.keys()


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.name)
def test_a_kept_result_is_what_the_schema_says(path: Path) -> None:
    """Whichever format it was written in."""
    assert [error.message for line in lines(path) for error in LINE.iter_errors(line)] == []


@pytest.mark.parametrize(
    ("change", "wrong"),
    [({"consumed": "all"}, "consumed"), ({"pass": "fast"}, "pass"), ({"arm": "C"}, "arm"), ({"seed": 1.5}, "seed")],
)
def test_the_schema_refuses_what_is_none(change: dict[str, object], wrong: str) -> None:
    """A count is a number, a pass one of ours, a seed whole."""
    session, trial = list(lines(CHECKOUT / "docs/results/metrics.jsonl"))[:2]
    line = session if wrong in session else trial
    of_its_kind = Draft202012Validator({"$ref": f"#/$defs/{line['type']}", "$defs": SCHEMA["$defs"]})
    assert [error.json_path for error in of_its_kind.iter_errors({**line, **change})] == [f"$.{wrong}"]


def test_the_schema_knows_all_that_is_written() -> None:
    """A field that is added to a line is added to the schema."""
    file = read(CHECKOUT / "docs/results/metrics.jsonl")
    optional = {"repeats", "in_windows"}
    assert SCHEMA["$defs"]["session"]["properties"].keys() == file.sessions[0].to_json().keys()
    assert SCHEMA["$defs"]["trial"]["properties"].keys() - optional == file.trials[0].to_json().keys()
