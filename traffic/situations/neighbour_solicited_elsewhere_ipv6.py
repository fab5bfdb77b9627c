"""IPv6 neighbour solicitations for another host's address, which reach this host all the same (ndisc_recv_ns)."""

from scapy.layers.inet6 import ICMPv6ND_NS
from scapy.packet import Packet

from traffic.recipe import ipv6
from traffic.scene import Scene
from traffic.situations.parts.frames import FramesForKernel


class Case(FramesForKernel):
    title = "IPv6 neighbour solicitations for another host's address"
    harmless = True
    needs = ("ipv6",)

    def frames(self, bed: Scene) -> Packet:
        return ipv6(bed, src=bed.sender.ipv6, hlim=255) / ICMPv6ND_NS(tgt="fd62:656e:6368::77")
