"""Whether readers became slower since a commit: python -m tests.benchmarks.two_commits OLD [BLOCKS [RECORDS]]

As root. OLD is a checkout of that commit. A block is one trial of each drain contender of `bench peers`, once by each
checkout, in an order drawn by lot. Printed for each contender that both have: the ratio of the CPU time per event, this
checkout by OLD, block by block (Hodges-Lehmann, with the exact 95 % interval of the signed ranks).
"""

from __future__ import annotations

import math
import random
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from results.file import read
from results.statistics.signed_rank import hodges_lehmann, lower_bound, upper_bound

CHECKOUT = Path(__file__).resolve().parents[2]
METRIC = "cpu_ns_per_event"


def drained(checkout: Path, records: int, out: Path) -> dict[str, float]:
    """Return what each contender took for an event."""
    words = ("peers", "--parts", "drain", "--trials", "1", "--records", str(records), "--quiet", "--out", str(out))
    subprocess.run([checkout / "bench", *words], check=True, stdout=subprocess.DEVNULL)
    found = {}
    for trial in read(out).trials:
        setting = trial.setting
        about = (setting.mode, setting.reader, setting.decode, setting.format, setting.channel)
        taken = trial.metrics.get(METRIC)
        if trial.valid and taken:
            found[" ".join(each for each in about if each and each not in ("text", "ring"))] = taken
    return found


def main(old: str, blocks: int = 15, records: int = 500_000) -> None:
    checkouts = {"old": Path(old), "new": CHECKOUT}
    for name, checkout in checkouts.items():
        said = subprocess.run(
            ["git", "-C", checkout, "log", "-1", "--format=%h %s"], check=True, capture_output=True, text=True
        )
        print(f"{name}: {said.stdout.strip()}")
    logs = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        for block in range(blocks):
            order = random.sample(sorted(checkouts), 2)
            found = {name: drained(checkouts[name], records, Path(folder) / f"{block}-{name}.jsonl") for name in order}
            for contender in found["old"].keys() & found["new"].keys():
                logs[contender].append(math.log(found["new"][contender] / found["old"][contender]))
    for contender, values in sorted(logs.items()):
        middle, low, high = (
            math.exp(each) for each in (hodges_lehmann(values), lower_bound(values, 0.025), upper_bound(values, 0.025))
        )
        print(f"{contender:24} {middle:.3f} ({low:.3f} to {high:.3f}), {len(values)} blocks")


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
