"""On a terminal: plain where there is none, NO_COLOR is set, or TERM is dumb."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NoReturn

import rich.console
import rich.table
from rich.cells import cell_len
from rich.segment import Segment
from rich.text import Text

from results.reports.document import (
    Bad,
    Cell,
    Code,
    Document,
    Doubt,
    Drawing,
    Facts,
    Good,
    Heading,
    Line,
    Name,
    Part,
    Quiet,
    Sentence,
    Strong,
    Table,
)
from results.shown import lines_shown, shown

_STYLES = {Name: "cyan", Strong: "bold", Quiet: "dim", Good: "green", Doubt: "yellow", Bad: "red"}
_EIGHTHS = " ▏▎▍▌▋▊▉"

_BETWEEN = re.compile("[,;:] +")

# Below this many columns intervals do not fit.
_WIDE = 100
# Columns that a label and a number take where a table is parted into several.
_LABEL, _NUMBER = 28, 14
# Columns that a label needs at least where it is broken, to be told from the next one.
_BROKEN_LABEL = 12


class Console(rich.console.Console):
    """Prints to stdout if not told otherwise, shows what came from outside escaped, and leaves it to others to end."""

    def __init__(self, **options: Any) -> None:
        # NO_COLOR alone would have rich keep what is bold or dim.
        super().__init__(**{"color_system": None if os.environ.get("NO_COLOR") else "auto", **options})
        if self.is_dumb_terminal and "width" not in options:  # rich takes each of them to have 80 columns
            columns, lines = os.get_terminal_size(self.file.fileno())
            self.size = rich.console.ConsoleDimensions(columns or self.width, lines or self.height)

    def render(
        self, renderable: rich.console.RenderableType, options: rich.console.ConsoleOptions | None = None
    ) -> Iterator[Segment]:
        """Yield what is to be printed: styles are beside the text, so that no text of ours steers a terminal."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=lines_shown(segment.text))

    def on_broken_pipe(self) -> NoReturn:
        """Raise what is being handled; rich would exit with status 1, which is a verdict."""
        raise  # noqa: PLE0704 - called while it is handled


def draw(document: Document, console: Console) -> None:
    """Print the headline, an answer's first sentence bold, then all that is meant for a screen."""
    for number, sentence in enumerate(document.headline):
        bold = number == 0 and not document.title
        console.print(_text(sentence, "bold" if bold else ""), soft_wrap=document.whole)
    for part in document.screen or document.parts:
        _draw(part, console, whole=document.whole)


