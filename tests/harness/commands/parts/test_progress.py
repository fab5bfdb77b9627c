"""The live line: where it goes, and what it leaves behind, however a run ends."""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import pty
import re
import struct
import termios
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len

from bpf.counters import Counters
from harness.clock import Clock
from harness.commands.parts.progress import BudgetLine, ProgressLine
from harness.commands.parts.survey_progress import AdviceProgress, SurveyProgress
from harness.trial import Progress
from results.capacity.survey import Question
from results.check.blocks import Comparison
from results.check.gate import GatePlan, gated
from results.check.plan import Check
from results.plan import Step
from tests.results.capacity.machine import plan
from tests.results.made_up import setting, trial

OUT = Path("r.jsonl")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _usual_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)


@contextlib.contextmanager
def terminal() -> Iterator[tuple[int, Callable[[], str]]]:
    """Give stderr a terminal: its descriptor, and what reads all that was written to it."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)  # else the kernel writes a carriage return before each line end
    with open(theirs, "w", encoding="utf-8") as stderr, contextlib.redirect_stderr(stderr):  # noqa: PTH123

        def read() -> str:
            stderr.write("\0")  # a terminal hands on what was written to it when it comes to it
            stderr.flush()
            written = b""
            while not written.endswith(b"\0"):
                written += os.read(ours, 1 << 16)
            return written[:-1].decode()

        yield theirs, read
    os.close(ours)


def resize(descriptor: int, columns: int) -> None:
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))


def screen(written: str, columns: int) -> list[str]:
    """Show what stands on a terminal that wraps: rows of cells, a carriage return, and a line erased."""
    rows, column = [""], 0
    for piece in re.findall(r"\x1b\[2K|\r|\n|[^\x1b]", written):
        if piece == "\x1b[2K":
            rows[-1] = ""
        elif piece == "\r":
            column, rows[-1] = 0, ""
        elif piece == "\n":
            rows.append("")
            column = 0
        else:
            cells = cell_len(piece)
            if column + cells > columns:
                rows.append("")
                column = 0
            rows[-1] += piece
            column += cells
    return rows


def progress_at(elapsed_s: float) -> Progress:
    observed = round(elapsed_s * 100_000)
    counters = Counters(observed=observed, submitted=observed, reserve_failed=0, aggregated=0, map_full=0, checksum=0)
    return Progress(elapsed_s=elapsed_s, counters=counters, unread=0, consumer_pid=1)


LONG_MODE = "/home/engineer/projects/ebpf-consumers/experiments/consumer_of_dropped_packets.py"


@pytest.mark.parametrize("columns", [20, 40, 80, 200])
@pytest.mark.parametrize("mode", ["file", LONG_MODE, "名前" * 20])
def test_the_line_stays_one(columns: int, mode: str) -> None:
    """However narrow the terminal, it is rewritten in its place, and nothing is left behind."""
    with terminal() as (descriptor, read):
        resize(descriptor, columns)
        with ProgressLine(1, None, quiet=False, modes=[mode]) as progress:
            progress.begin(0, Step(setting(mode), block=0))
            for tenth in range(1, 9):
                progress.update(progress_at(tenth / 10))
            rows = screen(read(), columns)
            assert len(rows) == 1
            assert rows[0].startswith("[1/1] 0:")
            assert columns < 200 or "lost 0" in rows[0]
        assert screen(read(), columns) == [""]


def test_a_terminal_that_became_narrower() -> None:
    """The width is asked for each time."""
    with terminal() as (descriptor, read), SurveyProgress(plan(), OUT, quiet=False) as progress:
        for columns in (120, 30, 60):
            resize(descriptor, columns)
            progress.update(progress_at(1000.0))
            assert len(screen(read(), columns)) == 1


@pytest.mark.parametrize("variable", [("TERM", "dumb"), ("TERM", "unknown"), ("TERM", ""), ("NO_COLOR", "1")])
def test_a_plain_terminal_gets_a_line_a_trial(variable: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """As a file does: no escape, and nothing rewritten."""
    monkeypatch.setenv(*variable)
    with terminal() as (_, read):
        watch()
        said = read()
    assert not set(said) & {"\x1b", "\r"}
    assert re.match(r"\[1/2\] 0:0\d: file batch epoll udp-closed-port 100,000/s\n", said)


def watch(*, quiet: bool = False, out: Path | None = OUT) -> None:
    """Begin and end a trial, begin another, and be interrupted."""
    with contextlib.suppress(KeyboardInterrupt), ProgressLine(2, out, quiet=quiet) as progress:
        progress.begin(0, Step(setting("file"), block=0))
        progress.end(trial("file", invalid_because=("it rained",)), fresh=True)
        progress.begin(1, Step(setting("null"), block=0))
        raise KeyboardInterrupt


def test_a_file_gets_a_line_a_trial_and_the_name_of_the_results(capsys: pytest.CaptureFixture[str]) -> None:
    """An interrupted run has results too."""
    watch()
    label, told = "batch epoll udp-closed-port 100,000/s", r"0:0\d, about 0:0\d left"
    expected = (
        rf"\[1/2\] 0:0\d: file {label}", rf"\[1/2\] file {label}: invalid: it rained", rf"\[2/2\] {told}: null {label}",
        "results: r.jsonl",
    )  # fmt: skip
    for line, pattern in zip(capsys.readouterr().err.splitlines(), expected, strict=True):
        assert re.fullmatch(pattern, line), line


def test_a_terminal_is_left_on_an_empty_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stood there is erased before anything else is printed."""
    written = Terminal()
    monkeypatch.setattr("sys.stderr", written)
    watch()
    assert written.getvalue().endswith("null batch epoll udp-closed-port 100,000/s\r\x1b[2Kresults: r.jsonl\n")


