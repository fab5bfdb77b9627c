"""What became of each kind's frames as a table: whole where there is room, and at 80 columns what a verdict needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.table import Table
from rich.text import Text

from results.reports.forms.terminal import Console
from traffic.conformance import Finding

# With fewer columns than this, reasons and witnesses would be broken in the middle of their names.
WIDE = 160
_NUMBERS = ("sent", "refused", "counted")


def print_findings(findings: Sequence[Finding], console: Console) -> None:
    """Print a row for each kind and sender, and below, in a narrow table, what is not as the contract states."""
    if console.width >= WIDE:
        console.print(_whole(findings))
        return
    console.print(_narrow(findings))
    for finding in findings:
        if finding.wrong:
            console.print(Text(f"{finding.kind} by {finding.sender}: {'; '.join(finding.wrong)}", style="red"))
    console.print(Text(f"expected, refused and the second witness: in {WIDE} columns, a file, or --json", style="dim"))


def _whole(findings: Sequence[Finding]) -> Table:
    table = _table("kind", "sender", "expected", "observed", *_NUMBERS, "second witness", "")
    for finding in findings:
        table.add_row(
            Text(finding.kind, style="bold"),
            finding.sender,
            _reasons(finding.expected or {}),
            _reasons(finding.observed),
            str(finding.sent),
            str(finding.refused),
            str(finding.counted),
            _counts(finding.witness),
            Text("; ".join(finding.wrong), style="red") if finding.wrong else Text("ok", style="green"),
        )
    return table


def _narrow(findings: Sequence[Finding]) -> Table:
    table = _table("kind", "sender", "observed", "sent", "counted", "")
    for finding in findings:
        table.add_row(
            Text(finding.kind, style="bold"),
            finding.sender,
            _reasons(finding.observed),
            str(finding.sent),
            str(finding.counted),
            Text("no", style="red") if finding.wrong else Text("ok", style="green"),
        )
    return table


def _table(*titles: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in titles:
        whole = title in ("sender", *_NUMBERS)
        table.add_column(title, justify="right" if title in _NUMBERS else "left", no_wrap=whole, overflow="fold")
    return table


def _reasons(drops: Mapping[str, int]) -> str:
    """Name the reasons; with their counts where there are several."""
    return next(iter(drops)) if len(drops) == 1 else _counts(drops)


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())
