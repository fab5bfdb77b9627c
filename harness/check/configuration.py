"""What [tool.bench.check] of a pyproject.toml says about a project's checks; flags go before it.

[tool.bench.check]
alpha = 0.05
blocks = [10, 20]                                   # looks, in valid blocks
metrics = ["ns_per_event", "cpu_ns_per_event"]
delta = { cpu_ns_per_event = 0.05 }
duration = 0.5                                      # seconds of a load trial
rate = 100000                                       # drops a second
drain = 1000000                                     # records of a drain trial

[tool.bench.check.modes.file]                       # for one mode: metrics and delta again
delta = { ns_per_event = 0.2 }
"""

from __future__ import annotations

import argparse
import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.commands.parts import options
from harness.consumer.traits import traits_of
from harness.plan import Wishes
from results.check.gate import Metric, metric_named
from results.errors import BadInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """None and empty: not said. `delta` is by metric; `of_mode` overrides metrics and delta for one mode."""

    alpha: float | None = None
    blocks: tuple[int, ...] | None = None
    metrics: tuple[str, ...] | None = None
    delta: Mapping[str, float] = field(default_factory=dict)
    duration: float | None = None
    rate: float | None = None
    drain: int | None = None
    modes: Mapping[str, Configuration] = field(default_factory=dict)


def find(folder: Path) -> Path | None:
    """Return the nearest pyproject.toml from a folder upwards."""
    return next((path for each in (folder, *folder.parents) if (path := each / "pyproject.toml").is_file()), None)


def load(path: Path | None) -> Configuration:
    """Read the table; without a file or without the table, nothing is said. Raises BadInput naming the key."""
    if path is None:
        return Configuration()
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} is no TOML: {error}") from error
    table = document.get("tool", {}).get("bench", {}).get("check", {})
    return _configuration(table, f"{path}, [tool.bench.check]")


def _configuration(table: Any, where: str, *, of_mode: bool = False) -> Configuration:
    if not isinstance(table, dict):
        raise BadInput(f"{where} must be a table")
    readers = _OF_MODE if of_mode else _READERS
    for key in table:
        if key not in readers and (of_mode or key != "modes"):
            raise BadInput(f"{where}: there is no {key}; the keys are {', '.join(readers)}")
    said: dict[str, Any] = {}
    for key, read in readers.items():
        if key in table:
            try:
                said[key] = read(table[key])
            except (TypeError, ValueError) as error:
                raise BadInput(f"{where}: {key} is {table[key]!r}; {error}") from None
    modes = table.get("modes", {})
    if not isinstance(modes, dict):
        raise BadInput(f"{where}: modes must be tables, as in [tool.bench.check.modes.file]")
    of_modes = {name: _configuration(each, f"{where[:-1]}.modes.{name}]", of_mode=True) for name, each in modes.items()}
    return Configuration(**said, modes=of_modes)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadInput("it must be a number")
    return float(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadInput("it must be a whole number")
    return value


def _numbers(value: Any) -> tuple[int, ...]:
    return tuple(_whole(each) for each in (value if isinstance(value, list) else [value]))


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise BadInput("it must be a list of names")
    return tuple(value)


def _deltas(value: Any) -> dict[str, float]:
    if not isinstance(value, dict):
        raise BadInput("it must be a table of numbers by metric")
    return {str(name): _number(each) for name, each in value.items()}


_OF_MODE = {"metrics": _names, "delta": _deltas}
_READERS = {
    "alpha": _number,
    "blocks": _numbers,
    **_OF_MODE,
    "duration": _number,
    "rate": _number,
    "drain": _whole,
}


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
        metrics=_listed(arguments.metrics),
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


def _listed(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(name.strip() for name in text.split(","))
