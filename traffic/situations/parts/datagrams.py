"""Situations in which a program of the sender's sends datagrams, and a socket of the receiver's counts what arrives."""

from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situation import Done, Situation
from traffic.situations.parts import sending

PORT = 9


class DatagramsSent(Situation):
    """UDP to the receiver, unless `to` says otherwise; over IPv6 where that is needed."""

    times = 20
    payload: bytes = b"situation"
    hears_errors: bool = False  # IP_RECVERR: send tells of what else would be counted only

    def to(self, bed: Scene) -> str:
        """Return the address that is sent to."""
        return bed.receiver.ipv6 if "ipv6" in self.needs else bed.receiver.ipv4

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        at = bed.receiver.ipv6 if "ipv6" in self.needs else bed.receiver.ipv4
        reader = undo.enter_context(sending.listening(bed.receiver, PORT, at))
        errors = sending.send_datagrams(
            bed.sender, (self.to(bed), PORT), self.times, self.payload, hear_errors=self.hears_errors
        )
        return Done(sent=self.times, arrived=sending.take_all(reader), errors=errors)
