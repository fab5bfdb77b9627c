"""What the experiment says, in sentences that follow from its numbers."""

from collections.abc import Callable, Iterable, Sequence
from statistics import median

from results import units
from results.explain.effect import Effect, Experiment
from results.explain.hypotheses import MATTERS, Finding, Word, judge, posed, word
from results.metrics import PASSES, PROGRAM_PER_EVENT, SLEEPS, WAKEUPS, Metric
from results.reports.document import Bad, Document, Line, Part, Table, cells, titled
from results.reports.loss import with_worst
from results.reports.sessions import disturbed, marked
from results.trial import Trial

# Two rates that differ by less than this are the same, for a reader.
SAME = 0.05
_SURELY = {Word.CONFIRMED: "surely", Word.REFUTED: "surely not", Word.NOT_DECIDABLE: "not surely"}


def say_effect(effect: Effect) -> str:
    """Write a ratio with its interval: ×1.84 (1.71–1.98)."""
    if effect.ratio is None:
        return "no valid pair of trials"
    ratio = marked(f"×{effect.ratio:.2f}", effect.doubtful)
    if not effect.known or effect.low is None or effect.high is None:
        return f"{ratio} ({effect.blocks} blocks are too few for an interval)"
    return f"{ratio} ({effect.low:.2f}–{effect.high:.2f})"


def say_riddle(experiment: Experiment) -> list[str]:
    """Say whether this machine shows the inversion in a closed loop, and what becomes of it outside of one."""
    inversion = experiment.effect("file", "null")
    said = []
    shown = _inverted(inversion)
    if shown is Word.CONFIRMED:
        said.append(f"In a closed loop, file looks faster than null: it reads {say_effect(inversion)} as much.")
    elif shown is Word.REFUTED:
        said.append(
            "In a closed loop, file does not look faster than null on this machine: it reads "
            f"{say_effect(inversion)} as much, less than {SAME:.0%} more."
        )
    else:
        said.append(
            "These blocks do not decide whether file looks faster than null on this machine: in a closed loop, it "
            f"reads {say_effect(inversion)} as much."
        )
    said.append(f"The same work without writing (work against null): {say_effect(experiment.effect('work', 'null'))}.")
    said += _say_open_loop(experiment)
    said += _say_drain(experiment)
    quiet = experiment.effect("file, notified rarely", "null, notified rarely")
    said.append(
        f"With one notification per 64 KiB, and not one whenever the consumer has caught up, file against null is "
        f"{say_effect(quiet)} in the closed loop: {_what_became(inversion, quiet)}."
    )
    beside = experiment.effect("file, same CPU", "null, same CPU")
    said.append(f"With consumer and sender on one CPU, file against null is {say_effect(beside)}.")
    alone = experiment.effect("null", "nobody reads")
    said.append(
        f"The sender's rate with a null consumer, against its rate when nobody reads the ring: {say_effect(alone)}."
    )
    return said


def say_finding(finding: Finding) -> list[str]:
    """Say a hypothesis's verdict, and what each of its interventions did."""
    hypothesis = finding.hypothesis
    said = [f"{hypothesis.name}: {finding.word.value}. The claim: {hypothesis.claim}."]
    for prediction, effect in zip(hypothesis.predictions, finding.effects, strict=True):
        said.append(
            f"  {prediction.because} changed the producer's rate {say_effect(effect)}: "
            f"{_SURELY[word(effect)]} above ×{MATTERS:.2f}"
        )
    return said


def explain_document(experiment: Experiment, trials: Sequence[Trial] = ()) -> Document:
    """Show the rates of all variants, the riddle, and each hypothesis's verdict."""
    riddle = tuple((sentence,) for sentence in say_riddle(experiment))
    findings = (say_finding(judge(hypothesis, experiment)) for hypothesis in posed(experiment.plan))
    invalid = tuple(
        (Bad(f"invalid: trial {trial.number} ({trial.setting.mode}): {'; '.join(trial.invalid_because)}"),)
        for trial in experiment.invalid
    )
    said = tuple((sentence,) for finding in findings for sentence in finding)
    parts: tuple[Part, ...] = (_table(experiment), (), *riddle, (), *said, *invalid, *disturbed(trials))
    return Document((), parts, name="bench explain", title="bench explain", whole=True)


