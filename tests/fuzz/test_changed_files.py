"""The reader of result files, on files that were changed at random: a clear error or what is valid, never a crash."""

import contextlib
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from results.compare import compare_files
from results.file import read
from results.reports.compare import compare_document
from results.reports.forms.flat import flat_rows, to_parquet
from results.reports.forms.markdown import markdown
from results.reports.forms.page import write
from results.reports.report import report_document
from results.scorecard.report import load
from tests.results import made_up

LINES = [
    json.dumps(row).encode()
    for row in (
        made_up.session().to_json(),
        made_up.trial("file", 1, lost=5, duration_s=0.5).to_json(),
        made_up.trial("aggregate", 2, duration_s=0.5).to_json(),
        made_up.drain("file", 3).to_json(),
    )
]
# What earlier versions stumbled over, or could have.
ODD = (
    None, True, -1, 0, 2**63, 2**64, 2**70, 1e308, -0.5, "", "\x00", "\ud800", "\u202e<b>", "NaN", [], [[]], {},
    {"": {}}, [None] * 5, {"mode": []},
)  # fmt: skip

JSON = st.one_of(
    st.sampled_from(ODD),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=8),
    st.lists(st.one_of(st.none(), st.integers(), st.text(max_size=3)), max_size=3),
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "r.jsonl"


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List the paths to every value in a JSON object."""
    found = [at] if at else []
    if isinstance(value, dict):
        found += [path for key, each in value.items() for path in places(each, (*at, key))]
    elif isinstance(value, list):
        found += [path for key, each in enumerate(value[:2]) for path in places(each, (*at, key))]
    return found


PLACES = [places(json.loads(line)) for line in LINES]


def changed(number: int, place: int, value: object, drop: bool) -> bytes:
    """Return the lines, one value of one of them replaced or dropped."""
    row = json.loads(LINES[number])
    *outer, last = PLACES[number][place % len(PLACES[number])]
    inner = row
    for key in outer:
        inner = inner[key]
    if drop:
        del inner[last]
    else:
        inner[last] = value
    lines = [*LINES]
    lines[number] = json.dumps(row).encode()
    return b"\n".join(lines) + b"\n"


def use(path: Path, content: bytes, *, draw: bool = False) -> None:
    """Read it, and make of it all that a report makes; ValueError is the answer to a file that cannot be used."""
    path.write_bytes(content)
    refused = ""
    try:
        report = load([path])
    except ValueError as error:
        refused = str(error)
    if refused:
        assert str(path) in refused
        return
    markdown(report_document(report)).encode()
    to_parquet(flat_rows(report, []), "1")
    markdown(compare_document(compare_files(report, report, ("a", "b"), None))).encode()
    if draw:
        write(report_document(report), "1").encode()


# Drawing a page costs as much as hundreds of other inputs.
FEW = settings(max_examples=max(5, settings.default.max_examples // 100))
# From a chance of our own: 100,000 of the four seeds together where so many inputs are wanted, else 8,000.
CHANGED_FILES = min(25_000, 10 * settings.default.max_examples)
changes = given(number=st.integers(0, 3), place=st.integers(0, 1000), value=JSON, drop=st.booleans())


@changes
def test_any_value_of_any_field(path: Path, number: int, place: int, value: object, drop: bool) -> None:
    """A field of another type, size or shape, or a missing one, is a problem with a line number, or is usable."""
    use(path, changed(number, place, value, drop))


@FEW
@changes
def test_a_page_is_made_of_whatever_was_read(path: Path, number: int, place: int, value: object, drop: bool) -> None:
    """What passes the reader can be drawn."""
    use(path, changed(number, place, value, drop), draw=True)


@given(put=st.binary(max_size=60), at=st.integers(0, 5000), cut=st.integers(0, 60))
def test_any_bytes_anywhere(path: Path, put: bytes, at: int, cut: int) -> None:
    """Bytes overwritten or cut in the middle cost their line, and no other."""
    whole = b"\n".join(LINES) + b"\n"
    at %= len(whole)
    use(path, whole[:at] + put + whole[at + cut :])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20261122, 20261126))  # four, which two processes share
def test_thousands_of_changed_files(path: Path, seed: int) -> None:
    """As above, many times over: values and bytes in turn, from a stated seed, a report made of every fiftieth."""
    chance = random.Random(seed)
    whole = b"\n".join(LINES) + b"\n"
    usable = 0
    for count in range(CHANGED_FILES):
        if count % 2:
            value = chance.choice((*ODD, chance.randbytes(4).hex(), chance.gauss(0, 1e6), chance.getrandbits(40)))
            content = changed(chance.randrange(4), chance.randrange(1000), value, chance.random() < 0.2)
        else:
            at = chance.randrange(len(whole))
            content = whole[:at] + chance.randbytes(chance.randrange(20)) + whole[at + chance.randrange(40) :]
        if count % 50 == 0:
            use(path, content)
        path.write_bytes(content)
        with contextlib.suppress(ValueError):
            usable += bool(read(path).trials)
    assert usable > 0.9 * CHANGED_FILES  # the lines that were not changed are still there
