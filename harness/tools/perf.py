"""perf, recording each drop."""

import os
import re
import subprocess
from pathlib import Path

from harness.consumer.command import Recipe, Usage
from harness.messages import Done
from harness.tools import told

SETTLE_S = 0.5
_EVENT = "skb:kfree_skb"


def recipes(reason: int, folder: Path) -> dict[str, Recipe]:
    recording = folder / "perf.data"
    words = ("perf", "record", "--all-cpus", "--event", _EVENT, "--filter", f"reason == {reason}")

    def recorded(_said: str, usage: Usage) -> Done:
        return told(usage, *count_samples(_statistics(recording)))

    return {
        "perf-record": Recipe(
            name="perf",
            command=(*words, "--mmap-pages", "4096", "--output", str(recording)),
            done=recorded,
            settle_s=SETTLE_S,
        )
    }


def count_samples(statistics: str) -> tuple[int, int]:
    """Count the samples of our event that perf wrote and lost, from `perf report --stats`.

    Its own words count other things: "lost N chunks" records of a loss, each of many samples; the totals of the
    statistics such records too, and events of other kinds. Lost samples of one event come with kernel 6.0.
    """
    _, _, own = statistics.partition(f"{_EVENT} stats:\n")
    own = re.split(r"^\S.* stats:$", own, maxsplit=1, flags=re.MULTILINE)[0]
    counts = {name: int(count) for name, count in re.findall(r"^ *(\w+) events: +(\d+)", own, re.MULTILINE)}
    return counts.get("SAMPLE", 0), counts.get("LOST_SAMPLES", 0)


def _statistics(recording: Path) -> str:
    return subprocess.run(
        ["perf", "report", "--stats", "--input", recording],
        check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL, env={**os.environ, "LC_ALL": "C"},
    ).stdout  # fmt: skip
