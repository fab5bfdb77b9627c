"""What a session asks: a plan puts step after step to whoever can answer, and says what the answers come to.

While a session runs, trials made on the machine answer; when it is resumed or verified, those of its file do. The same
answers lead to the same steps and the same end.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, TypeVar

from results.disturbance import may_pass, spoilt_from_outside
from results.errors import BadInput
from results.trial import Setting, Trial

MOST_TRIALS = 1_000_000
Answer = TypeVar("Answer")
Answer_co = TypeVar("Answer_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Step:
    """A trial that is wanted next; the trials of a block get the same traffic. `arm` is the side of a check.

    `stored` is a trial of an earlier session that stands in for a new one. `repeats` is the number of the trial that
    the machine spoilt and that this one is to replace; after it `more` may be repeated: in all, or of this setting
    where nobody knows how many steps there will be.
    `beside` is the step that is asked for next, and is carried out together with this one, window by window.
    """

    setting: Setting
    block: int
    arm: Literal["A", "B"] | None = None
    stored: Trial | None = None
    repeats: int | None = None
    more: int | None = None
    beside: Step | None = None

    def is_answered_by(self, trial: Trial) -> bool:
        wanted = (self.setting, self.block, self.arm, self.repeats)
        return (trial.setting, trial.block, trial.arm, trial.repeats) == wanted


Ask = Callable[[Step], Trial]


class Plan(Protocol[Answer_co]):
    """What is asked, whole: it measures nothing, and can be carried out, resumed and replayed."""

    def to_json(self) -> dict[str, Any]: ...

    def answer(self, ask: Ask, seed: int, /) -> Answer_co:
        """Ask for one trial after the other, and say what they come to."""
        ...


def replay(trials: Iterable[Trial]) -> Ask:
    """Answer from recorded trials, in their order. Raises EOFError when they are used up, BadInput for a stranger."""
    rest = iter(trials)

    def ask(step: Step) -> Trial:
        trial = next(rest, None)
        if trial is None:
            raise EOFError("the session was not finished")
        if not step.is_answered_by(trial):
            raise BadInput(
                f"trial {trial.number} is not the one that its plan asks for: another version of bench wrote the file, "
                "or trials are missing in the middle; measure again"
            )
        return trial

    return ask


def replayed(plan: Plan[Answer], seed: int, trials: Iterable[Trial]) -> Answer:
    """Carry a plan out with recorded trials alone, to their very end. Raises EOFError and BadInput as `replay` does."""
    rest = iter(trials)
    answer = plan.answer(replay(rest), seed)
    if (left := next(rest, None)) is not None:
        raise BadInput(f"trial {left.number} lies beyond the end of its plan")
    return answer


def in_blocks(settings: Sequence[Setting], trials: int, seed: int) -> Iterator[tuple[int, Setting]]:
    """Yield (block, setting): each block holds every setting once, in an order drawn from the seed.

    Beside timed trials, those of other passes are made once, in the first block.
    """
    order = random.Random(seed)
    repeated = [setting for setting in settings if setting.pass_ == "timed"] or settings
    for block in range(trials):
        chosen = settings if block == 0 else repeated
        for setting in order.sample(chosen, len(chosen)):
            yield block, setting


def check_trials(option: str, number: int, least: int) -> None:
    """Raise BadInput for a number of trials that nobody can make."""
    if not least <= number <= MOST_TRIALS:
        raise BadInput(f"{option} must be at least {least}, at most {MOST_TRIALS}; it is {number}")


def doubt(trial: Trial) -> int:
    """Rank a trial by what the machine did to it, and by nothing that was measured: 0 nothing, 2 it is invalid."""
    if not trial.valid:
        return 2 if may_pass(trial) else 0
    return 1 if spoilt_from_outside(trial) else 0


def repeated(trials: Sequence[Trial], ask: Ask, retries: int, seed: int) -> tuple[Trial, ...]:
    """Ask again for trials that the machine spoilt, when all others are made: the noise may have passed by then.

    A disturbed one is wanted until a quiet one stands in for it, an invalid one once. Each setting gets `retries` more
    at most, and no more than it had, so that the session takes no more than twice its time.
    """
    by_setting: dict[Setting, list[Trial]] = {}
    for trial in trials:
        by_setting.setdefault(trial.setting, []).append(trial)
    left = {setting: min(retries, len(own)) for setting, own in by_setting.items()}
    due = {setting: [trial for trial in own if doubt(trial)] for setting, own in by_setting.items()}
    order = random.Random(f"repeated {seed}")
    made: list[Trial] = []
    while wanting := [setting for setting in due if due[setting] and left[setting]]:
        for setting in order.sample(wanting, len(wanting)):
            more = sum(_at_most(due[each], left[each]) for each in due) - 1
            spoilt = due[setting].pop(0)
            left[setting] -= 1
            made.append(ask(Step(setting, spoilt.block, repeats=spoilt.number, more=more)))
            if spoilt.valid and doubt(made[-1]):
                due[setting].append(spoilt)
    return tuple(made)


def _at_most(due: Sequence[Trial], left: int) -> int:
    """Count the repetitions that a setting may yet see: a disturbed trial may take all that are left."""
    return left if any(trial.valid for trial in due) else min(left, len(due))


def steadied(ask: Ask, retries: int, steps: int | None = None) -> Ask:
    """Ask at once for another, once, where the machine spoilt a trial: for plans that need each answer in its place.

    Each setting gets `retries` more at most. Of the two, the one that the machine did less to is the answer. `steps` is
    how many will be asked, where it is known.
    """
    spent: Counter[Setting] = Counter()
    answered = 0

    def asked(step: Step) -> Trial:
        nonlocal answered
        answered += 1
        first = ask(step)
        if not doubt(first) or spent[step.setting] >= retries:
            return first
        spent[step.setting] += 1
        more = retries - spent[step.setting] if steps is None else steps - answered
        return min(first, ask(replace(step, repeats=first.number, more=more)), key=doubt)

    return asked


def failed(trials: Iterable[Trial]) -> list[Trial]:
    """List the invalid trials, but those whose cause has passed: the same was valid when it was made once more."""
    listed = list(trials)
    good = {trial.repeats for trial in listed if trial.valid}
    return [
        trial
        for trial in listed
        if not trial.valid
        and not (may_pass(trial) and (trial.number if trial.repeats is None else trial.repeats) in good)
    ]
