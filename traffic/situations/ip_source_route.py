"""IPv4 with a loose source route, which a host refuses by default (ip_rcv_options, accept_source_route)."""

from scapy.layers.inet import IPOption_LSRR
from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts.frames import FramesSent


class Case(FramesSent):
    title = "IPv4 with a source route that the host does not accept"

    def frames(self, bed: Scene) -> Packet:
        return self.packet(bed, options=IPOption_LSRR(routers=[bed.receiver.ipv4]))
