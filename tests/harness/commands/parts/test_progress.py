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
from harness.commands.parts.progress import ProgressLine, SurveyProgress
from harness.trial import Progress
from results.capacity.survey import Question
from results.plan import Step
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
            assert rows[0].startswith("[1/1] ")
            assert columns < 200 or "lost 0" in rows[0]
        assert screen(read(), columns) == [""]


def test_a_terminal_that_became_narrower() -> None:
    """The width is asked for each time."""
    with terminal() as (descriptor, read), SurveyProgress(0.005, OUT, quiet=False) as progress:
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
    assert said.startswith("[1/2] file batch epoll udp-closed-port 100,000/s\n")


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
    label = "[1/2] file batch epoll udp-closed-port 100,000/s"
    assert capsys.readouterr().err.splitlines() == [
        label, f"{label}: invalid: it rained", "[2/2] null batch epoll udp-closed-port 100,000/s", "results: r.jsonl",
    ]  # fmt: skip


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
    with ProgressLine(2, None, quiet=False) as progress:
        progress.begin(2, Step(setting("file"), block=0, repeats=1, more=4))
    assert capsys.readouterr().err.startswith("[repeating trial 1, at most 4 more] file batch")
    with terminal() as (descriptor, read), SurveyProgress(0.005, OUT, quiet=False) as progress:
        resize(descriptor, 200)
        progress.begin(2, Question(setting("file"), block=0, repeats=1, more=4, purpose="check"))
        assert "repeating, at most 4 more at this load: file" in read()
