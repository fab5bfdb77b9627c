"""Doctor names the metrics that are absent on a machine, each with its reason and its cure."""

from __future__ import annotations

from pathlib import Path

from harness.doctor.metrics import check


def test_a_counter_that_the_kernel_lacks_is_named_with_its_metric(tmp_path: Path) -> None:
    """Without schedstat: a warning that names run_delay_s, the reason, and a kernel that has it."""
    (finding,) = [each for each in check(tmp_path / "schedstat") if "run_delay_s" in each.what]
    assert finding.level == "warning"
    assert finding.what.startswith("absent: run_delay_s: ")
    assert finding.cure is not None
    assert "CONFIG_SCHED_INFO" in finding.cure


def test_what_is_there_is_not_named() -> None:
    """This kernel has a schedstat, and nothing is said of it."""
    assert not [finding for finding in check() if "run_delay_s" in finding.what]
