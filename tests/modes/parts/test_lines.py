"""Lines built for a whole batch against lines built one by one: the same bytes."""

from __future__ import annotations

import json
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpf.reasons import Reasons
from bpf.record import RECORD, Samples
from bpf.symbols import Symbols
from modes.parts.lines import BatchLines, Form, JsonForm, LineByLine, TextForm

OFFSET_NS = 1_795_000_000_123_456_789
SYMBOLS = Symbols(b"1000 T short\n2000 t a_rather_longer_function_name_than_most_of_its_kind.constprop.0\n3000 T x\n")
REASONS = Reasons({2: "NOT_SPECIFIED", 3: "NO_SOCKET", 70000: "RX_DROP_\u00fc"}, {1: "MAC80211_UNUSABLE"})

event = st.tuples(
    st.integers(0, 2**40),
    st.sampled_from([0, 0x1004, 0x1FFF, 0x2345, 0x3000, 2**64 - 1]),
    st.sampled_from([0, 7, 4242, 2**32 - 1]),
    st.sampled_from([0, 2, 3, 65540, 70000]),
)


def form(name: str) -> Form:
    return (JsonForm if name == "json" else TextForm)(REASONS, SYMBOLS)


def batch_of(events: list[tuple[int, int, int, int]]) -> Samples:
    samples = np.zeros(len(events), RECORD)
    for name, column in zip(("timestamp", "location", "pid", "reason"), zip(*events, strict=True), strict=True):
        samples[name] = column
    return samples


@pytest.mark.parametrize("name", ["text", "json"])
@settings(deadline=None, max_examples=150)
@given(batches=st.lists(st.lists(event, min_size=1, max_size=40), min_size=1, max_size=4))
def test_a_batch_is_written_as_its_events_would_be(name: str, batches: list[list[tuple[int, int, int, int]]]) -> None:
    """Seconds that change to and fro, causes of any length, known and new: byte by byte the same."""
    whole, single = BatchLines(form(name), OFFSET_NS), LineByLine(form(name), OFFSET_NS)
    for events in batches:
        assert bytes(whole.lines(batch_of(events))) == b"".join(single.line(*event) for event in events)


def test_many_events_over_many_seconds() -> None:
    """A long batch whose timestamps step over seconds, slightly out of order as several CPUs leave them."""
    random = np.random.default_rng(1)
    times = 10**12 + np.cumsum(random.integers(0, 2_000_000, 20_000)) - random.integers(0, 5_000_000, 20_000)
    events = [(int(time), 0x1004 + int(time) % 3 * 0x1000, int(time) % 5, 3) for time in times]
    whole, single = BatchLines(form("text"), OFFSET_NS), LineByLine(form("text"), OFFSET_NS)
    assert bytes(whole.lines(batch_of(events))) == b"".join(single.line(*event) for event in events)


def test_a_line_of_text_reads_as_documented() -> None:
    """Clock in local time with microseconds, process, reason, function and offset."""
    line = LineByLine(form("text"), OFFSET_NS).line(1_000, 0x1004, 42, 3)
    clock = datetime.fromtimestamp(OFFSET_NS // 10**9).strftime("%H:%M:%S")
    assert line.decode() == f"[{clock}.123457] Drop | PID: 42 | Reason: NO_SOCKET | Function: short+0x4\n"


def test_a_line_of_json_reads_as_documented() -> None:
    """One object with a time that says its zone, as RFC 3339 wants."""
    row = json.loads(LineByLine(form("json"), OFFSET_NS).line(1_000, 0x1004, 42, 65540))
    assert datetime.fromisoformat(row.pop("time")).timestamp() == pytest.approx((OFFSET_NS + 1000) / 1e9, abs=1e-6)
    assert row == {"pid": 42, "reason": "MAC80211_UNUSABLE:4", "function": "short+0x4"}
