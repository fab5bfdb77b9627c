"""The block of memory that a pass in machine code works on, and what it says of a channel's own memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from bpf.channel import Source
    from bpf.record import Samples

# Words of the block of memory that both sides know. END is where a pass is to end, 0 at its beginning; COUNT, how many
# records it took before it came back early; AT, where the record stands that a step refused; RAISED, what it raised.
END, COUNT, READ, SUM, TOLD, OVERWRITTEN, AT, STAMPS, STAMPS_ROOM, RAISED = range(10)
MEMORY = 10  # the words of Memory
SCRATCH = 16  # room for a copy of a record
ARRAYS = 24  # two words for each array of a step: its address, and how many elements it has
MOST_ARRAYS = 16
# A loop's: the next producer's block (0: none), what passes of this one found and nobody was told yet; and in the first
# block, until when it goes on, the descriptor that ends it, room and longest pause (bpf/pause.py), the rate (in events
# a ns, times RATE_ONE), when the last pass began, how many there were, when the last that found anything was through,
# whose pass came back early, and what poll(2) and clock_gettime(2) read and write.
NEXT = ARRAYS + 2 * MOST_ARRAYS
UNTOLD, UNTIL, STOP, ROOM, LONGEST, RATE, BEGAN, PASSES, LAST, WHOSE, POLLED, TIME = range(NEXT + 1, NEXT + 13)
BLOCK_WORDS = TIME + 2
RATE_ONE = 1 << 40

# Why a pass came back early, as negative numbers in place of a count.
REFUSED, FULL, CORRUPT, RAISING = -1, -2, -3, -4

ENTRY, LOOP = "bench_pass", "bench_loop"


Kind = Literal["ring", "perf", "log"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """A producer's part of a channel: `words` are what bpf/passes.py takes for its kind, `views` keep it mapped.

    `anew` reads on with numpy from where the consumer's position stands: it tells what waits, and what is wrong.
    """

    kind: Kind
    words: tuple[int, ...]
    views: tuple[memoryview, ...]
    anew: Callable[[], Source]


def address(view: memoryview) -> int:
    """Return where memory lies, which may be read-only."""
    return int(np.frombuffer(view, np.uint8).ctypes.data)


def pass_over(_samples: Samples) -> None:
    """Take nothing of it."""
