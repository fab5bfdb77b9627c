"""As Markdown, for job summaries and pull requests: the table first."""

import re
from collections.abc import Sequence

from results.reports.document import (
    Bad,
    Cell,
    Code,
    Document,
    Doubt,
    Drawing,
    Facts,
    Good,
    Name,
    Sentence,
    Strong,
    Table,
)
from results.shown import lines_shown, shown

# What Markdown, or the HTML that GitHub lets through it, would take as markup. Links and pictures need a bracket.
_SPECIAL = re.compile(r"([\\`*_{}\[\]#|~$@])")

OPTION, HELP = "--markdown", "print Markdown, the table first"

# GitHub refuses a step's summary above 1 MiB and then shows nothing of it.
MOST_BYTES = 2**20 - 2**14


def write(document: Document, version: str) -> str:  # noqa: ARG001 - what a form takes
    """Write it all."""
    return markdown(document)


def markdown(document: Document, most_bytes: int = MOST_BYTES) -> str:
    """Write the first sentence, the tables, the rest; lines that do not fit are counted, none silently dropped."""
    headline = [_words(sentence) for sentence in document.headline]
    if document.title:
        said, items = [f"## {text(document.title)}", "", *([" · ".join(headline), ""] if headline else [])], []
    else:
        said, items = [f"**{headline[0]}**", ""], [f"- {sentence}" for sentence in headline[1:]]
    blocks: list[str] = []
    tables = []
    for part in document.parts:
        match part:
            case Table():
                tables.append(part)
            case Facts(pairs):
                items += [f"- {text(name)}: {text(value)}" for name, value in pairs]
            case Code(typed, says):
                blocks += ["", f"{text(says)}:", "", *_block(typed)]
            case Drawing() | ():
                pass
            case _:
                items.append(f"- {_words(part)}")
    items += [f"- problem: {text(problem)}" for problem in document.problems]
    room = most_bytes - _size(said) - _size(items) - _size(blocks)
    for table in tables:
        written = _table(table, room)
        room -= _size(written)
        said += written
    return "\n".join([*said, *items, *blocks]) + "\n"


def _table(table: Table, most_bytes: int) -> list[str]:
    head = [_row([text(table.heading), *(text(heading.title) for heading in table.headings)]),
            _row([":--", *(":--" if heading.words else "--:" for heading in table.headings)])]  # fmt: skip
    lines = [_row([code(line.label) + _notes(line.notes), *map(_cell, line.cells)]) for line in table.lines]
    notes = [f"<sup>{number}</sup> {text(note)}  " for number, note in enumerate(table.notes, start=1)]
    kept = _fitting(lines, most_bytes - _size(head) - 200)
    left_out = len(lines) - len(kept)
    more = [_row(["…", f"{left_out} {table.rest}", *[""] * (len(table.headings) - 1)])] if left_out else []
    notes = _fitting(notes, most_bytes - _size(head) - _size(kept) - 200)
    return [*head, *kept, *more, "", *([*notes, ""] if notes else [])]


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "–"
    said = _words((cell.text,))
    if isinstance(cell.text, Strong | Good | Doubt | Bad):
        said = f"**{said}**"
    return said + _notes(cell.notes) + (f"<br><sub>{text(cell.interval)}</sub>" if cell.interval else "")


def _words(sentence: Sentence) -> str:
    return "".join(code(part) if isinstance(part, Name) else text(part) for part in sentence)


def text(words: str) -> str:
    """Write words so that nothing in them is markup."""
    escaped = _SPECIAL.sub(r"\\\1", shown(re.sub(r"\s+", " ", words)))
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def code(name: str) -> str:
    """Write a name as code, whatever backticks or bars it holds."""
    flat = shown(" ".join(name.split())).replace("|", "\\|") or " "
    ticks = "`" * (max((len(run) for run in re.findall("`+", flat)), default=0) + 1)
    space = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{ticks}{space}{flat}{space}{ticks}"


def _notes(numbers: Sequence[int]) -> str:
    return f"<sup>{','.join(map(str, numbers))}</sup>" if numbers else ""


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _block(typed: str) -> list[str]:
    fence = "`" * max(3, max((len(run) for run in re.findall("`+", typed)), default=0) + 1)
    return [f"{fence}sh", lines_shown(typed), fence]


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
