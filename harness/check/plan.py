"""Turn arms and what is wanted into a check: what is compared, what is gated, and when it looks."""

from __future__ import annotations

import dataclasses

from harness.check.arms import Arms, Side
from harness.check.configuration import Wanted
from harness.plan import drain_setting, load_setting
from results.check.blocks import Comparison
from results.check.certificate import Certificate
from results.check.gate import Gated, GatePlan, default_looks
from results.check.plan import Check
from results.metrics import Gate
from results.trial import Setting


def make_check(arms: Arms, said: Wanted) -> Check:
    """Settle what runs and what is judged. Raises BadInput before anything is set up."""
    gated = tuple(one for mode in arms.pairs for one in said.gated(mode))
    comparisons: dict[tuple[str, str, str], Comparison] = {}
    for one in gated:
        a, b = arms.pairs[one.mode]
        key = (one.mode, one.gate.trial_kind, one.gate.pass_)
        comparisons[key] = Comparison(one.mode, _setting(a, one.gate, said), _setting(b, one.gate, said))
    return Check(
        gate=GatePlan(alpha=said.alpha, looks=said.looks or default_looks(len(gated), said.alpha), gated=gated),
        comparisons=tuple(comparisons.values()),
        arm_a=arms.words_a,
        arm_b=arms.words_b,
    )


def without_what_is_too_coarse(check: Check, certificate: Certificate | None) -> Check:
    """Take out of the gate, before anything runs, what this host cannot see: a detectable effect above the margin."""
    if certificate is None:
        return check
    gated = tuple(dataclasses.replace(one, excluded_because=_too_coarse(one, certificate)) for one in check.gate.gated)
    return dataclasses.replace(check, gate=dataclasses.replace(check.gate, gated=gated))


def _too_coarse(gated: Gated, certificate: Certificate) -> str | None:
    entry = certificate.entry(gated.mode, gated.metric.name)
    if entry is None or entry.detectable is None or entry.detectable <= gated.gate.margin:
        return None
    return (
        f"by this host's certificate, changes below {entry.detectable:.1%} cannot be told from noise here, and delta "
        f"is {gated.gate.margin:.1%}; raise delta, or measure more and certify again"
    )


def _setting(side: Side, gate: Gate, said: Wanted) -> Setting:
    if gate.trial_kind == "drain":
        setting = drain_setting(side.mode, said.drain_records, side.wishes)
    else:
        setting = load_setting(side.mode, said.traffic, side.wishes)
    return dataclasses.replace(setting, pass_=gate.pass_)
