"""The cost of the probes can be measured, and `bench doctor` tells it."""

from __future__ import annotations

import json

from harness.probes.cost import EVERYTHING, PROBES, SETTINGS, measure
from tests.kernel.bench import bench
from tests.timing import asserts_ratio


@asserts_ratio("a probe adds less than half to an event")
def test_each_probe_is_measured_against_none() -> None:
    """Three blocks: a value each for every probe and for all together, and none is beyond belief."""
    found = measure(SETTINGS[1], blocks=3)
    assert [cost.probe for cost in found] == [EVERYTHING, *PROBES]
    assert all(len(cost.added.values) == 3 for cost in found)
    assert all(-0.5 < cost.added.median < 0.5 for cost in found)


def test_doctor_says_what_the_kernel_does_not_count() -> None:
    """Where a counter is missing its metrics are named; where none is, that is said."""
    findings = json.loads(bench("doctor", "--no-spin", "--json").stdout)
    said = [finding["what"] for finding in findings]
    assert any(what.startswith(("absent: ", "the kernel counts all")) for what in said)
