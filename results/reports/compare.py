"""A comparison in words and rows, as Markdown and on a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, dataclass

from rich.text import Text

from results.compare import ENOUGH, Compared, Judged, Verdict
from results.reports.forms.markdown import code, row, text
from results.reports.forms.terminal import Console
from results.reports.headline import Name, Sentence, plain
from results.reports.run import bare_table

_ORDER: tuple[Verdict, ...] = ("worse", "better", "undecided", "same")
_LISTED = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the table."""

    label: str
    metric: str
    a: str
    b: str
    change: str
    interval: str
    margin: str
    verdict: Verdict


def headline(compared: Compared) -> list[Sentence]:
    """Say first what is beyond its margin, then what is not."""
    counts = Counter(each.verdict for each in compared.judged)
    names: Sentence = (Name(compared.name_b), " against ", Name(compared.name_a), ": ")
    said: list[Sentence] = []
    if not counts["worse"] and not counts["better"]:
        nothing = "no number is beyond its margin." if counts["same"] else "nothing can be told yet."
        said.append((*names, nothing))
    for verdict in ("worse", "better"):
        if found := [each for each in compared.judged if each.verdict == verdict]:
            lead = names if not said else ()
            count = f"{len(found)} of {len(compared.judged)} numbers {verdict} beyond the margin: "
            said.append((*lead, count, *_list(found)))
    undecided = f"{counts['undecided']} are undecided, by noise or for want of trials (four a side decide at the least)"
    said.append((f"{counts['same']} are the same within their margin; {undecided}.",))
    if compared.unlike:
        facts = ", ".join(each.fact for each in compared.unlike)
        said.append((f"Not comparable: {facts} differ. Shown because --anyway was given.",))
    return said


def entries(compared: Compared) -> list[Entry]:
    """Make the table's lines, what changed first."""
    ranked = sorted(compared.judged, key=lambda each: _ORDER.index(each.verdict))
    return [_entry(each) for each in ranked]


def weakness(compared: Compared) -> str:
    """Say what the intervals are worth and rest on."""
    shifts = [each.shift for each in compared.judged if each.shift]
    if not shifts:
        return "There is no ratio: a value is 0, or a side has no number."
    least = min(shift.confidence for shift in shifts)
    worth = "95 %, so one in twenty misses by chance"
    if least < ENOUGH:
        worth = f"{least * 100:.3g} % at the least, for want of trials; below 95 % nothing is decided"
    if all(shift.paired for shift in shifts):
        return f"Intervals ({worth}) are those of the signed-rank test over blocks that ran both sides."
    return (
        f"Intervals ({worth}) are those of the rank-sum test. The two sides ran at different times, so a drift of the "
        "machine between them is in every number; only interleaved blocks (bench check) rule that out."
    )


def _list(found: Sequence[Judged]) -> list[str]:
    said: list[str] = []
    for place, each in enumerate(found[:_LISTED]):
        said += ["; " if place else "", Name(each.label), f" {each.column.title} {change(each)}"]
    more = len(found) - _LISTED
    return [*said, f"; and {more} more." if more > 0 else "."]


def change(judged: Judged) -> str:
    """Write how B differs from A."""
    if judged.shift is None:
        return "–"
    return _amount(judged.shift.estimate, judged.shift.scale == "ratio")


def _entry(judged: Judged) -> Entry:
    shift, write = judged.shift, judged.column.write
    ratio = shift is not None and shift.scale == "ratio"
    interval = f"{_amount(shift.low, ratio)} to {_amount(shift.high, ratio)}" if shift else "–"
    margin = f"{judged.margin * 100:.3g} %" if ratio or shift is None else f"{judged.margin * 100:.3g} points"
    return Entry(
        judged.label,
        judged.column.title,
        write(judged.a.median),
        write(judged.b.median),
        change(judged),
        interval,
        margin,
        judged.verdict,
    )


def _amount(value: float, ratio: bool) -> str:
    if not ratio:
        return f"{value * 100:+.3g} points" if value else "0"
    if value >= 10:
        return f"×{value:.3g}"
    percent = (value - 1) * 100
    return f"{percent:+.3g} %" if abs(percent) >= 0.005 else "0"


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
