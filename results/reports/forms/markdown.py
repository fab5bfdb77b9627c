"""A report as Markdown, for job summaries and pull requests: the table first."""

from __future__ import annotations

import re
from collections.abc import Sequence

from results.disturbance import disturbance, sentences
from results.reports.headline import plain
from results.reports.scorecard import Cell
from results.scorecard.report import Report
from results.shown import shown

# What Markdown, or the HTML that GitHub lets through it, would take as markup.
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~$@])")


def report_markdown(report: Report) -> str:
    """Write headline, scorecard, doubts and how to repeat it."""
    summary = report.summary
    said = [f"**{plain(report.headline[0], code)}**", ""]
    titles = ["mode", *(["load"] if summary.loads_differ else []), *(h.title for h in summary.headings), "trials"]
    said += [row([text(title) for title in titles]), row([":--", *("--:" for _ in titles[1:])])]
    for line in summary.lines:
        spoilt = [f"{n} {word}" for n, word in ((line.invalid, "invalid"), (line.disturbed, "disturbed")) if n]
        trials = f"{line.trials} ({', '.join(spoilt)})" if spoilt else str(line.trials)
        load = [line.load] if summary.loads_differ else []
        said.append(row([code(line.label) + _notes(line.notes), *load, *map(_cell, line.cells), trials]))
    said.append("")
    said += [f"<sup>{number}</sup> {text(note)}  " for number, note in enumerate(summary.notes, start=1)]
    said += ["", *(f"- {plain(sentence, code)}" for sentence in report.headline[1:])]
    said += [
        f"- invalid: {code(trial.setting.mode)}, trial {trial.number}: {text('; '.join(trial.invalid_because))}"
        for trial in report.invalid
    ]
    if found := disturbance(report.trials):
        said += [f"- {text(sentence)}" for sentence in sentences(found)]
    said += [f"- not used: {text(problem)}" for problem in report.problems]
    if commands := list(dict.fromkeys(session.command for session in report.sessions)):
        said += ["", "To repeat it:", "", *_block("\n".join(map(shown, commands)))]
    return "\n".join(said) + "\n"


def text(words: str) -> str:
    """Write words so that nothing in them is markup."""
    flat = shown(" ".join(words.split()))
    escaped = _SPECIAL.sub(r"\\\1", flat)
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def code(name: str) -> str:
    """Write a name as code, whatever backticks or bars it holds."""
    flat = shown(" ".join(name.split())).replace("|", "\\|") or " "
    ticks = "`" * (max((len(run) for run in re.findall("`+", flat)), default=0) + 1)
    space = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{ticks}{space}{flat}{space}{ticks}"


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "–"
    return cell.text + _notes(cell.notes) + (f"<br><sub>{cell.interval}</sub>" if cell.interval else "")


def _notes(numbers: Sequence[int]) -> str:
    return f"<sup>{','.join(map(str, numbers))}</sup>" if numbers else ""


def row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _block(command: str) -> list[str]:
    fence = "`" * max(3, max((len(run) for run in re.findall("`+", command)), default=0) + 1)
    return [f"{fence}sh", command, fence]
