"""What [tool.bench.check] of a pyproject.toml says about a project's checks; flags go before it.

[tool.bench.check]
alpha = 0.05
blocks = [10, 20]                                   # looks, in valid blocks; or
budget = "60s"                                      # as many blocks as fit into it, and one look
metrics = ["ns_per_event", "cpu_ns_per_event"]
delta = { cpu_ns_per_event = 0.05 }
duration = 0.5                                      # seconds of a load trial
rate = 100000                                       # drops per second
drain = 1000000                                     # records of a drain trial

[tool.bench.check.modes.file]                       # for one mode: metrics and delta again
delta = { ns_per_event = 0.2 }
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

from bpf.channel import counting_channel
from bpf.own_code import read_source
from harness.consumer.program_facts import facts_of
from harness.consumer.traits import traits_of
from harness.plan import DEFAULT_LOAD, check_records
from harness.wishes import Wishes, check_duration, check_rate
from results import units
from results.check.gate import Gated, check_alpha, check_budget, check_looks, check_margin, check_metric, gated
from results.errors import BadInput, unknown
from results.metrics import (
    AGE_P99,
    ALLOCATIONS,
    BYTES_WRITTEN,
    CPU_PER_EVENT,
    LOSS_RATIO,
    NS_PER_EVENT,
    SYSCALLS_PER_EVENT,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """None and empty: not said. `delta` is by metric; `of_mode` overrides metrics and delta for one mode."""

    alpha: float | None = None
    blocks: tuple[int, ...] | None = None
    budget: float | None = None
    metrics: tuple[str, ...] | None = None
    delta: Mapping[str, float] = field(default_factory=dict)
    duration: float | None = None
    rate: float | None = None
    drain: int | None = None
    modes: Mapping[str, Configuration] = field(default_factory=dict)


def find(folder: Path) -> Path | None:
    """Return the nearest pyproject.toml from a folder upwards."""
    return next((path for each in (folder, *folder.parents) if (path := each / "pyproject.toml").is_file()), None)


def load(path: Path | None, *, named: bool = False) -> Configuration:
    """Read the table; without a file or without the table, nothing is said. Raises BadInput naming the key.

    A file that others could have written is refused, as a mode file is: it says when a check fails. What is no file (a
    pipe, /dev/null) is read where the user named it.
    """
    if path is None:
        return Configuration()
    try:
        special = named and path.exists() and not path.is_file()
        source = path.read_bytes() if special else read_source(path, "configuration", "says what is gated")
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}") from error
    try:
        document = tomllib.loads(source.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # of TOML, of UTF-8, of more digits than int() takes
        raise BadInput(f"{path} is no TOML: {error}") from error
    tool = _table(document.get("tool", {}), f"{path}, [tool]")
    bench = _table(tool.get("bench", {}), f"{path}, [tool.bench]", ("check",))
    return _configuration(bench.get("check", {}), f"{path}, [tool.bench.check]")


def _table(value: Any, where: str, keys: Collection[str] = ()) -> dict[str, Any]:
    """Take a table that holds these keys at most, or any where none are named. Raises BadInput."""
    if not isinstance(value, dict):
        raise BadInput(f"{where} must be a table")
    for key in value:
        if keys and key not in keys:
            raise unknown(f"{where}: there is no {key}; the keys are {', '.join(keys)}", key, keys)
    return value


def _configuration(table: Any, where: str, *, of_mode: bool = False) -> Configuration:
    readers = _OF_MODE if of_mode else _READERS
    _table(table, where, tuple(readers) if of_mode else (*readers, "modes"))
    said: dict[str, Any] = {}
    for key, read in readers.items():
        if key in table:
            try:
                said[key] = read(table[key])
            except BadInput as error:
                raise BadInput(f"{where}: {key}: {error}") from None
    modes = _table(table.get("modes", {}), f"{where}: modes")
    of_modes = {name: _configuration(each, f"{where[:-1]}.modes.{name}]", of_mode=True) for name, each in modes.items()}
    return Configuration(**said, modes=of_modes)


def _number(value: Any) -> float:
    if isinstance(value, float):
        return value
    try:
        return _whole(value)
    except BadInput:
        raise BadInput("it must be a number") from None


def _seconds(value: Any) -> float:
    return units.read_duration(value) if isinstance(value, str) else _number(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 1 << 64:
        raise BadInput("it must be a whole number")
    return value


def _looks(value: Any) -> tuple[int, ...]:
    return tuple(_whole(each) for each in (value if isinstance(value, list) else [value]))


def _names(value: Any) -> tuple[str, ...]:
    if not value or not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise BadInput("it must be a list of names")
    for name in value:
        check_metric(name)
    return tuple(value)


def _deltas(value: Any) -> dict[str, float]:
    if not isinstance(value, dict):
        raise BadInput("it must be a table of numbers by metric")
    margins = {str(name): _number(each) for name, each in value.items()}
    for name, margin in margins.items():
        check_metric(name)
        check_margin(name, margin)
    return margins


def _checked(read: Callable[[Any], T], check: Callable[[T], None]) -> Callable[[Any], object]:
    """Hold a value to what an option of that name is held to, whether or not one goes before it."""

    def read_checked(value: Any) -> object:
        made = read(value)
        check(made)
        return made

    return read_checked


_OF_MODE: Mapping[str, Callable[[Any], object]] = {"metrics": _names, "delta": _deltas}
_READERS: Mapping[str, Callable[[Any], object]] = {
    "alpha": _checked(_number, check_alpha),
    "blocks": _checked(_looks, check_looks),
    "budget": _checked(_seconds, check_budget),
    **_OF_MODE,
    "duration": _checked(_number, check_duration),
    "rate": _checked(_number, check_rate),
    "drain": _checked(_whole, check_records),
}


DEFAULT_ALPHA = 0.05
DEFAULT_DURATION_S = 1.0
LOAD_S = 2.0
"""What each arm is offered in a pair, if nothing is said, in windows."""
DEFAULT_DRAIN = 1_000_000


def default_metrics(mode: str, program: str | None = None) -> tuple[str, ...]:
    """Choose what is gated for a mode if nothing is said: all that it has, or what a user's own program tells."""
    kind = traits_of(mode)
    if program is not None:
        facts = facts_of(program)
        loss, age = [LOSS_RATIO.name] if facts.counts else [], [AGE_P99.name] if facts.has_times else []
        return (CPU_PER_EVENT.name, *loss, *age)
    return (
        NS_PER_EVENT.name,
        CPU_PER_EVENT.name,
        LOSS_RATIO.name,
        *([] if counting_channel(kind.readers) else [AGE_P99.name]),
        ALLOCATIONS.name,
        SYSCALLS_PER_EVENT.name,
        *([BYTES_WRITTEN.name] if kind.writes == "file" else []),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What options and configuration say together; options go first."""

    configuration: Configuration
    alpha: float
    looks: tuple[int, ...] | None
    budget_s: float | None
    metrics: tuple[str, ...] | None
    delta: Mapping[str, float]
    drain_records: int | None
    duration_given: bool
    traffic: str
    pairs: bool

    def gated(self, mode: str, program: str | None = None) -> tuple[Gated, ...]:
        """Return what is gated of a mode, with its margins."""
        of_mode = self.configuration.modes.get(mode, Configuration())
        names = self.metrics or of_mode.metrics or self.configuration.metrics or default_metrics(mode, program)
        margins = {**self.configuration.delta, **of_mode.delta, **self.delta}
        for name in margins:
            gated(mode, name)
        return tuple(gated(mode, name, margins.get(name)) for name in dict.fromkeys(names))


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """What was said on the command line of how to compare, which goes before the configuration; None: not said.

    `pairs`: both arms can run by turns, which a stored one cannot.
    """

    config: Path | None
    alpha: float | None
    looks: tuple[int, ...] | None
    budget_s: float | None
    metrics: tuple[str, ...] | None
    delta: Mapping[str, float]
    duration_s: float | None
    rate: float | Literal["max"] | None
    drain_records: int | None
    shape: str
    traffic: str
    pairs: bool = True


def wanted(flags: Flags, wishes: Wishes) -> tuple[Wanted, Wishes]:
    """Join flags and configuration; `wishes` gains the load. Raises BadInput for what cannot be meant."""
    configuration = load(flags.config or find(Path.cwd()), named=flags.config is not None)
    for budget, looks in ((flags.budget_s, flags.looks), (configuration.budget, configuration.blocks)):
        if budget is not None and looks is not None:
            raise BadInput("a budget says how many blocks there are: name it, or the blocks, not both")
    said = Wanted(
        configuration=configuration,
        alpha=_first(flags.alpha, configuration.alpha, DEFAULT_ALPHA),
        looks=flags.looks or (configuration.blocks if flags.budget_s is None else None),
        budget_s=_budget(flags, configuration),
        metrics=flags.metrics,
        delta=flags.delta,
        drain_records=configuration.drain if flags.drain_records is None else flags.drain_records,
        duration_given=flags.duration_s is not None or configuration.duration is not None,
        traffic=flags.traffic,
        pairs=flags.pairs,
    )
    rate: float | Literal["max"] = _first(flags.rate, configuration.rate, DEFAULT_LOAD)
    load_wishes = dataclasses.replace(
        wishes,
        intended_load=None if rate == "max" else rate,
        shape=flags.shape,
        duration_s=_first(flags.duration_s, configuration.duration, DEFAULT_DURATION_S),
    )
    return said, load_wishes


def _budget(flags: Flags, configuration: Configuration) -> float | None:
    """Return the budget. Raises BadInput where one is named for a stored baseline, whose trials are numbered."""
    if flags.budget_s is not None and not flags.pairs:
        raise BadInput("--baseline FILE has so many trials and no more: pass --blocks, and no --budget")
    configured = configuration.budget if flags.looks is None and flags.pairs else None
    return flags.budget_s if flags.budget_s is not None else configured


def _first(flag: T | None, configured: T | None, default: T) -> T:
    return flag if flag is not None else configured if configured is not None else default
