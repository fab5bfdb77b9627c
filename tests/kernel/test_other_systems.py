"""The scripts that make other releases and kernels to try bench on leave this machine as it was."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from tests.kernel.bench import CHECKOUT, OWN_MOUNTS

# Mounts as the real one does, and fails.
DEBOOTSTRAP = """#!/bin/sh
readlink /proc/self/ns/mnt /proc/self/ns/pid >"$LOG"
mkdir "$LOG.mounted" && mount -t tmpfs made-by-debootstrap "$LOG.mounted"
exit 1
"""
# Works for as long as one waits for it; apt-get for a moment, for a shell ends after what it waits for.
AT_WORK = """#!/bin/sh
: >"$LOG"
case $0 in *apt-get) exec sleep 1 ;; *) sleep 300 ;; esac
"""


def laid_out(folder: Path, script: str) -> Path:
    """Copy a script into a folder, with what it looks for on its way."""
    for name in (f"tests/{script}", "tests/debian.sh", "requirements.txt", "requirements-compiled.txt"):
        source, copy = CHECKOUT / name, folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, copy)
    return folder / "tests" / script / "run"


@pytest.mark.own_mounts
def test_what_a_release_needs_mounted_is_its_own(tmp_path: Path) -> None:
    """A debootstrap of ours mounts and fails; around it are mounts that share with whatever is started in them."""
    run = laid_out(tmp_path / "check out", "distros")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/debootstrap").write_text(DEBOOTSTRAP)
    (tmp_path / "bin/debootstrap").chmod(0o755)
    (tmp_path / "made").mkdir()
    around = f"mount --make-rshared / && {{ '{run}' trixie; echo $?; readlink /proc/self/ns/pid; cat /proc/mounts; }}"
    environment = {
        "PATH": f"{tmp_path}/bin:{os.environ['PATH']}",
        "LOG": f"{tmp_path}/log",
        "DISTRO_DIR": f"{tmp_path}/made",
    }
    said = subprocess.run(
        [*OWN_MOUNTS, "sh", "-c", around],
        cwd=tmp_path, env=os.environ | environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    status, outer, mounts = said.stdout.split("\n", 2)
    assert (status, "debootstrap failed" in said.stderr) == ("4", True), said.stderr
    assert outer not in (tmp_path / "log").read_text()
    assert "made-by-debootstrap" not in mounts
    assert not list((tmp_path / "made").iterdir())


@pytest.mark.parametrize(
    ("script", "tool", "number"),
    [
        ("vm", "qemu-system-x86_64", signal.SIGTERM),
        ("vm", "qemu-system-x86_64", signal.SIGINT),
        ("vm", "apt-get", signal.SIGHUP),
        ("distros", "debootstrap", signal.SIGTERM),
    ],
)
def test_what_is_told_to_end_leaves_nothing(tmp_path: Path, script: str, tool: str, number: int) -> None:
    """While a tool is at work the script is told to end: what it made is removed, and the tool with it ends."""
    run = laid_out(tmp_path / "check out", script)
    made = {"vm": run.parents[2] / "build/vm", "distros": tmp_path / "made"}[script]
    made.mkdir(parents=True)
    if script == "vm":
        first = hashlib.sha256((run.parent / "first").read_bytes()).hexdigest()[:12]
        (made / f"linux-image-amd64-{first}").mkdir()
    (tmp_path / "bin").mkdir()
    for name in ("apt-get", "apt-cache", "cpio", "debootstrap", "modprobe", "qemu-system-x86_64", "xz"):
        (tmp_path / "bin" / name).write_text(AT_WORK if name == tool else "#!/bin/sh\n")
        (tmp_path / "bin" / name).chmod(0o755)
    words = {"vm": ("--arch", "amd64"), "distros": ("trixie",)}[script]
    environment = {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "LOG": f"{tmp_path}/log", "DISTRO_DIR": str(made)}
    with subprocess.Popen([run, *words], env=os.environ | environment, cwd=tmp_path, stderr=subprocess.DEVNULL) as told:
        while not (tmp_path / "log").exists():
            assert told.poll() is None
            time.sleep(0.01)
        told.send_signal(number)
        assert told.wait(timeout=20) == {signal.SIGINT: 130}.get(signal.Signals(number), 143)
    assert not [*made.glob("making-*"), *made.glob("bench-*")]
    tools = [
        each for each in psutil.process_iter(["cmdline"]) if f"{tmp_path}/bin/{tool}" in (each.info["cmdline"] or ())
    ]
    assert not psutil.wait_procs(tools, timeout=10)[1]


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("distros", ()),
        ("distros", ("buster",)),
        ("vm", ("--release", "buster")),
        ("vm", ("--arch", "riscv64")),
        ("vm", ("--release",)),
        ("vm", ("--kernal", "linux-image-amd64")),
        ("vm", ("true", "false")),
    ],
)
def test_what_it_does_not_know_is_bad_usage(script: str, words: tuple[str, ...]) -> None:
    """Nothing is made or fetched, and the usage is said."""
    ended = subprocess.run(
        [CHECKOUT / "tests" / script / "run", *words], capture_output=True, text=True, check=False, timeout=20
    )
    assert (ended.returncode, ended.stderr.split()[0]) == (2, "usage:")


def test_a_step_that_takes_too_long_is_ended_and_the_others_go_on(tmp_path: Path) -> None:
    """Ended by Ctrl-C with all that it has started; what was at work is told, with its processor time."""
    (tmp_path / "two\nlines").symlink_to("/bin/sleep")
    slow = 'STEP_LIMIT_S=2; slow() { "$two" 287 | sleep 287 | cat; }; step slow; step echo next; exit $status'
    steps = f". '{CHECKOUT}/tests/vm/steps'; {slow}"
    ended = subprocess.run(
        ["bash", "-c", steps],
        env=os.environ | {"two": str(tmp_path / "two\nlines")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 1
    assert "tests/vm: not ended after 2 s; at work were (state, " in ended.stdout
    assert "sleep 287" in ended.stdout
    assert not ended.stderr
    assert "tests/vm: FAILED (130): slow" in ended.stdout
    assert ended.stdout.endswith("== echo next\nnext\n-- status 0 after 0 s\n")
    assert not [each for each in psutil.process_iter(["cmdline"]) if each.info["cmdline"] == ["sleep", "287"]]
