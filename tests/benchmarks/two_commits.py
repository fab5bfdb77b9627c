"""Whether a full ring is emptied more slowly than at another commit: python -m tests.benchmarks.two_commits OLD

As root; OLD is a checkout of that commit with an environment of its own. A block is one `bench peers --parts drain` by
each, in an order drawn by lot. Printed for each consumer that both have, this checkout by OLD, block by block
(Hodges-Lehmann, with the exact 95 % interval of the signed ranks): the time per event. The programs in C, which are the
same in both, show what this machine adds.
"""

import argparse
import json
import math
import random
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from statistics import median

from results.statistics.signed_rank import hodges_lehmann, lower_bound, upper_bound

HERE = Path(__file__).resolve().parents[2]


def drained(checkout: Path, records: int, out: Path) -> dict[str, float]:
    """Return the nanoseconds that each consumer took per event, by its name."""
    words = ("peers", "--parts", "drain", "--trials", "1", "--records", str(records), "--quiet", "--out", str(out))
    subprocess.run([checkout / "bench", *words], check=True, stdout=subprocess.DEVNULL)
    found = {}
    # Read by hand: what a metric is called, and what else a line holds, differs between commits.
    for row in map(json.loads, out.read_text(encoding="utf-8").splitlines()):
        if row["type"] == "trial" and row["valid"] and row.get("channel", "ring") == "ring":
            about = (row["mode"], row["reader"], row["decode"], row["format"])
            took_ns = row["last_consumed_ns"] - row["first_offered_ns"]
            found[" ".join(filter(None, about))] = took_ns / row["consumed"]
    return found


def main(old: Path, blocks: int, records: int) -> None:
    print("#", "python -m tests.benchmarks.two_commits", old.name, "--blocks", blocks, "--records", records)
    for name, checkout in (("old", old), ("new", HERE)):
        commit = ["git", "-C", str(checkout), "log", "-1", "--format=%h %s"]
        print(
            f"{name}: {subprocess.run(commit, check=True, capture_output=True, text=True).stdout.strip()}", flush=True
        )
    times: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        for block in range(blocks):
            found = {
                checkout: drained(checkout, records, Path(folder) / f"{block}-{place}.jsonl")
                for place, checkout in enumerate(random.sample([old, HERE], 2))
            }
            for consumer in found[old].keys() & found[HERE].keys():
                times[consumer].append((found[old][consumer], found[HERE][consumer]))
            print(f"block {block + 1}/{blocks}", file=sys.stderr)
    for consumer, pairs in sorted(times.items()):
        before, now = (median(column) for column in zip(*pairs, strict=True))
        logs = [math.log(new / old) for old, new in pairs]
        middle, low, high = map(math.exp, (hodges_lehmann(logs), lower_bound(logs, 0.025), upper_bound(logs, 0.025)))
        print(
            f"{consumer:28} {before:8.2f} ns → {now:8.2f} ns  {middle:.3f} [{low:.3f}, {high:.3f}]  {len(pairs)} blocks"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=lambda text: Path(text).resolve(), metavar="OLD")
    parser.add_argument("--blocks", type=int, default=15)
    parser.add_argument("--records", type=int, default=500_000)
    main(**vars(parser.parse_args()))
