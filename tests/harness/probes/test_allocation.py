"""Every allocation is counted, also of what does not live long."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]

# In a process of its own: memray can trace only once at a time, and pytest allocates too.
CODE = """
import numpy as np
from harness.probes.allocation import AllocationProbe
kept = [None] * 50_000
probe = AllocationProbe()
probe.start()
for number in range(50_000):
    {body}
found = probe.stop(50_000)
site = found.series["allocation_sites"][0]
print(found.metrics["allocations_per_event"], site["allocations"], site["function"])
"""


def counted(body: str) -> tuple[float, int, str]:
    """Return the allocations of a turn, those of the line that makes most, and its function."""
    ended = subprocess.run(
        [sys.executable, "-c", CODE.format(body=body)], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    each, most, function = ended.stdout.split()
    return float(each), int(most), function


# The number of the loop is an allocation of each turn, until 3.14 takes it from a free list.
NUMBER = 0 if sys.version_info >= (3, 14) else 1


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("object()", 1, id="an object"),
        pytest.param("bytes(600)", 1, id="one too big for Python's own allocator"),
        pytest.param("kept[number] = (number,)", 2 - NUMBER, id="a number that is kept, and the tuple that keeps it"),
        pytest.param("np.empty(1024, np.uint8)", 2, id="an array, and its data from 1,024 bytes on"),
        pytest.param("np.empty(1023, np.uint8)", 1, id="data that numpy's cache hands out again are not seen"),
        pytest.param("kept[number] = np.empty(1023, np.uint8)", 3, id="data that are kept are seen, and their shape"),
    ],
)
def test_counts_each_short_lived_allocation(body: str, expected: int) -> None:
    """What is freed at once was allocated all the same, exactly once for each event, and its line is named."""
    each, most, function = counted(body)
    assert each == pytest.approx(expected + NUMBER, abs=0.02)
    assert most >= 49_000
    assert function == "<module>"


@pytest.mark.parametrize(
    ("body", "of_version"),
    [
        pytest.param("pass", {(3, 11): 1, (3, 14): 0}, id="a number"),
        pytest.param("range(number)", {(3, 11): 6, (3, 13): 3, (3, 14): 0}, id="a range"),
        pytest.param("iter(kept)", {(3, 11): 2, (3, 14): 0}, id="an iterator"),
        pytest.param("kept.append", {(3, 11): 2, (3, 14): 0}, id="a bound method"),
        pytest.param("(number, 2)", {(3, 11): 1, (3, 14): 0}, id="a tuple"),
    ],
)
@pytest.mark.skipif(sys.version_info[:2] == (3, 12), reason="was not looked at with 3.12")
def test_the_same_code_allocates_differently_by_version(body: str, of_version: dict[tuple[int, int], int]) -> None:
    """What one version asks an allocator for, the next takes from a free list: this is what docs/metrics.md tells."""
    expected = next(count for since, count in reversed(of_version.items()) if sys.version_info >= since)
    assert counted(body)[0] == pytest.approx(expected, abs=0.03)
