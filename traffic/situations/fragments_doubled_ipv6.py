"""IPv6 fragments that come twice, of datagrams that are then complete, and are read."""

from collections.abc import Sequence

from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts import fragments
from traffic.situations.parts.frames import FramesSent


class Case(FramesSent):
    title = "IPv6 fragments that come twice, and whose datagrams are read"
    needs = ("ipv6",)
    times = 40  # ten datagrams of three parts, the first of each twice

    def frames(self, bed: Scene) -> Sequence[Packet]:
        datagrams = [fragments.parts(bed, number, over_ipv6=True) for number in range(10)]
        return [part for parts in datagrams for part in (parts[0], *parts)]
