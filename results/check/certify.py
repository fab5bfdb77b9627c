"""Compute a certificate from finished gates of A against A and of A against a slowed A."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import expm1, isfinite

from results.check.blocks import Block, in_sequence
from results.check.certificate import Certificate, Certified, Detection
from results.check.gate import GatePlan
from results.check.plan import Check, check_of
from results.check.verdict import Judgement, Verdict, judge
from results.errors import BadInput
from results.metrics import Gate
from results.session import Session, same_machine
from results.statistics.binomial import exact_lower
from results.statistics.signed_rank import lower_bound
from results.trial import Trial

# An effect counts as surely found if the exact 95 % lower bound of the share that finds it is at least this.
SURE = 0.8

OTHER_MODE = "mode="
"""Before the name of a mode that arm B runs, where that is how it was slowed."""


@dataclass(frozen=True, slots=True)
class CertifiedGate:
    """One finished gate of a certification: a session of its own in the result file."""

    session: Session
    check: Check
    blocks: tuple[Block, ...]
    judgements: tuple[Judgement, ...]

    @property
    def handicap(self) -> str | None:
        """What arm B was slowed by; None for A against A."""
        return handicap_of(self.check)


def handicap_of(check: Check) -> str | None:
    """Return what arm B of a gate carries, or which mode it runs; None for A against A."""
    one = check.comparisons[0]
    return one.b.handicap if one.b.mode == one.a.mode else f"{OTHER_MODE}{one.b.mode}"


def finished_gates(sessions: Sequence[Session], trials: Sequence[Trial]) -> tuple[CertifiedGate, ...]:
    """Return the gates whose planned looks are all done; one that was interrupted is left out whole."""
    by_session: dict[str, list[Trial]] = {}
    for trial in trials:
        by_session.setdefault(trial.session, []).append(trial)
    gates = []
    for session in sessions:
        check = check_of(session)
        blocks = check.blocks(session.seed, by_session.get(session.id, []))
        if not check.wanted(blocks):
            gates.append(CertifiedGate(session, check, blocks, check.judge(blocks)))
    return tuple(gates)


def certify(gates: Sequence[CertifiedGate]) -> Certificate:
    """Count the verdicts. Raises BadInput when the gates do not belong together or none was A against A."""
    equal = [gate for gate in gates if gate.handicap is None]
    if not equal:
        raise BadInput("no finished gate of A against A; run bench certify to its end")
    first = equal[0]
    for gate in gates:
        if gate.check.gate != first.check.gate or not same_machine(gate.session.host, first.session.host):
            raise BadInput(f"gate {gate.session.id} was planned otherwise, or ran on another machine, than the first")
    return Certificate(
        host=first.session.host,
        made_at=gates[-1].session.started_at,
        command=gates[-1].session.command,
        gate=first.check.gate,
        settings=tuple(comparison.a for comparison in first.check.comparisons),
        gates=len(equal),
        gates_with_false_alarm=sum(any(one.verdict is Verdict.REGRESSED for one in gate.judgements) for gate in equal),
        certified=tuple(_certify_metric(index, first.check.gate, gates, equal) for index in _family(first.check.gate)),
    )


def _family(plan: GatePlan) -> list[int]:
    return [index for index, gated in enumerate(plan.gated) if gated.excluded_because is None]


def _certify_metric(
    index: int, plan: GatePlan, gates: Sequence[CertifiedGate], equal: Sequence[CertifiedGate]
) -> Certified:
    gated = plan.gated[index]
    level = plan.alpha_per_look / plan.family_size
    below = [_margin_to_nothing(gate, index, level) for gate in equal]
    handicaps = sorted({gate.handicap for gate in gates if gate.handicap is not None})
    return Certified(
        gated=replace(gated, excluded_because=None),
        gates=len(equal),
        false_alarms=_regressed(index, [gate.judgements for gate in equal]),
        false_alarms_at_zero=sum(needed < 0 for needed in below),
        in_sequence=_regressed(index, [_in_sequence(gate) for gate in equal]),
        detectable=_surely_detectable(gated.gate, below),
        detections=tuple(
            Detection(
                handicap=handicap,
                gates=sum(gate.handicap == handicap for gate in gates),
                found=_regressed(index, [gate.judgements for gate in gates if gate.handicap == handicap]),
            )
            for handicap in handicaps
        ),
    )


def _in_sequence(gate: CertifiedGate) -> Sequence[Judgement]:
    return judge(gate.check.settled(gate.blocks), in_sequence(gate.blocks))


def _regressed(index: int, gates: Sequence[Sequence[Judgement]]) -> int:
    return sum(judgements[index].verdict is Verdict.REGRESSED for judgements in gates)


def _margin_to_nothing(gate: CertifiedGate, index: int, level: float) -> float:
    """Return by how much arm B would have had to be slower for this gate's blocks to tell it from nothing.

    Adding an effect to all block values moves the lower end of their interval by as much, so the effect needed is what
    lifts that end to zero; negative if it already lies above.
    """
    judgement = gate.judgements[index]
    own = [block for block in gate.blocks if block.valid and block.comparison.measures(judgement.gated)]
    values = [block.difference(judgement.gated) for block in own[: judgement.blocks]]
    numbers = [value for value in values if not isinstance(value, str)]
    return -lower_bound(numbers, level) if numbers else float("inf")


def _surely_detectable(gate: Gate, needed: Sequence[float]) -> float | None:
    for found, effect in enumerate(sorted(needed), start=1):
        if exact_lower(found, len(needed)) >= SURE and isfinite(effect):
            return max(0.0, expm1(effect) if gate.scale == "ratio" else effect)
    return None
