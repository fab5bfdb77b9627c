"""Count each event and do nothing with it: shows the cost of the channel alone."""

import numpy as np

from bpf.record import Samples
from modes.parts.mode import Mode


class Null(Mode):
    def take(self, samples: Samples) -> None:
        self.consumed += len(samples)

    def on_record(self, _ctx: int, _data: int, _size: int) -> int:
        self.consumed += 1
        return self.halt

    @staticmethod
    def step(_record: np.void) -> None:
        """Count nothing itself: who calls it counts."""

    def state(self) -> tuple[()]:
        return ()
