"""The reader of result files takes any bytes: what is valid is kept, the rest is named, nothing crashes or hangs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from results.file import TRIALS, ResultFile, read
from results.line import parse
from results.metrics import SCORECARD
from tests.fuzz.damage import damaged
from tests.results import made_up

LINES = [
    json.dumps(row).encode() for row in (made_up.session().to_json(), *(t.to_json() for t in made_up.run(trials=1)))
]
WHOLE = b"\n".join(LINES[:4]) + b"\n"
TRIAL = json.loads(LINES[1])
DERIVED = {"missed", "offered", "lost", "loss_ratio", "offered_load", "consume_rate", "ns_per_event", "valid"}

ODD = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=8), st.just([]), st.just({}),
    st.lists(st.integers(), max_size=3), st.dictionaries(st.text(max_size=4), st.floats(), max_size=3),
)  # fmt: skip


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "results.jsonl"


def use(kept: ResultFile) -> Iterator[object]:
    """Do with what was accepted what reports do."""
    for trial in kept.trials:
        yield trial.ledger.imbalance()
        for column in SCORECARD:
            value = column.value(trial)
            yield None if value is None else column.write(value)
        yield json.dumps(trial.to_json(), allow_nan=False)
    yield [str(problem) for problem in kept.problems]


def read_and_use(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    try:
        kept = read(path)
    except ValueError as refusal:
        assert str(path) in str(refusal)  # noqa: PT017 (that it is raised is optional)
        return
    assert len(kept.sessions) + len(kept.trials) > 0
    for _ in use(kept):
        pass


@given(content=damaged(WHOLE))
@example(content=b"")
@example(content=WHOLE[:-30])
@example(content=b"\xff" * 100)
@example(content=b"[" * 100_000)
def test_damaged_files(path: Path, content: bytes) -> None:
    """Bytes changed, cut, repeated and inserted anywhere."""
    read_and_use(path, content)


def parsed(way: Callable[[bytes], Mapping[str, Any]], line: bytes) -> object:
    """Return what a trial's line says of the fields that are read, or why it is refused."""
    try:
        row = way(line)
    except ValueError as refusal:
        return str(refusal)
    if row.get("type") != "trial":
        return row
    known = {name: row[name] for name in sorted(TRIAL) if name in row and name not in DERIVED}
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in known.items()}


@given(line=damaged(LINES[1]))
@example(line=LINES[1])
@example(line=LINES[0])
@example(line=b'{"type":"trial","checksum":18446744073709551615,"sent":9223372036854775808}')
@example(line=b'{"type":"trial","checksum":18446744073709551616}')
@example(line=b'{"type":"trial","number":1,"number":2,"series":{"a":1,"a":[1.0,-0.0,1e-9]}}')
@example(line=b'{"type":"trial","series":{"a":"\x01"}}')
@example(line=b'{"type":"trial","series":{"a":01}}')
@example(line=b'{"type":"trial","series":[]} ')
def test_what_is_decoded_later_is_what_is_decoded_at_once(line: bytes) -> None:
    """What a report leaves as it is, since nobody asked for it, is sound all the same: both ways agree on any line."""
    assert parsed(TRIALS.parse, line) == parsed(parse, line)


@given(changes=st.dictionaries(st.sampled_from(sorted(TRIAL)), ODD, min_size=1, max_size=4))
def test_trials_with_odd_values(path: Path, changes: dict[str, Any]) -> None:
    """Well-formed lines whose fields hold what no run writes."""
    row = {**TRIAL, **changes}
    read_and_use(path, LINES[0] + b"\n" + json.dumps(row).encode() + b"\n")
