"""The scorecard on a terminal."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import struct
import termios
from dataclasses import replace

import pytest

from results.reports.forms.terminal import Console, draw
from results.reports.run import run_document
from results.trial import Trial
from tests.results import made_up


def _printed(trials: list[Trial], width: int = 140) -> str:
    out = io.StringIO()
    draw(run_document(trials), Console(file=out, width=width))
    return out.getvalue()


def test_every_mode_stands_with_its_medians() -> None:
    """A run of all modes prints a line each, with rates and costs, and no escape sequence into a file."""
    said = _printed(made_up.run())
    assert "\x1b" not in said
    for mode in made_up.COSTS:
        assert sum(line.startswith(mode) for line in said.splitlines()) == 2
    assert "100k/s" in said


def test_ledgers_that_balance_are_one_line() -> None:
    """Where nothing was lost, eight tables of the same counts say one thing."""
    assert "\nevery ledger of 24 trials balances; nothing was lost\n" in _printed(made_up.run())
    assert "\nthe ledger balances; nothing was lost\n" in _printed([made_up.trial()], 40)


def test_ledgers_are_counted_whatever_pass_they_are_of() -> None:
    """Those of drains and of other passes, too; what a consumer lost for the probes of these is in no number."""
    timed = [made_up.trial("file", number) for number in (1, 2, 3)]
    beside = [made_up.trial("file", 4, pass_="latency"), made_up.drain("file", 5)]
    assert "\nevery ledger of 5 trials balances; nothing was lost\n" in _printed([*timed, *beside])
    late = made_up.trial("file", 6, pass_="allocation", lost=1000)
    said = _printed([*timed, *beside, late])
    assert "\nevery ledger of 6 trials balances; none of the 3 timed ones lost anything\n" in said
    assert "nothing was lost" not in said
    assert "the ledger balances; nothing was lost" in _printed([made_up.drain("file", 1)])


@pytest.mark.parametrize(
    "spoilt",
    [
        made_up.trial("file", 99, lost=190_000),
        made_up.trial("file", 99, invalid_because=("it rained",)),
        replace(made_up.trial("file", 99), ledger=replace(made_up.trial().ledger, unread=1, consumed=499_999)),
    ],
    ids=["lost", "invalid", "left to the ring"],
)
@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_ledger_that_has_more_to_say_is_a_table(spoilt: Trial, width: int) -> None:
    """No line of it is broken between a count and its title."""
    said = _printed([*made_up.run(), spoilt], width)
    assert "nothing was lost" not in said
    assert "1,500,000" in said
    if width == 40:
        assert re.search(r"\b(sent|consumed|reserve_failed) [\d,]+,?(?= |\n)", said)
    assert not re.search(r"\b(sent|observed|offered|consumed|submitted|aggregated|reserve_failed|lost)\n *\d", said)
    assert max(map(len, said.splitlines())) <= width


@pytest.mark.parametrize("width", [80, 120])
def test_nothing_is_cut(width: int) -> None:
    """The numbers of eight modes, of which one loses, fit a terminal of eighty columns."""
    said = _printed([*made_up.run(), made_up.trial("file", 99, lost=190_000, reader="callback")], width)
    assert "…" not in said
    assert max(len(line) for line in said.splitlines()) <= width
    assert "190k 38 %" in said


def test_an_invalid_trial_is_shown_and_never_averaged() -> None:
    """It is counted and its reason stands below; its numbers are in no median."""
    good = [made_up.trial("epoll", number) for number in (1, 2)]
    bad = made_up.trial("epoll", 3, lost=400_000, invalid_because=("checksum of the samples read 1 is not 2",))
    said = _printed([*good, bad])
    assert "3, 1 invalid" in said
    assert "invalid: epoll, trial 3: checksum of the samples read 1 is not 2" in said
    assert "80 %" not in said


def test_names_are_text_not_markup() -> None:
    """A mode named like rich's markup is printed as it stands."""
    assert "[red]x[/red]" in _printed([made_up.trial("[red]x[/red]")])


def test_a_closed_loop_is_warned_of() -> None:
    """An unpaced load measures the pair of sender and consumer, and the table says so."""
    assert "closed loop" in _printed([made_up.trial("epoll", intended_load=None)])


def test_drain_trials_beside_a_load_do_not_make_it_look_synthetic() -> None:
    """What the drained number is measured on stands beside its title, once; nothing warns of the load's own numbers."""
    said = _printed([*made_up.run(), *(made_up.drain(mode, 99) for mode in ("file", "epoll"))], 80)
    (line,) = [line for line in said.splitlines() if "synthetic" in line]
    assert line == "drain: ns/event drained is measured on synthetic records"
    assert "warning" not in said


def test_a_synthetic_load_is_warned_of() -> None:
    """No packet was dropped for it."""
    assert "warning: file: synthetic load" in _printed([made_up.trial("file", traffic="synthetic")])


def test_a_terminal_without_colour_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR leaves none, and nothing bold or dim either."""
    monkeypatch.setenv("NO_COLOR", "1")
    out = io.StringIO()
    draw(run_document([made_up.trial()]), Console(file=out, force_terminal=True, width=100, _environ=os.environ))
    assert "\x1b" not in out.getvalue()


def test_a_dumb_terminal_has_the_width_that_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines are broken by us, between words, and not by the terminal."""
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.delenv("COLUMNS", raising=False)
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    with open(theirs, "w", encoding="utf-8") as stdout:  # noqa: PTH123
        assert Console(file=stdout).width == 40
    os.close(ours)
