"""Words on the command line become numbers, or a clear refusal."""

from __future__ import annotations

import argparse

import pytest

from harness.options import byte_count, load


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
