"""How often `bench audit --overhead` is wrong, and how often it sees 5 %: python -m tests.benchmarks.overhead PART [N].

As root. `alarms`: N sessions of 15 s with `sleep` attached, which costs nothing. `slowed`: N with a program that takes
5 % of the sender's time; how much work that is, is searched for first. Each part makes its file in docs/results anew.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from results.file import read
from results.overhead import Overhead, overheads

CHECKOUT = Path(__file__).resolve().parents[2]
RESULTS = CHECKOUT / "docs" / "results"
BUDGET = "15s"
COST = 0.05
# Multiplications, one after the other, and nothing else: what is seen is not even sent.
PROGRAM = """\
struct event {{ u64 at; }};
#define BENCH_EVENT struct event
#include "bench.h"

RAW_TRACEPOINT_PROBE(kfree_skb)
{{
    bench_observed();
    u64 number = ctx->args[0];
    for (int turn = 0; turn < {turns}; turn++)
        number = number * 6364136223846793005ULL + 1;
    if (number == 0)
        bench_submitted();
    else
        bench_lost();
    return 0;
}}
"""


def audit(out: Path, *words: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "harness", "audit", "--overhead", "--quiet", "--out", out, *words],
        cwd=CHECKOUT, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip


def costs(out: Path) -> list[Overhead]:
    held = read(out)
    return overheads(held.sessions, held.trials)[0]


def alarms(out: Path, sessions: int) -> None:
    for seed in range(sessions):
        audit(out, "--budget", BUDGET, "--seed", str(seed), "--", "sleep", "600")


def slowed(out: Path, sessions: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        words = ("--traffic", "udp-closed-port", "--mode", "null", "--program")
        program = Path(folder) / "slowed.bpf.c"
        found = []
        for turns in (1, 100):
            program.write_text(PROGRAM.format(turns=turns))
            tried = Path(folder) / f"{turns}.jsonl"
            audit(tried, *words, str(program), "--budget", "60s")
            found.append(costs(tried)[0].cost or 0.0)
            print(f"{turns} turns cost {found[-1]:.2%}")
        turns = max(1, round(1 + 99 * (COST - found[0]) / (found[1] - found[0])))
        program.write_text(PROGRAM.format(turns=turns))
        print(f"{turns} turns are to cost {COST:.0%}")
        for seed in range(sessions):
            audit(out, *words, str(program), "--budget", BUDGET, "--seed", str(seed))


def main(part: str, sessions: int) -> None:
    out = RESULTS / f"overhead-{part}.jsonl"
    out.unlink(missing_ok=True)
    {"alarms": alarms, "slowed": slowed}[part](out, sessions)
    found = costs(out)
    told = sum(each.told for each in found)
    print(f"{part}: told in {told} of {len(found)}")
    for each in found:
        sees = "" if each.detectable is None else f"sees {each.detectable:.2%}"
        print(f"{each.cost:+.2%} ({each.low:+.2%} to {each.high:+.2%}), {len(each.values)} pairs, {sees}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 30)
