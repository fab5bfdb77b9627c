"""What an event costs inside Python, part by part: pure functions, no root, no kernel.

    pytest tests/benchmarks --benchmark-columns=min,median,rounds
    pytest tests/benchmarks --benchmark-autosave, then --benchmark-compare

The numbers are for finding where time goes; whether a consumer became slower is for `bench check` to say.
"""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from bpf.readers.snapshot import KEY
from bpf.reasons import Reasons
from bpf.record import RECORD, Samples
from bpf.symbols import Symbols
from modes.aggregate import Aggregate
from modes.epoll import Epoll
from modes.parts.counting import Causes
from modes.parts.decode import decoder
from modes.parts.lines import BatchLines, LineByLine, TextForm
from modes.parts.mode import Kit

BATCH = 4096
SYMBOLS = 200_000
BASE = 0xFFFFFFFF81000000

pytestmark = pytest.mark.benchmark(max_time=0.2, min_rounds=3, warmup=True, warmup_iterations=2)


@pytest.fixture(scope="module")
def symbols() -> Symbols:
    """As many symbols as a distribution's kernel has, 64 bytes apart."""
    return Symbols(b"".join(b"%x t function_%d\n" % (BASE + 64 * n, n) for n in range(SYMBOLS)))


@pytest.fixture(scope="module")
def samples() -> Samples:
    """A batch of drops of forty causes within a millisecond."""
    random = np.random.default_rng(1)
    made = np.zeros(BATCH, RECORD)
    made["timestamp"] = 10**12 + np.sort(random.integers(0, 10**6, BATCH)).astype(np.uint64)
    cause = random.integers(0, 40, BATCH)
    made["location"] = BASE + cause.astype(np.uint64) * 6400
    made["pid"] = cause % 8
    made["reason"] = 2 + cause % 5
    return made


@pytest.fixture
def form(symbols: Symbols) -> TextForm:
    return TextForm(Reasons({n: f"REASON_{n}" for n in range(100)}, {}), symbols)


def first(samples: Samples) -> tuple[int, ...]:
    """The first event as plain numbers."""
    return tuple(int(samples[name][0]) for name in ("timestamp", "location", "pid", "reason"))


@pytest.mark.parametrize("decode", ["struct", "ctypes"])
def test_decode_one_record(benchmark, samples, decode):
    """The callback reader's way from an address to four numbers."""
    by = decoder(Kit(decode=decode, realtime_offset_ns=0))
    held = ctypes.create_string_buffer(samples.tobytes())
    data = ctypes.addressof(held) + RECORD.fields["timestamp"][1]
    assert benchmark(by, data) == first(samples)


def test_number_the_causes_of_a_batch(benchmark, samples):
    """The batch reader's way from records to causes, when all are known."""
    causes = Causes()
    assert len(benchmark(causes.number, samples)) == BATCH


def test_tally_a_batch(benchmark, samples):
    """All that epoll, busy and paced do with a batch."""
    mode = Epoll(Kit(realtime_offset_ns=0))
    benchmark(mode.take, samples)
    assert mode.consumed % BATCH == 0


def test_look_up_a_symbol(benchmark, symbols):
    """The greatest address not above, among 200,000."""
    assert benchmark(symbols.name, BASE + 64 * 123_456 + 0x1F) == "function_123456+0x1f"


def test_format_one_line(benchmark, form, samples):
    """One event's line, its cause known."""
    lines = LineByLine(form, 0)
    assert benchmark(lines.line, *first(samples)).endswith(b"\n")


def test_format_the_lines_of_a_batch(benchmark, form, samples):
    """4,096 lines at once."""
    lines = BatchLines(form, 0)
    assert bytes(benchmark(lines.lines, samples)).count(b"\n") == BATCH


def test_take_a_snapshot_of_10_000_keys(benchmark):
    """What aggregate does with a snapshot, the counts by reason and place included."""
    keys = np.zeros(10_000, KEY)
    keys["location"], keys["reason"] = np.arange(10_000), np.arange(10_000) % 90
    counts = np.ones(10_000, np.uint64)
    mode = Aggregate(Kit(realtime_offset_ns=0))

    def snapshot():
        mode.snapshot(keys, counts)
        mode.flush()

    benchmark(snapshot)
    assert sum(mode.tally.values()) == mode.consumed == 10_000
