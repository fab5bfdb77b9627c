"""How often a fleet's check is wrong, and how much it sees, by simulation: python -m tests.benchmarks.fleet_check [N].

Prints what docs/results/fleet-check.txt holds, N repetitions of each case (20,000) at alpha 5 %. What is simulated are
the values of blocks; how they are judged is the product's own code. For false alarms B is, on each host, exactly as
much worse as delta allows: the hardest case in which nothing may be said.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from results.check.fleet import HostCheck, HostEffect, holm_over
from results.check.gate import GatePlan, Scope, gated
from results.statistics.binomial import exact_bounds

ALPHA, BLOCKS = 0.05, 10
METRICS = ("ns_per_event", "cpu_ns_per_event")

Values = NDArray[np.float64]
Noise = Callable[[np.random.Generator, tuple[int, ...]], Values]


@dataclass(frozen=True)
class Case:
    """Hosts by class, and what each sees of an effect beyond the limit; `lost` chooses by all their values."""

    says: str
    scope: Scope
    classes: tuple[int, ...]
    noise: Noise
    metrics: int = 1
    effects: tuple[float, ...] = (0.0,)
    lost: Callable[[np.random.Generator, Values], NDArray[np.bool_]] = lambda _rng, values: np.zeros(len(values), bool)


def normal(spread: float) -> Noise:
    return lambda rng, shape: rng.normal(0.0, spread, shape)


def unlike(rng: np.random.Generator, shape: tuple[int, ...]) -> Values:
    """From host to host the noise grows, a hundredfold from the first to the last."""
    scale = np.geomspace(0.003, 0.3, shape[0]).reshape(-1, *[1] * (len(shape) - 1))
    return rng.normal(0.0, 1.0, shape) * scale


def cauchy(rng: np.random.Generator, shape: tuple[int, ...]) -> Values:
    return 0.02 * rng.standard_cauchy(shape)


def favoured(rng: np.random.Generator, shape: tuple[int, ...]) -> Values:
    """What is started first is a tenth faster, and drifts: the coin alone says whether that is A."""
    return rng.choice([-1.0, 1.0], shape) * (0.1 + rng.exponential(0.02, shape))


def common(rng: np.random.Generator, shape: tuple[int, ...]) -> Values:
    """All metrics of a host share most of their noise."""
    return rng.normal(0.0, 0.03, (*shape[:1], 1, *shape[2:])) + rng.normal(0.0, 0.01, shape)


def at_random(rng: np.random.Generator, values: Values) -> NDArray[np.bool_]:
    return rng.random(len(values)) < 0.25


def the_quickest(_rng: np.random.Generator, values: Values) -> NDArray[np.bool_]:
    """Lose the host that speaks most for B."""
    means = values.mean(axis=(1, 2))
    return np.asarray(means == means.min())


FALSE_ALARMS = (
    Case("4 alike hosts", "class", (4,), normal(0.03)),
    Case("4 hosts, noise from 0.3 % to 30 %", "class", (4,), unlike),
    Case("4 hosts, heavy tails (Cauchy)", "class", (4,), cauchy),
    Case("4 hosts that favour who is started first", "class", (4,), favoured),
    Case("20 hosts, noise from 0.3 % to 30 %", "class", (20,), unlike),
    Case("3 classes (5, 3, 1 hosts), 2 metrics that share their noise", "class", (5, 3, 1), common, metrics=2),
    Case("9 hosts, 2 metrics that share their noise", "host", (9,), common, metrics=2),
    Case("4 hosts, each lost with a chance of a quarter", "class", (4,), normal(0.03), lost=at_random),
    Case("4 hosts, that which speaks most for B is lost", "class", (4,), normal(0.03), lost=the_quickest),
    Case(
        "4 hosts, on two of which B is 3 % below the limit", "class", (4,), normal(0.03), effects=(0, 0, -0.03, -0.03)
    ),
)
POWER = tuple(
    Case(f"{hosts} hosts, B {effect:.0%} above the limit on {where}{', one lost' if lost else ''}", scope, (hosts,),
         normal(0.03), effects=effects, lost=lost or Case.lost)
    for hosts in (4, 10)
    for effect in (0.01, 0.02, 0.03, 0.05)
    for where, effects in (("all", (effect,)), ("one", (effect, *[0.0] * (hosts - 1))))
    for lost in (None, *((the_quickest,) if where == "all" and effect == 0.02 else ()))
    for scope in ("class", "host")
)  # fmt: skip


def alarms(case: Case, repetitions: int, seed: int) -> int:
    """Count the repetitions in which anything is called REGRESSED."""
    hypotheses = [gated("epoll", name) for name in METRICS[: case.metrics]]
    plan = GatePlan(alpha=ALPHA, looks=(BLOCKS,), gated=tuple(hypotheses), scope=case.scope)
    rng = np.random.default_rng(seed)
    names = [str(of_class) for of_class, hosts in enumerate(case.classes) for _ in range(hosts)]
    hosts = [HostCheck(str(place), name) for place, name in enumerate(names)]
    limits = np.array([each.gate.limit for each in hypotheses]).reshape(1, -1, 1)
    effects = np.resize(case.effects, len(hosts)).reshape(-1, 1, 1)
    found = 0
    for _ in range(repetitions):
        values = case.noise(rng, (len(hosts), case.metrics, BLOCKS)) + effects + limits
        gone = case.lost(rng, values)
        family = list(_family(case, hosts, hypotheses, values, gone))
        found += any(step.rejected for step in holm_over(family, plan))
    return found


def _family(
    case: Case, hosts: Sequence[HostCheck], hypotheses: Sequence, values: Values, gone: NDArray[np.bool_]
) -> Iterator[tuple[object, list[HostEffect]]]:
    for number, hypothesis in enumerate(hypotheses):
        units: dict[str, list[HostEffect]] = {}
        for place, host in enumerate(hosts):
            told = () if gone[place] else tuple(values[place, number].tolist())
            effect = HostEffect(host, told, "simulated" if gone[place] else None)
            units.setdefault(host.host_class if case.scope == "class" else host.name, []).append(effect)
        yield from ((hypothesis, unit) for unit in units.values())


def main(repetitions: int = 20_000) -> None:
    print(
        f"{repetitions:,} repetitions of each case, alpha {ALPHA:.0%}, {BLOCKS} blocks on each host, noise of a block's"
    )
    print("value 3 % if nothing else is said. In brackets the exact interval (Clopper-Pearson, 95 %).\n")
    for title, cases in (("False alarms", FALSE_ALARMS), ("Power: the share that is called REGRESSED", POWER)):
        print(f"{title}\n")
        for number, case in enumerate(cases):
            found = alarms(case, repetitions, seed=number)
            low, high = exact_bounds(found, repetitions)
            print(f"  {case.scope:<6}{found / repetitions:7.2%}  [{low:.2%}, {high:.2%}]  {case.says}", flush=True)
        print()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
