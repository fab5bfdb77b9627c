"""The guide's mode is the guide's mode: the very text is loaded and fed."""

from __future__ import annotations

import ctypes
import re
from pathlib import Path

import numpy as np
import pytest

from bpf.record import RECORD, SAMPLE_STRUCT
from modes import Kit, load_mode, readers_of

GUIDE = Path(__file__).resolve().parent.parent / "docs" / "writing-a-mode.md"


@pytest.fixture
def mode_file(tmp_path: Path) -> Path:
    text = re.search(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert text is not None
    path = tmp_path / "slow_pids.py"
    path.write_text(text[1])
    return path


def test_is_short(mode_file: Path) -> None:
    """A whole mode fits in forty lines."""
    assert len(mode_file.read_text().splitlines()) < 40


def test_serves_both_readers(mode_file: Path) -> None:
    """It defines the methods of both readers."""
    assert readers_of(load_mode(str(mode_file))) == ("batch", "callback")


def test_counts_the_same_by_either_reader(mode_file: Path) -> None:
    """The same five events give the same counts, whichever way they come."""
    pids = [7, 7, 9, 7, 9]
    samples = np.zeros(len(pids), RECORD)
    samples["pid"] = pids
    by_batch = load_mode(str(mode_file))(Kit())
    by_batch.take(samples)
    by_callback = load_mode(str(mode_file))(Kit())
    for pid in pids:
        sample = ctypes.create_string_buffer(SAMPLE_STRUCT.pack(1, 2, pid, 3), SAMPLE_STRUCT.size)
        assert by_callback.on_record(0, ctypes.addressof(sample), SAMPLE_STRUCT.size) == 0
    assert by_batch.drops == by_callback.drops == {7: 3, 9: 2}
    assert by_batch.consumed == by_callback.consumed == 5
