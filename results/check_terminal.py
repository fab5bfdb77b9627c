"""The outcome of a check on a terminal: two lines a metric, which fit where a table would not."""

from __future__ import annotations

from rich.text import Text

from results.console import Console
from results.outcome import Outcome, arm_value, change, limit, reason
from results.verdict import Judgement, Verdict

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
    relation = "B / A" if gated.metric.scale == "ratio" else "B - A"
    why = reason(judgement)
    return Text.assemble(
        (f"{judgement.verdict!s:<12} ", _STYLE[judgement.verdict]),
        (f"{gated.mode} {gated.metric.name}", "bold"),
        f"  {relation} {change(judgement)}, limit {limit(judgement)}\n",
        f"{'':<13}A {arm_value(judgement, judgement.median_a)}, B {arm_value(judgement, judgement.median_b)}, "
        f"{judgement.blocks} blocks",
        f"; {why}" if why else "",
    )
