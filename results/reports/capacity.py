"""Say in words and in tables what each mode can take."""

from collections.abc import Sequence
from statistics import median

from results import units
from results.brief import Names
from results.capacity.advice import Advice
from results.capacity.bounds import Bounds
from results.capacity.channels import ChannelAdvice
from results.capacity.judge import judge
from results.capacity.survey import Capacity
from results.metrics import AGE_P99, CPU, WATCHED
from results.reports.document import Cell, Document, Line, Table, cells, titled
from results.reports.names import key_to
from results.reports.sessions import disturbed, marked
from results.scorecard.labels import name_of
from results.trial import Trial

_MARKS = {True: "ok", False: "against", None: "not offered"}


def say_limit(bounds: Sequence[Bounds]) -> str:
    """Write the limit of some searches: its place, how far the searches differ, or what could not be found."""
    lower = [found.lower for found in bounds if found.lower is not None]
    if not bounds:
        return "not searched"
    if len(lower) < len(bounds):
        return f"below {units.rate(min(found.upper for found in bounds if found.upper is not None))}"
    middle = units.rate(median(lower))
    if any(found.at_least for found in bounds):
        return f"at least {middle}"
    upper = units.rate(max(found.upper for found in bounds if found.upper is not None))
    if len(lower) == 1:
        return f"{middle} (not {upper})"
    reach = max(max(lower) - median(lower), median(lower) - min(lower)) / median(lower)
    return f"{middle} ±{reach * 100:.0f}% ({len(lower)} searches, not {upper})"


def statements(capacity: Capacity, name: str) -> list[str]:
    """Say what was found of one setting, and what stands in its way, a sentence each."""
    if capacity.wrong is not None:
        return [f"{name}: no result: {capacity.wrong}"]
    said = [
        f"{name}: no loss up to {say_limit(capacity.ndr)}; "
        f"at most {units.percent(capacity.loss)} lost up to {say_limit(capacity.pdr)}"
    ]
    if any(bounds.at_least and bounds.upper is None for bounds in capacity.pdr):
        said.append(f"{name}: the highest load that was tried passed; --most tries higher ones")
    elif any(bounds.at_least for bounds in capacity.pdr):
        said.append(
            f"{name}: the generator, not the consumer, set this limit: more could not be offered with this traffic"
        )
    for check in capacity.checks:
        load = units.rate(check.load)
        outcome = f"{check.passed} of {len(check.trials)} trials at {check.part:g} × PDR ({load}) passed"
        if check.passed + check.failed < len(check.trials):
            outcome += f", {len(check.trials) - check.passed - check.failed} were not offered"
        said.append(f"{name}: {outcome}" + (", against what the search found" if check.holds is False else ""))
    return said


def capacity_document(capacities: Sequence[Capacity], trials: Sequence[Trial] = ()) -> Document:
    """Show the limits of all, then the curve of each, and what stands in their way."""
    modes = Names(capacity.setting.mode for capacity in capacities)
    named = [(modes.brief(name_of(capacity.setting)), capacity) for capacity in capacities]
    curves = [part for name, capacity in named if capacity.curve for part in ((), _curve(capacity, name))]
    noise = disturbed(trials)
    warned = (("A limit that was found on a machine that was not quiet may be lower than a quiet one's.",),)
    said = tuple((sentence,) for name, capacity in named for sentence in statements(capacity, name))
    parts = (_limits(named), *key_to(modes), *curves, (), *said, *noise, *(warned if noise else ()))
    return Document((), parts, name="bench capacity", title="bench capacity", whole=True)


def advice_document(advice: Advice, trials: Sequence[Trial] = ()) -> Document:
    """Say which ring size holds, and what was tried."""
    said = tuple((sentence,) for sentence in advice.sentences())
    return Document((), (*said, *disturbed(trials, "")), name="bench capacity", title="bench capacity", whole=True)


def channels_document(found: ChannelAdvice, trials: Sequence[Trial] = ()) -> Document:
    """Say what each channel needs and costs, and which is advised."""
    lines = []
    for each in found.candidates:
        held, half, cost = each.advice.advised, each.advice.half, each.cost_ns
        by_half = "" if half is None else f"{half.held} of {half.trials}"
        doubtful = any(trial.disturbed for trial in trials if trial.setting.channel == each.channel)
        paid = "–" if cost is None else marked(units.nanoseconds(cost.median), doubtful)
        aside = "" if cost is None or len(cost.values) == 1 else f"({units.digits(cost.low)}–{units.digits(cost.high)})"
        setting = each.advice.plan.setting
        texts = cells(setting.wait or "", units.size(held.size_bytes), f"{held.held} of {held.trials}", by_half)
        lines.append(Line(each.channel, (*texts, Cell(paid, aside))))
    titles = titled(
        "waits by", "memory", "nothing lost", "in half of it", "producer cost per event", words=("waits by",)
    )
    table = (Table("channel", titles, tuple(lines)), ()) if lines else ()
    said = tuple((sentence,) for sentence in found.sentences())
    return Document((), (*table, *said, *disturbed(trials)), name="bench capacity", title="bench capacity", whole=True)


def _limits(named: Sequence[tuple[str, Capacity]]) -> Table:
    lines = []
    for name, capacity in named:
        checks = " ".join(f"{check.part:g}×:{_MARKS[check.holds]}" for check in capacity.checks)
        limits = ("no result", "") if capacity.wrong else (say_limit(capacity.ndr), say_limit(capacity.pdr))
        lines.append(Line(name, cells(*limits, checks)))
    titles = titled("NDR (no loss)", f"PDR (≤ {units.percent(named[0][1].loss)})", "checks")
    return Table("consumer", titles, tuple(lines))


def _curve(capacity: Capacity, name: str) -> Table:
    lines = []
    for point in capacity.curve:
        trial, verdict = point.timed, judge(point.timed)
        age, cpu = AGE_P99.value(point.aged), cpu_share(point.timed)
        texts = (
            units.rate(trial.offered_load or 0),
            marked(units.rate(trial.consume_rate or 0), trial.disturbed),
            units.percent(trial.ledger.loss_ratio or 0),
            units.percent(verdict.deferred / verdict.offered) if verdict.offered else "–",
            "–" if age is None else marked(units.nanoseconds(age), point.aged.disturbed),
            "–" if cpu is None else marked(f"{cpu * 100:.0f} %", trial.disturbed),
        )
        lines.append(Line(units.rate(trial.setting.intended_load or 0), cells(*texts)))
    titles = titled("offered", "consumed", "lost", "deferred", "p99 age", "CPU")
    return Table(name, titles, tuple(lines))


def cpu_share(trial: Trial) -> float | None:
    """Return how much of one CPU the consumer used while it was watched.

    An older file does not tell for how long: it is from the first drop offered to the last event consumed there.
    """
    cpu_s, span_s = CPU.value(trial), WATCHED.value(trial)
    if span_s is None:
        span_s = (trial.last_consumed_ns - trial.first_offered_ns) / 1e9
    return None if cpu_s is None or span_s <= 0 else cpu_s / span_s
