"""Survey the modes of a plan: search, check what was found, and draw the curve, one question after the other.

A question is answered by a trial. While a survey runs, the answers come from the machine; when a result file is read,
or a survey is resumed, they come from the file. The same answers lead to the same questions and the same result.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Literal

from results.capacity.judge import Side, judge, trial_duration
from results.capacity.plan import CHECKED, CURVE, CapacityPlan, in_order
from results.capacity.search import Bounds, Found, search
from results.trial import Setting, Trial

CURVE_S = 1.0
"""How long the trials of the curve last, in seconds, or longer if the ring asks for it."""

# So often is a question asked again when its trial was invalid.
RETRIES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A trial that the survey wants. `leg` numbers the searches, each with its checks and its curve."""

    setting: Setting
    purpose: Literal["search", "check", "curve"]
    leg: int
    earlier: tuple[Trial, ...] = ()


Ask = Callable[[Question], Trial]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Trials at a part of the PDR; `expected` says whether they should pass.

    `passed` and `failed` count what the consumer did. What is left, the generator did not offer: no verdict on either.
    """

    part: float
    load: float
    expected: bool
    trials: tuple[Trial, ...]
    passed: int
    failed: int

    @property
    def holds(self) -> bool | None:
        """Whether most trials ended as they should; None when none of them was offered its load."""
        if not self.passed + self.failed:
            return None
        return (self.passed > self.failed) if self.expected else (self.failed > self.passed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One load of the curve. `aged` is a trial of its own in which events told their age, which costs time."""

    timed: Trial
    aged: Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What one setting can take. `wrong` says why there is no result, if there is none.

    `session` is the one whose file it was read back from, None while it is measured.
    """

    setting: Setting
    loss: float
    searches: tuple[Found, ...] = ()
    checks: tuple[Check, ...] = ()
    curve: tuple[Point, ...] = ()
    wrong: str | None = None
    session: str | None = None

    @property
    def ndr(self) -> tuple[Bounds, ...]:
        return tuple(found.ndr for found in self.searches)

    @property
    def pdr(self) -> tuple[Bounds, ...]:
        return tuple(found.pdr for found in self.searches)

    @property
    def known(self) -> bool:
        """Whether every search found the PDR itself, and not only a load below it."""
        return bool(self.searches) and all(bounds.known for bounds in self.pdr)


def survey(plan: CapacityPlan, ask: Ask) -> Iterator[Capacity]:
    """Yield the capacity of each setting, and of its continuation beyond packets where those were too few."""
    leg = 0
    for place, setting in enumerate(plan.settings):
        capacity = _capacity(plan, setting, plan.most, leg, ask)
        leg += plan.searches
        yield capacity
        beyond = plan.beyond.get(place)
        if beyond is not None and capacity.wrong is None and not capacity.known:
            yield _capacity(plan, beyond, plan.most_beyond, leg, ask)
            leg += plan.searches


def replay(trials: Iterable[Trial]) -> Ask:
    """Answer from recorded trials, in their order. Raises EOFError when they are used up, BadInput for a stranger."""
    answer = in_order(trials)
    return lambda question: answer(question.setting)


def _capacity(plan: CapacityPlan, setting: Setting, most: float, leg: int, ask: Ask) -> Capacity:
    capacity = Capacity(setting=setting, loss=plan.loss)
    try:
        for number in range(plan.searches):
            found = _search(plan, setting, most, leg + number, ask)
            capacity = dataclasses.replace(capacity, searches=(*capacity.searches, found))
        capacity = dataclasses.replace(capacity, checks=tuple(_checks(plan, capacity, leg, ask)))
        if plan.curve:
            capacity = dataclasses.replace(capacity, curve=tuple(_curve(capacity, most, leg, ask)))
    except RuntimeError as error:
        return dataclasses.replace(capacity, wrong=str(error))
    return capacity


def _search(plan: CapacityPlan, setting: Setting, most: float, leg: int, ask: Ask) -> Found:
    earlier: list[Trial] = []

    def measure(load: float, duration_s: float) -> Trial:
        question = Question(
            setting=at_load(setting, load, duration_s), purpose="search", leg=leg, earlier=tuple(earlier)
        )
        earlier.append(_valid(question, ask))
        return earlier[-1]

    return search(measure, precision=plan.precision, loss=plan.loss, least=plan.least, most=most)


def _checks(plan: CapacityPlan, capacity: Capacity, leg: int, ask: Ask) -> Iterator[Check]:
    """Ask for trials below and above the PDR; above it only where the consumer set the limit."""
    reference = reference_load(capacity)
    if reference is None:
        return
    for part in CHECKED:
        if part > 1 and not capacity.known:
            continue
        setting = at_load(capacity.setting, part * reference, plan.precision.final_s)
        question = Question(setting=setting, purpose="check", leg=leg)
        trials = tuple(_valid(question, ask) for _ in range(plan.precision.checks))
        sides = [judge(trial).failed_by(plan.loss) for trial in trials]
        yield Check(
            part=part,
            load=part * reference,
            expected=part < 1,
            trials=trials,
            passed=sides.count(Side.NOBODY),
            failed=sides.count(Side.CONSUMER),
        )


def _curve(capacity: Capacity, most: float, leg: int, ask: Ask) -> Iterator[Point]:
    """Ask for trials at each load of the curve. Without a known limit it ends where the generator does."""
    reference = reference_load(capacity)
    if reference is None:
        return
    for part in CURVE:
        load = part * reference
        if load > most or (part > 1 and not capacity.known):
            return
        timed = at_load(capacity.setting, load, CURVE_S)
        aged = dataclasses.replace(timed, pass_="latency")
        yield Point(
            timed=_valid(Question(setting=timed, purpose="curve", leg=leg), ask),
            aged=_valid(Question(setting=aged, purpose="curve", leg=leg), ask),
        )


def reference_load(capacity: Capacity) -> float | None:
    """Return the PDR that checks and curve refer to: the median of the searches' lower bounds."""
    lower = [bounds.lower for bounds in capacity.pdr if bounds.lower is not None]
    return median(lower) if lower else None


def at_load(setting: Setting, load: float, duration_s: float) -> Setting:
    """Return a setting at a load, with a duration that is long against the ring."""
    return dataclasses.replace(
        setting, intended_load=load, duration_s=trial_duration(load, setting.ring_size_bytes, duration_s)
    )


def _valid(question: Question, ask: Ask) -> Trial:
    """Ask until a trial is valid. Raises RuntimeError when none is."""
    for _ in range(1 + RETRIES):
        trial = ask(question)
        if trial.valid:
            return trial
    raise RuntimeError(f"{1 + RETRIES} trials in a row were invalid: {'; '.join(trial.invalid_because)}")
