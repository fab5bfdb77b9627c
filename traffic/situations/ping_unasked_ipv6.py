"""Echo replies over IPv6 that nobody asked for: as over IPv4, nobody misses them."""

from scapy.layers.inet6 import ICMPv6EchoReply
from scapy.packet import Packet

from traffic.recipe import ipv6
from traffic.scene import Scene
from traffic.situations.parts.frames import FramesForKernel


class Case(FramesForKernel):
    title = "echo replies over IPv6 that nobody asked for, and nobody misses"
    needs = ("ipv6",)
    harmless = True

    def frames(self, bed: Scene) -> Packet:
        return ipv6(bed) / ICMPv6EchoReply(id=1, seq=1)
