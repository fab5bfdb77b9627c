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


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("object()", 2, id="an object and its number"),
        pytest.param("bytes(600)", 2, id="one too big for Python's own allocator"),
        pytest.param("pass", 1, id="the number of the loop"),
        pytest.param("np.empty(1024, np.uint8)", 3, id="an array, and its data from 1,024 bytes on"),
        pytest.param("np.empty(1023, np.uint8)", 2, id="data that numpy's cache hands out again are not seen"),
        pytest.param("kept[number] = np.empty(1023, np.uint8)", 4, id="data that are kept are seen, and their shape"),
    ],
)
def test_counts_each_short_lived_allocation(body: str, expected: int) -> None:
    """What is freed at once was allocated all the same, exactly once for each event, and its line is named."""
    ended = subprocess.run(
        [sys.executable, "-c", CODE.format(body=body)], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    each, most, function = ended.stdout.split()
    assert float(each) == pytest.approx(expected, abs=0.02)
    assert function == "<module>"
    assert int(most) >= 49_000
