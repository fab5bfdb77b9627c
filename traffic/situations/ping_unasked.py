"""Echo replies that nobody asked for: no socket waits for them.

Nobody sent anything that is missing, and nobody misses the reply: so nothing is lost. The event is the same as of a
reply whose copy a raw socket got, and no reader of events can tell the two apart.
"""

from scapy.layers.inet import ICMP
from scapy.packet import Packet

from traffic.recipe import ipv4
from traffic.scene import Scene
from traffic.situations.parts.frames import FramesForKernel


class Case(FramesForKernel):
    title = "echo replies that nobody asked for, and nobody misses"
    harmless = True

    def frames(self, bed: Scene) -> Packet:
        return ipv4(bed) / ICMP(type="echo-reply", id=1, seq=1)
