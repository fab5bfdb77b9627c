"""What attaching a tool costs the workload that it traces: pairs of turns, one attached and one not, side by side.

A pair is a block, and a coin says which of its turns comes first. The workload is the same process in all of them, or a
command that is run once a turn. Arm A is the workload alone, arm B has the tool attached.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, exp, log, log2
from statistics import fmean, median
from typing import Any, Self

from results.check.blocks import Block, Comparison, Order, blocks_of, coin
from results.check.budget import rounds_of
from results.errors import BadInput
from results.metrics import CPU, SENDER_PER_FRAME, STEAL, TURN_GAP, WORKLOAD
from results.plan import Ask, Step, check_trials, replayed
from results.session import Session
from results.statistics.power import detectable
from results.statistics.signed_rank import hodges_lehmann, lower_bound, p_above, p_below, upper_bound
from results.trial import Setting, Trial

ALPHA = 0.05
ALONE = "none"
"""The mode of arm A: nothing is attached."""
WARMING_UP = "the workload was warming up"
WORK = (SENDER_PER_FRAME.name, WORKLOAD.name)
"""What a turn's windows tell: the one or the other."""
# So many invalid pairs, and more than valid ones, are no chance.
_HOPELESS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class OverheadPlan:
    """What is attached, one after the other in each round, and how many pairs each gets, or for how long there are any.

    Each comparison is of the workload alone and with one tool; `alpha` is the chance that any of them is told to cost,
    or to spare, what it does not.
    """

    comparisons: tuple[Comparison, ...]
    pairs: int | None = None
    budget_s: float | None = None
    alpha: float = ALPHA

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 0.5:
            raise BadInput(f"--alpha is a chance above 0 and below 0.5; it is {self.alpha:g}")
        if self.pairs is not None:
            check_trials("--pairs", self.pairs, self.fewest)

    @property
    def level(self) -> float:
        """The chance of a false alarm on one side, for one of them: alpha parted among all (Bonferroni)."""
        return self.alpha / 2 / len(self.comparisons)

    @property
    def fewest(self) -> int:
        """The fewest pairs that can tell anything: their signs are one of 2**n patterns."""
        return ceil(-log2(self.level))

    def answer(self, ask: Ask, seed: int) -> tuple[Overhead, ...]:
        """Ask for rounds of pairs, until there are enough or no round more fits into the budget."""
        trials: list[Trial] = []
        blocks: tuple[Block, ...] = ()
        while wanted := self._wanted(blocks):
            for comparison in wanted:
                number = trials[-1].block + 1 if trials else 0
                order = _order(seed, number)
                second = Step(comparison.setting(order[1]), number, order[1])
                trials.append(ask(Step(comparison.setting(order[0]), number, order[0], beside=second)))
                trials.append(ask(second))
            blocks = blocks_of(self.comparisons, lambda number: _order(seed, number), trials)
        own = {each: [block for block in blocks if block.comparison == each] for each in self.comparisons}
        return tuple(_overhead(comparison, own[comparison], self, seed) for comparison in self.comparisons)

    def _wanted(self, blocks: Sequence[Block]) -> Sequence[Comparison]:
        """List what gets a pair in the next round: all but what fails again and again; none, when all is done.

        How many fit follows from when rounds began, and from nothing that was measured.
        """
        wanted = [each for each in self.comparisons if _hopeless([b for b in blocks if b.comparison == each]) is None]
        if not wanted:
            return ()
        rounds = rounds_of(wanted, [block for block in blocks if block.comparison in wanted])
        if self.pairs is not None:
            return wanted if rounds.complete < self.pairs else ()
        assert self.budget_s is not None
        return wanted if rounds.complete < self.fewest or rounds.another_fits(self.budget_s) else ()

    def to_json(self) -> dict[str, Any]:
        comparisons = [comparison.to_json() for comparison in self.comparisons]
        row = {"comparisons": comparisons, "pairs": self.pairs, "budget_s": self.budget_s, "alpha": self.alpha}
        return {"overhead": row}

    @classmethod
    def from_json(cls, plan: Mapping[str, Any]) -> Self:
        """Read a session's plan. Raises KeyError or TypeError for what is none."""
        row = plan["overhead"]
        return cls(
            comparisons=tuple(Comparison.from_json(each) for each in row["comparisons"]),
            pairs=row["pairs"],
            budget_s=row["budget_s"],
            alpha=row["alpha"],
        )


def overheads(sessions: Iterable[Session], trials: Sequence[Trial]) -> tuple[list[Overhead], list[str]]:
    """Replay every session that tells what attaching costs; say which were cut short or cannot be replayed."""
    found: list[Overhead] = []
    problems: list[str] = []
    for session in sessions:
        if "overhead" in session.plan:
            own = [trial for trial in trials if trial.session == session.id]
            try:
                found += replayed(OverheadPlan.from_json(session.plan), session.seed, own)
            except EOFError:
                problems.append(f"session {session.id} was not finished; go on with: {session.command} --resume")
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                problems.append(f"session {session.id} cannot be replayed: {error}")
    return found, problems


