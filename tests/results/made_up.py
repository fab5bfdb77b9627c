"""Made-up results for the tests of reports: through the real classes, so that they change with the schema."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from results.ledger import Ledger
from results.session import Session
from results.trial import Setting, Trial

HOST = {
    "machine": "x86_64", "cpu_model": "Example CPU 9000", "cpus": 2, "kernel": "6.18.0", "python": "3.11.2",
    "bcc": "0.26.0", "bench": "0.1.0", "commit": "0c8a302",
}  # fmt: skip

# mode: CPU ns per event, drain ns per event, allocations per event, p99 age in ns
COSTS = {
    "null": (18.0, 5.0, 0.002, 900_000), "busy": (9_900.0, 15.0, 0.01, 60_000),
    "epoll": (35.0, 14.0, 0.01, 950_000), "paced": (21.0, 14.0, 0.01, 5_200_000),
    "work": (70.0, 45.0, 0.02, 1_000_000), "file": (82.0, 52.0, 0.02, 1_100_000),
    "terminal": (210.0, 160.0, 0.03, 2_400_000), "aggregate": (2.0, 11.0, 0.001, 105_000_000),
}  # fmt: skip


def session(**changes: Any) -> Session:
    made = Session(
        id="s1", started_at="2026-11-22T15:04:23Z", command="sudo ./bench run --mode all --rate 100000", seed=7,
        plan={"modes": list(COSTS), "rate": 100_000}, host=HOST, findings=("steal 0.3 %: another guest is busy",),
    )  # fmt: skip
    return replace(made, **changes)


def setting(mode: str = "file", **changes: Any) -> Setting:
    made = Setting(
        mode=mode, reader=None if mode == "aggregate" else "batch",
        wait={"busy": "busy", "paced": "paced", "aggregate": "interval"}.get(mode, "epoll"),  # type: ignore[arg-type]
        traffic="udp-closed-port", ring_size_bytes=1 << 20, sender="sendmmsg", intended_load=100_000.0, duration_s=5.0,
    )  # fmt: skip
    return replace(made, **changes)


def trial(mode: str = "file", number: int = 1, lost: int = 0, seed: int = 1, **changes: Any) -> Trial:
    """Make a load trial whose ledger balances; `changes` replaces fields of the trial or of its setting."""
    own = {name: changes.pop(name) for name in list(changes) if name in Setting.__dataclass_fields__}
    asked = setting(mode, **own)
    chance = random.Random(f"{mode} {number} {seed}".encode("utf-8", "surrogatepass"))
    noise = chance.lognormvariate(0, 0.03)
    cpu, _, allocations, age = COSTS.get(mode, COSTS["file"])
    seconds = asked.duration_s or 5.0
    offered = round((asked.intended_load or 700_000) * seconds)
    lost = min(lost, offered)
    ring = {"submitted": offered - lost, "reserve_failed": lost}
    kept = {"aggregated": offered - lost, "map_full": lost} if mode == "aggregate" else ring
    ledger = Ledger(
        sent=offered, refused=0, observed=offered, skipped=0, drops_expected=offered, consumed=offered - lost, unread=0,
        **kept,
    )  # fmt: skip
    start, ticks = 1_000_000_000 * number, round(seconds * 10)
    ages = {f"age_{name}_ns": age * share * noise for name, share in
            (("p50", 0.3), ("p90", 0.7), ("p99", 1.0), ("p999", 1.6), ("p9999", 2.0), ("max", 2.6))}  # fmt: skip
    cpu_s = cpu * noise * offered / 1e9
    made = Trial(
        session="s1", number=number, block=(number - 1) // len(COSTS) + 1, started_at="2026-11-22T15:04:25Z",
        setting=asked, ledger=ledger, first_offered_ns=start, last_offered_ns=start + round(seconds * 1e9),
        last_consumed_ns=start + round(seconds * 1e9) + 1_000_000,
        metrics={
            "cpu_s": cpu_s, "cpu_user_s": cpu_s * 0.6, "cpu_system_s": cpu_s * 0.4, "cpu_ns_per_event": cpu * noise,
            "rss_peak_bytes": 61e6 * noise, "gc_pause_max_s": 0.0004 * noise, "gc_pause_total_s": 0.001 * noise,
            "allocations_per_event": allocations, "program_ns_per_event": 110 * noise,
            "softirq_ratio": 0.2 * noise, **ages,
        },
        series={
            "timeline": [
                {"t_s": tick / 10, "offered": offered * tick // ticks, "consumed": (offered - lost) * tick // ticks,
                 "lost": lost * tick // ticks, "rss_bytes": 60e6, "gc_pause_s": tick // 7 * 0.0004,
                 "cpu_s": cpu_s * tick / ticks}
                for tick in range(1, ticks + 1)
            ],
            "top_drops": [["NO_SOCKET", "netif_receive_skb_list_internal+0x1f2", offered]],
        },
    )  # fmt: skip
    return replace(made, **changes)


def drain(mode: str = "file", number: int = 1, seed: int = 1) -> Trial:
    noise = random.Random(f"drain {mode} {number} {seed}").lognormvariate(0, 0.02)
    records, start = 32_000, 5_000_000_000
    return Trial(
        session="s1", number=number, block=1, started_at="2026-11-22T15:05:25Z",
        setting=setting(mode, traffic="synthetic", sender=None, trial_kind="drain", intended_load=None, duration_s=None,
                        drain_records=records, wakeup="adaptive"),
        ledger=Ledger(observed=records, submitted=records, reserve_failed=0, consumed=records, unread=0),
        first_offered_ns=start, last_offered_ns=start,
        last_consumed_ns=start + round(records * COSTS[mode][1] * noise),
    )  # fmt: skip


def run(trials: int = 3, load: float = 100_000.0, modes: tuple[str, ...] = tuple(COSTS), seed: int = 1) -> list[Trial]:
    """Make the trials of `bench run --mode all`, blocks in random order."""
    chance = random.Random(seed)
    made: list[Trial] = []
    for block in range(1, trials + 1):
        for mode in chance.sample(modes, len(modes)):
            number = len(made) + 1
            made.append(trial(mode, number, seed=seed, block=block, intended_load=load))
    return made
