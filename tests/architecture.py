"""The picture of the rooms, drawn from what their files import:

.venv/bin/python -m tests.architecture >docs/architecture.svg

A box is a room, a small one a folder in it. An arrow says that one room's files import another's; the dots of a folder
say which other rooms it imports. Below them is what comes from outside. results.errors, which every room may
raise, is left out.
"""

from __future__ import annotations

import ast
import sys
import textwrap
from collections.abc import Iterator
from html import escape

from tests.test_layers import ALLOWED, CHECKOUT, FILES, imported_names

MARGIN, LINE, CHIP, GAP, ARROW = 12, 15, 24, 8, 34
WIDTH = 860
# Where a room lies: its left side and its width. Its height follows from what it holds.
PLACES = {"harness": (10, 840), "modes": (10, 236), "traffic": (280, 270), "bpf": (10, 540), "results": (584, 266)}
BETWEEN = 263  # the way from harness down to bpf, between modes and traffic
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #1f2328; }
.room { fill: #f6f8fa; stroke: #8c959f; }
.chip { fill: #ffffff; stroke: #d0d7de; }
.name { font-weight: 600; font-size: 14px; }
.quiet { fill: #59636e; font-size: 11px; }
.way { stroke: #59636e; stroke-width: 1.5; fill: none; }
.head { fill: #59636e; }
.harness { fill: #8250df; } .modes { fill: #1a7f37; } .traffic { fill: #bc4c00; } .bpf { fill: #cf222e; }
.results { fill: #0969da; }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc; }
  .room { fill: #151b23; stroke: #656c76; }
  .chip { fill: #0d1117; stroke: #3d444d; }
  .quiet { fill: #9198a1; }
  .way { stroke: #9198a1; }
  .head { fill: #9198a1; }
  .harness { fill: #ab7df8; } .modes { fill: #3fb950; } .traffic { fill: #db6d28; } .bpf { fill: #f85149; }
  .results { fill: #4493f8; }
}
"""


def imported(folder: str) -> set[str]:
    """Name what the Python files of a folder and below import, but errors."""
    files = [path for path in FILES if path.is_relative_to(CHECKOUT / folder)]
    return {name for path in files for name in imported_names(path) if name != "results.errors"}


def rooms_of(folder: str) -> list[str]:
    """List the other rooms that a folder imports, as the picture orders them."""
    own, *_ = folder.split("/")
    roots = {name.split(".")[0] for name in imported(folder)}
    return [room for room in PLACES if room in roots and room != own]


def outside(room: str) -> list[str]:
    roots = {name.split(".")[0] for name in imported(room)}
    return sorted(roots - set(ALLOWED) - sys.stdlib_module_names, key=str.lower)


def folders(room: str) -> list[str]:
    return sorted({path.parent.name for path in (CHECKOUT / room).glob("*/*.py")})


def sentence(room: str) -> str:
    """Return the first line of what a room says of itself."""
    return (ast.get_docstring(ast.parse((CHECKOUT / room / "__init__.py").read_text())) or "").splitlines()[0]


def chips(room: str) -> list[list[tuple[str, list[str], int, int]]]:
    """Lay a room's folders into rows: name, rooms that it imports, left side and width."""
    left, width = PLACES[room]
    rows: list[list[tuple[str, list[str], int, int]]] = [[]]
    at = left + MARGIN
    for name in folders(room):
        reached = rooms_of(f"{room}/{name}")
        wide = 8 * len(name) + 9 * len(reached) + 20
        if at + wide > left + width - MARGIN:
            rows.append([])
            at = left + MARGIN
        rows[-1].append((name, reached, at, wide))
        at += wide + GAP
    return rows


def words(room: str) -> tuple[list[str], list[str]]:
    """Break what a room says, and what it takes from outside, into lines that fit."""
    letters = (PLACES[room][1] - 2 * MARGIN) // 7
    return textwrap.wrap(sentence(room), letters), textwrap.wrap(", ".join(outside(room)), letters)


def height(room: str) -> int:
    says, takes = words(room)
    return 2 * MARGIN + LINE * (1 + len(says) + len(takes)) + 8 + (CHIP + GAP) * len(chips(room))


def box(room: str, top: int, tall: int) -> Iterator[str]:
    left, width = PLACES[room]
    says, takes = words(room)
    yield f'<rect class="room" x="{left}" y="{top}" width="{width}" height="{tall}" rx="6"/>'
    at = top + MARGIN + 11
    yield f'<circle class="{room}" cx="{left + MARGIN + 5}" cy="{at - 5}" r="5"/>'
    yield f'<text class="name" x="{left + MARGIN + 16}" y="{at}">{room}</text>'
    for line in says:
        at += LINE
        yield f'<text x="{left + MARGIN}" y="{at}">{escape(line)}</text>'
    at += 10
    for row in chips(room):
        for name, reached, x, wide in row:
            yield f'<rect class="chip" x="{x}" y="{at}" width="{wide}" height="{CHIP}" rx="4"/>'
            yield f'<text x="{x + 8}" y="{at + 16}">{name}</text>'
            for number, other in enumerate(reached):
                yield f'<circle class="{other}" cx="{x + wide - 10 - 9 * number}" cy="{at + 12}" r="3.5"/>'
        at += CHIP + GAP
    at -= 4
    for line in takes:
        at += LINE
        yield f'<text class="quiet" x="{left + MARGIN}" y="{at}">{escape(line)}</text>'


def arrow(x: int, start: int, end: int) -> Iterator[str]:
    yield f'<path class="way" d="M{x} {start}V{end - 7}"/>'
    yield f'<path class="head" d="M{x - 5} {end - 8}h10l-5 8z"/>'


def draw() -> str:
    """Draw the rooms, highest first; an arrow leads from a room to each that it imports."""
    second = 10 + height("harness") + ARROW
    third = second + max(height("modes"), height("traffic")) + ARROW
    bottom = max(third + height("bpf"), second + height("results"))
    tops = {"harness": 10, "modes": second, "traffic": second, "bpf": third, "results": second}
    ends = {room: tops[room] + height(room) for room in tops}
    ends |= {"modes": third - ARROW, "traffic": third - ARROW, "bpf": bottom, "results": bottom}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + 34}" role="img">',
        "<title>The rooms of bench, and which of them import which</title>",
        f"<style>{STYLE}</style>",
    ]
    for room in PLACES:
        for other in rooms_of(room):
            assert tops[other] >= ends[room], f"{room} imports {other}, which does not lie below it"
            narrow = min(room, other, key=lambda name: PLACES[name][1])
            x = BETWEEN if (room, other) == ("harness", "bpf") else PLACES[narrow][0] + PLACES[narrow][1] // 2
            parts += arrow(x, ends[room], tops[other])
    for room in PLACES:
        parts += box(room, tops[room], ends[room] - tops[room])
    legend = "An arrow, or a folder's dot: imports that room. Grey: what comes from outside Python's library."
    parts += [f'<text class="quiet" x="10" y="{bottom + 22}">{legend}</text>', "</svg>", ""]
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(draw())
