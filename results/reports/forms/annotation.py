"""The worst of a check as a GitHub annotation: one line that the runner turns into a mark on the pull request."""

from __future__ import annotations

from results.check.outcome import Outcome, sentence
from results.check.verdict import Verdict
from results.shown import shown

_LEVEL = {Verdict.REGRESSED: "error", Verdict.INCONCLUSIVE: "warning"}


def annotation(outcome: Outcome) -> str | None:
    """Return the workflow command for the worst metric; None when all is well. GitHub shows ten a step at most."""
    worst = outcome.worst_first[0]
    if worst.verdict not in _LEVEL:
        return None
    others = sum(one.verdict is worst.verdict for one in outcome.judgements) - 1
    text = sentence(worst) + (f" (and {others} more {worst.verdict})" if others else "")
    return f"::{_LEVEL[worst.verdict]} title={_property(f'bench check: {worst.verdict}')}::{_data(text)}"


def _data(text: str) -> str:
    """Escape as the runner unescapes (actions/toolkit, command.ts)."""
    return shown(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