def _order(seed: int, number: int) -> Order:
    """Say by the coin of a pair which of its two turns comes first."""
    return coin(seed, number)[:2]


def _hopeless(blocks: Sequence[Block]) -> str | None:
    """Say why something fails again and again; None where it does not."""
    spoilt = [block.spoilt_because for block in blocks if not block.valid]
    return spoilt[-1] if len(spoilt) >= max(_HOPELESS, len(blocks) / 2) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overhead:
    """What attaching one tool costs, by its valid pairs: of the time that a frame, or the workload, takes without it.

    Shares: 0.05 is 5 % more. The intervals of all that is attached in a session cover the true costs, at once, with
    1 - alpha.
    `detectable` is the least cost that four of five such measurements would have told from nothing. `wrong` says why
    there is no result, or why there are fewer pairs than were wanted; `plain` is the time without the tool, in the unit
    of its metric, and `cpu` how much of a CPU the tool used meanwhile.
    """

    comparison: Comparison
    values: tuple[float, ...]
    alpha: float
    cost: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    detectable: float | None = None
    plain: float | None = None
    cpu: float | None = None
    steal: float | None = None
    gap_s: float | None = None
    spoilt: int = 0
    spoilt_because: str | None = None
    disturbed: int = 0
    wrong: str | None = None

    @property
    def setting(self) -> Setting:
        return self.comparison.b

    @property
    def told(self) -> bool:
        """Whether it is told from nothing: the interval lies on one side of it."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


def _overhead(comparison: Comparison, blocks: Sequence[Block], plan: OverheadPlan, seed: int) -> Overhead:
    level = plan.level
    valid = [block for block in blocks if block.valid]
    values = [_value(block) for block in valid]
    spoilt = [block.spoilt_because for block in blocks if not block.valid]
    found: dict[str, Any] = {}
    if values:
        shift = detectable(values, level, seed)
        alone, attached = ([trial for block in valid for trial in block.of_arm(arm)] for arm in ("A", "B"))
        found = {
            "cost": exp(hodges_lehmann(values)) - 1,
            "low": exp(lower_bound(values, level)) - 1,
            "high": exp(upper_bound(values, level)) - 1,
            "p": min(1.0, 2 * min(p_above(values, 0), p_below(values, 0))),
            "detectable": None if shift is None else exp(shift) - 1,
            "plain": median(exp(_turn(trial)) for trial in alone),
            "cpu": _mean(cpu / _span_s(trial) for trial in attached if (cpu := CPU.value(trial)) is not None),
            "steal": _mean(steal for trial in (*alone, *attached) if (steal := STEAL.value(trial)) is not None),
            "gap_s": _mean(gap for trial in (*alone, *attached) if (gap := TURN_GAP.value(trial)) is not None),
            "disturbed": sum(any(trial.disturbed for trial in block.trials) for block in valid),
        }
    return Overhead(
        comparison=comparison,
        values=tuple(values),
        alpha=plan.alpha,
        spoilt=len(spoilt),
        spoilt_because=spoilt[-1] if spoilt else None,
        wrong=_hopeless(blocks),
        **found,
    )


def _value(block: Block) -> float:
    """Return by what logarithm the workload took longer attached than alone. It is odd: turns exchanged, it is less."""
    attached, alone = (_turn(trial) for arm in ("B", "A") for trial in block.of_arm(arm))
    return attached - alone


def _turn(trial: Trial) -> float:
    """Return what a turn's windows took, a logarithm: the mean of their faster half, since noise only ever delays."""
    windows = trial.windows
    rows = [] if windows is None else [windows.values[name] for name in WORK if name in windows.values]
    logs = [log(each) for row in rows for each in row if each is not None and each > 0]
    if not logs:
        raise BadInput(f"trial {trial.number} is stored as valid, and does not say what its workload took")
    return fmean(sorted(logs)[: ceil(len(logs) / 2)])


def _span_s(trial: Trial) -> float:
    """Return for how long the workload worked; a window in which nothing was sent has no beginning."""
    began = [ns for ns in trial.windows.began_ns if ns] if trial.windows is not None else []
    if trial.setting.duration_s is not None and began:
        return (max(began) - min(began)) / 1e9 + trial.setting.duration_s
    return max(1, trial.last_offered_ns - trial.first_offered_ns) / 1e9


def _mean(values: Iterable[float]) -> float | None:
    known = list(values)
    return fmean(known) if known else None
