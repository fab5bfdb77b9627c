"""The plan of a capacity session: what is searched, how finely, and between which loads."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from results.errors import BadInput
from results.trial import Setting, Trial

# Loads of the curve, as parts of the PDR: well below the knee, close to it on both sides, and far past it.
CURVE = (0.5, 0.75, 0.9, 1.0, 1.2, 1.5)
# The two loads of the check that a PDR has to stand: it passes at the first and fails at the second.
CHECKED = (0.9, 1.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """How finely a search looks; durations in seconds.

    `width` is the relative distance of the bounds at the end. A load is decided when trials of `final_s` that last
    `sum_s` together are on its side; the trials of the first, coarse steps last `initial_s`.
    `checks` trials are made at each load of the check.
    """

    width: float
    initial_s: float
    final_s: float
    sum_s: float
    checks: int


NORMAL = Precision(width=0.05, initial_s=0.5, final_s=2.0, sum_s=6.0, checks=3)
# Beyond these nothing is measured any more.
MOST_LOAD = 1e9
LONGEST_S = 86_400.0
MOST_SEARCHES = 10_000

QUICK = Precision(width=0.10, initial_s=0.5, final_s=1.0, sum_s=1.0, checks=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityPlan:
    """What is searched: each setting, `searches` times, between two loads in drops per second.

    `settings` leave load and duration open. `beyond` maps the place of a setting to one that goes on with records made
    in the kernel where packets are too few to find the limit; `most_beyond` is the highest load that is tried with it.
    """

    settings: tuple[Setting, ...]
    precision: Precision
    loss: float
    least: float
    most: float
    searches: int = 1
    curve: bool = True
    beyond: Mapping[int, Setting] = field(default_factory=dict)
    most_beyond: float = 20e6

    def __post_init__(self) -> None:
        if not 0 < self.loss < 1:
            raise BadInput(f"--loss is a percentage between 0 and 100 that may be lost; it is {self.loss * 100:g}")
        if not 0 < self.least < self.most <= MOST_LOAD:
            raise BadInput(
                f"the lowest load ({self.least:g}/s) must be above 0 and below the highest ({self.most:g}/s), "
                f"which is at most {MOST_LOAD:g}/s"
            )
        if not 0.001 <= self.precision.width < 0.5:
            raise BadInput(f"--width is between 0.1 and 50 percent; it is {self.precision.width * 100:g}")
        if not self.precision.initial_s <= self.precision.final_s <= LONGEST_S:
            raise BadInput(f"--duration must be at least {self.precision.initial_s:g} seconds, at most {LONGEST_S:g}")
        if not 1 <= self.searches <= MOST_SEARCHES:
            raise BadInput(f"--searches must be at least 1, at most {MOST_SEARCHES}; it is {self.searches}")

    def to_json(self) -> dict[str, Any]:
        row = dataclasses.asdict(self)
        row["settings"] = [setting.to_json() for setting in self.settings]
        row["beyond"] = {str(place): setting.to_json() for place, setting in self.beyond.items()}
        return {"capacity": row}

    @classmethod
    def from_json(cls, plan: Mapping[str, Any]) -> CapacityPlan:
        """Read a session's plan. Raises BadInput when it is another command's."""
        if "capacity" not in plan:
            raise BadInput("this session holds no capacity search; make one with: bench capacity --mode NAME")
        row = dict(plan["capacity"])
        row["settings"] = tuple(Setting.from_json(setting) for setting in row["settings"])
        row["precision"] = Precision(**row["precision"])
        row["beyond"] = {int(place): Setting.from_json(setting) for place, setting in row["beyond"].items()}
        return cls(**row)


def in_order(trials: Iterable[Trial]) -> Callable[[Setting], Trial]:
    """Return a function that hands out the trials by number.

    It raises EOFError when they are used up, and BadInput when the next one is not of the setting that is asked for.
    """
    rest = iter(sorted(trials, key=lambda trial: trial.number))

    def answer(setting: Setting) -> Trial:
        trial = next(rest, None)
        if trial is None:
            raise EOFError("the session was not finished")
        if trial.setting != setting:
            raise BadInput(
                f"trial {trial.number} is not the one that the search asks for: another version of it wrote the file, "
                "or trials are missing in the middle; run bench capacity again"
            )
        return trial

    return answer
