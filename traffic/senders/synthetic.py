"""The `synthetic` sender: has the program itself write records, many a system call."""

import os
from collections.abc import Sequence
from contextlib import ExitStack

from bpf import syscalls
from bpf.synthetic import Emitter, EmitterIds, unpack_key

# 65,536 records take some 4 ms, and a call cannot be stopped.
MAX_BURST = 1 << 16


class SyntheticSender(ExitStack):
    """Writes records in turn, round and round, into the ring of a program that a consumer has loaded and not attached.

    (While the tracepoint is attached, real drops would count on the same plain per-CPU counters.)
    """

    def __init__(self, emitter: EmitterIds, keys: Sequence[bytes], slot: int) -> None:
        """Open program and maps by their ids and set what to emit; `slot` is its own. Raises OSError."""
        super().__init__()
        self.refused = 0
        self.max_burst = MAX_BURST
        program = syscalls.open_program(emitter.program)
        plan, in_turn = map(syscalls.open_map, (emitter.plan, emitter.keys))
        for descriptor in (program, plan, in_turn):
            self.callback(os.close, descriptor)
        self.emitter = Emitter(program, plan, in_turn, [unpack_key(key) for key in keys], slot=slot)

    def send(self, count: int) -> int:
        """Emit `count` records; return the count. Raises OSError."""
        self.emitter.emit(count)
        return count
