"""Names that are too long to be read in a table, cut so that they stay apart: modes may be paths of any length."""

from collections.abc import Callable, Iterable, Sequence

from results.foreign import EXEC
from results.shown import shown

ROOM = 28
"""Characters of a mode's name: with what tells its settings apart, a label fits beside the numbers."""


class Names:
    """The modes of an answer, by the names that they are shown by: a long path by its end, as far as tells it apart."""

    def __init__(self, modes: Iterable[str]) -> None:
        every = sorted({shown(mode) for mode in set(modes)})
        ends = {mode: mode if len(mode) <= ROOM or mode.startswith(EXEC) else _end(mode, every) for mode in every}
        cut = distinct(list(ends.values()), ROOM)
        self._names = {mode: cut[end] for mode, end in ends.items()}

    def brief(self, label: str) -> str:
        """Put the name that is shown in the place of the mode that a label begins with."""
        mode = max((mode for mode in self._names if f"{label} ".startswith(f"{mode} ")), key=len, default="")
        return f"{self._names[mode]}{label.removeprefix(mode)}" if mode else label

    @property
    def key(self) -> tuple[tuple[str, str], ...]:
        """Pair the names that are shown with what they stand for, where they differ."""
        return tuple((name, mode) for mode, name in self._names.items() if name != mode)


def distinct(names: Sequence[str], room: int) -> dict[str, str]:
    """Cut each name that is longer than `room` characters to these, in its middle if that leaves all of them apart.

    Else what is left is from further on, and where no place tells them apart either, they are numbered.
    """
    every = list(dict.fromkeys(names))
    for cut in _cuts(max(map(len, every), default=0), room):
        found = {name: name if len(name) <= room else cut(name) for name in every}
        if len(set(found.values())) == len(every):
            return found
    return {name: name if len(name) <= room else _numbered(name, place, room) for place, name in enumerate(every, 1)}


def _cuts(longest: int, room: int) -> Iterable[Callable[[str], str]]:
    """Propose ways to cut a name: with ever more of its end, with ever less of it, with a part from its middle."""
    balanced = room // 2
    for tail in (*range(balanced, room), *range(balanced - 1, -1, -1)):
        yield lambda name, tail=tail: f"{name[: room - 1 - tail]}…{name[len(name) - tail :]}"  # type: ignore[misc]
    for start in range(1, longest - room + 2):
        yield lambda name, start=start: f"…{name[start : start + room - 2]}…"  # type: ignore[misc]


def _numbered(name: str, place: int, room: int) -> str:
    end = f"…{place}"
    return f"{name[: room - len(end)]}{end}"


def _end(mode: str, every: Sequence[str]) -> str:
    """Return the shortest end of a path, of whole components, that no other mode ends with."""
    parts = mode.split("/")
    for count in range(1, len(parts)):
        end = "/".join(parts[-count:])
        if end and not any(other == end or other.endswith(f"/{end}") for other in every if other != mode):
            return end
    return mode
