"""The guide's mode is the guide's mode: the very text is loaded and fed."""

from __future__ import annotations

import ctypes
import re
from pathlib import Path

import numpy as np
import pytest

from bpf.machine import MachineSource
from bpf.machine_code import code_of
from bpf.record import RECORD, SAMPLE_STRUCT
from bpf.ring_runs import memory_of
from modes import Kit, Mode, load_mode, readers_of
from tests.bpf.made_up_ring import MadeUpRing
from tests.bpf.numba_here import needs_numba

GUIDE = Path(__file__).resolve().parent.parent / "docs" / "writing-a-mode.md"


@pytest.fixture
def mode_file(tmp_path: Path) -> Path:
    return written(tmp_path, 0)


def written(folder: Path, number: int) -> Path:
    """Write one of the guide's modes into a file."""
    text = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)[number]
    path = folder / f"mode_{number}.py"
    path.write_text(text)
    return path


@pytest.mark.parametrize("number", [0, 1])
def test_is_short(tmp_path: Path, number: int) -> None:
    """A whole mode fits in forty lines."""
    assert len(written(tmp_path, number).read_text().splitlines()) < 40


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


@needs_numba
def test_a_step_counts_the_same_as_machine_code_and_as_python(tmp_path: Path) -> None:
    """Drops of each process and the shortest time between two, whichever way the step is run."""
    mode_class = load_mode(str(written(tmp_path, 1)))
    assert readers_of(mode_class) == ("compiled",)
    compiled, python = mode_class(Kit()), mode_class(Kit())
    ring = MadeUpRing(4096)
    samples = np.zeros(5, RECORD)
    samples["timestamp"], samples["pid"] = [2**63, 2**63 + 5, 9, 2**63 + 6, 20], [7, 7, 9, 7, 9]
    for record in samples:
        python.step(record, *python.state())
        ring.submit(*(int(record[name]) for name in ("timestamp", "location", "pid", "reason")))
    assert MachineSource(memory_of(ring.ring), compiled, code_of("ring", compiled.step)).consume() == 5
    for mode in (compiled, python):
        assert isinstance(mode, Mode)
        assert (mode.drops[[7, 9]].tolist(), mode.shortest_ns[[7, 9]].tolist()) == ([3, 2], [1, 11])
    assert compiled.consumed == 5
