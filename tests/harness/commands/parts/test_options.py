"""Words on the command line become numbers, or a clear refusal."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from harness.__main__ import main
from harness.commands.parts.numbers import byte_count, finite, load, whole
from results import units
from results.errors import BadInput

pytestmark = pytest.mark.usefixtures("capable")


@pytest.mark.parametrize(
    ("text", "count"),
    [("65536", 65536), ("64K", 65536), ("1MiB", 1 << 20), ("2 g", 2 << 30)],
    ids=str,
)
def test_reads_bytes(text: str, count: int) -> None:
    """Plain numbers and powers of 1,024."""
    assert byte_count(text) == count


@pytest.mark.parametrize("text", ["", "1.5M", "-4096", "64KB5", "ten"])
def test_refuses_what_is_no_number_of_bytes(text: str) -> None:
    """Anything else is refused with examples."""
    with pytest.raises(argparse.ArgumentTypeError, match="such as"):
        byte_count(text)


@pytest.mark.parametrize(
    ("text", "rate"),
    [("100000", 1e5), ("100,000", 1e5), ("1_000_000", 1e6), ("max", None), (".5", 0.5), ("1e6", 1e6)],
)  # fmt: skip
def test_reads_a_load(text: str, rate: float | None) -> None:
    """Drops per second, or as fast as it goes."""
    assert load(text) == rate


@pytest.mark.parametrize(
    "text",
    ["1,5", "1_5", "1,0000", ",5", "1_000,000", "١٠", "²", "0x10", "nan", "inf", "1e999", "", "1 0", "--5", "9" * 5000],
)  # fmt: skip
def test_what_may_be_another_number_is_none(text: str) -> None:
    """A comma for a point, digits of other scripts, and what only Python parts: refused, wherever a number is read."""
    for read in (units.read_rate, units.read_number, units.read_whole):
        with pytest.raises(BadInput):
            read(text)


@pytest.mark.parametrize(("text", "number"), [("12", 12), ("-3", -3), ("+4", 4), ("1_000", 1000), ("1_000_000", 10**6)])
def test_reads_whole_numbers_and_others(text: str, number: int) -> None:
    """Thousands may be parted, in threes."""
    assert whole(text) == number == finite(text)


def test_refuses_a_load_that_is_text() -> None:
    """A typing error is not taken for a number."""
    with pytest.raises(argparse.ArgumentTypeError, match="nor max"):
        load("fast")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("run --mode null --interval 1e300", "--interval"),
        ("run --mode null --interval 1e305", "--interval"),
        ("run --mode null --interval 0", "--interval"),
        ("run --mode null --interval 1e-9", "--interval"),
        ("run --mode aggregate --ring-size 5", "ring size 5"),
        ("run --mode null --drain 10 --rate 1e300", "--rate"),
        ("run --mode null --drain 10 --duration 1e10", "--duration"),
        ("run --mode null --drain 10 --duration -1", "--duration"),
        ("run --mode null --drain 10 --shape bent", "shape"),
        ("check --mode null --against epoll --metrics ns_per_event --rate 1e300", "--rate"),
        ("check --mode null --against epoll --metrics ns_per_event --duration 1e10", "--duration"),
        ("check --mode null --against epoll --interval 1e300", "--interval"),
        ("run --mode null --rate 1,5", "--rate"),
        ("run --mode null --trials 1_0", "--trials"),
        ("run --mode null --timeline nan", "--timeline"),
        ("run --mode null --shape burst:1_0,5", "a burst is"),
        ("run --mode null --out=", "--out: it names no file"),
        ("run --mode null --drain 10 --out /", "cannot write /: it is a folder"),
        ("check --mode null --against epoll --alpha=-0.05", "alpha is -0.05"),
        ("check --mode null --against epoll --alpha 0", "alpha is 0"),
        ("check --mode null --against epoll --alpha 1", "alpha is 1"),
        ("check --mode null --against epoll --alpha nan", "--alpha"),
        ("check --mode null --against epoll --blocks 0,10", "--blocks"),
        ("check --mode null --against epoll --delta ns_per_event=inf", "--delta"),
        ("check --mode null --against epoll --delta ns_per_event=5%%", "--delta"),
        ("certify --mode null --handicap cpu=1_0", "handicap"),
        ("certify --mode null,epoll --handicap mode=work", "a slower state of one mode"),
        ("certify --mode null --handicap mode=aggregate --metrics syscalls_per_event", "other readers"),
        ("check --mode null --against epoll --no-why --why why.md", "give one of them"),
        ("capacity --mode null --most 0", "below the highest"),
        ("capacity --mode null --rate 1e300", "only for --advise"),
        ("capacity --mode null --stall 1e300", "only for --advise"),
        ("capacity --mode null --interval -1", "--interval"),
        ("peers --parts drain --duration 1e10", "--duration"),
        ("watch --mode aggregate --ring-size 5 --duration 0.1", "ring size 5"),
    ],
)
def test_a_number_that_nothing_chosen_uses_is_refused_as_any(
    words: str, says: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond its range, or without a meaning: status 2 with the option, before anything is set up."""
    monkeypatch.chdir(tmp_path)
    try:
        status = main(words.split())
    except SystemExit as ended:  # argparse's
        status = ended.code  # type: ignore[assignment]
    assert status == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        "r\udce9sum",
        "run --mode r\udce9sum",
        "run --mode null --traffic r\udce9sum",
        "run --mode null --traffic mix:r\udce9sum",
        "run --mode null --traffic synthetic:r\udce9sum",
        "check --mode null --against r\udce9sum",
        "check --a r\udce9sum --b mode=null",
    ],
)
def test_a_byte_that_is_no_utf8_is_named_as_it_is(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What was typed stands in the refusal in one way of writing it, between quotes."""
    assert main(words.split()) == 2
    said = capsys.readouterr().err
    assert re.search(r"'[a-z:]*r\\xe9sum'", said), said
    assert "udce9" not in said
