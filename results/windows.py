"""The windows of a trial that was one half of a pair: what each told, in the order in which they ran."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from results.errors import BadInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """One process was measured in these, by turns with that of the other arm.

    `began_ns` is CLOCK_MONOTONIC. `values` hold a number a window by the metric's name; None: the window is void, and
    `void` says why, by its place. `took_s` is what the pair took, from the start of its first process on.
    """

    began_ns: tuple[int, ...]
    values: Mapping[str, tuple[float | None, ...]]
    void: Mapping[str, str]
    took_s: float

    def to_json(self) -> dict[str, object]:
        values = {name: list(row) for name, row in self.values.items()}
        return {"began_ns": list(self.began_ns), "values": values, "void": dict(self.void), "took_s": self.took_s}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """Raises KeyError, TypeError or BadInput for what is none."""
        values = {name: tuple(each) for name, each in row["values"].items()}
        windows = cls(began_ns=tuple(row["began_ns"]), values=values, void=row["void"], took_s=row["took_s"])
        for name, each in values.items():
            if len(each) != len(windows.began_ns):
                raise BadInput(f"{name} has values of {len(each)} windows, and there are {len(windows.began_ns)}")
        if not {*windows.void} <= {str(place) for place in range(len(windows.began_ns))}:
            raise BadInput(f"void are windows {', '.join(windows.void)}, and there are {len(windows.began_ns)}")
        return windows
