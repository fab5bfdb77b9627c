"""IPv4 fragments that come twice, of datagrams that are then complete, and are read."""

from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts import fragments


class Case(fragments.Fragmented):
    title = "IPv4 fragments that come twice, and whose datagrams are read"

    def parts_of(self, bed: Scene, number: int) -> list[Packet]:
        parts = fragments.parts(bed, number, over_ipv6=self.over_ipv6)
        return [parts[0], *parts]
