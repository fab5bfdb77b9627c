"""Reports of multicast groups that a neighbour has joined (IGMPv3, RFC 3376): for routers, and heard by other hosts."""

import socket
import struct

from scapy.layers.inet import IPOption_Router_Alert
from scapy.packet import Packet, Raw
from scapy.utils import checksum

from traffic.recipe import ipv4
from traffic.scene import Scene
from traffic.situations.parts import multicast
from traffic.situations.parts.frames import FramesForKernel

ROUTERS = "224.0.0.22"
REPORT, TO_EXCLUDE_NONE = 0x22, 4


class Case(FramesForKernel):
    title = "reports of a neighbour's multicast groups (IGMP) to a host that is no router"
    harmless = True

    def frames(self, bed: Scene) -> Packet:
        group = struct.pack("!BBH4s", TO_EXCLUDE_NONE, 0, 0, socket.inet_aton(multicast.GROUP))
        unsummed = struct.pack("!BBHHH", REPORT, 0, 0, 0, 1) + group
        report = unsummed[:2] + struct.pack("!H", checksum(unsummed)) + unsummed[4:]
        packet = ipv4(bed, dst=ROUTERS, ttl=1, proto=socket.IPPROTO_IGMP, options=IPOption_Router_Alert())
        return multicast.addressed(packet / Raw(report))
