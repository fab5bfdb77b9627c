"""Name kernel addresses from /proc/kallsyms: read, sorted, searched by bisection, and read again for a new module."""

import re
from bisect import bisect_right
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path
from typing import Self

KALLSYMS = Path("/proc/kallsyms")
MODULES = Path("/proc/modules")

# What compilers append to the name of a function of which they made another.
_MADE_BY_COMPILERS = re.compile(r"\.(?:constprop|isra|part|cold|llvm)\b.*")


class Symbols:
    """Kernel symbols by address."""

    def __init__(self, table: bytes) -> None:
        """Parse the text of /proc/kallsyms. Raises ValueError for a line that is none of its.

        Only code is kept (types t and w, in either case): packets are dropped by code.
        """
        self._again: _Again | None = None
        self._take(table)

    def _take(self, table: bytes) -> None:
        found: dict[int, bytes] = {}
        own: list[int] = []
        for number, line in enumerate(table.splitlines(), 1):
            words = line.split()
            try:
                address, kind, name = int(words[0], 16), words[1], words[2]
            except (IndexError, ValueError) as error:
                raise ValueError(
                    f"line {number} of the symbol table is not `address type name`: {line[:60]!r}"
                ) from error
            # Of several names for one address the first is kept: kallsyms lists aliases behind it.
            if address and kind in b"tTwW":
                found.setdefault(address, name)
                if len(words) == 3:  # a module's symbol has its name behind it
                    own.append(address)
        self._of_kernel_itself = (min(own, default=0), max(own, default=-1))
        self._addresses = sorted(found)
        self._names = [found[address].decode(errors="replace") for address in self._addresses]

    @classmethod
    def of_kernel(cls, kallsyms: Path = KALLSYMS, modules: Path = MODULES) -> Self:
        """Read the running kernel's. Without the right (kptr_restrict) all addresses are 0, and nothing is found.

        They are read again where a module may have been loaded since: its code would pass for another one's.
        """
        loaded = _loaded(modules)  # first: one that comes in between is looked for again
        made = cls(kallsyms.read_bytes())
        made._again = _Again(kallsyms, modules, loaded)
        return made

    def __len__(self) -> int:
        return len(self._addresses)

    def name(self, address: int) -> str:
        """Return `function+0xoffset` for the greatest symbol not above the address, or the bare address."""
        first, last = self._of_kernel_itself
        if self._again is not None and not first <= address <= last and (table := self._again.read_if_changed()):
            self._take(table)
        place = bisect_right(self._addresses, address) - 1
        if place < 0:
            return f"{address:#x}"
        return f"{self._names[place]}+{address - self._addresses[place]:#x}"

    def ranges(self, function: str) -> list[tuple[int, int]]:
        """Return from where to where a function's code lies, what compilers made of it included (`plain`)."""
        ends = [*self._addresses[1:], (1 << 64) - 1]
        places = zip(self._names, self._addresses, ends, strict=True)
        return [(begin, end) for name, begin, end in places if name.startswith(function) and plain(name) == function]

    def address(self, name: str) -> int | None:
        """Return the address of a function's symbol, or None."""
        return self._addresses[self._names.index(name)] if name in self._names else None


@dataclass(slots=True)
class _Again:
    """Where a table is read from, and the modules that were loaded when it was."""

    kallsyms: Path
    modules: Path
    loaded: Set[tuple[bytes, ...]]

    def read_if_changed(self) -> bytes | None:
        """Return the table as it is now, where other modules are loaded than were."""
        loaded = _loaded(self.modules)
        if loaded == self.loaded:
            return None
        self.loaded = loaded
        return self.kallsyms.read_bytes()


def _loaded(modules: Path) -> Set[tuple[bytes, ...]]:
    """Tell which modules are loaded, by name and address; a kernel that has no modules has none."""
    return {tuple(line.split()[:6:5]) for line in modules.read_bytes().splitlines()} if modules.exists() else set()


def plain(name: str) -> str:
    """Return what the source calls a function, by its symbol and an offset behind it."""
    return _MADE_BY_COMPILERS.sub("", name.partition("+")[0])
