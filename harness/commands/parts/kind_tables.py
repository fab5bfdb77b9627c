"""What became of each kind's frames as a table; what a verdict does not need is left out where there is no room."""

from collections.abc import Mapping, Sequence

from results.reports.document import Bad, Cell, Good, Heading, Line, Part, Table
from traffic.conformance import Finding


def findings_table(findings: Sequence[Finding]) -> tuple[Part, ...]:
    """Make a line for each kind and sender, and below it say what is not as the contract states."""
    headings = (
        Heading("sender", words=True),
        Heading("expected", words=True, spare=True),
        Heading("observed", words=True),
        Heading("sent"),
        Heading("refused", spare=True),
        Heading("counted"),
        Heading("second witness", words=True, spare=True),
        Heading("", words=True),
    )
    wrong = tuple(
        (Bad(f"{finding.kind} by {finding.sender}: {'; '.join(finding.wrong)}"),)
        for finding in findings
        if finding.wrong
    )
    return (Table("kind", headings, tuple(map(_line, findings)), narrow="fold"), *wrong)


def _line(finding: Finding) -> Line:
    texts = (
        finding.sender,
        _reasons(finding.expected or {}),
        _reasons(finding.observed),
        str(finding.sent),
        str(finding.refused),
        str(finding.counted),
        _counts(finding.witness),
        Bad("no") if finding.wrong else Good("ok"),
    )
    return Line(finding.kind, tuple(map(Cell, texts)))


def _reasons(drops: Mapping[str, int]) -> str:
    """Name the reasons; with their counts where there are several."""
    return next(iter(drops)) if len(drops) == 1 else _counts(drops)


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())
