"""ICMP errors, port unreachable, about a datagram that no socket of the host can have sent (__udp4_lib_err)."""

from scapy.layers.inet import ICMP, IP, UDP
from scapy.packet import Packet

from traffic.recipe import ipv4
from traffic.scene import Scene
from traffic.situations.parts.frames import FramesForKernel


class Case(FramesForKernel):
    title = "ICMP errors about datagrams that nobody sent"
    harmless = True

    def frames(self, bed: Scene) -> Packet:
        never_sent = IP(src=bed.receiver.ipv4, dst=bed.sender.ipv4) / UDP(sport=41000, dport=9)
        return ipv4(bed, src=bed.sender.ipv4) / ICMP(type=3, code=3) / never_sent
