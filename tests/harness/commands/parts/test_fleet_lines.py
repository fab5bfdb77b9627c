"""What a fleet's hosts do, on a terminal: above them how much of all is done, and how long that takes."""

from __future__ import annotations

import io

import pytest

from harness.commands.parts.fleet_lines import FleetLines
from harness.fleet.hosts import Seen


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_fleet_says_how_long_it_took_and_will_take(monkeypatch: pytest.MonkeyPatch) -> None:
    """By what all hosts have finished together; what is lost is finished too."""
    now, written = [1000.0], Terminal()
    monkeypatch.setattr("harness.clock.time.monotonic", lambda: now[0])
    monkeypatch.setattr("sys.stderr", written)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    with FleetLines(6, quiet=False) as lines:
        lines.update("a", Seen("class", here=True))
        assert "0/6 shards, 0:00" in written.getvalue()
        now[0] += 20
        lines.update("a", Seen("class", here=True, done=1))
        assert "1/6 shards, 0:20, about 1:40 left" in written.getvalue()
        now[0] += 20
        lines.update("b", Seen("class", here=True, done=2, lost=1))
        assert "4/6 shards, 0:40, about 0:20 left" in written.getvalue()
