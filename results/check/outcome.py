"""The outcome of a check as its reports show it: the judgements, what was compared, and what is known of the gate."""

from __future__ import annotations

from dataclasses import dataclass

from results import units
from results.check.blocks import Arm, unusable
from results.check.certificate import Certificate
from results.check.plan import Check
from results.check.verdict import Judgement, Verdict, worst
from results.session import Session
from results.trial import Trial

_ORDER = (Verdict.REGRESSED, Verdict.INCONCLUSIVE, Verdict.OK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """All that a report of a check says. `result_file` is what `bench verify` takes; None if none was kept."""

    session: Session
    check: Check
    judgements: tuple[Judgement, ...]
    trials: tuple[Trial, ...] = ()
    certificate: Certificate | None = None
    warnings: tuple[str, ...] = ()
    result_file: str | None = None

    @property
    def verdict(self) -> Verdict:
        return worst(self.judgements)

    def set_aside(self, arm: Arm) -> int:
        """Count the trials of an arm that cannot be compared: invalid, or with another load than was meant."""
        return sum(unusable(trial) is not None for trial in self.trials if trial.arm == arm)

    def disturbed(self, arm: Arm) -> int:
        """Count the trials of an arm that count, though the machine was not quiet."""
        return sum(trial.disturbed for trial in self.trials if trial.arm == arm)

    @property
    def worst_first(self) -> tuple[Judgement, ...]:
        """Regressions before doubts before passes; among equals, the farthest above its limit first."""
        return tuple(sorted(self.judgements, key=lambda one: (_ORDER.index(one.verdict), -_excess(one))))

    def to_json(self) -> dict[str, object]:
        return {
            "verdict": self.verdict.value,
            "session": self.session.id,
            "arm_a": self.check.arm_a,
            "arm_b": self.check.arm_b,
            "interleaved": self.check.interleaved,
            "seed": self.session.seed,
            "alpha": self.check.gate.alpha,
            "looks": list(self.check.gate.looks),
            "invalid_trials_a": self.set_aside("A"),
            "invalid_trials_b": self.set_aside("B"),
            "disturbed_trials_a": self.disturbed("A"),
            "disturbed_trials_b": self.disturbed("B"),
            "judgements": [judgement.to_json() for judgement in self.judgements],
            "certificate": None if self.certificate is None else self.certificate.to_json(),
            "warnings": list(self.warnings),
            "result_file": self.result_file,
        }

    def remarks(self) -> list[str]:
        """Say in sentences what a reader must know to trust the verdicts."""
        gate = self.check.gate
        looks = " and ".join(map(str, gate.looks))
        said = [
            f"alpha {gate.alpha:g} over all that is gated ({gate.family_size}, by Holm) and all looks "
            f"(planned after {looks} blocks); seed {self.session.seed}"
        ]
        if not self.check.interleaved:
            said.append(
                "weaker: the baseline is a stored result, not interleaved, so whatever changed on this machine since "
                "then is part of the ratio"
            )
        if self.set_aside("A") or self.set_aside("B"):
            said.append(
                f"trials set aside, invalid or with another load: {self.set_aside('A')} of A, {self.set_aside('B')} of "
                "B; their blocks were set aside whole and run anew"
            )
        if self.disturbed("A") or self.disturbed("B"):
            said.append(
                f"the machine was not quiet in {self.disturbed('A')} trials of A, {self.disturbed('B')} of B: blocks "
                "and coin keep the verdict valid, but it takes more of them to reach one"
            )
        return [*said, *_certified_remarks(self), *self.warnings]


def change(judgement: Judgement) -> str:
    """Write B relative to A with its interval: a ratio, or percentage points."""
    if judgement.estimate is None:
        return "–"
    low, high = _end(judgement, judgement.low, "less"), _end(judgement, judgement.high, "more")
    return f"{_relative(judgement, judgement.estimate)} [{low}, {high}]"


def limit(judgement: Judgement) -> str:
    """Write what B may be relative to A."""
    return _relative(judgement, judgement.limit)


def arm_value(judgement: Judgement, value: float | None) -> str:
    """Write the median of an arm in the metric's unit."""
    return "–" if value is None else judgement.gated.metric.write(value)


def reason(judgement: Judgement) -> str:
    """Say why there is no verdict and what would bring one; empty where there is one."""
    if judgement.because is None:
        return ""
    if judgement.more_blocks is None or judgement.more_s is None:
        return judgement.because
    more, seconds = judgement.more_blocks, units.seconds(judgement.more_s)
    return (
        f"{judgement.because}; about {more} more blocks ({seconds}) would decide: "
        f"plan the next check with --blocks {judgement.blocks + more}"
    )


def sentence(judgement: Judgement) -> str:
    """Say the verdict of one metric in one line."""
    a, b = arm_value(judgement, judgement.median_a), arm_value(judgement, judgement.median_b)
    of = "B / A" if judgement.gated.gate.scale == "ratio" else "B - A"
    said = (
        f"{judgement.gated.mode} {judgement.gated.metric.name}: {judgement.verdict}, {of} {change(judgement)}, "
        f"limit {limit(judgement)}; A {a}, B {b}; {judgement.blocks} blocks"
    )
    why = reason(judgement)
    return f"{said}; {why}" if why else said


def _relative(judgement: Judgement, value: float) -> str:
    if judgement.gated.gate.scale == "ratio":
        return f"{value:.3f}"
    return f"{value * 100:+.3f} pp"


def _end(judgement: Judgement, value: float | None, unbounded: str) -> str:
    return f"any {unbounded}" if value is None else _relative(judgement, value)


def _excess(judgement: Judgement) -> float:
    return float("-inf") if judgement.estimate is None else judgement.estimate / judgement.limit


def _certified_remarks(outcome: Outcome) -> list[str]:
    certificate = outcome.certificate
    if certificate is None:
        return ["no certificate for this host and plan: how often this gate lies here is unknown; run bench certify"]
    said = [
        f"certified on this host ({certificate.made_at[:10]}): false alarms in {certificate.gates_with_false_alarm} of "
        f"{certificate.gates} gates of A against A, so at most {units.percent(certificate.false_alarms_at_most)} "
        "(exact, 95 %)"
    ]
    for judgement in outcome.judgements:
        entry = certificate.entry(judgement.gated.mode, judgement.gated.metric.name)
        if entry is not None and entry.detectable is not None and entry.surely_found is not None:
            said.append(
                f"{entry.gated.mode} {entry.gated.metric.name}: tells {units.percent(entry.detectable)} from nothing, "
                f"surely calls {units.percent(entry.surely_found)} REGRESSED"
            )
    return said
