"""UDP over IPv6 to a group that the host has joined, for another port (__udp6_lib_rcv)."""

from contextlib import ExitStack

from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts import multicast
from traffic.situations.parts.frames import FramesSent


class Case(FramesSent):
    title = "UDP over IPv6 to a joined multicast group, on a port without a socket"
    needs = ("ipv6",)

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        undo.enter_context(multicast.joined_ipv6(bed.receiver))

    def frames(self, bed: Scene) -> Packet:
        return multicast.addressed(self.packet(bed, dst=multicast.GROUP_IPV6))