@pytest.mark.parametrize("stderr", [io.StringIO, Terminal])
def test_quiet_is_silent(monkeypatch: pytest.MonkeyPatch, stderr: type[io.StringIO]) -> None:
    written = stderr()
    monkeypatch.setattr("sys.stderr", written)
    watch(quiet=True)
    assert written.getvalue() == ""


def test_what_nobody_reads_is_not_named(capsys: pytest.CaptureFixture[str]) -> None:
    """The gates of a certificate share a file that its own command names."""
    watch(out=None)
    assert "results" not in capsys.readouterr().err


def test_a_repetition_says_how_many_may_follow(capsys: pytest.CaptureFixture[str]) -> None:
    """Who waits can tell how long."""
    file = setting("file", intended_load=None, duration_s=None)
    with ProgressLine(2, None, quiet=False) as progress:
        progress.begin(2, Step(setting("file"), block=0, repeats=1, more=4))
    assert re.match(r"\[repeating trial 1, at most 4 more\] 0:0\d: file batch", capsys.readouterr().err)
    with terminal() as (descriptor, read), SurveyProgress(plan(file), OUT, quiet=False) as progress:
        resize(descriptor, 200)
        progress.begin(2, Question(file, block=0, repeats=1, more=4, purpose="check"))
        assert "repeating, at most 4 more at this load: file" in read()


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let a test say what time it is."""
    now = [1000.0]
    monkeypatch.setattr("harness.clock.time.monotonic", lambda: now[0])
    return now


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line for line in capsys.readouterr().err.splitlines() if line.startswith("[")]


def test_each_line_says_how_long_it_took_and_will_take(at: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    """Also of a session that goes on: what it holds already took no time now, and is no part of what is left."""
    with ProgressLine(4, None, quiet=False, clock=Clock(expected_s=8)) as progress:
        progress.end(trial("file", 0), fresh=False)
        for number in (1, 2):
            progress.begin(number, Step(setting("file"), block=0))
            at[0] += 10
            progress.end(trial("file", number), fresh=True)
        progress.begin(3, Step(setting("file"), block=0))
        at[0] += 10
        progress.end(trial("file", 3), fresh=True)
        progress.begin(4, Step(setting("file"), block=0, repeats=3, more=2))
    assert [line.partition(": file")[0] for line in lines(capsys)] == [
        "[2/4] 0:00, about 0:24 left", "[3/4] 0:10, about 0:20 left", "[4/4] 0:20, about 0:10 left",
        "[repeating trial 3, at most 2 more] 0:30, at most 0:30 left",
    ]  # fmt: skip


def test_after_a_repetition_in_between_the_rest_is_still_to_be_made(
    at: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    """And what follows is no longer the most that there may be: others may be repeated too."""
    with ProgressLine(4, None, quiet=False, clock=Clock(expected_s=10)) as progress:
        progress.begin(0, Step(setting("file"), block=0))
        at[0] += 10
        progress.end(trial("file", 0), fresh=True)
        progress.begin(1, Step(setting("file"), block=0, repeats=0, more=3))
        at[0] += 10
        progress.end(trial("file", 1, repeats=0), fresh=True)
        progress.begin(2, Step(setting("null"), block=0))
    assert [line.partition(": file")[0].partition(": null")[0] for line in lines(capsys)] == [
        "[1/4] 0:00, about 0:40 left", "[repeating trial 0, at most 3 more] 0:10, at most 1:10 left",
        "[2/4] 0:20, about 0:30 left",
    ]  # fmt: skip


def test_of_nobody_knows_how_many_only_the_time_so_far_is_told(
    at: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    """Unless there is a budget."""
    for clock in (Clock(), Clock(ends_s=60)):
        with ProgressLine(None, None, quiet=False, clock=clock) as progress:
            at[0] += 5
            progress.begin(0, Step(setting("file"), block=0))
    assert [line.partition(": file")[0] for line in lines(capsys)] == ["[1] 0:05", "[1] 0:10, about 0:50 left"]


def test_what_is_made_again_is_counted_beyond_the_total(at: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    """As where blocks of a check were spoilt: never trial 11 of 10, and nobody knows how many more there will be."""
    with ProgressLine(2, None, quiet=False, clock=Clock(expected_s=10)) as progress:
        for number in range(4):
            progress.begin(number, Step(setting("file"), block=0))
            at[0] += 10
            progress.end(trial("file", number), fresh=True)
    assert [line.partition(": file")[0] for line in lines(capsys)] == [
        "[1/2] 0:00, about 0:20 left", "[2/2] 0:10, about 0:10 left", "[1 more than 2] 0:20", "[2 more than 2] 0:30",
    ]  # fmt: skip


@pytest.mark.parametrize("decided_after", [64, 32], ids=["by the last look", "by an earlier one"])
def test_what_is_sampled_to_say_why_is_none_of_those_that_decide(
    decided_after: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """It comes when all is decided, and says what it is for."""
    compared, gate = Comparison("file", setting("file"), setting("file")), gated("file", "cpu_ns_per_event")
    check = Check(
        gate=GatePlan(alpha=0.05, looks=(8, 16), gated=(gate,)), comparisons=(compared,), arm_a="a", arm_b="b"
    )
    with BudgetLine(check, None, quiet=False) as progress:
        progress.begin(decided_after - 1, Step(setting("file"), block=0))
        for number, arm in enumerate(("A", "B"), start=decided_after):
            progress.begin(number, Step(setting("file", pass_="sampled"), block=1, arm=arm))
            progress.end(trial("file", number, invalid_because=("it rained",), pass_="sampled"), fresh=True)
    said = [line.partition("]")[0] for line in lines(capsys)]
    assert said == [f"[{decided_after}/64", *["[to say why"] * 4]


def test_what_stands_around_it_can_tell_the_time(capsys: pytest.CaptureFixture[str]) -> None:
    """As a certificate's gates do, of which there are many."""
    with ProgressLine(2, None, quiet=False, told=lambda: "gate 3/90, 2:00:00") as progress:
        progress.begin(0, Step(setting("file"), block=0))
    assert lines(capsys)[0].startswith("[1/2] gate 3/90, 2:00:00: file")


