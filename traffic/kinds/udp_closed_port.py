"""UDP to a port that nobody listens on."""

from __future__ import annotations

from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether

from traffic.contract import DropKind, Expected
from traffic.counters import snmp
from traffic.testbed import STRANGER_IPV4, Testbed

PORT = 9  # discard


class Kind(DropKind):
    summary = "UDP to a port that nobody listens on"
    reasons = ("NO_SOCKET",)
    senders = ("packet", "xdp")

    def frames(self, bed: Testbed) -> list[bytes]:
        ether = Ether(src=bed.tag_mac, dst=bed.receiver.mac)
        return [bytes(ether / IP(src=STRANGER_IPV4, dst=bed.receiver.ipv4) / UDP(sport=40000, dport=PORT) / b"drop me")]

    def expect(self, sent: int, refused: int) -> Expected:
        return Expected(drops={"NO_SOCKET": sent - refused}, witness={"receiver: Udp.NoPorts": sent - refused})

    def witness(self, bed: Testbed) -> dict[str, int]:
        return snmp(bed.receiver, "Udp.NoPorts")
