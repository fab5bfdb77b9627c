"""Reports of IPv6 multicast groups that a neighbour has joined (MLDv2, RFC 3810), as each does that comes up."""

from scapy.layers.inet6 import ICMPv6MLDMultAddrRec, ICMPv6MLReport2, IPv6ExtHdrHopByHop, RouterAlert
from scapy.packet import Packet

from traffic.recipe import ipv6
from traffic.scene import Scene
from traffic.situations.parts import multicast
from traffic.situations.parts.frames import FramesForKernel

ROUTERS = "ff02::16"


class Case(FramesForKernel):
    title = "reports of a neighbour's IPv6 multicast groups (MLD) to a host that is no router"
    needs = ("ipv6",)
    harmless = True

    def frames(self, bed: Scene) -> Packet:
        report = ICMPv6MLReport2(records=[ICMPv6MLDMultAddrRec(rtype=4, dst=multicast.GROUP_IPV6)])
        packet = ipv6(bed, src="fe80::99", dst=ROUTERS, hlim=1) / IPv6ExtHdrHopByHop(options=[RouterAlert()])
        return multicast.addressed(packet / report)
