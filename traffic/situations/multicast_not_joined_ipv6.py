"""UDP over IPv6 to a multicast group that the host has not joined (ip6_mc_input)."""

from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts import multicast
from traffic.situations.parts.frames import FramesSent


class Case(FramesSent):
    title = "UDP over IPv6 to a multicast group that the host has not joined"
    needs = ("ipv6",)

    def frames(self, bed: Scene) -> Packet:
        return multicast.addressed(self.packet(bed, dst=multicast.GROUP_IPV6))
