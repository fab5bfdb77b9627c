"""A load that switches on in the middle of a gate: what comes one after the other is fooled, blocks are not.

A measurement and no part of the suite, since its outcome depends on what else the machine does. By hand, as root:
.venv/bin/python -m pytest tests/kernel/harness/check/load_in_the_middle.py
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from tests.kernel.bench import start

HERE = Path(__file__).parent
BLOCKS = 6


def test_a_load_in_the_middle_fools_the_sequence_and_not_the_blocks(tmp_path: Path) -> None:
    """A against A, a core burnt from the middle on: in sequence REGRESSED, interleaved OK or INCONCLUSIVE."""
    out = tmp_path / "gates.jsonl"
    gate = start(
        "certify", "--mode", "file", "--gates", "1", "--slowed", "0", "--metrics", "ns_per_event",
        "--blocks", BLOCKS, "--drain", "300000", "--foreign-limit", "1", "--quiet", "--json", "--out", out,
    )  # fmt: skip
    with Burners() as burners:
        while gate.poll() is None:
            if out.exists() and out.read_text().count('"type":"trial"') >= 2 * BLOCKS:
                burners.switch_on()
            time.sleep(0.05)
    printed, complaint = gate.communicate()
    assert gate.returncode == 0, complaint
    (certified,) = json.loads(printed)["certified"]
    assert certified["in_sequence"] == 1
    assert certified["false_alarms"] == 0


class Burners:
    """Three processes on the CPU that the harness gives to consumers, each in a session of its own.

    The kernel shares a CPU out among sessions first (sched_autogroup), and consumers have one each.
    """

    def __init__(self) -> None:
        self._running: list[subprocess.Popen[bytes]] = []

    def switch_on(self) -> None:
        if self._running:
            return
        words = [sys.executable, str(HERE / "foreign_load.py"), "300", "--steady"]
        for _ in range(3):
            self._running.append(subprocess.Popen(words, start_new_session=True))
            os.sched_setaffinity(self._running[-1].pid, {min(os.sched_getaffinity(0))})

    def __enter__(self) -> Burners:
        return self

    def __exit__(self, *_: object) -> None:
        for burner in self._running:
            burner.kill()
            burner.wait()