def _draw(part: Part, console: Console, *, whole: bool) -> None:
    match part:
        case Table(narrow="split"):
            fit = max(1, (console.width - _LABEL) // _NUMBER)
            for first in range(0, len(part.headings), fit):
                console.print(*([] if first == 0 else [""]), drawn(part, console, slice(first, first + fit)), sep="\n")
        case Table():
            _draw_table(part, console)
        case Facts(pairs):
            for name, value in pairs:
                console.print(Text(f"{shown(name)}: {shown(value)}"))
        case Code(text, says):
            console.print(Text(f"{shown(says)}:\n{text}"), soft_wrap=True)
        case Drawing():
            pass
        case _:
            console.print(_text(part), soft_wrap=whole)


def _text(sentence: Sentence, style: str = "") -> Text:
    text = Text(style=style)
    for part in sentence:
        text.append(part if part == "\n" else shown(part), style=_STYLES.get(type(part), ""))
    return text


def _draw_table(table: Table, console: Console) -> None:
    fitted, fits = _fitted(table, console)
    spare = [heading for heading in table.headings if heading.spare]
    if spare and not fits:
        kept = tuple(heading for heading in table.headings if not heading.spare)
        lines = (
            replace(line, cells=tuple(c for c, h in zip(line.cells, table.headings, strict=True) if h in kept))
            for line in table.lines
        )
        fitted, fits = _fitted(replace(table, headings=kept, lines=tuple(lines)), console)
    if (
        fits
        or table.narrow not in ("labels", "words", "titles")
        or (table.narrow == "titles" and console.width >= _WIDE)
    ):
        console.print(fitted)
    else:
        for line in table.lines:
            console.print(_wrapped(_text(line.says or _in_words(table, line)), console.width))
    notes = [f"{number} {note}" for number, note in enumerate(table.notes, start=1)]
    for note in notes:
        console.print(Text(shown(note), style="dim"))


def _fitted(table: Table, console: Console) -> tuple[rich.table.Table, bool]:
    """Draw a table, and say whether it has the room, once its labels are broken if they may be."""
    whole = drawn(table, console)
    needs = console.measure(whole, options=console.options.update(max_width=10_000)).maximum
    if table.narrow == "labels":
        longest = max((cell_len(label) for label in (table.heading, *(line.label for line in table.lines))), default=0)
        needs -= max(0, longest - _BROKEN_LABEL)
    return whole, needs <= console.width


def _in_words(table: Table, line: Line) -> Sentence:
    pairs = zip(table.headings, line.cells, strict=True)
    said = ", ".join(  # a title in a column may stand on two lines
        f"{' '.join(heading.title.split())} {cell.text}"
        for heading, cell in pairs
        if heading.title and cell and cell.text
    )
    return (f"{table.heading} {line.label}: {said}",)


def _wrapped(text: Text, width: int) -> Text:
    """Break lines of words between what they list, never within: a number stays beside its title."""
    return Text("\n").join(_broken(line, width) for line in text.split("\n"))


def _broken(line: Text, width: int) -> Text:
    indent = len(line.plain) - len(line.plain.lstrip()) or 2
    broken, room = Text(), width
    for piece in line.divide([found.end() for found in _BETWEEN.finditer(line.plain)]):
        if broken and cell_len(piece.plain.rstrip()) > room:
            broken.rstrip()
            broken.append("\n" + " " * indent)
            room = width - indent
        broken.append_text(piece)
        room -= piece.cell_len
    return broken


def drawn(table: Table, console: Console, columns: slice = slice(None)) -> rich.table.Table:
    """Draw a table, or some of its columns, as rich prints it."""
    headings = table.headings[columns]
    numbers = not all(heading.words for heading in headings)
    # Words need more room between them than numbers do.
    made = rich.table.Table(box=None, padding=(0, 1), pad_edge=False, collapse_padding=numbers, header_style="bold")
    folds = table.narrow == "labels"
    made.add_column(Text(table.heading), no_wrap=not folds, overflow="fold" if folds else "ellipsis")
    for heading in headings:
        breaks = table.narrow in ("split", "titles") or (heading.words and table.narrow == "fold")
        made.add_column(
            Text(heading.title), justify="left" if heading.words else "right", no_wrap=not breaks,
            overflow="fold" if breaks else "ellipsis",
        )  # fmt: skip
    for line in table.lines:
        row = [_cell(cell, heading, console) for cell, heading in zip(line.cells[columns], headings, strict=True)]
        made.add_row(Text(shown(line.label), style="bold").append(_notes(line.notes)), *row)
    return made


def _cell(cell: Cell | None, heading: Heading, console: Console) -> Text:
    if cell is None:
        return Text("" if heading.words else "–", style="dim")
    wide = console.width >= _WIDE
    if cell.share is not None:
        return Text(_bar(cell.share, 12 if wide else 6), style="cyan")
    text = Text(shown(cell.text), style="" if isinstance(cell.text, Name) else _STYLES.get(type(cell.text), ""))
    text.append(_notes(cell.notes))
    if wide and cell.interval:
        text.append(f" {cell.interval}", style="dim")
    return text


def _notes(numbers: Sequence[int]) -> Text:
    return Text("".join(f" [{number}]" for number in numbers), style="dim")


def _bar(share: float, width: int) -> str:
    full, part = divmod(round(max(0.0, min(1.0, share)) * width * 8), 8)
    return ("█" * full + (_EIGHTHS[part] if part else "")).ljust(width)
