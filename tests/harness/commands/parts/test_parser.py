"""What is typed is heeded, or refused by its name: nothing is left out without a word."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from unittest import mock

import pytest

from bpf.errors import CannotRun
from harness.__main__ import main
from harness.commands.parts.parser import Parser
from harness.commands.parts.status import CANNOT_RUN


def refused(words: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what a command line that is refused says."""
    try:
        # It would start over as root, in our place.
        with mock.patch("os.execv", side_effect=CannotRun("no root", "none")):
            status = main(words.split())
    except SystemExit as ended:  # argparse's
        status = ended.code  # type: ignore[assignment]
    if status == CANNOT_RUN and os.geteuid():
        pytest.skip("such a command asks for root before it looks closer at what it is to do")
    assert status == 2
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("run --mode null --mode epoll", "--mode: it is given twice; give several values in one, with commas"),
        ("run --mode null --channel ring --mo epoll --chan log", "--mode: it is given twice"),  # by abbreviations too
        ("run --mode null --rate max --rate=max", "--rate: it is given twice"),  # and by one value
        ("run --mode null --gc on --out a --out b", "--out: it is given twice"),
        ("check --mode null --against main --against epoll", "--against: it is given twice"),
        ("check --mode null --against epoll --delta loss_ratio=1% --delta loss_ratio=2%", "loss_ratio is given twice"),
        ("check --a mode=epoll,mode=null --b mode=null", "says twice what mode is"),
        ("check --a mode=null --b ring-size=1M,mode=null,ring_size=2M", "says twice what ring_size is"),
        ("export nowhere --csv a --csv b", "--csv: it is given twice"),
        ("history . --metric cpu_s --metric lost", "--metric: it is given twice"),
    ],
)
def test_what_is_given_twice_is_refused(words: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """argparse takes the last, and says nothing of the first."""
    assert says in refused(words, capsys)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("run --mode null --drain 100 --traffic udp-closed-port", "--traffic: nothing is sent in a drain trial"),
        ("run --mode null --drain 100 --rate max --producers 2", "--rate and --producers: nothing is sent"),
        ("run --mode null --pass drain,instructions --duration 5", "--duration: nothing is sent in a drain trial"),
        ("run --mode null --drain 100 --wakeup force", "--wakeup: nothing is sent"),
        ("run --mode epoll --interval 5", "--interval: nothing that is tried waits by the clock"),
        ("run --mode aggregate --ring-size 2M", "--ring-size: none of the modes uses a ring"),
        ("capacity --mode null --trials 3", "--trials: only for --advise"),
        ("capacity --mode null --advise --rate 1000 --stall 10 --no-curve", "--no-curve: only for a search"),
        ("capacity --mode null --advise --rate 9 --stall 10 --loss 1 --most 5", "--most and --loss: only for a search"),
        ("check --mode null --against epoll --metrics ns_per_event --rate 5", "--rate: nothing is sent in a drain"),
        ("check --mode null --against epoll --metrics loss_ratio --drain 5", "--drain: no metric that is gated"),
        ("certify --mode null --slowed 0 --handicap cpu=1", "leave out --handicap"),
        ("peers --parts live --records 5000", "--records: only for the part drain"),
        ("peers --parts drain --traffic udp-closed-port", "--traffic: only for the parts live and program"),
        ("peers --parts program --duration 3", "--duration: only for the part live"),
        ("watch --mode aggregate --channel ring", "--channel: mode aggregate has no records"),
    ],
)
def test_what_nothing_would_heed_is_refused(
    words: str, says: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though it is the default that is typed: who types it believes that it matters."""
    monkeypatch.chdir(tmp_path)
    assert says in refused(words, capsys)
    assert not list(tmp_path.iterdir())


def test_what_may_be_repeated_is_kept() -> None:
    """An option of many values, and a flag, which says the same however often."""
    parser = Parser()
    parser.add_argument("--reason", action="append")
    parser.add_argument("--quiet", action="store_true")
    made = parser.parse_args(["--reason", "A", "--quiet", "--reason", "B", "--quiet"])
    assert (made.reason, made.quiet) == (["A", "B"], True)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("run --mdoe file", "bench run has no option --mdoe; did you mean --mode?"),  # before --mode is missed
        ("run --mode null --raet=max", "bench run has no option --raet; did you mean --rate?"),
        ("report x --htlm out", "bench report has no option --htlm; did you mean --html?"),
        ("compare a b --zzz", "bench compare has no option --zzz; see bench compare --help"),
        ("modes -j", "bench modes has no option -j; see bench modes --help"),
        ("audit --tol x -- cmd --no-such-option", "bench audit has no option --tol; did you mean --tool?"),
        ("--verison", "bench has no option --verison; did you mean --version?"),
        ("run --mode null --reader btach", "none of batch, callback, compiled, both, all; did you mean batch?"),
        ("fleet paln", "'paln' is none of plan, "),
        ("fleet plan --mdoe x", "bench fleet plan has no option --mdoe; did you mean --mode?"),
        ("completion bsh", "'bsh' is none of bash, zsh, fish; did you mean bash?"),
        ("run --mode null --gc ofn", "'ofn' is none of on, off, freeze, or all; did you mean on?"),
        ("run --mode null --channel rign", "not 'rign'; did you mean ring?"),
        ("run --mode null --pass timde", "not 'timde'; did you mean timed?"),
        ("run --mode flie", "no mode 'flie'; did you mean file?"),
        ("run --mode null --sender paket", "no sender 'paket'; there are auto, packet, xdp; did you mean packet?"),
        ("traffic --verify --sender xpd", "no sender 'xpd'; there are packet, xdp; did you mean xdp?"),
        ("peers --parts drian", "--parts has no 'drian'; there are drain, program, live; did you mean drain?"),
        ("check --mode null --against epoll --metrics ns_per_evnt", "did you mean ns_per_event?"),
        ("audit --tool pef-stat", "no tool 'pef-stat'; did you mean perf-stat?"),
    ],
)  # fmt: skip
def test_what_is_misspelt_is_answered_with_the_nearest(
    words: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Options, choices, and the names that options take."""
    assert says in refused(words, capsys)


@pytest.mark.parametrize(
    "words",
    ["--alpha=-0.05", "--alpha -0.05", "--al 1", "--alpha 1 --", "--alpha 1 -- --beta", "--name -", "--name='-x y'"],
)
def test_what_argparse_takes_is_no_unknown_option(words: str) -> None:
    """Values that begin as options do, abbreviations, and what is another command's."""
    parser = Parser(prog="p")
    parser.add_argument("--alpha", type=float)
    parser.add_argument("--name")
    parser.add_argument("rest", nargs="*")
    said = shlex.split(words)
    parser.refuse_unknown_options(said)
    parser.parse_args(said)
