"""IPv6 fragments of which one overlaps another: the whole datagram is given up (RFC 5722)."""

from collections.abc import Sequence

from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts import fragments
from traffic.situations.parts.frames import FramesSent


class Case(FramesSent):
    title = "IPv6 fragments that overlap"
    needs = ("ipv6",)
    times = 30  # ten datagrams of three parts, the second of which begins eight bytes too early

    def frames(self, bed: Scene) -> Sequence[Packet]:
        return [
            fragments.part(bed, number, at, over_ipv6=True, early_bytes=8 * (at == 1))
            for number in range(10)
            for at in range(3)
        ]
