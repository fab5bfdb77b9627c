"""The reader of raw records takes any file: a header that lies is refused, a torn end is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bpf.reasons import Reasons
from bpf.record import RECORD_BYTES
from modes.parts.rawfile import HEADER_BYTES, header, read
from tests.fuzz.damage import damaged
from tests.fuzz.test_result_file import ODD

HEADER = header(0, Reasons({2: "NOT_SPECIFIED", 3: "NO_SOCKET"}, {}))
WHOLE = HEADER.rstrip() + bytes(3 * RECORD_BYTES)
FIELDS = json.loads(HEADER)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "trace.raw"


def read_and_use(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    try:
        raw = read(path)
    except ValueError as refusal:
        assert str(path) in str(refusal)  # noqa: PT017 (that it is raised is optional)
        return
    assert len(raw.records) * RECORD_BYTES + raw.torn_bytes <= len(content)
    assert raw.records["timestamp"].sum() >= 0
    assert isinstance(raw.realtime_offset_ns, int)
    assert raw.reasons.name(3)


@given(damage=damaged(WHOLE))
def test_damaged_files(path: Path, damage: bytes) -> None:
    """Bytes changed anywhere, with the header's padding put back."""
    head, records = damage[: len(WHOLE) - 3 * RECORD_BYTES], damage[len(WHOLE) - 3 * RECORD_BYTES :]
    read_and_use(path, head[:HEADER_BYTES].ljust(HEADER_BYTES) + records)


@given(
    changes=st.dictionaries(st.sampled_from(sorted(FIELDS)), ODD, max_size=3),
    without=st.sets(st.sampled_from(sorted(FIELDS)), max_size=2),
    records=st.integers(0, 200),
)
@example(changes={"header_bytes": -1}, without=set(), records=32)
@example(changes={"header_bytes": 10**30}, without=set(), records=32)
@example(changes={"header_bytes": 16384.5}, without=set(), records=64)
@example(changes={}, without={"reasons"}, records=32)
@example(changes={"reasons": {"x": 1.5}}, without=set(), records=32)
@example(changes={"version": None}, without=set(), records=32)
def test_headers_that_lie(path: Path, changes: dict[str, Any], without: set[str], records: int) -> None:
    """JSON of the right form with values that no run writes."""
    row = {name: value for name, value in {**FIELDS, **changes}.items() if name not in without}
    read_and_use(path, json.dumps(row).encode()[: HEADER_BYTES - 1].ljust(HEADER_BYTES - 1) + b"\n" + bytes(records))
