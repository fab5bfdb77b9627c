"""How often `bench audit --overhead` is wrong, and how often it sees 5 %: python -m tests.benchmarks.overhead.

As root, with `alarms` [N]: N sessions of 15 s with `sleep` attached, which costs nothing. `slowed` [N [TURNS]]: N of
45 s with a program that takes 5 % of the sender's time; how many turns of its loop that are is searched for first, if
it is not said. Each part makes its file in docs/results anew.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from results.file import read
from results.overhead import Overhead, overheads
from tests.kernel.bench import bench_here

RESULTS = Path("docs/results")  # as it is to stand in the files: `python -m` is run in the checkout
ALARMS_BUDGET, SLOWED_BUDGET = "15s", "45s"
COST = 0.05
# Work that no compiler can sum up (xorshift), and nothing else: what is seen is not even sent.
PROGRAM = """\
struct event {{ u64 at; }};
#define BENCH_EVENT struct event
#include "bench.h"

RAW_TRACEPOINT_PROBE(kfree_skb)
{{
    bench_observed();
    u64 number = ctx->args[0];
    for (int turn = 0; turn < {turns}; turn++) {{
        number ^= number << 13;
        number ^= number >> 7;
        number ^= number << 17;
    }}
    if (number == 0)
        bench_submitted();
    else
        bench_lost();
    return 0;
}}
"""


def audit(out: Path, *words: str) -> None:
    ran = bench_here("audit", "--overhead", "--quiet", "--out", out, *words)
    assert ran.returncode == 0, ran.stderr


def costs(out: Path) -> list[Overhead]:
    held = read(out)
    return overheads(held.sessions, held.trials)[0]


def alarms(out: Path, sessions: int) -> None:
    for seed in range(sessions):
        audit(out, "--budget", ALARMS_BUDGET, "--seed", str(seed), "--", "sleep", "600")


def slowed(out: Path, sessions: int, turns: int | None = None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "slowed.bpf.c"
        words = ("--traffic", "udp-closed-port", "--mode", "null", "--program", str(program))
        if turns is None:
            found = []
            for tried in (1, 200):
                program.write_text(PROGRAM.format(turns=tried))
                audit(Path(folder) / f"{tried}.jsonl", *words, "--budget", SLOWED_BUDGET)
                found.append(costs(Path(folder) / f"{tried}.jsonl")[0].cost or 0.0)
            turns = max(1, round(1 + 199 * (COST - found[0]) / (found[1] - found[0])))
        program.write_text(PROGRAM.format(turns=turns))
        print(f"{turns} turns are to cost {COST:.0%}")
        for seed in range(sessions):
            audit(out, *words, "--budget", SLOWED_BUDGET, "--seed", str(seed))


def main(part: str, sessions: int = 30, *turns: int) -> None:
    out = RESULTS / f"overhead-{part}.jsonl"
    out.unlink(missing_ok=True)
    {"alarms": alarms, "slowed": slowed}[part](out, sessions, *turns)
    found = costs(out)
    told = sum(each.told for each in found)
    print(f"{part}: told in {told} of {len(found)}")
    for each in found:
        sees = "" if each.detectable is None else f"sees {each.detectable:.2%}"
        print(f"{each.cost:+.2%} ({each.low:+.2%} to {each.high:+.2%}), {len(each.values)} pairs, {sees}")


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
