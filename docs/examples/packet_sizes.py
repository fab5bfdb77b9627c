"""A histogram of packet sizes by powers of two."""

import ctypes

import numpy as np

from bpf.record import Samples
from modes import Kit, Mode


class PacketSizes(Mode):
    waits = ("epoll", "paced")

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self.histogram = np.zeros(33, np.int64)
        assert kit.record is not None  # bench's own holds no length
        self._length_at = kit.record.sample.fields["length"][1]

    def take(self, samples: Samples) -> None:
        _, powers = np.frexp(samples["length"])
        self.histogram += np.bincount(powers, minlength=33)
        self.consumed += len(samples)

    def on_record(self, _ctx: int, data: int, _size: int) -> int:
        self.histogram[ctypes.c_uint32.from_address(data + self._length_at).value.bit_length()] += 1
        self.consumed += 1
        return self.halt
