"""IPv6 neighbour solicitations with a hop limit below 255: they came through a router (ndisc_rcv)."""

from scapy.layers.inet6 import ICMPv6ND_NS
from scapy.packet import Packet

from traffic.recipe import ipv6
from traffic.scene import Scene
from traffic.situations.parts.frames import FramesForKernel


class Case(FramesForKernel):
    title = "IPv6 neighbour solicitations with a hop limit below 255"
    needs = ("ipv6",)

    def frames(self, bed: Scene) -> Packet:
        return ipv6(bed, src=bed.sender.ipv6, hlim=64) / ICMPv6ND_NS(tgt=bed.receiver.ipv6)
