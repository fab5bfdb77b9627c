"""The plan of a capacity session: what is searched, how finely, and between which loads."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from results.capacity.bounds import Found, Precision
from results.capacity.judge import RECORD_BYTES, Side, judge
from results.capacity.survey import Capacity, Check, Point, Question, at_load, reference_load, valid
from results.errors import BadInput
from results.plan import Ask, check_trials, steadied
from results.trial import Setting, Trial

# Loads of the curve, as parts of the PDR: well below the knee, close to it on both sides, and far past it.
CURVE = (0.5, 0.75, 0.9, 1.0, 1.2, 1.5)
# The two loads of the check that a PDR has to stand: it passes at the first and fails at the second.
CHECKED = (0.9, 1.2)
# How long the trials of the curve last, in seconds, or longer if the ring asks for it.
CURVE_S = 1.0
# Beyond these nothing is measured any more.
MOST_LOAD = 1e9
LONGEST_S = 86_400.0
MOST_SEARCHES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityPlan:
    """What is searched: each setting, `searches` times, between two loads in drops per second.

    `settings` leave load and duration open. `beyond` maps the place of a setting to one that goes on with records made
    in the kernel where packets are too few to find the limit; `most_beyond` is the highest load that is tried with it.
    What the machine disturbs is tried again, once at once, `retries` times for each load at most. `record_bytes` says
    by channel what an event takes, where that is not what bench's own takes in a ring.
    """

    settings: tuple[Setting, ...]
    precision: Precision
    loss: float
    least: float
    most: float
    searches: int = 1
    curve: bool = True
    retries: int = 0
    beyond: Mapping[int, Setting] = field(default_factory=dict)
    most_beyond: float = 20e6
    record_bytes: Mapping[str, int] = field(default_factory=dict)

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
        check_trials("--retries", self.retries, 0)

    def at_load(self, setting: Setting, load: float, duration_s: float) -> Setting:
        """Return a setting at a load, for so long or longer."""
        return at_load(setting, load, duration_s, self.record_bytes.get(setting.channel, RECORD_BYTES))

    @property
    def usual_trials(self) -> int:
        """Estimate how many trials a setting takes: a search mostly decides on some ten loads."""
        curve = 2 * len(CURVE) if self.curve else 0
        return self.searches * 5 * (1 + self.precision.trials) + len(CHECKED) * self.precision.checks + curve

    def place_of(self, setting: Setting) -> int:
        """Tell the setting whose trial this is, at whatever load; what goes on beyond packets has the same place."""
        sought = dataclasses.replace(setting, intended_load=None, duration_s=None, pass_="timed")
        return next(place for place, each in (*enumerate(self.settings), *self.beyond.items()) if each == sought)

    def answer(self, ask: Ask, _seed: int) -> tuple[Capacity, ...]:
        return tuple(survey(self, ask))

    def to_json(self) -> dict[str, Any]:
        row = dataclasses.asdict(self)
        row["settings"] = [setting.to_json() for setting in self.settings]
        row["beyond"] = {str(place): setting.to_json() for place, setting in self.beyond.items()}
        if not self.record_bytes:  # as before there were others
            del row["record_bytes"]
        return {"capacity": row}

    @classmethod
    def from_json(cls, plan: Mapping[str, Any]) -> Self:
        """Read a session's plan. Raises BadInput when it is another command's."""
        if "capacity" not in plan:
            raise BadInput("this session holds no capacity search; make one with: bench capacity --mode NAME")
        row = dict(plan["capacity"])
        row["settings"] = tuple(Setting.from_json(setting) for setting in row["settings"])
        row["precision"] = Precision(**row["precision"])
        row["beyond"] = {int(place): Setting.from_json(setting) for place, setting in row["beyond"].items()}
        return cls(**row)


def survey(plan: CapacityPlan, ask: Ask) -> Iterator[Capacity]:
    """Yield the capacity of each setting, and of its continuation beyond packets where those were too few."""
    leg = 0
    ask = steadied(ask, plan.retries)
    for place, setting in enumerate(plan.settings):
        capacity = _capacity(plan, setting, plan.most, leg, ask)
        leg += plan.searches
        yield capacity
        beyond = plan.beyond.get(place)
        if beyond is not None and capacity.wrong is None and not capacity.known:
            yield _capacity(plan, beyond, plan.most_beyond, leg, ask)
            leg += plan.searches


def _capacity(plan: CapacityPlan, setting: Setting, most: float, leg: int, ask: Ask) -> Capacity:
    capacity = Capacity(setting=setting, loss=plan.loss)
    try:
        for number in range(plan.searches):
            found = _search(plan, setting, most, leg + number, ask)
            capacity = dataclasses.replace(capacity, searches=(*capacity.searches, found))
        capacity = dataclasses.replace(capacity, checks=tuple(_checks(plan, capacity, leg, ask)))
        if plan.curve:
            capacity = dataclasses.replace(capacity, curve=tuple(_curve(plan, capacity, most, leg, ask)))
    except RuntimeError as error:
        return dataclasses.replace(capacity, wrong=str(error))
    return capacity


def _search(plan: CapacityPlan, setting: Setting, most: float, leg: int, ask: Ask) -> Found:
    earlier: list[Trial] = []

    def measure(load: float, duration_s: float) -> Trial:
        question = Question(
            setting=plan.at_load(setting, load, duration_s), block=leg, purpose="search", earlier=tuple(earlier)
        )
        earlier.append(valid(question, ask))
        return earlier[-1]

    from results.capacity.search import search  # noqa: PLC0415 - MLRsearch, which a report of other sessions does without

    return search(measure, precision=plan.precision, loss=plan.loss, least=plan.least, most=most)


def _checks(plan: CapacityPlan, capacity: Capacity, leg: int, ask: Ask) -> Iterator[Check]:
    """Ask for trials below and above the PDR; above it only where the consumer set the limit."""
    reference = reference_load(capacity)
    if reference is None:
        return
    for part in CHECKED:
        if part > 1 and not capacity.known:
            continue
        setting = plan.at_load(capacity.setting, part * reference, plan.precision.final_s)
        question = Question(setting=setting, block=leg, purpose="check")
        trials = tuple(valid(question, ask) for _ in range(plan.precision.checks))
        sides = [judge(trial).failed_by(plan.loss) for trial in trials]
        yield Check(
            part=part,
            load=part * reference,
            expected=part < 1,
            trials=trials,
            passed=sides.count(Side.NOBODY),
            failed=sides.count(Side.CONSUMER),
        )


def _curve(plan: CapacityPlan, capacity: Capacity, most: float, leg: int, ask: Ask) -> Iterator[Point]:
    """Ask for trials at each load of the curve. Without a known limit it ends where the generator does."""
    reference = reference_load(capacity)
    if reference is None:
        return
    for part in CURVE:
        load = part * reference
        if load > most or (part > 1 and not capacity.known):
            return
        timed = plan.at_load(capacity.setting, load, CURVE_S)
        aged = dataclasses.replace(timed, pass_="latency")
        yield Point(
            timed=valid(Question(setting=timed, block=leg, purpose="curve"), ask),
            aged=valid(Question(setting=aged, block=leg, purpose="curve"), ask),
        )
