"""What a mode starts ends with its trial, and is told; what a killed session left is found and ended."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from harness.machine.group import Group, abandoned, end_abandoned
from tests.kernel.bench import ALONE, OWN_MOUNTS, PATIENCE, command, surroundings
from tests.kernel.harness.watched import QUIET_RUN, Watched

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
MOUNTS = [line.split() for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()]
BARE = f"sleep 301.{os.getpid()}"  # found by its words: another suite has its own
# Where root moves processes to, as a login or `systemd-run --scope` does.
ROOTS = next((f"{words[4]}/cgroup.procs" for words in MOUNTS if words[words.index("-") + 1] == "cgroup2"), "")
PROCESS = "multiprocessing.get_context({!r}).Process(target=time.sleep, args=(300,)).start()"
# What each leaves behind, in the words of the finding.
STARTS = {
    "forks": ("if os.fork() == 0: time.sleep(300)", "a copy of the consumer"),
    "daemon": ("if os.fork() == 0: os.setsid(); os.fork() and os._exit(0); time.sleep(300)", "a copy of the consumer"),
    "processes": (PROCESS.format("fork"), "a copy of the consumer"),
    "served": (PROCESS.format("forkserver"), "left processes running"),  # what Python 3.14 does unless told otherwise
    "child": ("subprocess.Popen(['sleep', '300'], start_new_session=True)", "sleep 300"),
    "bare": (f"subprocess.Popen({BARE.split()}, start_new_session=True, env={{}})", BARE),
    "moved": (f"open({ROOTS!r}, 'w').write(str(subprocess.Popen(['sleep', '305']).pid))", "sleep 305"),
    "moves": (
        "if (pid := os.fork()) == 0: "
        f"os.setsid(); open({ROOTS!r}, 'w').write('0'); os.fork() and os._exit(0); time.sleep(300)\n"
        "        os.waitpid(pid, 0)",
        "a copy of the consumer",
    ),
    "thread": ("threading.Thread(target=time.sleep, args=(300,), name='helper').start()", "no daemons: helper"),
    "silent": (
        "__import__('sys').stdout = None; threading.Thread(target=time.sleep, args=(300,), name='mute').start()",
        "no daemons: mute",
    ),
    "nothing": ("threading.Thread(target=time.sleep, args=(300,), daemon=True).start()", ""),
}
# The control groups go out of sight, as in a container that has none.
HIDE_GROUPS = "mount -t tmpfs none /sys/fs/cgroup"
WITHOUT_GROUPS = (*OWN_MOUNTS, "sh", "-c", f'{HIDE_GROUPS} && exec "$@"', "sh")


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
        pytest.param((), ("daemon", "bare", "moved", "thread", "silent", "nothing"), id="in a control group"),
        pytest.param(
            (), ("forks", "processes", "child", "moves"), id="in a control group, more", marks=pytest.mark.slow
        ),
        pytest.param((), ("served",), id="by a server of processes", marks=pytest.mark.slow),
        pytest.param(WITHOUT_GROUPS, ("daemon", "child"), id="without one", marks=pytest.mark.own_mounts),
    ],
)
def test_what_a_mode_starts_ends_with_its_trial(
    tmp_path: Path, wrapper: tuple[str, ...], names: tuple[str, ...]
) -> None:
    """Forks, daemons, children and threads: none is there afterwards, each is named in its trial, which is valid."""
    if not has_control_groups():  # what empties its environment escapes then, and there is nowhere to move to
        names = tuple(name for name in names if name not in ("bare", "moved", "moves"))
    modes = written(tmp_path, *names)
    words = ("--mode", modes, *SHORT, "--duration", 0.1 * PATIENCE, "--json", "--out", tmp_path / "out")
    with Watched(*QUIET_RUN, *words, wrapper=wrapper) as run:
        assert run.finish() == 0, run.stderr
        assert run.left_behind() == []
    rows = {Path(row["mode"]).stem: row for row in map(json.loads, run.stdout.splitlines())}
    assert set(rows) == set(names)
    for name in names:
        assert rows[name]["valid"]
        assert STARTS[name][1] in " ".join(rows[name]["warnings"])
    assert "nothing" not in rows or rows["nothing"]["warnings"] == []
    assert not [each for each in psutil.process_iter(["cmdline"]) if each.info["cmdline"] == BARE.split()]


@pytest.mark.own_mounts
@pytest.mark.parametrize(
    "hide",
    [
        pytest.param("true", id="in a control group"),
        pytest.param(HIDE_GROUPS, id="without one", marks=pytest.mark.slow),
    ],
)
def test_what_a_killed_session_left_is_found_and_ended(tmp_path: Path, hide: str) -> None:
    """After SIGKILL the daemon of a mode lives on: doctor names it, clean ends it; a running session's stays."""
    pid, sleep = tmp_path / "pid", f"sleep 302.{os.getpid()}"
    start = f"open({str(pid)!r}, 'w').write(str(subprocess.Popen({sleep.split()!r}, start_new_session=True).pid))"
    (tmp_path / "leaves.py").write_text(MODE.format(start=start))
    words = (*QUIET_RUN, "--mode", tmp_path / "leaves.py", *SHORT, "--duration", "60", "--out", tmp_path / "out")
    with alone(hide) as enter:

        def said(*words: object) -> str:
            ended = subprocess.run(
                [*enter, *command(*words)], env=surroundings(), capture_output=True, text=True, check=False
            )
            return ended.stdout.replace("\n", " ")

        with subprocess.Popen(
            [*enter, *command(*words)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=surroundings()
        ) as run:
            deadline = time.monotonic() + 60 * PATIENCE
            while not (pid.exists() and pid.read_text()) and time.monotonic() < deadline:
                time.sleep(0.01)
            (left,) = (each for each in psutil.process_iter(["cmdline"]) if each.info["cmdline"] == sleep.split())
            said("clean")
            assert left.is_running()
            (session,) = psutil.Process(run.pid).children()
            session.kill()
        inside = pid.read_text()
        assert f"{sleep} ({inside})" in said("doctor", "--no-spin")
        assert f"ended process {inside}, which a mode had started: {sleep}" in said("clean")
        left.wait(10)
        assert sleep not in said("doctor", "--no-spin")


def test_groups_that_end_while_they_are_looked_for_are_no_fault() -> None:
    """Other sessions make and remove theirs with each trial."""
    code = "from harness.machine.group import Group\nprint(flush=True)\nwhile True: Group().end()"
    with subprocess.Popen([sys.executable, "-c", code], env=surroundings(), stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        try:
            for _ in range(60):
                abandoned()
        finally:
            other.kill()
    for group in abandoned():
        if f"-{other.pid}-" in group.name:
            end_abandoned(group)


@contextlib.contextmanager
def alone(prepare: str) -> Iterator[tuple[str, ...]]:
    """Keep a place with no other processes and run folders; yield what a command is put behind to run there."""
    # As the first process there, the shell waits for whatever loses its parent.
    script = f"mount -t tmpfs none /var/cache && {prepare} && echo ready && {{ cat <&3 & }} 3<&0 && wait"
    with subprocess.Popen([*ALONE, "sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"ready\n"
        (inside,) = psutil.Process(holder.pid).children()
        yield ("nsenter", f"--target={inside.pid}", "--pid", "--mount", "--wd=.")
        holder.communicate()
