"""Files of raw records, written and read back."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from bpf.reasons import Reasons
from bpf.record import RECORD
from modes.file import File
from modes.parts import rawfile
from modes.parts.mode import Kit


@pytest.fixture
def recorded(tmp_path: Path) -> tuple[Path, np.ndarray]:
    samples = np.zeros(5000, RECORD)
    samples["timestamp"] = np.arange(5000)
    samples["reason"] = 3
    path = tmp_path / "trace"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    kit = Kit(format="raw", output=descriptor, realtime_offset_ns=77)
    vars(kit)["reasons"] = Reasons({3: "NO_SOCKET"}, {})  # what the kit would read from the kernel
    mode = File(kit)
    mode.take(samples)
    mode.flush()
    assert mode.consumed == 5000
    return path, samples


def test_numpy_maps_the_records_behind_the_header(recorded: tuple[Path, np.ndarray]) -> None:
    """What the documentation promises: one call of numpy, with our dtype and the header's size."""
    path, samples = recorded
    mapped = np.memmap(path, dtype=RECORD, mode="r", offset=rawfile.HEADER_BYTES)
    assert np.array_equal(mapped, samples)


def test_a_file_is_read_back_with_its_kernel_s_names(recorded: tuple[Path, np.ndarray]) -> None:
    """The reasons' names and the clock's offset travel with the records."""
    path, samples = recorded
    found = rawfile.read(path)
    assert np.array_equal(found.records, samples)
    assert (found.reasons.name(3), found.realtime_offset_ns) == ("NO_SOCKET", 77)
    assert (found.same_boot, found.torn_bytes) == (True, 0)


def test_a_torn_last_record_is_left_out(recorded: tuple[Path, np.ndarray]) -> None:
    """A killed run leaves part of a record: what stands before it is used."""
    path, _samples = recorded
    os.truncate(path, path.stat().st_size - 5)
    found = rawfile.read(path)
    assert (len(found.records), found.torn_bytes) == (4999, 27)


def test_a_file_without_records_is_empty(recorded: tuple[Path, np.ndarray]) -> None:
    """A run that saw no drop leaves the header alone."""
    path, _samples = recorded
    os.truncate(path, rawfile.HEADER_BYTES)
    assert len(rawfile.read(path).records) == 0


@pytest.mark.parametrize("content", [b"", b"[15:04:23.123456] Drop | PID: 1234\n", b"{}", b"[1]"])
def test_what_holds_no_raw_records_is_refused(tmp_path: Path, content: bytes) -> None:
    """A file of text is not shown as records."""
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="no raw records"):
        rawfile.read(path)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"reasons": {"\x1b]0;mine\x07": 3}}, id="a name that sets the terminal's title"),
        pytest.param({"reasons": {"\x9b2J": 3}}, id="a name that begins with an 8-bit control character"),
        pytest.param({"reasons": {"NO_SOCKET\n": 3}}, id="a name that ends the line"),
        pytest.param({"reasons": {"": 3}}, id="no name"),
        pytest.param({"realtime_offset_ns": -1}, id="a time before the epoch"),
        pytest.param({"realtime_offset_ns": 10**30}, id="a time that no clock shows"),
    ],
)
def test_a_header_that_a_stranger_made_up_is_refused(
    recorded: tuple[Path, np.ndarray], changes: dict[str, object]
) -> None:
    """What `bench show` prints of it is a kernel's names and times: nothing that would steer a terminal."""
    path, _samples = recorded
    content = path.read_bytes()
    row = json.loads(content[: rawfile.HEADER_BYTES]) | changes
    path.write_bytes(json.dumps(row).encode().ljust(rawfile.HEADER_BYTES) + content[rawfile.HEADER_BYTES :])
    with pytest.raises(ValueError, match=r"trace (names drop reasons|holds no raw)") as refusal:
        rawfile.read(path)
    assert str(refusal.value).isprintable()
