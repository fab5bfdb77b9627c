"""The age of a line: from its event to when it stood in the file, for a real file that grows."""

from __future__ import annotations

import time
from pathlib import Path

from harness.tools.growth import Growth


def test_an_age_ends_when_the_whole_line_is_there(tmp_path: Path) -> None:
    """Two lines that were written at once, one that was torn until later, and one that nobody saw."""
    file = tmp_path / "lines"
    file.write_text("of an earlier trial\n")
    growth = Growth(file, r"^(\d+) Drop")
    growth.look()  # there is none
    events = [time.monotonic_ns() for _ in range(4)]
    file.write_text(f"{events[0]} Drop\n{events[1]} Drop\n{events[2]} Dr")
    growth.look()
    time.sleep(0.2)
    with file.open("a") as more:
        more.write("op\nLost 9 events\n")
    growth.look()
    growth.look()
    with file.open("a") as more:
        more.write(f"{events[3]} Drop\n")
    reading = growth.reading(file.read_bytes())
    rows = reading.series["age_histogram"]
    assert sum(count for _, count in rows) == 3
    assert reading.metrics["age_p50_ns"] < 200_000_000 <= reading.metrics["age_max_ns"]
    growth.begin()
    assert "age_p50_ns" in growth.reading(b"7 Drop\n").absent
