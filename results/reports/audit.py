"""What an audit says: a verdict of each consumer at each load, the counts behind it, and what watching cost."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from results import units
from results.audit import account, fell_short
from results.brief import Names
from results.metrics import AGE_P50, AGE_P99, CPU, CPU_PER_EVENT, PROGRAM_PER_EVENT, RSS, START_UP, UNSENT, Metric
from results.reports.document import Bad, Cell, Document, Doubt, Good, Line, Name, Sentence, Table, cells, titled
from results.reports.names import key_to
from results.reports.sessions import disturbed, marked
from results.scorecard.labels import labels
from results.shown import shown
from results.trial import Trial

_COSTS: tuple[Metric, ...] = (START_UP, CPU, CPU_PER_EVENT, RSS, PROGRAM_PER_EVENT, AGE_P50, AGE_P99)
_UNKNOWN = "no verdict"


def audit_document(trials: Iterable[Trial]) -> Document:
    """Say what is to be believed of each consumer, then how that is known, and what it cost."""
    listed = list(trials)
    named = labels(dict.fromkeys(replace(trial.setting, intended_load=None) for trial in listed))
    names = Names(trial.setting.mode for trial in listed)
    consumers = {
        names.brief(name): sorted(
            (trial for trial in listed if replace(trial.setting, intended_load=None) == setting),
            key=lambda trial: (trial.setting.intended_load or 0, trial.number),
        )
        for setting, name in sorted(named.items(), key=lambda each: each[1])
    }
    rows = [(name, trial) for name, own in consumers.items() for trial in own]
    told = Table(
        "consumer",
        titled("load", "drops", "reported", "admitted", "untold", "verdict", words=("verdict",)),
        tuple(Line(name, _told(trial)) for name, trial in rows),
        narrow="words",
    )
    metrics = [metric for metric in _COSTS if any(metric.value(trial) is not None for trial in listed if trial.valid)]
    cost = Table(
        "consumer",
        titled(*(metric.title for metric in metrics)),
        tuple(Line(f"{name} {_load(trial)}/s", _cost(trial, metrics)) for name, trial in rows if trial.valid),
        narrow="split",
    )
    wrong: list[Sentence] = [
        (Bad("invalid: "), Name(name), f" at {_load(trial)}/s: {shown(why)}")
        for name, trial in rows
        for why in trial.invalid_because
    ]
    texts = Counter(text for trial in listed for text in trial.warnings)
    texts["the load was not offered, so that nothing is known of it"] = sum(map(fell_short, listed))
    warned: list[Sentence] = [
        (Doubt("warning: "), shown(text), f" (in {count} of {len(listed)} trials)")
        for text, count in texts.items()
        if count
    ]
    headline = tuple(_said(name, own) for name, own in consumers.items())
    return Document(
        headline, ((), told, *(((), cost) if cost.lines else ()), *wrong, *warned, *disturbed(listed), *key_to(names))
    )


def _said(name: str, own: Sequence[Trial]) -> Sentence:
    """Say at which loads it came to which verdict."""
    by_verdict: dict[str, list[str]] = {}
    for trial in own:
        found = account(trial)
        loads = by_verdict.setdefault(_UNKNOWN if found is None else found.verdict, [])
        if (load := f"{_load(trial)}/s{_short(trial)}") not in loads:
            loads.append(load)
    if len(by_verdict) == 1 and not any(map(_short, own)):
        return (Name(name), f": {next(iter(by_verdict))} at every load.")
    return (
        Name(name),
        ": " + "; ".join(f"{verdict} at {', '.join(loads)}" for verdict, loads in by_verdict.items()) + ".",
    )


def _short(trial: Trial) -> str:
    """Say how much of a load there was, where that is not what was meant."""
    if not fell_short(trial):
        return ""
    sent = trial.ledger.sent or 0
    return f" (not offered: {sent:,} of {sent + round(UNSENT.value(trial) or 0):,} drops)"


def _load(trial: Trial) -> str:
    return units.quantity(trial.setting.intended_load) if trial.setting.intended_load else "max"


def _told(trial: Trial) -> tuple[Cell | None, ...]:
    found = account(trial)
    if found is None:
        return (*cells(_load(trial), "", "", "", ""), Cell(Bad("invalid") if not trial.valid else _UNKNOWN))
    drops = f"{found.least:,}" if found.least == found.most else f"{found.least:,} to {found.most:,}"
    if trial.limited_by == "generator":
        drops += f" of {found.least + round(UNSENT.value(trial) or 0):,}"
    admitted = "" if found.admitted is None else f"{found.admitted:,}"
    verdict = Good(found.verdict) if found.verdict in ("exact", "admits its loss") else Bad(found.verdict)
    return (*cells(_load(trial), drops, f"{found.reported:,}", admitted, f"{found.untold:,}"), Cell(verdict))


def _cost(trial: Trial, metrics: Sequence[Metric]) -> tuple[Cell | None, ...]:
    return tuple(
        None if value is None else Cell(marked(metric.write(value), trial.disturbed and metric.timing), value=value)
        for metric, value in ((metric, metric.value(trial)) for metric in metrics)
    )
