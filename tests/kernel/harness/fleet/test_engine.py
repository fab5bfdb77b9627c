"""`bench fleet run` at a scheduler of Dask, by TLS: no trial is lost or counted twice, whatever fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from harness.fleet.environment import packages
from results.fleet.file import Fleet, read_fleet
from results.metrics import METRICS
from tests.kernel.harness.fleet.lab import SSHD, Lab, family, home_with_key, wait_for, worker_in
from tests.repository import commit

pytestmark = [
    pytest.mark.slow,
    pytest.mark.may_skip("Dask is an extra, which ./test --all installs"),
    pytest.mark.skipif(not packages().is_dir(), reason="a fleet's engine, Dask, is not installed"),
]
# A mode of the commit, which on one host does what it should not.
SLOWED = '''"""Counts, slowly where it is told to."""

import os
import time

from modes import Mode


class Slowed(Mode):
    """Sleeps after each batch."""

    def take(self, samples):
        self.consumed += len(samples)
        if os.environ.get("SLOWED"):
            time.sleep(0.02)

    def state(self):
        return ()
'''
HOSTS = ("healthy", "slowed", "killed", "cut", "full")
PATIENCE_S = 40
SSH_HOSTS = ("near", "far")
PLAN = ("--mode", "null,./slowed.py", "--drain", "200000", "--pass", "timed", "--retries", "0")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Hosts that no worker is started on yet."""
    with Lab(tmp_path_factory.mktemp("lab"), (*HOSTS, "again", *SSH_HOSTS)) as made:
        commit(made.checkout, **{"slowed.py": SLOWED})
        yield made


def trials_of(file: Path, host: str) -> int:
    """Count the trials of a host that arrived, while the file grows."""
    text = file.read_text() if file.exists() else ""
    return sum(f'"host":"{host}"' in line and '"type":"trial"' in line for line in text.splitlines())


def each_once(file: Path, hosts: tuple[str, ...], trials: int) -> None:
    """Hold the sessions that count against the plan: each host's has every trial, once."""
    fleet = read_fleet(file)
    done = {each.host: each.session for each in fleet.hosts if each.session is not None}
    assert {*done} == {*hosts}
    for session in done.values():
        assert Counter(trial.setting.mode for trial in session.trials) == {"null": trials, "./slowed.py": trials}
        assert [trial.number for trial in session.trials] == list(range(2 * trials))
    assert fleet.extras == ()


def cost(fleet: Fleet, host: str, mode: str, metric: str = "ns_per_event") -> float:
    (session,) = (each.session for each in fleet.hosts if each.host == host)
    assert session is not None
    values = [METRICS[metric].value(trial) for trial in session.trials if trial.setting.mode == mode]
    return median(value for value in values if value is not None)


@pytest.mark.own_mounts
def test_no_trial_is_lost_or_counted_twice_whatever_fails(lab: Lab) -> None:
    """A worker is killed in mid-trial, a link is cut until its host is missed, a disk is full, a host never comes.

    The link is cut for longer than TCP waits here (lab.TCP_TIMEOUT_S), which is all that has the scheduler miss a host;
    one that is cut for a minute, and not missed: tests/benchmarks/fleet_cut.py.
    """
    plan = lab.plan("plan", *PLAN, "--trials", "1", "--hosts", ",".join([*HOSTS, "never"]))
    lab.scheduler()
    more = {"slowed": {"SLOWED": "1"}, "full": {"room": "8k"}}
    loops = {host: lab.worker(host, **more.get(host, {})) for host in HOSTS}
    out = plan.with_suffix(".jsonl")
    running = lab.run(plan, "--patience", PATIENCE_S)
    wait_for("a trial of the host to be killed", lambda: trials_of(out, "killed") > 0, running)
    worker_in(loops["killed"]).kill()
    wait_for("a trial of the host to be cut off", lambda: trials_of(out, "cut") > 0, running)
    lab.cut("cut", cut=True)
    wait_for("the host is missed", lambda: "cut: away" in lab.said(running), running)
    lab.cut("cut", cut=False)
    assert running.wait(180) == 5, lab.said(running)
    each_once(out, ("healthy", "slowed", "killed", "cut"), trials=1)
    fleet = read_fleet(out)
    lost = {each.host: each.lost for each in fleet.lost}
    assert lost["never"] == f"no host never came within {PATIENCE_S} s"
    assert "No space left on device" in str(lost["full"])
    assert "stands out: slowed: drain of ./slowed.py" in lab.said(running)
    assert cost(fleet, "slowed", "./slowed.py") / cost(fleet, "slowed", "null") > 10
    # By the clock one stall of a busy machine is more than all that a drain takes.
    cpu = "drain_cpu_ns_per_event"
    assert cost(fleet, "healthy", "./slowed.py", cpu) / cost(fleet, "healthy", "null", cpu) < 10
    told = [trial for each in fleet.hosts if each.session is not None for trial in each.session.trials]
    assert median(trial.metrics["engine_cpu_ratio"] for trial in told) < 0.0005
    assert median(trial.metrics["engine_wakeups_per_s"] for trial in told) < 2


