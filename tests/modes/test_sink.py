"""What is written, and when it counts as consumed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modes._sink import BUFFER_BYTES, DIRECT_BYTES, Sink


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
    """A pipe takes as much as it has room for at a time."""
    read_end, write_end = os.pipe()
    if os.fork() == 0:  # a writer of its own, since the pipe holds less than the piece
        os.close(read_end)
        Sink(write_end).add(b"z" * (1 << 20), 1)
        os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as reader:
        assert len(reader.read()) == 1 << 20
    os.wait()


def test_a_full_disk_raises() -> None:
    """An error of the write ends the trial; it is not swallowed, and nothing counts as consumed."""
    descriptor = os.open("/dev/full", os.O_WRONLY)
    sink = Sink(descriptor)
    sink.add(b"a line\n", 1)
    with pytest.raises(OSError, match="No space left"):
        sink.flush()
    assert sink.events == 0
    os.close(descriptor)
