"""What options and [tool.bench.check] together ask of a check."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness import options
from harness.check.configuration import Configuration, find, load
from harness.plan import Wishes
from harness.traits import traits_of
from results.errors import BadInput
from results.gate import Metric, metric_named

DEFAULT_ALPHA = 0.05
DEFAULT_DURATION_S = 1.0
DEFAULT_DRAIN = 1_000_000


def default_metrics(mode: str) -> tuple[str, ...]:
    """Choose what is gated for a mode if nothing is said: all that it has."""
    kind = traits_of(mode)
    by_event = "snapshot" not in kind.readers
    return (
        "ns_per_event",
        "cpu_ns_per_event",
        "loss_ratio",
        *(["age_p99_ns"] if by_event else []),
        "allocations_per_event",
        "syscalls_per_event",
        *(["bytes_written_per_event"] if kind.writes == "file" else []),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What options and configuration say together; options go first."""

    configuration: Configuration
    alpha: float
    looks: tuple[int, ...] | None
    metrics: tuple[str, ...] | None
    delta: Mapping[str, float]
    drain_records: int
    traffic: str

    def metrics_of(self, mode: str) -> tuple[Metric, ...]:
        """Return the metrics that are gated for a mode, with their margins."""
        of_mode = self.configuration.modes.get(mode, Configuration())
        names = self.metrics or of_mode.metrics or self.configuration.metrics or default_metrics(mode)
        margins = {**self.configuration.delta, **of_mode.delta, **self.delta}
        for name in margins:
            metric_named(name)
        return tuple(metric_named(name, margins.get(name)) for name in dict.fromkeys(names))


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what says how to compare; check and certify share it."""
    gate = parser.add_argument_group("the gate")
    add = gate.add_argument
    add("--metrics", metavar="NAME[,NAME…]", help="what is gated (default: all that the mode has)")
    add("--delta", action="append", default=[], metavar="METRIC=SHARE", help="how much worse is the same: 0.05 or 5%%")
    add("--alpha", type=options.finite, help=f"chance of a false alarm over all looks (default: {DEFAULT_ALPHA})")
    add("--blocks", metavar="N[,N…]", help="valid blocks at which to look (default: by the number of metrics)")
    add("--seed", type=int, help="of the coin and the traffic (default: drawn, and recorded)")
    add("--config", type=Path, metavar="FILE", help="pyproject.toml with [tool.bench.check] (default: nearest)")
    trials = parser.add_argument_group("the trials")
    add = trials.add_argument
    add("--traffic", default=options.DEFAULT_TRAFFIC, metavar="KIND", help="of load trials")
    add("--rate", type=options.load, default=argparse.SUPPRESS, metavar="N|max", help="drops a second")
    add("--shape", default="constant", help="constant, poisson, burst:ON_MS,OFF_MS or ramp")
    add("--duration", type=options.finite, metavar="S", help=f"seconds a load trial (default: {DEFAULT_DURATION_S:g})")
    add("--drain", type=int, metavar="N", help=f"records of a drain trial (default: {DEFAULT_DRAIN})")


def wanted(arguments: argparse.Namespace, wishes: Wishes) -> tuple[Wanted, Wishes]:
    """Join options and configuration; `wishes` gains the load. Raises BadInput for what cannot be meant."""
    configuration = load(arguments.config or find(Path.cwd()))
    alpha = arguments.alpha if arguments.alpha is not None else configuration.alpha
    duration_s = arguments.duration if arguments.duration is not None else configuration.duration
    drain = arguments.drain if arguments.drain is not None else configuration.drain
    rate = configuration.rate if configuration.rate is not None else options.DEFAULT_LOAD
    said = Wanted(
        configuration=configuration,
        alpha=DEFAULT_ALPHA if alpha is None else alpha,
        looks=_looks(arguments.blocks) if arguments.blocks is not None else configuration.blocks,
        metrics=_names(arguments.metrics),
        delta=dict(_delta(text) for text in arguments.delta),
        drain_records=DEFAULT_DRAIN if drain is None else drain,
        traffic=arguments.traffic,
    )
    load_wishes = dataclasses.replace(
        wishes,
        intended_load=arguments.rate if "rate" in arguments else rate,
        shape=arguments.shape,
        duration_s=DEFAULT_DURATION_S if duration_s is None else duration_s,
    )
    return said, load_wishes


def _looks(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise BadInput(f"--blocks are numbers such as 10 or 10,20, not {text!r}") from None


def _delta(text: str) -> tuple[str, float]:
    name, equals, amount = text.partition("=")
    try:
        share = float(amount.rstrip("%")) / (100 if amount.endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not equals or not share > 0:
        raise BadInput(f"--delta is METRIC=SHARE, such as ns_per_event=10%, not {text!r}")
    return name, share


def _names(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(name.strip() for name in text.split(","))
