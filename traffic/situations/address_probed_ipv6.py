"""A neighbour asks whether anybody has the IPv6 address that it is about to take (RFC 4862)."""

from scapy.layers.inet6 import ICMPv6ND_NS
from scapy.packet import Packet

from traffic.recipe import ipv6
from traffic.scene import Scene
from traffic.situations.parts import multicast
from traffic.situations.parts.frames import FramesForKernel

ITS_ADDRESS, ITS_GROUP = "fd62:656e:6368::77", "ff02::1:ff00:77"


class Case(FramesForKernel):
    title = "probes of an IPv6 address that a neighbour is about to take"
    needs = ("ipv6",)
    harmless = True

    def frames(self, bed: Scene) -> Packet:
        probe = ipv6(bed, src="::", dst=ITS_GROUP, hlim=255) / ICMPv6ND_NS(tgt=ITS_ADDRESS)
        return multicast.addressed(probe)
