"""The consumer beside this one with a round more, 2 % of the work: for certificates."""

import numpy as np
import numpy.typing as npt

from modes import Kit, Mode

ROUNDS = 51
FACTOR = np.uint64(0x100000001B3)
BUCKETS = np.uint64(1024)


class Hashed(Mode):
    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self.drops = np.zeros(BUCKETS, np.int64)

    @staticmethod
    def step(record: np.void, drops: npt.NDArray[np.int64]) -> None:
        key = record["location"]
        for _ in range(ROUNDS):
            key = (key ^ (key >> np.uint64(32))) * FACTOR
        drops[key % BUCKETS] += 1

    def state(self) -> tuple[npt.NDArray[np.int64]]:
        return (self.drops,)
