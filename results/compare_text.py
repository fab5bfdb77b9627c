"""A comparison as Markdown and on a terminal."""

from __future__ import annotations

from dataclasses import astuple

from rich.text import Text

from results.compare_words import entries, headline, weakness
from results.comparison import Compared
from results.console import Console
from results.headline import Name, plain
from results.markdown import code, row, text
from results.terminal import bare_table

_TITLES = ("variant", "metric", "A", "B", "B relative to A", "interval", "margin", "verdict")
_STYLES = {"worse": "red", "better": "green", "same": "", "undecided": "dim"}


def compare_markdown(compared: Compared) -> str:
    """Write what changed, then the table."""
    said = [
        f"**{plain(headline(compared)[0], code)}**",
        "",
        row(_TITLES),
        row([":--", ":--", *("--:" for _ in range(6))]),
    ]
    said += [row([code(each.label), *map(text, astuple(each)[1:])]) for each in entries(compared)]
    said += ["", *(f"- {plain(sentence, code)}" for sentence in headline(compared)[1:]), f"- {weakness(compared)}"]
    said += [
        f"- {text(each.fact)}: {text(' / '.join(dict.fromkeys(each.values)))}"
        for each in (*compared.differences, *compared.contents)
    ]
    return "\n".join(said) + "\n"


def print_compared(compared: Compared, console: Console) -> None:
    """Print what changed, then the table."""
    for number, sentence in enumerate(headline(compared)):
        said = Text(style="bold" if number == 0 else "")
        for part in sentence:
            said.append(part, style="cyan" if isinstance(part, Name) else "")
        console.print(said)
    console.print()
    table = bare_table("variant")
    for title in _TITLES[1:]:
        table.add_column(title, justify="left" if title in ("metric", "verdict") else "right")
    for each in entries(compared):
        *cells, verdict = astuple(each)
        table.add_row(*(Text(cell) for cell in cells), Text(verdict, style=_STYLES[verdict]))
    console.print(table)
    console.print(Text(weakness(compared), style="dim"))
