"""How many records each pass over the ring found: a wrapper around the reader, about a microsecond per pass.

Belongs to the kernel pass: a mode that spins makes a million passes per second.
"""

from harness.consumer.waits import Consumes
from harness.probes.reading import Reading

_POWERS = 40


class BatchProbe:
    """Stands in for a reader; counts passes by the power of two that their records stay below."""

    def __init__(self, reader: Consumes) -> None:
        self._consume = reader.consume
        self._passes = [0] * _POWERS

    def consume(self) -> int:
        found = self._consume()
        self._passes[found.bit_length()] += 1
        return found

    def start(self) -> None:
        self._passes[:] = [0] * _POWERS

    def stop(self, _events: int) -> Reading:
        """Return rows of (most records of such a pass, passes); 0 is a pass that found nothing."""
        rows = [((1 << bits) - 1, passes) for bits, passes in enumerate(self._passes) if passes]
        return Reading(series={"batch_lengths": rows})
