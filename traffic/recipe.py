"""All that a drop kind is written with: its class, the testbed, scapy's layers, and how most frames begin.

They begin with the session's tag, and come from an address that the receiver has no way back to.
"""

from typing import Any

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.packet import Packet

from traffic.kind import DropKind, Expected
from traffic.testbed import STRANGER_IPV4, STRANGER_IPV6, Testbed

__all__ = ["TCP", "UDP", "DropKind", "Expected", "Testbed", "ether", "ipv4", "ipv6"]


def ether(bed: Testbed, **fields: Any) -> Packet:
    """Address a frame from the tag to the receiver; `fields` replace scapy's."""
    return Ether(**({"src": bed.tag_mac, "dst": bed.receiver.mac} | fields))


def ipv4(bed: Testbed, **fields: Any) -> Packet:
    """Address an IPv4 packet from the stranger to the receiver; `fields` replace those of its IP header."""
    return ether(bed) / IP(**({"src": STRANGER_IPV4, "dst": bed.receiver.ipv4} | fields))


def ipv6(bed: Testbed, **fields: Any) -> Packet:
    """Address an IPv6 packet from the stranger to the receiver; `fields` replace those of its header."""
    return ether(bed) / IPv6(**({"src": STRANGER_IPV6, "dst": bed.receiver.ipv6} | fields))
