"""The reader of result files takes any bytes: what is valid is kept, the rest is named, nothing crashes or hangs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from results.file import ResultFile, read
from results.metrics import SCORECARD
from tests.fuzz.damage import damaged
from tests.results import made_up

LINES = [
    json.dumps(row).encode() for row in (made_up.session().to_json(), *(t.to_json() for t in made_up.run(trials=1)))
]
WHOLE = b"\n".join(LINES[:4]) + b"\n"
TRIAL = json.loads(LINES[1])

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


@given(changes=st.dictionaries(st.sampled_from(sorted(TRIAL)), ODD, min_size=1, max_size=4))
def test_trials_with_odd_values(path: Path, changes: dict[str, Any]) -> None:
    """Well-formed lines whose fields hold what no run writes."""
    row = {**TRIAL, **changes}
    read_and_use(path, LINES[0] + b"\n" + json.dumps(row).encode() + b"\n")
