"""Name kernel addresses from /proc/kallsyms: read once, sorted, searched by bisection."""

import re
from bisect import bisect_right
from pathlib import Path
from typing import Self

KALLSYMS = Path("/proc/kallsyms")

# What compilers append to the name of a function of which they made another.
_MADE_BY_COMPILERS = re.compile(r"\.(?:constprop|isra|part|cold|llvm)\b.*")


class Symbols:
    """Kernel symbols by address."""

    def __init__(self, table: bytes) -> None:
        """Parse the text of /proc/kallsyms. Raises ValueError for a line that is none of its.

        Only code is kept (types t and w, in either case): packets are dropped by code.
        """
        found: dict[int, bytes] = {}
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
        self._addresses = sorted(found)
        self._names = [found[address].decode(errors="replace") for address in self._addresses]

    @classmethod
    def of_kernel(cls) -> Self:
        """Read the running kernel's. Without the right (kptr_restrict) all addresses are 0, and nothing is found."""
        return cls(KALLSYMS.read_bytes())

    def __len__(self) -> int:
        return len(self._addresses)

    def name(self, address: int) -> str:
        """Return `function+0xoffset` for the greatest symbol not above the address, or the bare address."""
        place = bisect_right(self._addresses, address) - 1
        if place < 0:
            return f"{address:#x}"
        return f"{self._names[place]}+{address - self._addresses[place]:#x}"

    def ranges(self, function: str) -> list[tuple[int, int]]:
        """Return from where to where a function's code lies, what compilers made of it included (`plain`)."""
        ends = [*self._addresses[1:], 1 << 64 - 1]
        places = zip(self._names, self._addresses, ends, strict=True)
        return [(begin, end) for name, begin, end in places if name.startswith(function) and plain(name) == function]

    def address(self, name: str) -> int | None:
        """Return the address of a function's symbol, or None."""
        return self._addresses[self._names.index(name)] if name in self._names else None


def plain(name: str) -> str:
    """Return what the source calls a function, by its symbol and an offset behind it."""
    return _MADE_BY_COMPILERS.sub("", name.partition("+")[0])
