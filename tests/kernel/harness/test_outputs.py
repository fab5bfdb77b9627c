"""Outputs that cannot be written: refused before anything runs, or told in the trial; what was written stays whole."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import termios
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from results.file import read
from tests.kernel.bench import CHECKOUT, OWN_MOUNTS, PATIENCE, bench, command, surroundings
from tests.kernel.harness.watched import QUIET_RUN, Watched

CLOSED = ["0<&-", "1>&-", "2>&-", "0<&- 1>&-", "0<&- 2>&-", "1>&- 2>&-", "0<&- 1>&- 2>&-"]
ONE_TRIAL = (*QUIET_RUN, "--rate", "20000", "--duration", "0.5", "--trials", "1", "--json")


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """A file system of 256 KiB, which is there for what runs behind `enter` alone; `seen` is where we see it."""

    folder: Path
    seen: Path
    enter: tuple[str, ...]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    folder = tmp_path / "small"
    folder.mkdir()
    mount = 'mount -t tmpfs -o size=256k bench-fault "$0" && echo mounted && exec cat'
    with subprocess.Popen(
        [*OWN_MOUNTS, "sh", "-c", mount, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"mounted\n"
        enter = ("nsenter", f"--mount=/proc/{holder.pid}/ns/mnt")
        yield SmallDisk(folder, Path(f"/proc/{holder.pid}/root{folder}"), enter)
        holder.stdin.close()


@pytest.mark.own_mounts
def test_a_full_disk_under_file_makes_the_trial_invalid(small_disk: SmallDisk, tmp_path: Path) -> None:
    """Injects ENOSPC into the trace: the trial says so, and no event counts as consumed whose write did not return."""
    words = (*ONE_TRIAL, "--mode", "file", "--trace", small_disk.folder / "trace", "--out", tmp_path / "out")
    with Watched(*words, wrapper=small_disk.enter) as run:
        assert run.finish() == 5
        assert run.left_behind() == []
    (row,) = (json.loads(line) for line in run.stdout.splitlines())
    assert "No space left on device" in row["invalid_because"][0]
    assert row["consumed"] <= (small_disk.seen / "trace").read_bytes().count(b"\n")
    assert len(read(tmp_path / "out").trials) == 1


@pytest.mark.slow
@pytest.mark.own_mounts
def test_a_full_disk_under_the_result_file_ends_the_session_and_keeps_it_usable(small_disk: SmallDisk) -> None:
    """Injects ENOSPC into the result file: status 4, and every line that fitted is whole."""
    load = ("--rate", "1000", "--duration", "0.2", "--trials", "2", "--mode", "null")
    words = (*QUIET_RUN, *load, "--out", small_disk.folder / "out.jsonl")
    out, filler = small_disk.seen / "out.jsonl", small_disk.seen / "filler"
    with Watched(*words, wrapper=small_disk.enter) as run:
        assert run.finish() == 0, run.stderr
    room = os.statvfs(small_disk.seen).f_bavail * os.statvfs(small_disk.seen).f_bsize
    # The file's last page is there already: a second session's first lines fit, and the next need a new page.
    filler.write_bytes(bytes(room))
    with Watched(*words, wrapper=small_disk.enter) as run:
        assert run.finish() == 4
        assert run.left_behind() == []
    assert "cannot append to the result file: No space left on device" in run.stderr
    kept = read(out)
    assert len(kept.sessions) >= 1
    assert len(kept.trials) >= 2
    assert all("torn" in problem.what for problem in kept.problems)
    filler.unlink()
    with Watched(*words, wrapper=small_disk.enter) as run:
        assert run.finish() == 0, run.stderr
    assert len(read(out).trials) >= 4


@pytest.mark.parametrize("option", ["--out", "--trace"])
@pytest.mark.parametrize("nature", ["folder", "FIFO", "planted link", "planted file", "read-only disk"])
def test_what_must_not_be_written_is_refused_before_anything_runs(tmp_path: Path, option: str, nature: str) -> None:
    """Injects each in the place of an output: status 2, nothing ran, and what was there is untouched."""
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    valuable = tmp_path / "valuable"
    valuable.write_text("precious")
    path = shared / "out"
    match nature:
        case "folder":
            path.mkdir()
        case "FIFO":
            os.mkfifo(path)
        case "planted link":
            path.symlink_to(valuable)
            os.lchown(path, 54321, 54321)
        case "planted file":
            path.write_text("theirs")
            os.chown(path, 54321, 54321)
        case "read-only disk":
            path = Path("/proc/out")  # no file can be made there, not even by root
    with Watched(*ONE_TRIAL, "--mode", "file", option, path) as run:
        assert run.finish() == 2
        assert (run.programs, run.namespaces) == (set(), set())
        assert run.left_behind() == []
    assert str(path) in run.stderr
    assert "Traceback" not in run.stderr
    assert valuable.read_text() == "precious"


@pytest.mark.slow
def test_kill_at_any_moment_keeps_what_was_written(tmp_path: Path) -> None:
    """Injects SIGKILL at eight moments of a session, which each time is resumed: no trial is lost or done twice."""
    out = tmp_path / "out.jsonl"
    words = (*QUIET_RUN, "--mode", "null", "--rate", "200", "--duration", "0.5", "--trials", "6", "--seed", "1")
    resume: tuple[str, ...] = ()
    for moment in range(8):
        with Watched(*words, "--out", out, *resume) as run:
            grown = out.stat().st_size if out.exists() else 0
            while run.process.poll() is None and (not out.exists() or out.stat().st_size <= grown):
                time.sleep(0.001)
            while moment % 2 and run.process.poll() is None and run.worker("consumer") is None:
                time.sleep(0.005)
            run.process.kill()
            run.finish()
        resume = ("--resume",)
        if run.process.returncode == 0:
            break
    ended = bench(*words, "--out", out, *resume)
    assert ended.returncode == 0, ended.stderr
    kept = read(out)
    assert len(kept.sessions) == 1
    assert sorted(trial.number for trial in kept.trials) == list(range(6))
    assert all("torn" in problem.what for problem in kept.problems)


def test_a_closed_stderr_is_no_fault_and_no_place_for_results(tmp_path: Path) -> None:
    """`2>&-`: nobody is told how it goes, and stdout holds the trials alone."""
    out = tmp_path / "out"
    words = command(*ONE_TRIAL, "--mode", "null", "--out", out)
    ended = subprocess.run(
        ["sh", "-c", '"$@" 2>&-', "sh", *words], env=surroundings(), stdout=subprocess.PIPE, check=False
    )
    assert ended.returncode == 0
    assert [json.loads(line)["valid"] for line in ended.stdout.splitlines()] == [True]
    assert len(read(out).trials) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "closed"),
    [*((what, each) for what in ("run", "watch") for each in CLOSED), ("check", "2>&-"), ("check", CLOSED[-1]),
     ("doctor", "0<&- 2>&-")],
)  # fmt: skip
def test_streams_that_the_caller_closed(what: str, closed: str, tmp_path: Path) -> None:
    """Whichever they are, what was measured stands in the file, stdout gets results alone, and nothing is a fault."""
    words = {
        "run": [*ONE_TRIAL, "--mode", "null", "--out", tmp_path / "out"],
        "watch": ["watch", "--mode", "aggregate", "--json", "--duration", "0.1"],
        "check": ["check", "--mode", "null", "--against", "null", "--metrics", "loss_ratio", "--alpha", "0.3",
                  "--blocks", "2", "--rate", "1000", "--duration", "0.05", "--json", "--config", "/dev/null", "--out",
                  tmp_path / "out"],
        "doctor": ["doctor", "--no-spin", "--json"],
    }  # fmt: skip
    ended = subprocess.run(
        ["sh", "-c", f'"$@" {closed}', "sh", *command(*words[what])], env=surroundings(), capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert ended.returncode in ({4, 0} if what == "watch" else {4} if "1>&-" in closed else {0, 3})
    assert "Traceback" not in ended.stdout + ended.stderr
    assert not ended.stdout or ended.stdout[0] in "{["
    if what in ("run", "check"):
        assert len(read(tmp_path / "out").trials) >= (1 if what == "run" else 2 * 2)


def test_a_full_stderr_ends_the_run_before_it_measures(tmp_path: Path) -> None:
    """`2>/dev/full`: an output that cannot be written is status 4, never that of a verdict."""
    with Path("/dev/full").open("w") as full:
        words = command(*ONE_TRIAL, "--mode", "null", "--out", tmp_path / "out")
        assert subprocess.run(words, env=surroundings(), stdout=full, stderr=full, check=False).returncode == 4


def test_a_terminal_closed_in_the_middle_keeps_what_was_measured(tmp_path: Path) -> None:
    """SIGHUP comes with a stderr that is gone: the status is the signal's, and the first trial stands."""
    ours, theirs = os.openpty()
    out = tmp_path / "out"
    words = command(*QUIET_RUN, "--mode", "null", "--duration", "1", "--trials", "9", "--out", out)
    process = subprocess.Popen(
        words, env=surroundings(), stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - no threads here
    )  # fmt: skip
    os.close(theirs)
    said = b""
    while b"[2/9]" not in said:
        said += os.read(ours, 4096)
    os.close(ours)
    assert process.wait(timeout=60 * PATIENCE) == 143
    assert len(read(out).trials) >= 1


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow)]
)
def test_a_full_pipe_that_nobody_reads_does_not_hold_a_session(tmp_path: Path, number: int, status: int) -> None:
    """Told to end while the first trial's line waits for a reader: it ends, and the trial stands in the file."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    os.write(writing, bytes(4096))
    out = tmp_path / "out"
    words = command(*ONE_TRIAL, "--mode", "null", "--out", out)
    process = subprocess.Popen(words, env=surroundings(), stdout=writing, start_new_session=True)
    while not (out.exists() and out.read_bytes().count(b"\n") == 2):
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(number)
    assert process.wait(timeout=30 * PATIENCE) == status
    os.close(reading)
    os.close(writing)
    assert len(read(out).trials) == 1


@pytest.mark.parametrize(
    ("words", "number", "status"),
    [
        (("report", CHECKOUT / "docs/results/metrics.jsonl"), signal.SIGTERM, 143),
        pytest.param(("modes", "--json"), signal.SIGINT, 130, marks=pytest.mark.slow),
        pytest.param(("--help",), signal.SIGTERM, 143, marks=pytest.mark.slow),
    ],
)
def test_a_full_pipe_that_nobody_reads_holds_no_command(words: tuple[object, ...], number: int, status: int) -> None:
    """Results and complaints go there, as with `2>&1 |`; told to end, the command does."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    os.write(writing, bytes(4096))
    with subprocess.Popen(command(*words), env=surroundings(), stdout=writing, stderr=writing) as process:
        while "pipe_write" not in Path(f"/proc/{process.pid}/wchan").read_text():
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(number)
        assert process.wait(timeout=30 * PATIENCE) == status
    os.close(reading)
    os.close(writing)
