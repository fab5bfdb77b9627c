"""Where CPU time goes, line by line: real looks at real code, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from harness.probes.lines import PERIOD_NS, places, samples_together, unsupported

CHECKOUT = Path(__file__).resolve().parents[3]

CODE = """
import json, sys, time
sys.path.insert(0, {checkout!r})
import numpy as np
from harness.probes.lines import LineProbe


def spin(seconds):
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def sort(many):
    np.sort(many)


def take(many):
    began = time.thread_time()
    spin(0.06)
    between = time.thread_time()
    for _ in range(20):
        sort(many)
    return between - began, time.thread_time() - between


many = np.arange(100_000)[::-1].copy()
probe = LineProbe()
windows = []
for _ in range(2):
    spin(0.05)  # not looked at
    probe.start()
    time.sleep(0.05)  # takes no CPU time
    took = take(many)
    windows.append([took, probe.stop(1).series["line_samples"]])
print(json.dumps(windows))
"""

needs_clock = pytest.mark.skipif(os.geteuid() != 0 or unsupported() is not None, reason="needs root and its clock")


@pytest.fixture(scope="module")
def windows(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[list[float], list[dict[str, Any]]]]:
    """What two windows of a program took and found, in a folder and a file whose names are not ASCII."""
    folder = tmp_path_factory.mktemp("Mäßig (日本) 🐝")
    program = folder / "my mode ü.py"
    program.write_text(CODE.format(checkout=str(CHECKOUT)))
    ended = subprocess.run([sys.executable, program], cwd=folder, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    found: list[tuple[list[float], list[dict[str, Any]]]] = json.loads(ended.stdout)
    return found


@needs_clock
def test_lines_have_the_time_that_they_take(windows: list[tuple[list[float], list[dict[str, Any]]]]) -> None:
    """A look each millisecond of CPU time. What numpy takes is the line's that called it; sleep takes none."""
    for (spun, sorted_), rows in windows:
        looks: Counter[str] = Counter()
        for row in rows:
            looks[row["function"]] += row["samples"]
        share = spun / (spun + sorted_)
        assert looks["spin"] / looks.total() == pytest.approx(share, abs=0.1)
        assert looks["sort"] / looks.total() == pytest.approx(1 - share, abs=0.1)
        assert looks.total() <= (spun + sorted_) * 1e9 / PERIOD_NS * 1.1
    most = windows[0][1][0]
    assert most["site"] == f"my mode ü.py:{CODE[: CODE.index('np.sort(many)')].count(chr(10)) + 1}"
    assert most["text"] == "np.sort(many)"


@needs_clock
def test_windows_are_added_up_line_by_line(windows: list[tuple[list[float], list[dict[str, Any]]]]) -> None:
    """No look is lost, and none counted twice: a window's own are those since it began."""
    found = [rows for _, rows in windows]
    together = samples_together(found)
    assert sum(row["samples"] for row in together) == sum(row["samples"] for rows in found for row in rows)
    assert together[0]["text"] == "np.sort(many)"
    assert together[0]["samples"] == sum(rows[0]["samples"] for rows in found)


@needs_clock
def test_a_deep_stack_leaves_time_for_the_work() -> None:
    """A look at a hundred frames takes long, and the next comes later than that."""
    code = """
import time
from harness.probes.lines import LineProbe
probe = LineProbe()
def deep(frames):
    if frames:
        return deep(frames - 1)
    probe.start()
    until = time.thread_time() + 0.3
    turns = 0
    while time.thread_time() < until:
        turns += 1
    print(turns, probe.period_ns, sum(row["samples"] for row in probe.stop(1).series["line_samples"]))
deep(150)
"""
    words = [sys.executable, "-c", code]
    ended = subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 0, ended.stderr
    turns, period_ns, looks = map(int, ended.stdout.split())
    assert turns > 1000
    assert looks == pytest.approx(0.3e9 / period_ns, rel=0.2, abs=2)  # the looks' own CPU time is in the 0.3 s


def test_a_stack_is_told_by_its_innermost_line_that_is_not_installed() -> None:
    """As faulthandler writes them, 3.11 and later; where all is installed, the innermost of all."""
    installed = "/usr/lib/python3/dist-packages/bcc/table.py"
    stacks = (
        'Stack (most recent call first):\n  File "/a b/m.py", line 3 in take\n  File "/h.py", line 9 in <module>\n'
        f'Current thread 0x00007f [python] (most recent call first):\n  File "{installed}", line 7 in poll\n'
        '  File "/a b/m.py", line 3 in take\n'
        f'Stack (most recent call first):\n  File "{installed}", line 7 in poll\n'
        'Stack (most recent call first):\n  File "<frozen runpy>", line 8 in <listcomp>\n'
        '  File "/\\xfc/\\u65e5\\U0001f41d.py", line 5 in f\n'
        "Stack (most recent call first):\n  <no Python frame>\n"
    )
    assert places(stacks) == Counter({
        ("/a b/m.py", 3, "take"): 2, (installed, 7, "poll"): 1, ("/ü/日🐝.py", 5, "f"): 1,
    })  # fmt: skip
