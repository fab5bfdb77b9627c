"""IPv6 packets that end with their header (59, "no next header"): to be ignored (RFC 8200, 4.7)."""

from scapy.packet import Packet

from traffic.recipe import ipv6
from traffic.scene import Scene
from traffic.situations.parts.frames import FramesForKernel

NO_NEXT_HEADER = 59


class Case(FramesForKernel):
    title = "IPv6 with no next header"
    source = "net/ipv6/exthdrs.c nodata_protocol (6.12)"
    harmless = True
    needs = ("ipv6",)

    def frames(self, bed: Scene) -> Packet:
        return ipv6(bed, nh=NO_NEXT_HEADER)
