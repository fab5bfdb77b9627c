"""What a sender states of its own time."""

from __future__ import annotations

import time

import pytest

from harness import generator


class TakesTheCpu:
    """A file of the kernel's (schedstat): its reader loses the CPU at one of two, before or after it is told."""

    def __init__(self, reading: int, *, told: bool) -> None:
        self.reading, self.told = reading, told
        self.readings = self.waited_ns = 0

    def read_text(self, encoding: str) -> str:
        assert encoding
        self.readings += 1
        before_ns, began_ns = self.waited_ns, time.monotonic_ns()
        if self.readings == self.reading:
            time.sleep(0.01)
            self.waited_ns += time.monotonic_ns() - began_ns
        return f"1 {self.waited_ns if self.told else before_ns} 1"


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("reading", [1, 2])
def test_a_cpu_lost_between_two_clocks_never_makes_a_window_shorter(
    reading: int, told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The faster windows are what a cost is told by: one that seems to have taken nothing would decide it."""
    monkeypatch.setattr(generator, "SCHEDSTAT", TakesTheCpu(reading, told=told))
    began_ns = generator._busy_at_start_ns()
    time.sleep(0.001)
    assert generator._busy_at_end_ns() - began_ns >= 1_000_000
