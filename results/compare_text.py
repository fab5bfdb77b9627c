"""A comparison as Markdown and on a terminal."""

from __future__ import annotations

from dataclasses import astuple

from rich.text import Text

from results.compare_words import Entry, entries, headline, weakness
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
        table.add_column(title, justify="left" if title in ("metric", "verdict") else "right", no_wrap=True)
    for each in entries(compared):
        *cells, verdict = astuple(each)
        table.add_row(*(Text(cell) for cell in cells), Text(verdict, style=_STYLES[verdict]))
    if console.measure(table, options=console.options.update(max_width=1000)).maximum <= console.width:
        console.print(table)
    else:  # long names, as of mode files, or a narrow terminal: two lines that can be read
        for each in entries(compared):
            console.print(_two_lines(each))
    console.print(Text(weakness(compared), style="dim"))


def _two_lines(each: Entry) -> Text:
    return Text.assemble(
        (f"{each.verdict:<10} ", _STYLES[each.verdict]),
        (each.label, "bold"),
        f" {each.metric}\n{'':<11}A {each.a}, B {each.b}, B relative to A {each.change} [{each.interval}], "
        f"margin {each.margin}",
    )
