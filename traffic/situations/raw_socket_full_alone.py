"""A protocol that a raw socket alone takes, and that is full: to the kernel there is nobody then.

raw_v4_input counts and goes on before it has delivered anything, so that the packet ends as one of an unknown protocol,
and its sender is told that the protocol is unreachable.
"""

from scapy.packet import Packet, Raw

from traffic.recipe import ipv4
from traffic.scene import Scene
from traffic.situations.parts import raw

PROTOCOL = 253  # for experiments: RFC 3692


class Case(raw.Full):
    title = "packets of a protocol that a raw socket takes, which is full"
    source = "net/ipv4/raw.c raw_v4_input, net/ipv4/ip_input.c ip_protocol_deliver_rcu (6.12)"
    protocol = PROTOCOL

    def frames(self, bed: Scene) -> Packet:
        return ipv4(bed, src=bed.sender.ipv4, proto=PROTOCOL) / Raw(bytes(1000))
