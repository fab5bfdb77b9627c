"""A program that is not ours, and all that it starts: real processes, that need no root."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from harness.consumer import process_tree
from harness.consumer.process_tree import NotReady, ProcessTree

CHECKOUT = Path(__file__).resolve().parents[3]
# Found by its words: another suite has its own.
LONG = f"sleep 302.{os.getpid()}"


def alive() -> list[int]:
    return [each.pid for each in psutil.process_iter(["cmdline"]) if each.info["cmdline"] == LONG.split()]


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """Whatever a program did, none of it outlives its context."""
    yield
    assert alive() == []


def shell(script: str, **how: object) -> ProcessTree:
    return ProcessTree(["sh", "-c", script], **how)


def test_it_is_ready_when_its_words_match() -> None:
    """Of a line among others, wherever it is written to."""
    with shell(f"echo loading; echo 'Attached 3 probes' >&2; exec {LONG}") as it:
        it.wait_ready(r"^Attached \d+ probes$", within_s=10)
        assert it.said() == b"loading\nAttached 3 probes\n"
        assert it.start_up_s < 10
        assert not it.ended()


def test_what_attaches_nothing_is_ready_after_its_time_alone() -> None:
    """Where that is allowed: else it is named, and ended."""
    with ProcessTree(LONG.split()) as it:
        it.wait_ready(within_s=10, unseen_s=0.3)
    with ProcessTree(LONG.split()) as it, pytest.raises(NotReady, match=rf"^{LONG} attached nothing that is seen"):
        it.wait_ready(within_s=0.3)


@pytest.mark.parametrize(
    ("script", "says"),
    [
        pytest.param(f"exec {LONG}", "said nothing that ^up$ matches within", id="never gets ready"),
        pytest.param("echo no BTF here; exit 3", "ended with status 3 before it was ready: no BTF here", id="dies"),
        pytest.param("kill -SEGV $$", "was killed by SIGSEGV before it was ready", id="is killed"),
        pytest.param(f"{LONG} & sleep 0.3; exit 0", f"and left {LONG} running: it said nothing", id="forks away"),
        pytest.param(f"setsid {LONG} & sleep 0.3; exit 0", f"and left {LONG} running", id="leaves its session"),
        pytest.param("exec yes", "wrote more than 4 MiB before it was ready: y", id="floods"),
        pytest.param("nonesuch-of-bench", "ended with status 127 before it was ready", id="is not there"),
    ],
)
def test_one_that_does_not_get_ready_is_named_and_ended(
    script: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what it last said."""
    monkeypatch.setattr(process_tree, "MOST_SAID_BYTES", 4 << 20)
    with shell(script) as it, pytest.raises(NotReady) as raised:
        it.wait_ready("^up$", within_s=2)
    assert says in str(raised.value)
    assert str(raised.value).startswith("sh -c ")


def test_a_flood_is_bounded_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it writes beyond is refused to it, and it is known that there was more."""
    monkeypatch.setattr(process_tree, "MOST_SAID_BYTES", 4 << 20)
    with shell("echo up; yes; echo failed >&2; sleep 60") as it:
        it.wait_ready("^up$", within_s=10)
        deadline = time.monotonic() + 10
        while not it.flooded() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert it.flooded()
        assert len(it.said()) <= 4 << 20


def test_a_file_that_grows_is_bounded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is killed, and why is said."""
    monkeypatch.setattr(process_tree, "MOST_FILE_BYTES", 1 << 20)
    with shell(f"exec head -c 3M /dev/zero > '{tmp_path}/grown'") as it:
        assert it.ended(10)
        assert it.ending().startswith("was killed by SIGXFSZ (it wrote a file of more than ")
    assert (tmp_path / "grown").stat().st_size == 1 << 20


@pytest.mark.parametrize("what", ["trap '' INT", f"trap '' INT TERM HUP; setsid {LONG} & :"], ids=["signal", "session"])
def test_one_that_ignores_its_signal_is_killed(what: str) -> None:
    """It has been asked; then nobody asks."""
    with shell(f"{what}; echo up; {LONG} & while :; do {LONG}; done") as it:
        it.wait_ready("^up$", within_s=10)
        it.signal(signal.SIGINT)
        assert not it.ended(0.3)


def test_what_outlives_it_is_named() -> None:
    """And ended."""
    with shell(f"{LONG} & sleep 0.3; exit 0") as it:
        assert it.ended(10)
    assert it.left_behind == (LONG,)


def test_cpu_time_and_memory_are_those_of_all_its_processes() -> None:
    """Of one that has ended, too; memory is that of the living."""
    busy = "import time; end = time.process_time() + 0.3\\nwhile time.process_time() < end: pass"
    python = f'"{sys.executable}" -c \'exec("{busy}")\''
    with shell(f"{python}; ({python}; echo up; exec {LONG}) & wait") as it:
        it.wait_ready("^up$", within_s=30)
        assert it.cpu_s() >= 0.55
        one = psutil.Process(alive()[0]).memory_info().rss
        assert it.rss_bytes() > one


