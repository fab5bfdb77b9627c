"""Words on the command line become numbers, or a clear refusal."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from harness.__main__ import main
from harness.commands.parts.options import byte_count, load

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


@pytest.mark.parametrize(("text", "rate"), [("100000", 1e5), ("100,000", 1e5), ("max", None), ("0.5", 0.5)])
def test_reads_a_load(text: str, rate: float | None) -> None:
    """Drops a second, or as fast as it goes."""
    assert load(text) == rate


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
        ("capacity --mode null --rate 1e300", "of --advise"),
        ("capacity --mode null --stall 1e300", "of --advise"),
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
