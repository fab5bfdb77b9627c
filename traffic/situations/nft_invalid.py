"""TCP that connection tracking calls invalid, and a rule drops: an RST in the middle of nothing."""

from scapy.packet import Packet

from traffic.recipe import TCP, ipv4
from traffic.scene import Scene
from traffic.situations.parts.rules import Ruled


class Case(Ruled):
    title = "TCP that connection tracking calls invalid, and a rule drops"
    counters = ("invalid",)
    rule = "ct state invalid counter name invalid drop"

    def frames(self, bed: Scene) -> Packet:
        return ipv4(bed) / TCP(sport=40000, dport=9, flags="R")