def test_it_ends_with_who_started_it() -> None:
    """Even killed, which can tell nobody."""
    code = (
        "import sys, time; from harness.consumer.process_tree import ProcessTree\n"
        f"it = ProcessTree({LONG.split()!r}); print('up', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(CHECKOUT)}
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"up\n"
        deadline = time.monotonic() + 10
        while not alive() and time.monotonic() < deadline:
            time.sleep(0.01)
        parent.kill()
    while alive() and time.monotonic() < deadline:
        time.sleep(0.01)


def test_it_hears_a_line_and_runs_where_it_is_told() -> None:
    """On its CPU from its first instruction on, its offspring too."""
    cpu = min(os.sched_getaffinity(0))
    with shell("read line; grep Cpus_allowed_list /proc/self/status", cpu=cpu, listens=True) as it:
        assert not it.ended(0.2)
        it.go()
        assert it.ended(10)
        assert it.said().split() == [b"Cpus_allowed_list:", str(cpu).encode()]


def test_it_hears_sigint_though_we_were_started_without() -> None:
    """As in a script's background, where it is ignored by all that is started."""
    earlier = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with shell("trap 'echo told; exit' INT; echo up; while :; do sleep 0.02; done") as it:
            it.wait_ready("^up$", within_s=10)
            it.signal(signal.SIGINT)
            assert it.ended(10)
            assert it.said() == b"up\ntold\n"
        with ProcessTree(LONG.split()) as it:
            it.wait_ready(within_s=10, unseen_s=0.1)
            it.signal(signal.SIGINT)
            assert it.ended(10)
    finally:
        signal.signal(signal.SIGINT, earlier)


def test_one_whose_start_was_cut_off_is_no_stopped_process_for_ever() -> None:
    """As by Ctrl-C while it waits to be taken in: it ends with us, whatever ended us, and its program never began."""
    code = f"from harness.consumer.process_tree import ProcessTree; ProcessTree({LONG.split()}, cpu=1 << 16)"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
    )
    assert "OSError" in ran.stderr
    deadline = time.monotonic() + 10
    while left := [
        each for each in psutil.process_iter(["cmdline"]) if LONG.split()[1] in (each.info["cmdline"] or [])
    ]:
        assert time.monotonic() < deadline, left
        time.sleep(0.01)


@pytest.mark.parametrize("stream", ["/dev/stdout", "/dev/stderr", "/proc/self/fd/1"])
def test_one_that_opens_its_streams_anew_takes_nothing_away(stream: str) -> None:
    """Neither what it said before nor what comes after."""
    with shell(
        f"echo before; echo anew > {stream}; echo again >> {stream}; echo after; (sleep 0.1; echo late) &"
    ) as it:
        assert it.ended(10)
        it.trail(5)
        assert it.said() == b"before\nanew\nagain\nafter\nlate\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="to become another user takes root")
def test_one_that_has_become_another_user_opens_its_streams_anew_too() -> None:
    """They are its own, whoever made them."""
    user = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    with ProcessTree([*user, "sh", "-c", "echo before; echo anew > /dev/stdout"]) as it:
        assert it.ended(10)
        assert it.said() == b"before\nanew\n"


def test_a_workload_writes_what_it_likes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only its last words are kept."""
    monkeypatch.setattr(process_tree, "MOST_SAID_BYTES", 1 << 20)
    monkeypatch.setattr(process_tree, "MOST_FILE_BYTES", 1 << 20)
    script = f"head -c 9M /dev/zero && head -c 2M /dev/zero > '{tmp_path}/grown' && echo && echo the end"
    with ProcessTree(["sh", "-c", script], bounded=False) as it:
        assert it.ended(30)
        assert (it.ending(), it.last_line(), it.flooded()) == ("ended with status 0", "the end", False)


@pytest.mark.parametrize(
    ("script", "ready"),
    [
        ("printf '%05000dup%04094d' 0 0; sleep 0.3; echo; exec sleep 60", "^up"),
        ("echo starting up; exec sleep 60", "^up$"),
    ],
    ids=["beyond what is looked at again", "in the midst of a line"],
)
def test_a_line_begins_where_it_begins(script: str, ready: str) -> None:
    """However much of it was looked at before."""
    with shell(script) as it, pytest.raises(NotReady, match="said nothing that"):
        it.wait_ready(ready, within_s=0.6)
    with shell("printf '%05000d\\r\\n' 0; sleep 0.2; printf 'up\\r\\n'; exec sleep 60") as it:
        it.wait_ready("^up$", within_s=10)
