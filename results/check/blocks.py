"""Blocks, and the one value that each contributes.

A block is a pair of processes, one of each arm, that are measured in windows by turns; or four trials in fresh
processes, where what is measured is a count, or arm A is stored; or two, where a trial is emulated. A recorded coin
decides every order.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log
from statistics import fmean
from typing import Any, Literal, Self

from results.check.gate import Gated
from results.check.pairs import PairValue, pair_value
from results.errors import BadInput
from results.trial import Setting, Trial

Arm = Literal["A", "B"]

Order = tuple[Arm, ...]

ARMS: tuple[Arm, Arm] = ("A", "B")
ORDERS: tuple[Order, Order] = (("A", "B", "B", "A"), ("B", "A", "A", "B"))
IN_SEQUENCE: Order = ("A", "A", "B", "B")


def coin(seed: int, *place: int) -> Order:
    """Toss for an order: a bit of SHA-256, so that every Python on every machine recomputes it.

    `place` is the number of a block; or of a pair, and of four windows in it.
    """
    words = ":".join(map(str, (seed, *place)))
    return ORDERS[hashlib.sha256(words.encode()).digest()[0] & 1]


def window_order(seed: int, block: int, windows: int) -> Order:
    """Toss for a pair's windows, so many of each arm: four by four, each ABBA or BAAB."""
    return tuple(arm for four in range(windows // 2) for arm in coin(seed, block, four))


@dataclass(frozen=True, slots=True)
class Comparison:
    """The two settings that the blocks of one mode, trial kind and pass compare. They differ only in the arms.

    `short`: a block of fresh trials is one of each arm. For counts that take long to make: nothing in them drifts.
    """

    mode: str
    a: Setting
    b: Setting
    short: bool = False

    def measures(self, gated: Gated) -> bool:
        """Tell whether the blocks of this comparison hold the values of that metric."""
        gate = gated.gate
        return (self.mode, self.b.trial_kind, self.b.pass_) == (gated.mode, gate.trial_kind, gate.pass_)

    def setting(self, arm: Arm) -> Setting:
        return self.a if arm == "A" else self.b

    @property
    def windows(self) -> int | None:
        """How many windows of each arm make a pair; None where blocks are fresh trials."""
        return self.b.windows

    @property
    def trials_a_block(self) -> int:
        return len(ORDERS[0]) if self.windows is None and not self.short else 2

    def to_json(self) -> dict[str, object]:
        row: dict[str, object] = {"mode": self.mode, "a": self.a.to_json(), "b": self.b.to_json()}
        return {**row, "short": True} if self.short else row

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        return cls(row["mode"], Setting.from_json(row["a"]), Setting.from_json(row["b"]), row.get("short", False))


@dataclass(frozen=True, slots=True)
class Block:
    """The trials of one block in the order they ran; `comparison` is what they compare."""

    number: int
    comparison: Comparison
    trials: tuple[Trial, ...]

    @property
    def whole(self) -> bool:
        return len(self.trials) == self.comparison.trials_a_block

    @property
    def valid(self) -> bool:
        """A block counts as a whole or not at all: keeping its good trials would choose by outcome."""
        return self.whole and self.spoilt_because is None

    @property
    def spoilt_because(self) -> str | None:
        """Say why the block is set aside, by its first trial that cannot be compared; None where there is none."""
        return next((reason for trial in self.trials if (reason := unusable(trial))), None) or self._void_because

    @property
    def _void_because(self) -> str | None:
        """Say so where too few fours of a pair have no void window, whichever arm it is of."""
        fours = (self.comparison.windows or 0) // 2
        void = {int(place) // 2: why for one in self.trials if one.windows for place, why in one.windows.void.items()}
        if len(void) * 2 <= fours:
            return None
        return f"{len(void)} of {fours} times four windows have a void one ({next(iter(void.values()))})"

    @property
    def invalid_because(self) -> str | None:
        """Say why one of its trials is invalid; None where all are valid, be their load another than was meant."""
        return next(("; ".join(trial.invalid_because) for trial in self.trials if not trial.valid), None)

    def of_arm(self, arm: Arm) -> tuple[Trial, ...]:
        return tuple(trial for trial in self.trials if trial.arm == arm)

    def difference(self, gated: Gated) -> float | str:
        """Return B less A on the gate's scale (of logarithms, for a ratio), or why there is none.

        Of a pair it is that of its windows, if they tell the metric one by one, else that of all of them together.
        """
        if (found := self.in_windows(gated)) is not None:
            return found.value
        a = [_on_scale(trial, gated) for trial in self.of_arm("A")]
        b = [_on_scale(trial, gated) for trial in self.of_arm("B")]
        for value in a + b:
            if isinstance(value, str):
                return value
        return fmean(v for v in b if not isinstance(v, str)) - fmean(v for v in a if not isinstance(v, str))

    def in_windows(self, gated: Gated) -> PairValue | None:
        """Return what a pair's windows say of a metric; None where they do not tell it."""
        if self.comparison.windows is None or not gated.gate.by_window or not self.whole:
            return None
        a, b = (_told(trial, gated) for arm in ARMS for trial in self.of_arm(arm))
        return None if a is None or b is None else pair_value(a, b)


def unusable(trial: Trial) -> str | None:
    """Say why a trial cannot be compared: it is invalid, or got another load than the one that was meant."""
    if trial.invalid_because:
        return "; ".join(trial.invalid_because)
    if trial.limited_by == "generator":
        return f"the generator was held up and sent {trial.ledger.sent} drops, far fewer than it was to"
    return None


def blocks_of(
    comparisons: Sequence[Comparison], order_of: Callable[[int], Order] | None, trials: Iterable[Trial]
) -> tuple[Block, ...]:
    """Group a session's trials into blocks, and hold the order of each against the one that was planned, if told.

    What was sampled to say why is of none. Raises BadInput for a trial that no comparison asked for and for an order
    that was not planned, of windows too.
    """
    by_number: dict[int, list[Trial]] = {}
    for trial in sorted((each for each in trials if each.setting.pass_ != "sampled"), key=lambda trial: trial.number):
        by_number.setdefault(trial.block, []).append(trial)
    blocks = []
    for number, members in sorted(by_number.items()):
        order = tuple(trial.arm for trial in members)
        if order_of is not None and order != order_of(number)[: len(order)]:
            said = "".join(order_of(number))
            raise BadInput(f"block {number} ran as {''.join(map(str, order))}, but its coin said {said}")
        blocks.append(Block(number, _comparison_of(comparisons, members), tuple(members)))
    return tuple(blocks)


def _comparison_of(comparisons: Sequence[Comparison], trials: Sequence[Trial]) -> Comparison:
    for comparison in comparisons:
        if all(trial.arm is not None and trial.setting == comparison.setting(trial.arm) for trial in trials):
            return comparison
    raise BadInput(f"the trials of block {trials[0].block} are not among the settings that the plan compares")


def windows_ran_as(block: Block, seed: int) -> None:
    """Hold the order of a pair's windows against their coins. Raises BadInput."""
    windows = block.comparison.windows
    if windows is None or not block.valid:
        return
    began = {arm: trial.windows.began_ns for arm in ARMS for trial in block.of_arm(arm) if trial.windows is not None}
    order = tuple(arm for _, arm in sorted((moment, arm) for arm, moments in began.items() for moment in moments))
    if order != window_order(seed, block.number, windows):
        raise BadInput(f"the windows of block {block.number} did not run in the order that their coins said")


def _told(trial: Trial, gated: Gated) -> Sequence[float | None] | None:
    return None if trial.windows is None else trial.windows.values.get(gated.metric.name)


def _on_scale(trial: Trial, gated: Gated) -> float | str:
    name, gate, value = gated.metric.name, gated.gate, gated.metric.value(trial)
    if value is None:
        return trial.absent.get(name, f"trial {trial.number} has no {name}")
    if gate.scale == "difference":
        return value
    if value + gate.floor <= 0:
        return f"{name} of trial {trial.number} is {value:g}, which has no ratio"
    return log(value + gate.floor)


def in_sequence(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Deal the trials of equal arms out again: the earlier half becomes A, the later half B.

    Only for blocks whose two settings are equal, where any assignment of arms is as true as any other.
    """
    by_comparison: dict[Comparison, list[Block]] = {}
    for block in blocks:
        if block.comparison.a != block.comparison.b:
            raise ValueError(f"block {block.number} compares different settings; its trials cannot change sides")
        if block.valid:
            by_comparison.setdefault(block.comparison, []).append(block)
    return tuple(dealt for group in by_comparison.values() for dealt in _deal(group))


def _deal(blocks: Sequence[Block]) -> list[Block]:
    trials = [trial for block in blocks for trial in block.trials]
    half = len(trials) // 2
    earlier, later = trials[:half], trials[half:]
    dealt = []
    each = len(blocks[0].trials) // 2 if blocks else 0
    for place, block in enumerate(blocks):
        own = slice(each * place, each * (place + 1))
        a, b = (
            [replace(trial, arm=arm) for trial in half[own]] for arm, half in zip(ARMS, (earlier, later), strict=True)
        )
        dealt.append(replace(block, trials=(*a, *b)))
    return dealt
