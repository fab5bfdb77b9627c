"""Pause by walking through more memory than the CPU's own caches hold, so that nothing of the ring stays in them."""

import numpy as np

from harness.explain.pause import Pausing
from modes.parts.mode import Kit

# In 64-byte steps, a line of cache each: 64 KiB at a time, through 16 MiB in turn.
_LINE, _STEP, _WHOLE = 8, 8192, 2 << 20


class NullFlushing(Pausing):
    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self._memory = np.ones(_WHOLE, np.uint64)
        self._at = 0

    def fill(self) -> None:
        self._memory[self._at : self._at + _STEP : _LINE].sum()
        self._at = (self._at + _STEP) % _WHOLE
