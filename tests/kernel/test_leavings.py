"""What a mode starts ends with its trial, and is told; what a killed session left is found and ended."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from harness.group import Group
from tests.kernel.bench import bench, command, surroundings
from tests.kernel.faults.watched import QUIET_RUN, Watched

SHORT = ("--rate", "2000", "--trials", "1")
MODE = """
import multiprocessing, os, subprocess, threading, time
from modes import Mode
class Mine(Mode):
    def __init__(self, kit):
        super().__init__(kit)
        {start}
    def take(self, samples):
        self.consumed += len(samples)
"""
# What each leaves behind, in the words of the finding.
STARTS = {
    "forks": ("if os.fork() == 0: time.sleep(300)", "a copy of the consumer"),
    "daemon": ("if os.fork() == 0: os.setsid(); os.fork() and os._exit(0); time.sleep(300)", "a copy of the consumer"),
    "processes": ("multiprocessing.Process(target=time.sleep, args=(300,)).start()", "a copy of the consumer"),
    "child": ("subprocess.Popen(['sleep', '300'], start_new_session=True)", "sleep 300"),
    "bare": ("subprocess.Popen(['sleep', '301.25'], start_new_session=True, env={})", "sleep 301.25"),
    "thread": ("threading.Thread(target=time.sleep, args=(300,), name='helper').start()", "no daemons: helper"),
    "nothing": ("threading.Thread(target=time.sleep, args=(300,), daemon=True).start()", ""),
}
# The control groups go out of sight, as in a container that has none.
WITHOUT_GROUPS = (
    "unshare", "-m", "--propagation", "private", "sh", "-c", 'mount -t tmpfs none /sys/fs/cgroup && exec "$@"', "sh",
)  # fmt: skip


def has_control_groups() -> bool:
    """Tell whether one can be made here, which a container may not be allowed."""
    group = Group()
    try:
        return any(path.name == group.name for path in Path("/sys/fs/cgroup").rglob("bench-*"))
    finally:
        group.end()


def written(folder: Path, *names: str) -> str:
    for name in names:
        (folder / f"{name}.py").write_text(MODE.format(start=STARTS[name][0]))
    return ",".join(str(folder / f"{name}.py") for name in names)


@pytest.mark.parametrize(
    ("wrapper", "names"),
    [
        pytest.param((), ("daemon", "bare", "thread", "nothing"), id="in a control group"),
        pytest.param((), ("forks", "processes", "child"), id="in a control group, more", marks=pytest.mark.slow),
        pytest.param(WITHOUT_GROUPS, ("daemon", "child"), id="without one"),
    ],
)
def test_what_a_mode_starts_ends_with_its_trial(
    tmp_path: Path, wrapper: tuple[str, ...], names: tuple[str, ...]
) -> None:
    """Forks, daemons, children and threads: none is there afterwards, each is named in its trial, which is valid."""
    if not has_control_groups():  # what empties its environment escapes then
        names = tuple(name for name in names if name != "bare")
    modes = written(tmp_path, *names)
    with Watched(
        *QUIET_RUN, "--mode", modes, *SHORT, "--duration", "0.1", "--json", "--out", tmp_path / "out", wrapper=wrapper
    ) as run:
        assert run.finish() == 0, run.stderr
        assert run.left_behind() == []
    rows = {Path(row["mode"]).stem: row for row in map(json.loads, run.stdout.splitlines())}
    assert set(rows) == set(names)
    for name in names:
        assert rows[name]["valid"]
        assert STARTS[name][1] in " ".join(rows[name]["warnings"])
    assert "nothing" not in rows or rows["nothing"]["warnings"] == []
    assert not [each for each in psutil.process_iter(["cmdline"]) if each.info["cmdline"] == ["sleep", "301.25"]]


@pytest.mark.parametrize(
    "wrapper",
    [
        pytest.param((), id="in a control group"),
        pytest.param(WITHOUT_GROUPS, id="without one", marks=pytest.mark.slow),
    ],
)
def test_what_a_killed_session_left_is_found_and_ended(tmp_path: Path, wrapper: tuple[str, ...]) -> None:
    """After SIGKILL the daemon of a mode lives on: doctor names it, clean ends it; a running session's stays."""
    pid = tmp_path / "pid"
    start = f"open({str(pid)!r}, 'w').write(str(subprocess.Popen(['sleep', '302'], start_new_session=True).pid))"
    (tmp_path / "leaves.py").write_text(MODE.format(start=start))
    words = (*QUIET_RUN, "--mode", tmp_path / "leaves.py", *SHORT, "--duration", "60", "--out", tmp_path / "out")
    with subprocess.Popen(
        [*wrapper, *command(*words)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=surroundings()
    ) as run:
        deadline = time.monotonic() + 60
        while not (pid.exists() and pid.read_text()) and time.monotonic() < deadline:
            time.sleep(0.01)
        left = psutil.Process(int(pid.read_text()))
        bench("clean")
        assert left.is_running()
        run.kill()
        run.wait()
    assert f"sleep 302 ({left.pid})" in bench("doctor", "--no-spin").stdout.replace("\n", " ")
    assert f"ended process {left.pid}, which a mode had started: sleep 302" in bench("clean").stdout
    left.wait(10)
    assert "sleep 302" not in bench("doctor", "--no-spin").stdout
