"""As a GitHub annotation: one line about the worst verdict that the runner turns into a mark on the pull request."""

from results.reports.document import Bad, Document, Doubt, verdicts
from results.shown import shown

_LEVEL: dict[type[str], str] = {Bad: "error", Doubt: "warning"}


def annotation(document: Document) -> str | None:
    """Return the workflow command for the worst line; None when all is well. GitHub shows ten a step at most."""
    worst, *others = verdicts(document)
    if (level := _LEVEL.get(type(worst.word))) is None:
        return None
    more = sum(other.word == worst.word for other in others)
    said = "".join(worst.line.says) + (f" (and {more} more {worst.word})" if more else "")
    return f"::{level} title={_property(f'{document.name}: {worst.word}')}::{_data(said)}"


def _data(text: str) -> str:
    """Escape as the runner unescapes (actions/toolkit, command.ts)."""
    return shown(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
