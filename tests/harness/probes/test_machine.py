"""Steal and foreign load, read from a stat file of ours: what is above a limit makes a trial disturbed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.probes.machine import SHORTEST_S, Limits, MachineProbe, disturbed_because
from harness.probes.reading import Reading

HEAD = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guest_nice"]


def write_stat(path: Path, **cpus: dict[str, int]) -> None:
    """Write /proc/stat's lines; what is not named is 0."""
    lines = [" ".join([name, *(str(ticks.get(column, 0)) for column in HEAD)]) for name, ticks in cpus.items()]
    path.write_text("\n".join(lines) + "\nctxt 1\n")


def read(path: Path, cpus: set[int | None], **after: dict[str, int]) -> Reading:
    """Read what a trial of a bit more than the shortest sees, when the ticks go from 0 to `after`."""
    write_stat(path, **{name: {} for name in after})
    probe = MachineProbe(cpus, path)
    time.sleep(SHORTEST_S + 0.01)
    write_stat(path, **after)
    return probe.stop()


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
    probe = MachineProbe({0}, path)
    until = time.process_time() + SHORTEST_S + 0.1
    began = time.monotonic()
    while time.process_time() < until:
        pass
    ticks = round((time.monotonic() - began) * 1000)
    own = round((SHORTEST_S + 0.1) * 1000)
    write_stat(path, cpu={}, cpu0={"user": own, "idle": ticks - own})
    assert probe.stop().metrics["foreign_ratio"] == pytest.approx(0, abs=0.05)


def test_a_short_trial_says_nothing(tmp_path: Path) -> None:
    """Too few ticks are no 0: the shares are absent, with the reason."""
    path = tmp_path / "stat"
    write_stat(path, cpu={}, cpu0={})
    probe = MachineProbe({0}, path)
    write_stat(path, cpu={}, cpu0={"idle": 1})
    found = probe.stop()
    assert found.metrics == {}
    assert set(found.absent) == {"steal_ratio", "softirq_ratio", "foreign_ratio"}


def test_a_process_that_died_leaves_nothing_to_subtract(tmp_path: Path) -> None:
    """A consumer that was killed and waited for: the shares are absent, with the reason."""
    path = tmp_path / "stat"
    write_stat(path, cpu={}, cpu0={})
    consumer = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    probe = MachineProbe({0}, path)
    probe.own([consumer.pid])
    consumer.kill()
    consumer.communicate()
    found = probe.stop()
    assert found.metrics == {}
    assert "died" in found.absent["foreign_ratio"]


@pytest.mark.parametrize(
    ("metric", "value", "option"),
    [
        ("steal_ratio", 0.21, "--steal-limit"),
        ("foreign_ratio", 0.21, "--foreign-limit"),
        ("run_delay_s", 0.42, "--run-delay-limit"),
    ],
)
def test_above_the_limit_a_trial_is_disturbed_and_says_why(metric: str, value: float, option: str) -> None:
    """The share (of two seconds watched, for a time), the limit, and the option that moves it."""
    limits = Limits(steal=0.2, foreign=0.2, run_delay=0.2)
    (why,) = disturbed_because(Reading(metrics={metric: value, "watched_s": 2}), limits)
    assert "21.0%" in why
    assert f"{option} 20.0%" in why
    assert disturbed_because(Reading(metrics={metric: value * 0.9, "watched_s": 2}), limits) == []


def test_a_quota_that_holds_back_two_cpus_is_told_by_the_time_of_one() -> None:
    """The kernel adds them up: 150 % of the time there is not, and of one CPU's time there is."""
    (why,) = disturbed_because(Reading(metrics={"throttled_ratio": 1.5}), Limits())
    assert why.startswith("a CPU quota held the processes back for 150.0% of one CPU's time, more than")


def test_what_could_not_be_read_is_not_judged() -> None:
    """An absent share disturbs nothing, nor does a wait of which an older consumer does not say in how long it was."""
    assert disturbed_because(Reading(), Limits()) == []
    assert disturbed_because(Reading(metrics={"run_delay_s": 1}), Limits()) == []


@pytest.mark.parametrize("name", ["steal", "foreign", "run_delay"])
def test_a_limit_is_a_share(name: str) -> None:
    """Five percent are 0.05, and 5 is refused by the option's name."""
    with pytest.raises(ValueError, match=f"--{name.replace('_', '-')}-limit"):
        Limits(**{name: 5})


def test_a_process_that_began_under_the_watch_is_ours(tmp_path: Path) -> None:
    """A drain's consumer starts after the watch began: all of its time is taken off what was foreign."""
    path = tmp_path / "stat"
    write_stat(path, cpu={}, cpu0={})
    probe, began = MachineProbe({0}, path), time.monotonic()
    busy = "import time\nwhile time.process_time() < 0.5: pass\nprint(flush=True)\ninput()"
    with subprocess.Popen([sys.executable, "-c", busy], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as consumer:
        consumer.stdout.readline()
        probe.own([consumer.pid])
        write_stat(path, cpu={}, cpu0={"user": 1000})
        found = probe.stop()
        elapsed = time.monotonic() - began
        consumer.communicate(b"\n")
    assert found.metrics["foreign_ratio"] < 1 - 0.45 / elapsed


@pytest.mark.parametrize("ended", [False, True], ids=["still running", "waited for"])
def test_what_a_consumer_starts_is_ours(tmp_path: Path, ended: bool) -> None:
    """A mode's helpers are no foreign load, for which a trial would be repeated: they are what the mode costs."""
    path = tmp_path / "stat"
    write_stat(path, cpu={}, cpu0={})
    helper = "import sys, time\nwhile time.process_time() < 0.5: pass\nprint(flush=True)\nsys.stdin.read()"
    mode = (
        "import subprocess as s, sys\n"
        f"it = s.Popen([sys.executable, '-c', {helper!r}], stdin=s.PIPE, stdout=s.PIPE)\n"
        "it.stdout.readline()\n"
        f"{'it.communicate()' if ended else ''}\n"
        "print(flush=True)\n"
        "input()\n"
        "it.communicate()\n"
    )
    probe, began = MachineProbe({0}, path), time.monotonic()
    with subprocess.Popen([sys.executable, "-c", mode], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as consumer:
        probe.own([consumer.pid])
        consumer.stdout.readline()
        write_stat(path, cpu={}, cpu0={"user": 1000})
        found = probe.stop()
        elapsed = time.monotonic() - began
        consumer.communicate(b"\n")
    assert found.metrics["foreign_ratio"] < 1 - 0.45 / elapsed
