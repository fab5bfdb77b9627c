"""IPv4 fragments of which one overlaps another: the whole datagram is given up (as RFC 5722 asks for IPv6)."""

from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts import fragments


class Case(fragments.Fragmented):
    title = "IPv4 fragments that overlap"

    def parts_of(self, bed: Scene, number: int) -> list[Packet]:
        parts = fragments.parts(bed, number, over_ipv6=self.over_ipv6)
        early = fragments.part(bed, number, 1, over_ipv6=self.over_ipv6, early_bytes=8)
        return [parts[0], early, parts[2]]
