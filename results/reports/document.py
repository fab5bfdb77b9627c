"""A document: what an answer says, made once by the file of its question, and drawn by any form (forms/)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from results.metrics import Better


class Name(str):
    """A name out of a result file, to be set apart from the words around it."""


class Strong(str):
    """Words that catch the eye."""


class Quiet(str):
    """Words that stand back."""


class Good(str):
    """Words that say that all is well."""


class Doubt(str):
    """Words that warn."""


class Bad(str):
    """Words that say what must not be overlooked."""


# Words, some of them of the classes above; "\n" among them breaks the line, and no other word does. An empty sentence
# parts what stands before it from what comes after.
Sentence = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A column: its title, what it means and which way is better, and its name in exports.

    `words`: it holds words, which are read from the left and may be broken over lines, no numbers. `spare`: it is left
    out where there is no room.
    """

    title: str
    name: str = ""
    means: str = ""
    better: Better = None
    words: bool = False
    spare: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A number as text (of one of the classes above, or plain), and what stands small beside it, its interval mostly.

    `value` is the number itself, `notes` the numbers of the table's notes that touch it; `share` is drawn as a bar.
    """

    text: str
    interval: str = ""
    value: float | None = None
    notes: tuple[int, ...] = ()
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """The cells of a line in the order of the headings, None where there is no number; `says` is the line in words.

    `more` are lines of what else is to be said of it, where there is room for them. `whole` is the label for other
    programs, where people are shown a brief one.
    """

    label: str
    cells: tuple[Cell | None, ...]
    notes: tuple[int, ...] = ()
    colour: int | None = None
    says: Sentence = ()
    whole: str = ""
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Lines under headings; `heading` stands above their labels.

    `narrow` is what becomes of it where it is too wide: its words, labels or titles are broken, each line is put
    into words, or its columns are parted into several tables. `aside`: it is looked up more than read. `rest` is
    what is said of lines that do not fit, after their number.
    """

    heading: str
    headings: tuple[Heading, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()
    narrow: Literal["fold", "labels", "titles", "words", "split"] = "labels"
    aside: str = ""
    rest: str = "more"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture, by the name of its file in drawings/, of an answer that this file knows how to draw."""

    name: str
    of: object


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with what they stand for."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Code:
    """Commands as they were typed, and what is said before them."""

    text: str
    says: str


Part = Sentence | Table | Drawing | Facts | Code


@dataclass(frozen=True, slots=True)
class Section:
    """Parts under a title, and the key that links name it by; one whose drawing has nothing to draw is left out."""

    key: str
    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """An answer, the most important sentence first.

    `parts` are what a comment or a summary has room for; `screen` stands in for them on a terminal, and `sections` on
    a page. `whole`: each sentence is a line of its own, however long, since it is looked for.
    """

    headline: tuple[Sentence, ...]
    parts: tuple[Part, ...]
    screen: tuple[Part, ...] = ()
    sections: tuple[Section, ...] = ()
    name: str = "bench"
    title: str = ""
    problems: tuple[str, ...] = ()
    footer: str = ""
    made_at: str = ""
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a line's cell under a heading named `verdict` says, and of which number: its first cell."""

    word: str
    of: str
    line: Line


def verdicts(document: Document) -> list[Verdict]:
    """List the verdicts of a document in its order, which is the worst first."""
    return [
        Verdict(word.text, of.text, line)
        for table in document.parts
        if isinstance(table, Table)
        for line in table.lines
        for heading, word in zip(table.headings, line.cells, strict=True)
        if heading.name == "verdict" and word and (of := line.cells[0])
    ]


def cells(*texts: str) -> tuple[Cell, ...]:
    """Make the cells of a line whose texts are all there is."""
    return tuple(map(Cell, texts))


def titled(*titles: str, words: Iterable[str] = ()) -> tuple[Heading, ...]:
    """Make headings of titles; those of `words` are columns of words."""
    return tuple(Heading(title, words=title in words) for title in titles)


_HEIGHTS = "▁▂▃▄▅▆▇█"


def spark(shares: Iterable[float | None]) -> str:
    """Draw shares of the full height as blocks side by side; a dot where there is none."""
    return "".join("·" if share is None else _HEIGHTS[round(share * (len(_HEIGHTS) - 1))] for share in shares)
