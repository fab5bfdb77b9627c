"""Names who lost packets, why and where: the addresses, the process, the reason and the function, each cause once."""

import ipaddress

import numpy as np

from bpf.record import Samples
from modes import Kit, Mode

CAUSE = ("location", "reason", "pid", "source", "destination", "comm")


class DropNames(Mode):
    waits = ("epoll", "paced")

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self.seen: dict[tuple[object, ...], int] = {}
        self.reasons, self.symbols = kit.reasons, kit.symbols  # read now, before events come

    def take(self, samples: Samples) -> None:
        causes, counts = np.unique(samples[[*CAUSE]], return_counts=True)
        for cause, count in zip(causes.tolist(), counts.tolist(), strict=True):
            self.seen[cause] = self.seen.get(cause, 0) + count
        self.consumed += len(samples)

    def flush(self) -> None:
        self.tally = {}
        for (location, reason, *_), count in self.seen.items():
            self.tally[reason, location] = self.tally.get((reason, location), 0) + count

    def rows(self) -> list[str]:
        """Write each cause as a line, the most frequent first."""
        return [self._row(cause, count) for cause, count in sorted(self.seen.items(), key=lambda item: -item[1])]

    def _row(self, cause: tuple[object, ...], count: int) -> str:
        location, reason, pid, source, destination, comm = cause
        names = f"{self.reasons.name(reason)} in {self.symbols.name(location)}"
        process = comm.decode(errors="backslashreplace")
        return f"{count:>9,}  {process} ({pid})  {_address(source)} > {_address(destination)}  {names}"


def _address(as_in_the_packet: int) -> str:
    return str(ipaddress.ip_address(as_in_the_packet.to_bytes(4, "little")))
