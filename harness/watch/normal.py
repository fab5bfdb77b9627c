"""Which events are no loss, by the atlas, as the program is told it; and what was left out because of that."""

from collections.abc import Iterator, Sequence

from bpf.packets import SortOfDrop
from modes import Kit
from results.atlas import Column, normals


class NormalDrops:
    """The events by which nothing was lost, wherever they occurred in columns of the atlas, or in others.

    `sorts` is what of it can occur here: this kernel may lack a reason, or a function by itself.
    """

    def __init__(self, kit: Kit, columns: Sequence[Column], others: Sequence[Column] = ()) -> None:
        self._kernels = ", ".join(column.title for column in columns)
        found = [
            (each, SortOfDrop(begin, end, reason, each.packet))
            for each in normals(columns, others)
            if (reason := kit.reasons.number(each.reason)) is not None
            for begin, end in kit.symbols.ranges(each.function)
        ]
        self._normals = [each for each, _ in found]
        self.sorts = [sort for _, sort in found]

    def told(self, counts: Sequence[int]) -> Iterator[str]:
        """Say what was left out, and in which situations nothing was lost by it."""
        if not self._kernels:
            return
        hidden: dict[str, int] = {}
        for each, count in zip(self._normals, counts, strict=True):
            said = f"{each.reason} at {each.function}, {each.packet}: no loss, as in {', '.join(each.rows)}"
            hidden[said] = hidden.get(said, 0) + count
        total = sum(hidden.values())
        yield f"{total:,} more left out as normal, of all processes (by the atlas of Linux {self._kernels})"
        yield from (f"  {count:,} {said}" for said, count in hidden.items() if count)
