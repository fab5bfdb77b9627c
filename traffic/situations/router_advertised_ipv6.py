"""IPv6 router advertisements to a host that does not accept any (accept_ra=0; ndisc_router_discovery)."""

from scapy.layers.inet6 import ICMPv6ND_RA
from scapy.packet import Packet

from traffic.recipe import ipv6
from traffic.scene import Scene
from traffic.situations.parts.frames import FramesForKernel


class Case(FramesForKernel):
    title = "IPv6 router advertisements to a host that accepts none"
    needs = ("ipv6",)

    def frames(self, bed: Scene) -> Packet:
        return ipv6(bed, src="fe80::99", hlim=255) / ICMPv6ND_RA()