def test_a_search_learns_from_the_modes_before_how_long_one_takes(at: list[float]) -> None:
    """Of the first, what is usual tells; of the second, that the first took six trials, those beyond packets too."""
    file, null = (setting(mode, intended_load=None, duration_s=None) for mode in ("file", "null"))
    beyond = setting("file", intended_load=None, duration_s=None, traffic="synthetic")
    searched = plan(file, null, curve=False, beyond={0: beyond})
    assert searched.usual_trials == 12
    asked = [*[file] * 4, *[beyond] * 2, null, null]
    told = []
    with terminal() as (descriptor, read), SurveyProgress(searched, OUT, quiet=False) as progress:
        resize(descriptor, 200)
        for number, each in enumerate(asked):
            progress.begin(number, Question(each, block=0, purpose="check"))
            told.append(screen(read(), 200)[-1].partition(":   ")[0].partition(": ")[0])
            at[0] += 10
            progress.end(trial("file", number), fresh=True)
            read()
    assert [line.partition(" left")[0] for line in told] == [
        "0:00", "0:10, about 3:50", "0:20, about 3:40", "0:30, about 3:30", "0:40, about 3:20", "0:50, about 3:10",
        "1:00, about 1:00", "1:10, about 0:50",
    ]  # fmt: skip


def test_advice_says_how_long_it_will_take(at: list[float]) -> None:
    """By how many trials there mostly are; beyond those, one more is left."""
    told = []
    with terminal() as (descriptor, read), AdviceProgress(3, OUT, quiet=False) as progress:
        resize(descriptor, 200)
        for number in range(4):
            progress.begin(number, Step(setting("file"), block=0))
            told.append(screen(read(), 200)[-1])
            at[0] += 10
            progress.end(trial("file", number), fresh=True)
            read()
    assert told == [
        "0:00: ring of 1 MiB", "0:10, about 0:20 left: ring of 1 MiB", "0:20, about 0:10 left: ring of 1 MiB",
        "0:30, about 0:10 left: ring of 1 MiB",
    ]  # fmt: skip


def test_a_check_ends_with_its_budget_or_at_most_with_its_last_look(
    at: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    """Of one look nothing can end sooner; with a budget it is the time that counts, and not how many there are."""
    compared = Comparison("file", setting("file"), setting("file"))
    metric = gated("file", "cpu_ns_per_event")
    for looks, budget_s in (((8,), None), ((8, 16), None), ((), 60.0)):
        gate = GatePlan(alpha=0.05, looks=looks, gated=(metric,), budget_s=budget_s)
        check = Check(gate=gate, comparisons=(compared,), arm_a="a", arm_b="b")
        with BudgetLine(check, None, quiet=False) as progress:
            at[0] += 10
            progress.end(trial("file", 0, arm="A"), fresh=True)
            progress.begin(1, Step(setting("file"), block=0))
    assert [line.partition(": file")[0] for line in lines(capsys)] == [
        "[2/32] 0:10, about 5:10 left", "[2/64] 0:10, at most 10:30 left", "[2] 0:10, about 0:50 left",
    ]  # fmt: skip
