"""What comes from outside is shown, never acted on: whichever printer it goes through, in whatever encoding."""

from __future__ import annotations

import codecs
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from results.file import ResultWriter
from results.reports.forms.columns import NAMES
from results.reports.forms.flat import flat_rows, to_csv
from results.reports.forms.markdown import code, markdown, text
from results.reports.forms.page.page import page
from results.reports.forms.terminal import Console, draw
from results.reports.report import report_document
from results.reports.run import run_document
from results.scorecard.report import Report, load
from results.shown import lines_shown, shown, unencodable
from results.trial import Trial
from tests.results import made_up

HOSTILE = "ev\x1b]0;t\x07il\n::error::x [x](http://y) @all\u202e <b>`|\udce9"
ESCAPED = r"ev\x1b]0;t\x07il\n::error::x"


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        ("plain – µ", "plain – µ"),
        ("\x1b[2J", r"\x1b[2J"),
        ("a\nb\tc\r", r"a\nb\tc\r"),
        ("caf\udce9", r"caf\xe9"),
        ("\u202egpj.exe\u2028", r"\u202egpj.exe\u2028"),
        ("\x9b31m\x7f", r"\x9b31m\x7f"),
        ("\ud800", r"\ud800"),
    ],
)
def test_what_would_act_is_escaped(raw: str, seen: str) -> None:
    """Controls, direction, and bytes that are no UTF-8; all else is as it was."""
    assert shown(raw) == seen
    assert shown(seen) == seen


@given(st.text(st.characters() | st.sampled_from("\x1b\n\u202e\udce9\ud800–█")))
def test_any_text_can_be_shown_anywhere(raw: str) -> None:
    """On one line without controls, in UTF-8, Latin-1 and ASCII."""
    assert "\n" not in shown(raw)
    assert lines_shown(raw).count("\n") == raw.count("\n")
    assert not any(ord(each) < 32 or 0x7F <= ord(each) < 0xA0 for each in shown(raw))
    codecs.register_error("shown", unencodable)
    for encoding in ("utf-8", "iso-8859-1", "ascii", "cp437"):
        assert "\x1b" not in shown(raw).encode(encoding, "shown").decode(encoding)


def test_our_own_signs_have_plain_ones() -> None:
    """A bar stays a bar, as wide as it was."""
    codecs.register_error("shown", unencodable)
    assert "12 µs … 3 × 4 – █▌▁".encode("ascii", "shown") == b"12 us . 3 x 4 - #|_"


def hostile_trials() -> list[Trial]:
    trials = list(made_up.run(trials=2))
    odd = replace(trials[0].setting, mode=HOSTILE)
    return [
        *(
            replace(trial, setting=odd, number=100 + trial.number)
            for trial in trials
            if trial.setting == trials[0].setting
        ),
        replace(trials[0], invalid_because=(HOSTILE,), number=200),
    ]


@pytest.fixture
def report(tmp_path) -> Report:
    with ResultWriter(tmp_path / "r.jsonl") as writer:
        writer.session(replace(made_up.session(), command=f"bench run --mode {HOSTILE}"))
        for trial in hostile_trials():
            writer.trial(trial)
    return load([tmp_path / "r.jsonl"])


def harmless(said: str) -> None:
    assert not any(each in said for each in "\x1b\x07\u202e\udce9")
    assert "\n::error" not in said
    said.encode()


def test_the_terminal_shows_hostile_names_escaped() -> None:
    """In a run's table, whose trials came from no file."""
    out = io.StringIO()
    draw(run_document(hostile_trials()), Console(file=out, width=300))
    harmless(out.getvalue())
    assert ESCAPED in out.getvalue()


def test_reports_show_hostile_names_escaped(report: Report) -> None:
    """The page, Markdown and CSV of a file that holds them."""
    document = report_document(report)
    shown, said, rows = page(document, "0"), markdown(document), to_csv(NAMES, flat_rows(report, []))
    for each in (shown.replace("\n", " "), said, rows):  # a page's line ends mean nothing
        harmless(each)
        assert r"ev\x1b" in each
    assert "<b>" not in shown


def test_markdown_takes_nothing_for_markup() -> None:
    """No link, no mention, no cell, no tag."""
    assert text("[x](http://y) @all |<b>") == r"\[x\](http://y) \@all \|&lt;b&gt;"
    assert code("a`b|\n@all") == "``a`b\\| @all``"


def test_markup_of_rich_is_text() -> None:
    """A name in brackets is no style, and an escape within a styled cell no control."""
    out = io.StringIO()
    Console(file=out, width=80, force_terminal=True, color_system=None).print("a\x1b[2Jb", markup=False)
    assert "\x1b[2J" not in out.getvalue()