def test_one_command_runs_a_plan_here_and_reports_it(lab: Lab) -> None:
    """Without a scheduler, a worker or a certificate; what is done is not run again; other hosts are lost."""
    plan = lab.plan("here", *PLAN, "--trials", "1", "--hosts", "here,elsewhere")
    folder = ("--host", "here", "--folder", lab.folder / "of-here")
    running = lab.run(plan, *folder, on="local")
    assert running.wait(120) == 5, lab.said(running)
    out = plan.with_suffix(".jsonl")
    each_once(out, ("here",), trials=1)
    assert "1 host of 1 class; 1 shard lost." in lab.said(running)
    assert "lost: elsewhere: no host elsewhere came within 0 s" in lab.said(running)
    held = [line for line in out.read_text().splitlines() if '"type":"lost"' not in line]
    refused = lab.run(plan, *folder, on="local")
    assert (refused.wait(60), "--resume" in lab.said(refused)) == (2, True)
    again = lab.run(plan, "--resume", *folder, on="local")
    assert again.wait(60) == 5, lab.said(again)
    assert [line for line in out.read_text().splitlines() if '"type":"lost"' not in line] == held
    lines = out.read_text().splitlines(keepends=True)
    at = next(place for place, line in enumerate(lines) if '"type":"trial"' in line)
    out.write_text("".join([*lines[:at], lines[at][:300] + "\n", *lines[at + 1 :]]))
    mended = lab.run(plan, "--resume", *folder, on="local")
    assert mended.wait(60) == 5, lab.said(mended)
    assert "shard 1 was done, and is to be done again: " in lab.said(mended)
    each_once(out, ("here",), trials=1)


def test_a_plan_goes_on_when_its_scheduler_or_its_client_was_killed(lab: Lab) -> None:
    """What was measured is kept, on the host and in the file; the plan is run again, and each trial is there once."""
    plan = lab.plan("again", *PLAN, "--trials", "2", "--hosts", "again")
    out = plan.with_suffix(".jsonl")
    scheduler = lab.scheduler()
    worker = lab.worker("again")
    first = lab.run(plan)
    wait_for("a trial", lambda: trials_of(out, "again") > 0, first)
    for process in family(first):
        process.kill()
    first.wait()
    before = trials_of(out, "again")
    second = lab.run(plan, "--resume")
    wait_for("one more", lambda: trials_of(out, "again") > before, second)
    scheduler.kill()
    assert second.wait(60) == 5, lab.said(second)
    assert [each.lost for each in read_fleet(out).lost] == ["the connection to the scheduler broke"]
    lab.scheduler()
    third = lab.run(plan, "--resume")
    assert third.wait(120) == 0, lab.said(third)
    each_once(out, ("again",), trials=2)
    assert worker.poll() is None


@pytest.mark.own_mounts
@pytest.mark.may_skip("the ssh server is installed by whoever wants one")
@pytest.mark.skipif(SSHD is None, reason="there is no sshd here (apt install openssh-server)")
def test_hosts_are_reached_by_ssh_alone(lab: Lab) -> None:
    """Nothing is started on them before, and nothing is left there but what they measured."""
    home = home_with_key(lab.folder / "home")
    for host in SSH_HOSTS:
        lab.sshd(host, home)
    plan = lab.plan("ssh", *PLAN, "--trials", "1", "--hosts", ",".join(SSH_HOSTS))
    first, second = (lab.hosts[host].ipv4 for host in SSH_HOSTS)
    running = lab.run(plan, on=f"ssh:{first},{first},{second}", HOME=str(home))
    assert running.wait(120) == 0, lab.said(running)
    each_once(plan.with_suffix(".jsonl"), SSH_HOSTS, trials=1)
    for host in SSH_HOSTS:
        assert [each.name for each in (lab.folder / f"of-{host}/home").iterdir()] == [".local"]
