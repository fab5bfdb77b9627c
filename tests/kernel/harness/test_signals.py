"""Signals to the harness at each stage of a trial: it ends at once, says so, and leaves nothing behind."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from results.file import read
from tests.kernel.harness.watched import QUIET_RUN, STAGES, Watched

# A mode whose consumer needs a while to empty the ring: so that there is a stage `drain` to be hit.
SLOW = """
import time
from modes import Mode
class Slow(Mode):
    def on_record(self, ctx, data, size):
        time.sleep(0.0002)
        self.consumed += 1
        return self.halt
"""


def _slow_unless(quick: bool, *case: object) -> object:
    return pytest.param(*case, marks=() if quick else pytest.mark.slow)


QUICK_AND_SLOW = [
    _slow_unless(
        (number != signal.SIGHUP and stage == "send")
        or (number == signal.SIGINT and stage in ("testbed", "attach", "write")),
        *case,
    )
    for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143))
    for stage in STAGES
    for case in [(number, status, stage)]
]


@pytest.fixture
def words(tmp_path: Path) -> tuple[object, ...]:
    """A session of two short trials."""
    mode = tmp_path / "slow.py"
    mode.write_text(SLOW)
    load = ("--rate", "10000", "--duration", "0.4", "--trials", "2")
    return *QUIET_RUN, "--mode", mode, *load, "--out", tmp_path / "out.jsonl"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.jsonl"


def assert_usable(out: Path, stage: str) -> None:
    """What was finished before stands in the result file, whole."""
    if not out.exists() or not out.read_bytes():
        assert stage == "testbed", "the session's line is written before the first trial"
        return
    kept = read(out)
    assert len(kept.sessions) == 1
    assert kept.problems == ()
    assert all(trial.valid for trial in kept.trials)
    assert len(kept.trials) == (1 if stage == "write" else 0)


@pytest.mark.parametrize(("number", "status", "stage"), QUICK_AND_SLOW)
def test_an_interrupted_session_clears_up(
    words: tuple[object, ...], out: Path, number: signal.Signals, status: int, stage: str
) -> None:
    """Injects Ctrl-C, a termination, and a terminal that closes."""
    with Watched(*words, out=out) as bench:
        bench.await_stage(stage)
        bench.process.send_signal(number)
        assert bench.finish(timeout_s=40) == status
        assert bench.left_behind() == []
    assert "Traceback" not in bench.stderr
    assert_usable(out, stage)


@pytest.mark.parametrize("stage", [_slow_unless(stage in ("compile", "send", "write"), stage) for stage in STAGES])
def test_a_killed_session_leaves_only_an_empty_folder(words: tuple[object, ...], out: Path, stage: str) -> None:
    """Injects SIGKILL: workers, programs, maps and namespaces go with the harness; the folder waits for bench clean."""
    with Watched(*words, out=out) as bench:
        bench.await_stage(stage)
        bench.process.kill()
        assert bench.finish() == -signal.SIGKILL
        (folder,) = bench.folders
        assert bench.left_behind() == [f"folder {folder}"]
        assert list(folder.iterdir()) == []
    assert_usable(out, stage)


@pytest.mark.parametrize("gap_s", [0.1, pytest.param(0.0, marks=pytest.mark.slow)])
def test_an_impatient_second_interrupt_clears_up_too(words: tuple[object, ...], out: Path, gap_s: float) -> None:
    """Injects Ctrl-C twice: the second comes while the first is being answered."""
    with Watched(*words, out=out) as bench:
        bench.await_stage("send")
        bench.process.send_signal(signal.SIGINT)
        time.sleep(gap_s)
        bench.process.send_signal(signal.SIGINT)
        assert bench.finish(timeout_s=40) == 130
        assert bench.left_behind() == []
    assert "Traceback" not in bench.stderr


@pytest.mark.parametrize(
    "words",
    [
        pytest.param((*QUIET_RUN, "--mode", "null", "--rate", "1000", "--duration", "0.5", "--trials", "1"), id="run"),
        pytest.param(("watch", "--pid", "1", "--duration", "1"), id="watch"),
    ],
)
@pytest.mark.parametrize(
    ("numbers", "status"),
    [((signal.SIGINT, signal.SIGHUP), 0), _slow_unless(False, (signal.SIGINT, signal.SIGTERM), 143)],
)
def test_a_signal_that_the_caller_ignores_is_ignored(
    tmp_path: Path, words: tuple[str, ...], numbers: tuple[signal.Signals, ...], status: int
) -> None:
    """Injects signals into what nohup, or `&` in a script, has started: they end nothing, and SIGTERM ends it still."""
    ignoring = ("sh", "-c", 'trap "" INT HUP && exec "$@"', "sh")
    out = ("--out", tmp_path / "out") if words[0] == "run" else ()
    with Watched(*words, *out, wrapper=ignoring) as bench:
        bench.await_stage("attach")
        for number in numbers:
            bench.process.send_signal(number)
        assert bench.finish() == status, bench.stderr
        assert bench.left_behind() == []
