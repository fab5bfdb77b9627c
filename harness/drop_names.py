"""Names for what a consumer counted by number: the running kernel's reasons and symbols, read once a session."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from bpf.btf import KernelTypes
from bpf.reasons import Reasons
from bpf.symbols import Symbols


def named(drops: Sequence[Sequence[int]]) -> list[list[str | int]]:
    """Turn rows of (reason, location, count) into rows of (name, function and offset, count)."""
    if not drops:
        return []
    reasons, symbols = _names()
    return [[reasons.name(reason), symbols.name(location), count] for reason, location, count in drops]


@lru_cache(maxsize=1)
def _names() -> tuple[Reasons, Symbols]:
    with KernelTypes() as types:
        return Reasons.of_kernel(types), Symbols.of_kernel()
