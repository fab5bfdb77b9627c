"""The live line: where it goes, and what it leaves behind, however a run ends."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest

from harness.commands.parts.progress import ProgressLine
from results.plan import Step
from tests.results.made_up import setting, trial

OUT = Path("r.jsonl")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


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
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    watch()
    assert terminal.getvalue().endswith("null batch epoll udp-closed-port 100,000/s\r\x1b[2Kresults: r.jsonl\n")


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
