"""Counts TCP resets by the port that was asked for, and how many of them refused a connection."""

from collections import Counter

import numpy as np

from bpf.record import Samples
from modes import Kit, Mode


class TcpResets(Mode):
    waits = ("epoll", "paced")

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self.ports: Counter[int] = Counter()
        self.refused = 0
        assert kit.record is not None  # bench's own has no ports
        self.record = kit.record

    def take(self, samples: Samples) -> None:
        ports, counts = np.unique(samples["destination_port"].byteswap(), return_counts=True)
        self.ports.update(dict(zip(ports.tolist(), counts.tolist(), strict=True)))
        # numpy has no bit-fields: the record reads them.
        self.refused += int(np.count_nonzero(self.record.column(samples, "syn") > self.record.column(samples, "ack")))
        self.consumed += len(samples)
