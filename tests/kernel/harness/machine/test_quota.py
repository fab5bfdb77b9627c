"""A real quota of CPU time, in a control group that the test makes: doctor and trials see it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.machine.quota import quotas
from harness.probes.machine import ThrottlingProbe
from tests.kernel.bench import PATIENCE, trials
from tests.kernel.groups import folder_for_groups
from tests.kernel.harness.watched import QUIET_RUN, Watched

PERIOD_US = 100_000
INSIDE = ("sh", "-c", 'echo $$ >"$0" && exec "$@"')

pytestmark = pytest.mark.may_skip("control groups may not be ours to make")


class Group:
    """A control group with another in it, which gives its quota to that one too."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "inner").mkdir(parents=True)
        self._version_2 = (folder / "cpu.max").exists()

    def limit(self, quota_us: int | None) -> None:
        if self._version_2:
            (self.folder / "cpu.max").write_text(f"{'max' if quota_us is None else quota_us} {PERIOD_US}")
        else:
            (self.folder / "cpu.cfs_quota_us").write_text(str(-1 if quota_us is None else quota_us))

    def inside(self, group: str) -> tuple[str, ...]:
        """Return what to put before a command that shall run in it."""
        return (*INSIDE, str(self.folder / group / "cgroup.procs"))

    def remove(self) -> None:
        deadline = time.monotonic() + 5 * PATIENCE
        for folder in (self.folder / "inner", self.folder):
            while (folder / "cgroup.procs").read_text() and time.monotonic() < deadline:
                time.sleep(0.01)
            folder.rmdir()


@pytest.fixture
def group() -> Iterator[Group]:
    folder = folder_for_groups("cpu")
    try:
        made = Group(folder / f"bench-test-{os.getpid()}")
    except OSError as error:
        pytest.skip(f"no control group can be made here: {error}")
    yield made
    made.remove()


@pytest.mark.parametrize("level", ["", "inner"], ids=["own", "parents"])
def test_what_a_quota_holds_back_is_measured(group: Group, level: str) -> None:
    """A tenth of a CPU, for a process that wants a whole one; the kernel counts it where the quota is."""
    group.limit(PERIOD_US // 10)
    spinner = [*group.inside(level), sys.executable, "-c", "print(flush=True)\nwhile True: pass"]
    with subprocess.Popen(spinner, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        proc = Path(f"/proc/{process.pid}")
        found, probe = quotas(proc), ThrottlingProbe(proc)
        probe.start()
        time.sleep(0.5)
        reading = probe.stop(1)
        process.kill()
    assert (found[0].group, found[0].cpus) == (group.folder, 0.1)
    assert reading.metrics["throttled_ratio"] > 0.01


def test_a_trial_that_was_held_back_is_disturbed_and_counts(group: Group, tmp_path: Path) -> None:
    """The quota comes and goes while it sends; every drop is accounted for all the same."""
    run_it = (*QUIET_RUN, "--mode", "null", "--rate", "2000", "--duration", "1", "--trials", "1", "--json")
    with Watched(*run_it, "--out", tmp_path / "out", wrapper=group.inside("inner")) as run:
        run.await_stage("send")
        group.limit(PERIOD_US // 50)
        time.sleep(0.4)
        group.limit(None)
        assert run.finish() == 0, run.stderr
    trial = trials(run.stdout)[0]
    assert trial["valid"], trial["invalid_because"]
    assert trial["metrics"]["throttled_ratio"] > 0.01
    assert any(why.startswith("a CPU quota held the processes back") for why in trial["disturbed_because"])


def test_doctor_names_the_quota(group: Group) -> None:
    """Whose it is, be it a group's above ours; the exit status is that of a machine that can."""
    group.limit(PERIOD_US // 2)
    doctor = (sys.executable, "-m", "harness", "doctor", "--no-spin", "--json")
    done = subprocess.run([*group.inside("inner"), *doctor], capture_output=True, text=True, check=True)
    (finding,) = [each for each in json.loads(done.stdout) if "CPU time is capped" in each["what"]]
    assert str(group.folder) in finding["what"]
    assert finding["level"] == "warning"
