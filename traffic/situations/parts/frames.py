"""Situations in which ready-made frames leave the sender, and a UDP socket at the receiver counts what arrives."""

from collections.abc import Sequence
from contextlib import ExitStack

from scapy.packet import Packet

from traffic.recipe import UDP, ipv4, ipv6
from traffic.scene import Scene
from traffic.situation import Done, Situation
from traffic.situations.parts import sending

PORT = 9


class FramesSent(Situation):
    """UDP from a stranger to the receiver, unless `frames` says otherwise; over IPv6 where that is needed."""

    times = 20
    ifname: str | None = None  # where the frames leave from; None: the sender's end of the pair

    @property
    def over_ipv6(self) -> bool:
        return "ipv6" in self.needs

    def packet(self, bed: Scene, **fields: object) -> Packet:
        """Write a UDP packet; `fields` replace those of its IP header."""
        return (ipv6 if self.over_ipv6 else ipv4)(bed, **fields) / UDP(sport=40000, dport=PORT)

    def frames(self, bed: Scene) -> Packet | Sequence[Packet]:
        """Build the frame, or frames that are sent in turn, `times` in all."""
        return self.packet(bed) / b"situation"

    def reader_address(self, bed: Scene) -> str:
        """Return the address at which the receiver's socket reads."""
        return bed.receiver.ipv6 if self.over_ipv6 else bed.receiver.ipv4

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        reader = undo.enter_context(sending.listening(bed.receiver, PORT, self.reader_address(bed)))
        errors = sending.send_frames(bed.sender, self.built(bed), self.times, self.ifname)
        return Done(sent=self.times, arrived=sending.take_all(reader), errors=errors)

    def built(self, bed: Scene) -> list[bytes]:
        """Return the frames as they are sent."""
        frames = self.frames(bed)
        return [bytes(each) for each in ([frames] if isinstance(frames, Packet) else frames)]


class FramesForKernel(FramesSent):
    """Frames that no socket could read: they are for the host's kernel, which takes them or does not.

    harmless   whether nobody misses anything: it was for another host, or had nothing to say
    """

    harmless: bool = False

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        errors = sending.send_frames(bed.sender, self.built(bed), self.times, self.ifname)
        return Done(sent=self.times, arrived=self.times if self.harmless else 0, errors=errors)
