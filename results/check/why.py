"""Why a metric regressed: where arm B spends more than A.

Instructions by function and allocations by line stand in the check's own trials. CPU time by line is in none of them:
once a regression is found, a pair more is run and sampled. It is no part of the verdict.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import hypot, sqrt
from pathlib import PurePath
from statistics import median

from results.check.blocks import ARMS, Arm, Comparison
from results.check.gate import Gated
from results.check.verdict import Judgement, Verdict, worst_first
from results.metrics import ALLOCATIONS, BYTES_WRITTEN, CPU_PER_EVENT, INSTRUCTIONS, PROGRAM_PER_EVENT, Metric
from results.plan import Step
from results.series import CodePlace, code_places
from results.trial import Trial

SAMPLED_S = 3.0
"""For so long at most each arm is to work in windows that are sampled, if its load does not say how long."""
FEWEST_WINDOWS, MOST_WINDOWS = 4, 200
LOAD_TIMES = 3
"""Of a load so many times the windows of the check: consumers sleep most of the time."""
USUAL_EVENTS = 4_000_000
"""So many are consumed at most, where no time per event is known."""

# Of the standard error: there are dozens of lines, and one of them would differ by two.
_ERRORS = 3
_OWN = "the mode"
# Of the largest difference.
_MATTERS = 0.02

Places = dict[CodePlace, float]

# By metric: the series of a trial, the count in its rows, and how that is found.
_COUNTED = {
    INSTRUCTIONS: ("instruction_functions", "instructions", "instructions by function, which callgrind counts"),
    ALLOCATIONS: ("allocation_sites", "allocations", "allocations by line, which memray counts"),
}
_NO_LINES = {
    BYTES_WRITTEN: "what a mode writes is its own matter: compare the files",
    PROGRAM_PER_EVENT: "the BPF program's time is what submitting an event and waking the consumer take: bench explain",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A function, or a line with what stands there, and what it takes per event in each arm.

    None: it is not among those seen. A difference within `doubt` may be chance. `changed`: it is of the mode's own
    file, and was seen in one arm alone.
    """

    name: str
    text: str
    a: float | None
    b: float | None
    doubt: float = 0.0
    changed: bool = False

    @property
    def more(self) -> float:
        return (self.b or 0.0) - (self.a or 0.0)


@dataclass(frozen=True, slots=True)
class Account:
    """What was taken where, the largest difference first, in the unit of `metric`; `how` says how it was found."""

    how: str
    metric: Metric
    places: tuple[Place, ...]

    @property
    def telling(self) -> tuple[Place, ...]:
        """Those that differ by more than chance, and matter beside the largest; and what was changed in the mode."""
        least = max((abs(place.more) for place in self.places), default=0.0) * _MATTERS
        return tuple(one for one in self.places if one.changed or abs(one.more) > max(one.doubt, least))


@dataclass(frozen=True, slots=True)
class Why:
    """Of the worst metric, the accounts of both arms side by side; without any, why there is none."""

    gated: Gated
    accounts: tuple[Account, ...]
    because: str | None = None

    def to_json(self) -> dict[str, object]:
        accounts = [
            {
                "how": account.how,
                "metric": account.metric.name,
                "places": [
                    {"name": each.name, "text": each.text, "a": each.a, "b": each.b, "doubt": each.doubt}
                    for each in account.places
                ],
            }
            for account in self.accounts
        ]
        return {
            "mode": self.gated.mode,
            "metric": self.gated.metric.name,
            "because": self.because,
            "accounts": accounts,
        }


def why_steps(
    sampled: Sequence[Comparison], judgements: Sequence[Judgement], trials: Sequence[Trial]
) -> tuple[Step, ...]:
    """Ask for both arms once more, to be sampled, where the worst metric regressed and lines of CPU time tell why."""
    gated = regressed(judgements)
    if gated is None or gated.metric in (ALLOCATIONS, *_NO_LINES):
        return ()
    fitting = (each for each in sampled if (each.mode, each.b.trial_kind) == (gated.mode, gated.gate.trial_kind))
    comparison = next(fitting, None)
    if comparison is None:
        return ()
    windows = _windows(comparison, trials)
    a, b = (replace(setting, windows=windows) for setting in (comparison.a, comparison.b))
    block = trials[-1].block + 1
    second = Step(b, block, "B")
    return Step(a, block, "A", beside=None if windows is None else second), second


def regressed(judgements: Sequence[Judgement]) -> Gated | None:
    """Return what regressed most; None where nothing did."""
    worst = worst_first(judgements)[0]
    return worst.gated if worst.verdict is Verdict.REGRESSED else None


def _windows(comparison: Comparison, trials: Iterable[Trial]) -> int | None:
    """Choose how many windows the arms are to empty, by what an event took them in the check."""
    records = comparison.b.drain_records
    if records is None:
        return None if comparison.windows is None else comparison.windows * LOAD_TIMES
    modes = (comparison.a.mode, comparison.b.mode)
    timed = [one for one in trials if one.setting.mode in modes and one.setting.pass_ == "timed"]
    costs = [cost for one in timed if (cost := one.ns_per_event or CPU_PER_EVENT.value(one)) is not None]
    events = SAMPLED_S * 1e9 / median(costs) if costs else USUAL_EVENTS
    half = round(events / records / 2)
    return min(MOST_WINDOWS, max(FEWEST_WINDOWS, 2 * half))


