"""The outcome of a check in words: on a terminal, two lines a metric; in Markdown, for a job's summary."""

from __future__ import annotations

from rich.text import Text

from results.check.outcome import Outcome, arm_value, change, limit, reason
from results.check.verdict import Judgement, Verdict
from results.reports.forms.markdown import code, text
from results.reports.forms.terminal import Console

_STYLE = {Verdict.REGRESSED: "bold red", Verdict.OK: "green", Verdict.INCONCLUSIVE: "yellow"}


def print_outcome(outcome: Outcome, console: Console) -> None:
    """Print the verdicts, the worst first, then what the gate is worth here."""
    console.print(Text(f"A (baseline): {outcome.check.arm_a}\nB (candidate): {outcome.check.arm_b}\n"))
    for judgement in outcome.worst_first:
        console.print(_judged(judgement))
    console.print()
    for remark in outcome.remarks():
        console.print(Text(remark, style="dim"))
    console.print(Text.assemble("check: ", (str(outcome.verdict), _STYLE[outcome.verdict])))


def _judged(judgement: Judgement) -> Text:
    gated = judgement.gated
    relation = "B / A" if gated.gate.scale == "ratio" else "B - A"
    why = reason(judgement)
    return Text.assemble(
        (f"{judgement.verdict!s:<12} ", _STYLE[judgement.verdict]),
        (f"{gated.mode} {gated.metric.name}", "bold"),
        f"  {relation} {change(judgement)}, limit {limit(judgement)}\n",
        f"{'':<13}A {arm_value(judgement, judgement.median_a)}, B {arm_value(judgement, judgement.median_b)}, "
        f"{judgement.blocks} blocks",
        f"; {why}" if why else "",
    )


# GitHub refuses a step's summary above 1 MiB and then shows nothing of it.
MOST_BYTES = 2**20 - 2**14


def markdown(outcome: Outcome, most_bytes: int = MOST_BYTES) -> str:
    """Write the verdicts as a table, the worst first; rows that do not fit are counted, never silently dropped."""
    check = outcome.check
    head = [
        f"## bench check: {outcome.verdict}",
        "",
        f"A (baseline): {text(check.arm_a)} · B (candidate): {text(check.arm_b)}",
        "",
        "| mode | metric | verdict | B relative to A | limit | A | B | blocks |",
        "|---|---|---|---|---|---|---|---|",
    ]
    tail = ["", *(f"- {text(remark)}" for remark in outcome.remarks())]
    if outcome.result_file is not None:
        tail.append(f"- recompute: {code(f'bench verify {outcome.result_file}')}")
    rows = [_row(judgement) for judgement in outcome.worst_first]
    whys = [_why(judgement) for judgement in outcome.worst_first if reason(judgement)]
    fixed = _size(head) + _size(tail) + 200
    kept = _fitting(rows, most_bytes - fixed)
    left_out = (
        [f"| … | {len(rows) - len(kept)} more metrics, none worse | | | | | | |"] if len(kept) < len(rows) else []
    )
    explained = _fitting(whys, most_bytes - fixed - _size(kept) - _size(left_out))
    return "\n".join([*head, *kept, *left_out, "", *explained, *tail]) + "\n"


def _row(judgement: Judgement) -> str:
    cells = (
        text(judgement.gated.mode),
        code(judgement.gated.metric.name),
        f"**{judgement.verdict}**",
        change(judgement),
        limit(judgement),
        arm_value(judgement, judgement.median_a),
        arm_value(judgement, judgement.median_b),
        str(judgement.blocks),
    )
    return f"| {' | '.join(cells)} |"


def _why(judgement: Judgement) -> str:
    gated = judgement.gated
    return f"- {text(gated.mode)} {code(gated.metric.name)}: {text(reason(judgement))}"


def _fitting(lines: list[str], most_bytes: int) -> list[str]:
    kept = []
    for line in lines:
        most_bytes -= _size([line])
        if most_bytes < 0:
            break
        kept.append(line)
    return kept


def _size(lines: list[str]) -> int:
    return sum(len(line.encode()) + 1 for line in lines)
