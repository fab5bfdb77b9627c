"""Looking at a mode's counts must not cost what is measured."""

from __future__ import annotations

import time

import pytest

from harness.consumer.mode_errors import look_at_counts
from modes import Kit, Mode, load_mode
from tests.timing import asserts_ratio

CALLS = 50_000


class Own(Mode):
    """Counts in its own way, in a class of its own that derives from another's."""

    def on_record(self, _ctx: int, _data: int, _size: int) -> int:
        self.consumed = self.consumed + 1
        return self.halt


class Derived(Own):
    pass


def callback_ns(mode: Mode) -> float:
    """Return the CPU time of a callback, after some that warm the code up."""
    on_record = mode.on_record
    for _ in range(1_000):
        on_record(0, 0, 24)
    began = time.process_time_ns()
    for _ in range(CALLS):
        on_record(0, 0, 24)
    return (time.process_time_ns() - began) / CALLS


@pytest.mark.parametrize("kind", [load_mode("null"), Own, Derived], ids=lambda kind: kind.__name__)
@asserts_ratio("a callback takes no tenth more once its first counts were looked at")
def test_a_mode_that_was_looked_at_is_as_fast_as_before(kind: type[Mode]) -> None:
    """Neither its class nor its __dict__ may be touched: CPython would read its attributes slower from then on."""
    plain, looked = [], []
    for _ in range(9):
        plain.append(callback_ns(kind(Kit())))
        mode = kind(Kit())
        look_at_counts(mode)
        looked.append(callback_ns(mode))
    assert min(looked) < min(plain) * 1.1
