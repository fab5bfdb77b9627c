"""A certificate as Markdown, which is also what `bench certify` prints."""

from __future__ import annotations

from results import units
from results.check.certificate import Certificate, Certified, Detection
from results.reports.forms.markdown import text
from results.statistics.binomial import exact_bounds


def certificate_markdown(certificate: Certificate) -> str:
    """Write what was counted, each share with its exact 95 % interval (Clopper-Pearson)."""
    gate = certificate.gate
    looks = " and ".join(map(str, gate.looks))
    handicaps = [detection.handicap for detection in certificate.certified[0].detections]
    titles = ["mode", "metric", "delta", "false alarms", "with delta 0", "in sequence", "tells", "surely REGRESSED"]
    lines = [
        f"{certificate.gates} gates of A against A, alpha {gate.alpha:g} over {gate.family_size} metrics, looks after "
        f"{looks} blocks. Gates with any false alarm: {share(certificate.gates_with_false_alarm, certificate.gates)}.",
        "",
        _row([*titles, *(f"found {handicap}" for handicap in handicaps)]),
        _row(["---"] * (len(titles) + len(handicaps))),
        *(_row(_cells(certified)) for certified in certificate.certified),
        "",
        f"Command: `{certificate.command}`",
    ]
    return "\n".join(lines) + "\n"


def share(hits: int, trials: int) -> str:
    """Write `2 of 60 (0.4 % to 11.5 %)`."""
    low, high = exact_bounds(hits, trials)
    return f"{hits} of {trials} ({low:.1%} to {high:.1%})"


def _cells(certified: Certified) -> list[str]:
    return [
        text(certified.gated.mode),
        certified.gated.metric.name,
        _effect(certified, certified.gated.gate.margin),
        share(certified.false_alarms, certified.gates),
        share(certified.false_alarms_at_zero, certified.gates),
        share(certified.in_sequence, certified.gates),
        _effect(certified, certified.detectable),
        _effect(certified, certified.surely_found),
        *map(_found, certified.detections),
    ]


def _found(detection: Detection) -> str:
    return share(detection.found, detection.gates)


def _effect(certified: Certified, effect: float | None) -> str:
    if effect is None:
        return "too few gates"
    return f"{units.percent(effect)}" if certified.gated.gate.scale == "ratio" else f"{effect * 100:.3f} pp"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
