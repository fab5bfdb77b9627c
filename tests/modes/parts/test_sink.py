"""What is written, and when it counts as consumed."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from pathlib import Path

import pytest

from modes.parts.writing import BUFFER_BYTES, DIRECT_BYTES, Sink


@pytest.fixture
def opened(tmp_path: Path) -> tuple[Path, int]:
    path = tmp_path / "out"
    return path, os.open(path, os.O_WRONLY | os.O_CREAT)


def test_events_count_once_their_write_has_returned(opened: tuple[Path, int]) -> None:
    """What is still buffered is not consumed."""
    path, descriptor = opened
    sink = Sink(descriptor)
    sink.add(b"a line\n", 1)
    assert (sink.events, path.read_bytes()) == (0, b"")
    sink.flush()
    assert (sink.events, path.read_bytes()) == (1, b"a line\n")


@pytest.mark.parametrize("size", [1, DIRECT_BYTES - 1, DIRECT_BYTES, BUFFER_BYTES + 1])
def test_pieces_of_any_size_stay_in_order(opened: tuple[Path, int], size: int) -> None:
    """Large pieces go around the buffer, and never before what is in it."""
    path, descriptor = opened
    sink = Sink(descriptor)
    pieces = [b"first", b"x" * size, b"then", memoryview(b"y" * size), b"last"]
    for piece in pieces:
        sink.add(piece, 1)
    sink.flush()
    assert path.read_bytes() == b"".join(pieces)
    assert sink.events == len(pieces)


def test_what_a_write_left_over_is_written_too() -> None:
    """A signal ends a write to a full pipe after a part of it; the rest follows, from where it ended."""
    data = random.Random(1).randbytes(1 << 20)
    read_end, write_end = os.pipe()
    received: list[bytes] = []

    def read_late() -> None:
        time.sleep(0.1)
        with os.fdopen(read_end, "rb") as reader:
            received.append(reader.read())

    interrupted: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, _frame: interrupted.append(number))
    thread = threading.Thread(target=read_late)
    thread.start()
    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
    Sink(write_end).add(data, 1)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
    os.close(write_end)
    thread.join()
    assert interrupted
    assert received == [data]


def test_a_full_disk_raises() -> None:
    """An error of the write ends the trial; it is not swallowed, and nothing counts as consumed."""
    descriptor = os.open("/dev/full", os.O_WRONLY)
    sink = Sink(descriptor)
    sink.add(b"a line\n", 1)
    with pytest.raises(OSError, match="No space left"):
        sink.flush()
    assert sink.events == 0
    os.close(descriptor)