def why_of(comparisons: Iterable[Comparison], judgements: Sequence[Judgement], trials: Sequence[Trial]) -> Why | None:
    """Set the arms' accounts of the worst metric side by side; None where nothing regressed."""
    gated = regressed(judgements)
    if gated is None:
        return None
    if gated.metric in _NO_LINES:
        return Why(gated, (), _NO_LINES[gated.metric])
    accounts = []
    if gated.metric in _COUNTED:
        comparison = next(each for each in comparisons if each.measures(gated))
        own = {
            arm: [one for one in trials if one.arm == arm and one.setting == comparison.setting(arm)] for arm in ARMS
        }
        accounts.append(_counted(own, gated.metric, *_COUNTED[gated.metric]))
    looked = [one for one in trials if one.setting.pass_ == "sampled"]
    broken = [reason for one in looked for reason in one.invalid_because]
    seen = [one for one in looked if one.series.get("line_samples") and CPU_PER_EVENT.value(one) is not None]
    if looked and not broken and seen == looked:
        accounts.append(_sampled({one.arm: one for one in looked if one.arm is not None}))
    if accounts:
        return Why(gated, tuple(accounts))
    if broken:
        return Why(gated, (), f"the pair that was to tell it was invalid: {broken[0]}")
    if looked:
        return Why(
            gated,
            (),
            "of an arm no line was seen, or no CPU time was told, as of one that runs an older bench",
        )
    return Why(gated, (), "no pair was sampled, since arm A is stored or the kernel gives no clock to sample by")


def _counted(own: Mapping[Arm, Sequence[Trial]], metric: Metric, series: str, count: str, how: str) -> Account:
    """Compare counts per event, over all valid trials of an arm."""
    found: dict[Arm, Places] = {}
    modes: dict[Arm, str] = {}
    for arm, trials in own.items():
        valid = [one for one in trials if one.valid and one.ledger.consumed]
        events = sum(one.ledger.consumed or 0 for one in valid)
        found[arm] = {place: number / events for place, number in _added(valid, series, count).items()}
        modes[arm] = trials[0].setting.mode
    return Account(how, metric, _side_by_side(found, modes))


def _sampled(looked: Mapping[Arm, Trial]) -> Account:
    """Share out the CPU time per event by where the looks found the consumer."""
    found: dict[Arm, Places] = {}
    looks: dict[Arm, int] = {}
    for arm, trial in looked.items():
        counts = _added([trial], "line_samples", "samples")
        looks[arm] = round(sum(counts.values()))
        cost = CPU_PER_EVENT.value(trial)
        assert cost is not None
        found[arm] = {place: cost * count / looks[arm] for place, count in counts.items()}
    how = f"CPU time by line, that of looking included, by {looks['A']} looks at A and {looks['B']} at B"
    modes = {arm: trial.setting.mode for arm, trial in looked.items()}
    return Account(how, CPU_PER_EVENT, _side_by_side(found, modes, looks))


def _added(trials: Iterable[Trial], series: str, count: str) -> Places:
    added: Places = {}
    for one in trials:
        for place, number in code_places(one, series, count):
            added[place] = added.get(place, 0.0) + number
    return added


def _side_by_side(
    found: Mapping[Arm, Places], modes: Mapping[Arm, str], looks: Mapping[Arm, int] | None = None
) -> tuple[Place, ...]:
    """Match the arms' places by what stands there: a line that moved is the same line."""
    named: dict[tuple[str, ...], dict[Arm, tuple[CodePlace, float]]] = {}
    for arm in ARMS:
        for place, value in found[arm].items():
            arms = named.setdefault(_key(place, modes[arm]), {})
            arms[arm] = (place, value + (arms[arm][1] if arm in arms else 0.0))
    costs = {arm: sum(found[arm].values()) for arm in ARMS}
    places = []
    for key, arms in named.items():
        place = arms["B" if "B" in arms else "A"][0]
        a, b = (arms[arm][1] if arm in arms else None for arm in ARMS)
        doubt = 0.0
        if looks is not None:
            errors = (_error(value or 0.0, costs[arm], looks[arm]) for arm, value in zip(ARMS, (a, b), strict=True))
            doubt = _ERRORS * hypot(*errors)
        changed = len(arms) == 1 and key[0] == _OWN
        places.append(Place(place.name, place.text, a, b, doubt, changed))
    return tuple(sorted(places, key=lambda place: (-abs(place.more), place.name)))


def _key(place: CodePlace, mode: str) -> tuple[str, ...]:
    file, _, line = place.site.rpartition(":")
    if file and PurePath(file).name == PurePath(mode).name:
        file = _OWN
    return file or place.site, place.function, place.text or line


def _error(value: float, cost: float, looks: int) -> float:
    """Return the standard error of a cost that was shared out by so many looks; of none, as if one had found it."""
    if not looks or not cost:
        return 0.0
    share = max(value / cost, 1 / looks)
    return cost * sqrt(share * (1 - min(share, 1.0)) / looks)
