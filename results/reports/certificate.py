"""A certificate in words and rows: what was counted, each share with its exact 95 % interval."""

from results import units
from results.brief import Names
from results.check.certificate import Certificate, Certified
from results.check.gate import looks_of
from results.reports.document import Cell, Code, Document, Line, Name, Table, cells, titled
from results.reports.names import key_to
from results.statistics.binomial import exact_bounds


def certificate_document(certificate: Certificate) -> Document:
    """Say how often the gates lied, then what each metric tells apart (bounds: Clopper-Pearson)."""
    gate = certificate.gate
    handicaps = [detection.handicap for detection in certificate.certified[0].detections]
    titles = ["metric", "delta", "false alarms", "with delta 0", "in sequence", "tells", "surely REGRESSED"]
    headings = titled(*titles, *(f"found {handicap}" for handicap in handicaps), words=("metric",))
    said = (
        f"{_number(certificate.gates, 'gate')} of A against A, alpha {gate.alpha:g} over "
        f"{_number(gate.family_size, 'metric')}, looks: {looks_of(gate)}. Gates with any false alarm: "
        f"{share(certificate.gates_with_false_alarm, certificate.gates)}."
    )
    names = Names(each.gated.mode for each in certificate.certified)
    table = Table("mode", headings, tuple(_line(each, names) for each in certificate.certified))
    return Document(((said,),), (table, *key_to(names), Code(certificate.command, "Command")), name="bench certify")


def _number(number: int, of: str) -> str:
    return f"{number} {of}{'' if number == 1 else 's'}"


def share(hits: int, trials: int) -> str:
    """Write `2 of 60 (0.4 % to 11.5 %)`."""
    low, high = exact_bounds(hits, trials)
    return f"{hits} of {trials} ({low:.1%} to {high:.1%})"


def _line(certified: Certified, names: Names) -> Line:
    texts = (
        _effect(certified, certified.gated.gate.margin),
        share(certified.false_alarms, certified.gates),
        share(certified.false_alarms_at_zero, certified.gates),
        share(certified.in_sequence, certified.gates),
        _effect(certified, certified.detectable),
        _effect(certified, certified.surely_found),
        *(share(detection.found, detection.gates) for detection in certified.detections),
    )
    return Line(names.brief(certified.gated.mode), (Cell(Name(certified.gated.metric.name)), *cells(*texts)))


def _effect(certified: Certified, effect: float | None) -> str:
    if effect is None:
        return "too few gates"
    return units.percent(effect) if certified.gated.gate.scale == "ratio" else f"{effect * 100:.3f} pp"
