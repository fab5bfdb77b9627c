"""Steal and foreign load, read from a stat file of ours: what is above a limit makes a trial invalid."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.probes.machine import SHORTEST_S, Limits, MachineProbe, judge
from harness.probes.reading import Reading

HEAD = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guest_nice"]


def write_stat(path: Path, **cpus: dict[str, int]) -> None:
    """Write /proc/stat's lines; what is not named is 0."""
    lines = [" ".join([name, *(str(ticks.get(column, 0)) for column in HEAD)]) for name, ticks in cpus.items()]
    path.write_text("\n".join(lines) + "\nctxt 1\n")


def read(path: Path, cpus: set[int | None], **after: dict[str, int]) -> Reading:
    """Read what a trial of a bit more than the shortest sees, when the ticks go from 0 to `after`."""
    write_stat(path, **{name: {} for name in after})
    probe = MachineProbe(cpus, (), path)
    probe.start()
    time.sleep(SHORTEST_S + 0.01)
    write_stat(path, **after)
    return probe.stop(1)


def test_steal_is_a_share_of_the_cpus_in_use(tmp_path: Path) -> None:
    """A quarter of CPU 1 was stolen; what CPU 0 did is nobody's concern."""
    found = read(tmp_path / "stat", {1}, cpu={}, cpu0={"steal": 100}, cpu1={"idle": 75, "steal": 25})
    assert found.metrics["steal_ratio"] == 0.25


def test_foreign_is_what_is_neither_idle_nor_ours(tmp_path: Path) -> None:
    """This process slept, so that 60 of 100 busy ticks are others', interrupts included."""
    found = read(tmp_path / "stat", {0}, cpu={}, cpu0={"idle": 40, "user": 30, "system": 20, "softirq": 10})
    assert found.metrics["foreign_ratio"] == pytest.approx(0.6, abs=0.05)
    assert found.metrics["softirq_ratio"] == 0.1


def test_our_own_work_is_not_foreign(tmp_path: Path) -> None:
    """A process that spun all the time on the one CPU has itself to thank for its load."""
    path = tmp_path / "stat"
    write_stat(path, cpu={}, cpu0={})
    probe = MachineProbe({0}, (), path)
    probe.start()
    until = time.process_time() + SHORTEST_S + 0.1
    began = time.monotonic()
    while time.process_time() < until:
        pass
    ticks = round((time.monotonic() - began) * 1000)
    own = round((SHORTEST_S + 0.1) * 1000)
    write_stat(path, cpu={}, cpu0={"user": own, "idle": ticks - own})
    assert probe.stop(1).metrics["foreign_ratio"] == pytest.approx(0, abs=0.05)


def test_a_short_trial_says_nothing(tmp_path: Path) -> None:
    """Too few ticks are no 0: the shares are absent, with the reason."""
    path = tmp_path / "stat"
    write_stat(path, cpu={}, cpu0={})
    probe = MachineProbe({0}, (), path)
    probe.start()
    write_stat(path, cpu={}, cpu0={"idle": 1})
    found = probe.stop(1)
    assert found.metrics == {}
    assert set(found.absent) == {"steal_ratio", "softirq_ratio", "foreign_ratio"}


def test_a_process_that_died_leaves_nothing_to_subtract(tmp_path: Path) -> None:
    """A consumer that was killed and waited for: the shares are absent, with the reason."""
    path = tmp_path / "stat"
    write_stat(path, cpu={}, cpu0={})
    consumer = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    probe = MachineProbe({0}, (consumer.pid,), path)
    probe.start()
    consumer.kill()
    consumer.communicate()
    found = probe.stop(1)
    assert found.metrics == {}
    assert "died" in found.absent["foreign_ratio"]


@pytest.mark.parametrize(("metric", "option"), [("steal_ratio", "--steal-limit"), ("foreign_ratio", "--foreign-limit")])
def test_above_the_limit_a_trial_is_invalid_and_says_why(metric: str, option: str) -> None:
    """The share, the limit, and the option that moves it."""
    limits = Limits(steal=0.2, foreign=0.2)
    (why,), _ = judge(Reading(metrics={metric: 0.21}), limits)
    assert "21.0%" in why
    assert "20.0%" in why
    assert option in why
    assert judge(Reading(metrics={metric: 0.2}), limits)[0] == []


def test_what_could_not_be_read_is_not_judged() -> None:
    """An absent share makes nothing invalid, and warns of nothing."""
    assert judge(Reading(), Limits()) == ([], [])


def test_a_limit_is_a_share() -> None:
    """Five percent are 0.05, and 5 is refused."""
    with pytest.raises(ValueError, match="--steal-limit"):
        Limits(steal=5)
