"""IPv6 from a link-local address to another link, which no router may forward (RFC 4291, 2.5.6).

To the link that it came from it is forwarded: there, ip6_forward does not look at the source.
"""

from contextlib import ExitStack

from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts.routes import Forwarded


class Case(Forwarded):
    title = "IPv6 to forward from a link-local address"
    needs = ("ipv6",)
    source = "net/ipv6/ip6_output.c ip6_forward (6.12)"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        super().set_up(bed, undo)
        self._host, _port = bed.add_side("host", bed.receiver)

    def frames(self, bed: Scene) -> Packet:
        return self.onward(bed, src="fe80::99", dst=self._host.ipv6)