def _say_open_loop(experiment: Experiment) -> list[str]:
    effect = experiment.effect("file, open loop", "null, open loop")
    if effect.low is None or effect.high is None:
        return []
    rates = experiment.speeds("null, open loop")
    at = marked(units.rate(median(rates)), experiment.doubtful("null, open loop"))
    if effect.low > 1 - SAME and effect.high < 1 + SAME:
        return [f"In an open loop at {at}, file and null read the same: {say_effect(effect)}."]
    return [f"In an open loop at {at}, file against null reads {say_effect(effect)}: not surely the same."]


def _say_drain(experiment: Experiment) -> list[str]:
    effect = experiment.effect("null, drain", "file, drain")
    if effect.ratio is None:
        return []
    null, file = (
        marked(
            units.nanoseconds(1e9 / median(experiment.speeds(f"{mode}, drain"))), experiment.doubtful(f"{mode}, drain")
        )
        for mode in ("null", "file")
    )
    turned = (
        "the order is reversed" if effect.low is not None and effect.low > 1 else "the order is not surely reversed"
    )
    return [f"When a full ring is drained, {turned}: null takes {null} per event, file {file}, {say_effect(effect)}."]


def _inverted(effect: Effect) -> Word:
    """Tell whether the mode that does more surely looks faster, by however little."""
    if effect.known and effect.low is not None and effect.low > 1:
        return Word.CONFIRMED
    return Word.REFUTED if effect.high is not None and effect.high < 1 + SAME else Word.NOT_DECIDABLE


def _what_became(before: Effect, after: Effect) -> str:
    """Say what is left of the inversion when notifications are rare."""
    if _inverted(before) is not Word.CONFIRMED:
        return "there was no sure difference to take away"
    if _inverted(after) is Word.REFUTED:
        return "file no longer looks faster"
    if _inverted(after) is Word.CONFIRMED:
        return "file still looks faster"
    return "whether file still looks faster is not decidable here"


def _table(experiment: Experiment) -> Table:
    titles = ("rate", "against null", "lost", "events\n/pass", "sleeps\n/event", "wakeups\n/event", "program\n/event")
    lines = []
    for name, setting in experiment.plan.variants.items():
        speeds = experiment.speeds(name)
        trials = [block[name] for block in experiment.blocks if name in block]
        closed = setting.trial_kind == "load" and setting.intended_load is None
        looks = experiment.looks.get(name, ())
        doubtful, seen_late = experiment.doubtful(name), any(trial.disturbed for trial in looks)
        texts = (
            marked(units.rate(median(speeds)), doubtful) if speeds else "–",
            say_effect(experiment.effect(name, "null")) if closed and name != "null" and speeds else "",
            with_worst(trial.ledger.loss_ratio for trial in trials) or "–",
            _median([_a_pass(trial) for trial in trials], units.quantity, doubtful) if closed else "",
            _median([_an_event(trial, SLEEPS) for trial in trials], units.digits, doubtful) if closed else "",
            _median([_an_event(trial, WAKEUPS) for trial in looks], units.digits, seen_late),
            _median(map(PROGRAM_PER_EVENT.value, looks), units.nanoseconds, seen_late),
        )
        lines.append(Line(name, cells(*texts)))
    return Table("variant", titled(*titles), tuple(lines))


def _a_pass(trial: Trial) -> float | None:
    passes, consumed = PASSES.value(trial), trial.ledger.consumed
    return consumed / passes if passes and consumed is not None else None


def _an_event(trial: Trial, metric: Metric) -> float | None:
    count, consumed = metric.value(trial), trial.ledger.consumed
    return count / consumed if count is not None and consumed else None


def _median(values: Iterable[float | None], write: Callable[[float], str], doubtful: bool = False) -> str:
    found = [value for value in values if value is not None]
    return marked(write(median(found)), doubtful) if found else "–"
