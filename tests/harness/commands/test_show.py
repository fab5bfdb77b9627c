"""bench show: raw records as the lines that they would have been."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from bpf.reasons import Reasons
from bpf.record import RECORD
from harness.__main__ import main
from modes.parts import rawfile


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    records = np.zeros(10_000, RECORD)
    records["timestamp"] = np.arange(10_000) * 1000
    records["location"], records["pid"], records["reason"] = 1, 42, 3
    path = tmp_path / "trace"
    path.write_bytes(rawfile.header(10**18, Reasons({3: "NO_SOCKET"}, {})) + records.tobytes())
    return path


def test_records_are_shown_as_lines(recorded: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """Every record, in order, with the reason's name of the kernel that recorded it."""
    assert main(["show", str(recorded)]) == 0
    lines = capfdbinary.readouterr().out.decode().splitlines()
    assert len(lines) == 10_000
    assert lines[9_999].endswith(".009999] Drop | PID: 42 | Reason: NO_SOCKET | Function: 0x1")


def test_json_is_one_object_a_line(recorded: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """As `bench run --format json` writes it."""
    assert main(["show", str(recorded), "--format", "json", "--first", "2"]) == 0
    rows = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    assert rows[1] == {"time": "2001-09-09T01:46:40.000001Z", "pid": 42, "reason": "NO_SOCKET", "function": "0x1"}
    assert len(rows) == 2


def test_a_torn_record_is_told(recorded: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What a killed run left unfinished is left out, and said."""
    os.truncate(recorded, recorded.stat().st_size - 1)
    assert main(["show", str(recorded), "--first", "1"]) == 0
    assert "31 bytes of it were left out" in capfd.readouterr().err


@pytest.mark.parametrize("words", [["/nowhere"], ["/etc/passwd"], ["/etc/passwd", "--first", "-1"]])
def test_wrong_input_is_refused(words: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    """One line and status 2."""
    assert main(["show", *words]) == 2
    assert capfd.readouterr().err.count("\n") == 1
